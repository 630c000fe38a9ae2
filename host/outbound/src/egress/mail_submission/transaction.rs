//! The commands of a submission, in order.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_model::mail_server::{MailSecurity, MailServer, MailStep};
use zeroize::Zeroizing;

use super::extensions::Extensions;
use super::reply::Reply;
use super::session::Session;
use super::{MailLogin, MailReply, MailSubmission, transparency};
use crate::egress::error::EgressProblem;
use crate::egress::whole_answer::Departure;
use crate::egress::{Egress, transfer_time};

/// Limit for QUIT.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why the commands end before the last one.
enum Stop {
    /// A refusal.
    Refused(MailReply),
    Problem(EgressProblem),
}

impl From<EgressProblem> for Stop {
    fn from(problem: EgressProblem) -> Stop {
        Stop::Problem(problem)
    }
}

/// A server, and how the host appears there.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) server: &'a MailServer,
    pub(super) login: Option<&'a MailLogin>,
    /// Domain in EHLO: the host's own name or address would show its network.
    pub(super) domain: &'a str,
}

/// A session under way.
pub(super) struct Transaction<'a> {
    egress: &'a Egress,
    opening: Opening<'a>,
    session: Session,
}

impl<'a> Transaction<'a> {
    /// Connects and submits. `departure` begins when the end of the mail is sent.
    pub(super) async fn run(
        egress: &'a Egress,
        submission: &'a MailSubmission,
        departure: &Departure,
    ) -> Result<MailReply, EgressProblem> {
        let domain = submission.from.rsplit_once('@');
        let opening = Opening {
            server: &submission.server,
            login: submission.login.as_ref(),
            domain: domain.map_or("localhost", |(_, domain)| domain),
        };
        let mut transaction = Transaction::open(egress, opening).await?;
        let submitted = transaction.submit(submission, departure).await;
        transaction.end(submitted).await
    }

    /// Connects, logs in and sends no mail. The reply is that to NOOP, or a refusal.
    pub(super) async fn check(
        egress: &'a Egress,
        opening: Opening<'a>,
    ) -> Result<MailReply, EgressProblem> {
        let mut transaction = Transaction::open(egress, opening).await?;
        let checked = transaction.do_nothing().await;
        transaction.end(checked).await
    }

    async fn open(
        egress: &'a Egress,
        opening: Opening<'a>,
    ) -> Result<Transaction<'a>, EgressProblem> {
        Ok(Transaction {
            egress,
            opening,
            session: Session::new(egress.open_mail(opening.server).await?),
        })
    }

    /// Says goodbye, unless the session broke.
    async fn end(self, result: Result<MailReply, Stop>) -> Result<MailReply, EgressProblem> {
        let reply = match result {
            Ok(reply) | Err(Stop::Refused(reply)) => reply,
            Err(Stop::Problem(problem)) => return Err(problem),
        };
        self.session.quit(QUIT_TIMEOUT).await;
        Ok(reply)
    }

    /// Greeting, EHLO, TLS and login. Returns what the server offers.
    async fn begin(&mut self) -> Result<Extensions, Stop> {
        let limit = self.egress.settings.timeout;
        let greeting = self.session.reply("send its greeting", limit).await?;
        accept(greeting, MailStep::Session, &[220])?;
        let mut offers = self.hello().await?;
        if self.opening.server.security() == MailSecurity::StartTls {
            self.start_tls(offers).await?;
            // What was offered before may be of someone in between.
            offers = self.hello().await?;
        }
        if let Some(login) = self.opening.login {
            self.log_in(login, offers).await?;
        }
        Ok(offers)
    }

    async fn do_nothing(&mut self) -> Result<MailReply, Stop> {
        self.begin().await?;
        let reply = self.command("answer NOOP", "NOOP").await?;
        let reply = accept(reply, MailStep::Session, &[250])?;
        Ok(answer(reply, MailStep::Session))
    }

    async fn submit(
        &mut self,
        submission: &MailSubmission,
        departure: &Departure,
    ) -> Result<MailReply, Stop> {
        let limit = self.egress.settings.timeout;
        let offers = self.begin().await?;
        let MailSubmission {
            from, to, message, ..
        } = submission;
        let mut mail = format!("MAIL FROM:<{from}>");
        if offers.size {
            mail += &format!(" SIZE={}", message.len());
        }
        if offers.eight_bit && !message.is_ascii() {
            mail += " BODY=8BITMIME";
        }
        let sender = self.command("answer MAIL", &mail).await?;
        accept(sender, MailStep::Sender, &[250])?;
        let recipient = self.command("answer RCPT", format!("RCPT TO:<{to}>"));
        accept(recipient.await?, MailStep::Recipient, &[250, 251, 252])?;
        let data = self.command("answer DATA", "DATA").await?;
        accept(data, MailStep::Mail, &[354])?;
        let content = transparency::stuff(message);
        let limit = limit + transfer_time(content.len());
        self.session.send("take the mail", &content, limit).await?;
        departure.begin();
        let limit = self.egress.settings.mail_timeout;
        let step = "answer to the end of the mail";
        let reply = self.session.command(step, b".\r\n", limit).await?;
        Ok(answer(reply, MailStep::Mail))
    }

    async fn hello(&mut self) -> Result<Extensions, Stop> {
        let domain = self.opening.domain;
        let reply = self.command("answer EHLO", format!("EHLO {domain}"));
        let reply = accept(reply.await?, MailStep::Session, &[250])?;
        Ok(Extensions::of(&reply.lines))
    }

    async fn start_tls(&mut self, offers: Extensions) -> Result<(), Stop> {
        if !offers.start_tls {
            return Err(EgressProblem::NoStartTls.into());
        }
        let reply = self.command("answer STARTTLS", "STARTTLS").await?;
        accept(reply, MailStep::Session, &[220])?;
        let plain = std::mem::replace(&mut self.session, Session::new(tokio::io::empty()));
        let stream = plain.into_stream()?;
        let host = self.opening.server.host();
        let secured = self.egress.begin_mail_tls(host, stream).await?;
        self.session = Session::new(secured);
        Ok(())
    }

    /// Called over TLS only: a submission with a login has a server with TLS.
    async fn log_in(&mut self, login: &MailLogin, offers: Extensions) -> Result<(), Stop> {
        let MailLogin { user, password } = login;
        let reply = if offers.plain {
            let pair = [b"\0", user.as_bytes(), b"\0", password].concat();
            let line = format!("AUTH PLAIN {}", *encode(&Zeroizing::new(pair)));
            self.command("answer AUTH", Zeroizing::new(line)).await?
        } else if offers.login {
            let asked = self.command("answer AUTH", "AUTH LOGIN").await?;
            accept(asked, MailStep::Login, &[334])?;
            let asked = self.command("answer AUTH", encode(user.as_bytes()));
            accept(asked.await?, MailStep::Login, &[334])?;
            self.command("answer AUTH", encode(password)).await?
        } else {
            return Err(EgressProblem::NoLogin.into());
        };
        accept(reply, MailStep::Login, &[235])?;
        Ok(())
    }

    async fn command(
        &mut self,
        step: &'static str,
        line: impl AsRef<str>,
    ) -> Result<Reply, EgressProblem> {
        let line = Zeroizing::new([line.as_ref().as_bytes(), b"\r\n"].concat());
        let limit = self.egress.settings.timeout;
        self.session.command(step, &line, limit).await
    }
}

/// The reply if it has one of these codes.
///
/// # Errors
/// A refusal; a code that does not belong to the step.
fn accept(reply: Reply, step: MailStep, codes: &[u16]) -> Result<Reply, Stop> {
    match reply.code {
        code if codes.contains(&code) => Ok(reply),
        400..=599 => Err(Stop::Refused(answer(reply, step))),
        code => {
            let problem = format!("the reply {code} does not belong to the step {step}");
            Err(EgressProblem::Interrupted(problem).into())
        }
    }
}

fn answer(reply: Reply, step: MailStep) -> MailReply {
    MailReply {
        step,
        code: reply.code,
        text: reply.text(),
    }
}

fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}
