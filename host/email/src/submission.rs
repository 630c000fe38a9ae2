//! What the answer of a mail server to a mail means.

use std::time::Duration;

use patchbay_adapter::{Exchange, Failure, FailureKind, MailAnswer, Outcome, Reason, Receipt};
use patchbay_model::mail_server::MailStep;

use super::status_code::EnhancedCode;

/// Wait after greylisting: servers take the second attempt after some minutes.
const GREYLIST_WAIT: Duration = Duration::from_secs(300);

/// What a result means. Every attempt has the same Message-ID, by which a reader sees a
/// second copy; no server does. So what may have been taken is not sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let failed = |kind, words| {
        let reason = Reason::words(words);
        Outcome::failed(Failure { kind, reason }, None)
    };
    match exchange {
        Exchange::Unsent => failed(FailureKind::Retry, "not sent"),
        Exchange::Lost => failed(FailureKind::Uncertain, "no answer"),
        Exchange::Answered(_) | Exchange::MailboxOpened(_) => {
            failed(FailureKind::Refused, "not an answer to a mail")
        }
        Exchange::MailAnswered(answer) => by_code(answer),
    }
}

fn by_code(answer: &MailAnswer<'_>) -> Outcome {
    let enhanced = EnhancedCode::parse(answer.text);
    // One that contradicts the reply code says nothing.
    let enhanced = enhanced.filter(|it| it.class == answer.code / 100);
    let kind = match answer.code {
        200..=299 if answer.step == MailStep::Mail => {
            return Outcome::Accepted(Receipt {
                provider_id: answer.message_id.to_owned(),
                recipient: None,
            });
        }
        400..=499 => FailureKind::Retry,
        500..=599 => permanent_failure(answer, enhanced),
        // The server and the caller do not agree where the mail ends.
        _ => FailureKind::Uncertain,
    };
    let is_greylisted =
        answer.code == 451 || enhanced.is_some_and(|it| (it.subject, it.detail) == (7, 1));
    let wait = (kind == FailureKind::Retry && is_greylisted).then_some(GREYLIST_WAIT);
    let reason = match enhanced {
        Some(code) => Reason::enhanced(code.class, code.subject, code.detail),
        None => Reason::smtp(answer.code),
    };
    Outcome::failed(Failure { kind, reason }, wait)
}

/// What a refusal for good is about.
fn permanent_failure(answer: &MailAnswer<'_>, enhanced: Option<EnhancedCode>) -> FailureKind {
    match answer.step {
        // The server takes nothing from this host or user.
        MailStep::Session | MailStep::Login => FailureKind::ChannelBroken,
        // The size is a part of this command.
        MailStep::Sender => match (answer.code, enhanced.map(|it| (it.subject, it.detail))) {
            (_, Some((2, 3) | (3, 4))) | (552, None) => FailureKind::Refused,
            _ => FailureKind::ChannelBroken,
        },
        MailStep::Recipient | MailStep::Mail => enhanced
            .and_then(EnhancedCode::permanent_failure)
            .unwrap_or_else(|| without_enhanced_code(answer)),
    }
}

/// A refusal of a server that says no more than its reply code (RFC 5321, 4.2.3; RFC
/// 4954 and RFC 7504 for 52x, 53x, 556).
fn without_enhanced_code(answer: &MailAnswer<'_>) -> FailureKind {
    match (answer.code, answer.step) {
        // The host is not logged in, or not by a way that the server takes.
        (523..=525 | 530..=539, _) => FailureKind::ChannelBroken,
        // The recipient was accepted before.
        (_, MailStep::Mail) => FailureKind::Refused,
        // Unknown or disabled mailbox, or a domain that takes no mail.
        (521 | 550 | 551 | 553 | 556, _) => FailureKind::RecipientUnreachable,
        _ => FailureKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(step: MailStep, code: u16, text: &str) -> (String, Option<u64>) {
        let answer = MailAnswer {
            message_id: "reply-1@care.northwind.example",
            step,
            code,
            text,
        };
        let outcome = outcome(&Exchange::MailAnswered(answer));
        let wait = match &outcome {
            Outcome::Retry { after, .. } => after.map(|it| it.as_secs()),
            _ => None,
        };
        (outcome.as_str().to_owned(), wait)
    }

    #[test]
    fn an_answer_is_told_by_its_codes() {
        for (code, text, outcome, wait) in [
            (250, "2.0.0 Ok: queued as 4XYZ", "accepted", None),
            (250, "", "accepted", None),
            (251, "User not local; will forward", "accepted", None),
            (421, "4.3.2 Service shutting down", "retry", None),
            (421, "", "retry", None),
            (450, "4.2.0 Greylisted, see postgrey", "retry", None),
            (451, "4.7.1 Greylisting in action", "retry", Some(300)),
            (450, "4.7.1 Try again later", "retry", Some(300)),
            (451, "Temporary local problem", "retry", Some(300)),
            (452, "4.2.2 Mailbox full", "retry", None),
            (454, "4.7.0 Temporary authentication failure", "retry", None),
            (550, "5.1.1 User unknown", "recipient-unreachable", None),
            (
                550,
                "5.1.10 RESOLVER.ADR.RecipientNotFound",
                "recipient-unreachable",
                None,
            ),
            (552, "5.2.2 Mailbox full", "recipient-unreachable", None),
            (550, "5.7.1 Message rejected as spam", "refused", None),
            (
                550,
                "5.7.26 Unauthenticated mail is not accepted",
                "channel-broken",
                None,
            ),
            (
                535,
                "5.7.8 Authentication credentials invalid",
                "channel-broken",
                None,
            ),
            (530, "Authentication required", "channel-broken", None),
            (552, "5.3.4 Message too big", "refused", None),
            (553, "5.1.8 Sender address rejected", "channel-broken", None),
            (550, "No such user", "recipient-unreachable", None),
            (
                556,
                "Domain does not accept mail",
                "recipient-unreachable",
                None,
            ),
            (554, "Transaction failed", "refused", None),
            (
                550,
                "2.0.0 contradicts itself",
                "recipient-unreachable",
                None,
            ),
            (354, "Go ahead", "uncertain", None),
            (0, "", "uncertain", None),
            (999, "5.1.1", "uncertain", None),
        ] {
            // An accepted recipient is no accepted mail.
            let step = match code {
                200..=299 => MailStep::Mail,
                _ => MailStep::Recipient,
            };
            assert_eq!(
                read(step, code, text),
                (outcome.to_owned(), wait),
                "{code} {text}"
            );
        }
    }

    #[test]
    fn a_refusal_is_about_what_was_answered() {
        use MailStep::{Login, Mail, Recipient, Sender, Session};
        for (step, code, text, outcome) in [
            (Session, 554, "No SMTP service here", "channel-broken"),
            (Session, 554, "5.7.1 Client host blocked", "channel-broken"),
            (Session, 421, "4.3.2 Busy", "retry"),
            (Session, 454, "TLS not available", "retry"),
            (Login, 535, "5.7.8 Invalid", "channel-broken"),
            (Login, 550, "5.1.1 No such user", "channel-broken"),
            (Login, 500, "", "channel-broken"),
            (Login, 454, "4.7.0 Later", "retry"),
            (Sender, 550, "5.1.1 Unknown sender", "channel-broken"),
            (Sender, 553, "5.7.1 Not owned by user", "channel-broken"),
            (Sender, 530, "5.7.0 Log in", "channel-broken"),
            (Sender, 552, "5.3.4 Too big", "refused"),
            (Sender, 552, "Too big", "refused"),
            (Sender, 452, "4.3.1 Disk", "retry"),
            (Sender, 250, "Ok", "uncertain"),
            (Recipient, 550, "", "recipient-unreachable"),
            (Recipient, 554, "5.7.1 Relay denied", "refused"),
            (Mail, 550, "Looks like spam", "refused"),
            (Mail, 550, "5.1.1 No such user", "recipient-unreachable"),
            (Mail, 530, "", "channel-broken"),
            (Mail, 451, "", "retry"),
        ] {
            assert_eq!(read(step, code, text).0, outcome, "{step} {code} {text}");
        }
    }

    #[test]
    fn a_mail_without_an_answer_was_not_sent_or_may_have_been() {
        assert_eq!(outcome(&Exchange::Unsent).as_str(), "retry");
        // The end of the mail was sent.
        assert_eq!(outcome(&Exchange::Lost).as_str(), "uncertain");
    }

    #[test]
    fn an_accepted_mail_has_its_message_id_as_receipt() {
        let answer = MailAnswer {
            message_id: "reply-1@care.northwind.example",
            step: MailStep::Mail,
            code: 250,
            text: "2.0.0 Ok: queued as 4XYZ",
        };
        let Outcome::Accepted(receipt) = outcome(&Exchange::MailAnswered(answer)) else {
            panic!("not accepted");
        };
        assert_eq!(receipt.provider_id, "reply-1@care.northwind.example");
    }

    #[test]
    fn a_reason_is_a_code_and_never_the_words_of_a_server() {
        for (code, text, reason) in [
            (550, "5.1.1 <jo@example.org> unknown", "5.1.1"),
            (550, "<jo@example.org> unknown", "smtp 550"),
        ] {
            let answer = MailAnswer {
                message_id: "1@x.example",
                step: MailStep::Recipient,
                code,
                text,
            };
            let shown = format!("{answer:?}");
            assert!(!shown.contains("jo@"), "{shown}");
            let Outcome::RecipientUnreachable(found) = outcome(&Exchange::MailAnswered(answer))
            else {
                panic!("{text}");
            };
            assert_eq!(found.as_str(), reason);
        }
    }
}
