//! Submission of a mail by SMTP (RFC 5321, RFC 6409), under the rules for outgoing
//! connections: one connection for each mail, one command at a time.

mod extensions;
mod invalid_mail;
mod reply;
mod session;
mod transaction;
mod transparency;

use std::fmt;

use patchbay_model::mail_server::{MailSecurity, MailServer, MailStep};
use zeroize::Zeroizing;

pub use self::invalid_mail::InvalidMail;
use self::transaction::{Opening, Transaction};
use super::Egress;
use super::error::EgressError;
use super::whole_answer::{Departure, ExchangeFailure};

/// Most bytes of a user name and of a password.
const LOGIN_BYTES: usize = 1024;
/// Most bytes of an address (RFC 5321, 4.5.3.1.3).
const ADDRESS_BYTES: usize = 254;

/// User and password at a mail server. `Debug` hides both.
#[derive(Clone)]
pub struct MailLogin {
    user: String,
    password: Zeroizing<Vec<u8>>,
}

impl MailLogin {
    /// A login.
    ///
    /// # Errors
    /// [`InvalidMail::Login`]: the user or the password is empty, has a NUL or more than
    /// 1,024 bytes.
    pub fn new(user: &str, password: &[u8]) -> Result<MailLogin, InvalidMail> {
        let is_valid =
            |bytes: &[u8]| (1..=LOGIN_BYTES).contains(&bytes.len()) && !bytes.contains(&0);
        if !is_valid(user.as_bytes()) || !is_valid(password) {
            return Err(InvalidMail::Login);
        }
        Ok(MailLogin {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_vec()),
        })
    }
}

impl fmt::Debug for MailLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailLogin(…)")
    }
}

/// A mail for a server. `Debug` shows no address and no text.
#[derive(Clone)]
pub struct MailSubmission {
    server: MailServer,
    login: Option<MailLogin>,
    from: String,
    to: String,
    message: Vec<u8>,
}

impl MailSubmission {
    /// A mail from `from`, to which reports of failures go, to one recipient. `message`
    /// is a whole mail in lines that end in CRLF; dots at the beginning of lines are not
    /// doubled.
    ///
    /// # Errors
    /// What could change the meaning of a command or of the end of the mail: an address
    /// with a character that does not stand in an unquoted address, a message with CR or
    /// LF alone or with NUL. A login without encryption.
    pub fn new(
        server: MailServer,
        login: Option<MailLogin>,
        (from, to): (&str, &str),
        message: Vec<u8>,
    ) -> Result<MailSubmission, InvalidMail> {
        if login.is_some() && server.security() == MailSecurity::None {
            return Err(InvalidMail::UnencryptedLogin);
        }
        if !is_address(from) {
            return Err(InvalidMail::Sender);
        }
        if !is_address(to) {
            return Err(InvalidMail::Recipient);
        }
        if !transparency::has_whole_lines(&message) {
            return Err(InvalidMail::Message);
        }
        Ok(MailSubmission {
            server,
            login,
            from: from.to_owned(),
            to: to.to_owned(),
            message,
        })
    }
}

impl fmt::Debug for MailSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSubmission")
            .field("server", &self.server)
            .field("message_bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// A session with a mail server that sends no mail.
#[derive(Clone, Debug)]
pub struct MailCheck {
    server: MailServer,
    login: Option<MailLogin>,
    domain: String,
}

impl MailCheck {
    /// A session with the domain in EHLO.
    ///
    /// # Errors
    /// [`InvalidMail::UnencryptedLogin`]; [`InvalidMail::Sender`] if the domain has other
    /// characters than one.
    pub fn new(
        server: MailServer,
        login: Option<MailLogin>,
        domain: &str,
    ) -> Result<MailCheck, InvalidMail> {
        if login.is_some() && server.security() == MailSecurity::None {
            return Err(InvalidMail::UnencryptedLogin);
        }
        if !is_address(&format!("check@{domain}")) {
            return Err(InvalidMail::Sender);
        }
        Ok(MailCheck {
            server,
            login,
            domain: domain.to_owned(),
        })
    }
}

/// The answer of a mail server that ended a submission. `Debug` shows no text.
#[derive(Clone, PartialEq, Eq)]
pub struct MailReply {
    /// The step that was answered. [`MailStep::Mail`] with 2xx: the server has the mail;
    /// [`MailStep::Session`] with 2xx: it took a [`MailCheck`].
    /// Every other step: with 4xx or 5xx, a refusal.
    pub step: MailStep,
    /// The reply code.
    pub code: u16,
    /// The text of the last line. It often contains addresses.
    pub text: String,
}

impl fmt::Debug for MailReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailReply")
            .field("step", &self.step)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl Egress {
    /// Submits a mail on a connection of its own, and returns the answer that decides
    /// about it: that to the end of the mail, or a refusal (4xx, 5xx) before.
    ///
    /// The user and password leave only over TLS. After the answer the connection is
    /// closed with QUIT, to which no answer is awaited.
    ///
    /// # Errors
    /// [`ExchangeFailure::Unsent`] if the connection ended before the end of the mail
    /// was sent: the server must discard what it has of it. [`ExchangeFailure::Lost`] if
    /// the end was sent, or a part of it, and no answer came.
    pub async fn submit_mail(
        &self,
        submission: &MailSubmission,
    ) -> Result<MailReply, ExchangeFailure> {
        let departure = Departure::default();
        let submitted = Transaction::run(self, submission, &departure).await;
        submitted.map_err(|problem| {
            departure.failure(EgressError {
                origin: submission.server.to_string(),
                problem,
            })
        })
    }
}

impl Egress {
    /// Connects to a mail server, logs in, and sends NOOP and QUIT: no mail.
    ///
    /// # Errors
    /// [`ExchangeFailure::Unsent`]: no session, or one that ended.
    pub async fn check_mail(&self, check: &MailCheck) -> Result<MailReply, ExchangeFailure> {
        let opening = Opening {
            server: &check.server,
            login: check.login.as_ref(),
            domain: &check.domain,
        };
        let checked = Transaction::check(self, opening).await;
        checked.map_err(|problem| {
            ExchangeFailure::Unsent(EgressError {
                origin: check.server.to_string(),
                problem,
            })
        })
    }
}

/// Whether a text can stand between the brackets of MAIL and RCPT: ASCII without
/// quotes, spaces and brackets, with a domain.
fn is_address(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&byte);
    let has_domain = text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !local.contains('@') && !domain.is_empty()
    });
    text.len() <= ADDRESS_BYTES && has_domain && text.bytes().all(is_part)
}
