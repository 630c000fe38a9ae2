//! The session with the mail server that shows whether it takes the host's login.

use patchbay_adapter::probe::{Finding, MailProbe, Probe, ProbeRequest};
use patchbay_adapter::{Exchange, InboundWay, MailAnswer};
use patchbay_model::mail_server::MailStep;

use super::Email;
use super::status_code::EnhancedCode;

pub(super) fn questions(adapter: &Email) -> Vec<Probe> {
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
    questions.into_iter().collect()
}

pub(super) fn findings(exchange: &Exchange<'_>) -> Vec<Finding> {
    vec![match exchange {
        Exchange::MailAnswered(answer) => of_answer(answer),
        Exchange::Answered(_) => Finding::unexpected(),
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

/// What is not asked about.
pub(super) fn unprobed(adapter: &Email) -> Vec<Finding> {
    let (topic, text) = match adapter.settings.inbound {
        InboundWay::Webhook => (
            "webhook-url",
            "whether mails are posted to the webhook shows with the first mail only",
        ),
        InboundWay::Lmtp => (
            "lmtp",
            "whether the company's mail server delivers by LMTP shows with the first mail only",
        ),
    };
    let mut findings = vec![Finding::unchecked(topic, text)];
    if adapter.submission.is_none() {
        let text = "the connection only receives: it has no `submission`";
        findings.push(Finding::unchecked("mail-server", text));
    }
    findings
}
