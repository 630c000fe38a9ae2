//! The session with the mail server that shows whether it takes the host's login.

use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_adapter::probe::{Finding, MailProbe, Probe, ProbeRequest};
use patchbay_adapter::{Exchange, InboundWay, MailAnswer};
use patchbay_model::mail_server::MailStep;

use super::Email;
use super::status_code::EnhancedCode;

/// Topic of the question about the mailbox that is read.
const MAILBOX: &str = "mailbox";

pub(super) fn questions(adapter: &Email) -> Vec<Probe> {
    let mailbox = adapter.mailbox.as_ref().map(|mailbox| Probe {
        topic: MAILBOX,
        account: String::new(),
        request: ProbeRequest::Mailbox(mailbox.access.clone()),
    });
    let submission = adapter.submission.as_ref();
    let questions = submission.map(|submission| Probe {
        topic: "submission",
        account: String::new(),
        request: ProbeRequest::Mail(MailProbe {
            server: submission.server.clone(),
            credential: submission.credential.clone(),
            domain: adapter.settings.message_domain.clone(),
        }),
    });
    mailbox.into_iter().chain(questions).collect()
}

pub(super) fn findings(question: &Probe, exchange: &Exchange<'_>) -> Vec<Finding> {
    vec![match exchange {
        Exchange::MailAnswered(answer) => of_answer(answer),
        Exchange::MailboxOpened(opened) => of_mailbox(opened.as_ref().err()),
        Exchange::Answered(_) => Finding::unexpected(),
        Exchange::Unsent | Exchange::Lost if question.topic == MAILBOX => Finding::wrong(
            "mailbox",
            "the mail server of `mailbox` does not answer in time",
        ),
        Exchange::Unsent | Exchange::Lost => Finding::wrong(
            "mail-server",
            "no session with the mail server of `submission`: the server's log says at which step it ended (connection, TLS, name, offered logins)",
        ),
    }]
}

fn of_answer(answer: &MailAnswer<'_>) -> Finding {
    let enhanced = EnhancedCode::parse(answer.text);
    let reason = match enhanced.filter(|it| it.class == answer.code / 100) {
        Some(code) => format!("{}.{}.{}", code.class, code.subject, code.detail),
        None => format!("smtp {}", answer.code),
    };
    match (answer.step, answer.code) {
        (_, 200..=299) => Finding::right(
            "mail-server",
            "the mail server takes the connection and the login; whether it takes mail from the addresses of `accounts` shows with the first reply",
        ),
        (_, 400..=499) => Finding::unchecked(
            "busy",
            format!("the mail server takes nothing now ({reason}): test again later"),
        ),
        (MailStep::Login, _) => Finding::wrong(
            "mail-login",
            format!(
                "the mail server refuses the login ({reason}): check `submission-user` and `submission-password`"
            ),
        ),
        _ => Finding::wrong(
            "mail-server",
            format!("the mail server refuses this host ({reason})"),
        ),
    }
}

fn of_mailbox(failure: Option<&PollFailure>) -> Finding {
    let Some(failure) = failure else {
        return Finding::right(
            "mailbox",
            "the mail server takes the login, and the folder can be read",
        );
    };
    let problem = &failure.problem;
    match failure.kind {
        PollFailureKind::Unauthorised => Finding::wrong(
            "mailbox-login",
            format!("{problem}: check `mailbox-user`, and its password or token"),
        ),
        PollFailureKind::NotFound => Finding::wrong(
            "mailbox-folder",
            format!("{problem}: check `mailbox-folder`"),
        ),
        PollFailureKind::Unavailable => Finding::wrong("mailbox", problem.clone()),
        PollFailureKind::Limited | PollFailureKind::HostBusy => {
            Finding::unchecked("busy", format!("{problem}: test again later"))
        }
    }
}

/// What is not asked about.
pub(super) fn unprobed(adapter: &Email) -> Vec<Finding> {
    let way = match adapter.settings.inbound {
        InboundWay::Webhook => Some((
            "webhook-url",
            "whether mails are posted to the webhook shows with the first mail only",
        )),
        InboundWay::Imap | InboundWay::Poll => None,
        InboundWay::Lmtp => Some((
            "lmtp",
            "whether the company's mail server delivers by LMTP shows with the first mail only",
        )),
    };
    let unchecked = way.map(|(topic, text)| Finding::unchecked(topic, text));
    let mut findings: Vec<Finding> = unchecked.into_iter().collect();
    if adapter.submission.is_none() {
        let text = "the connection only receives: it has no `submission`";
        findings.push(Finding::unchecked("mail-server", text));
    }
    findings
}
