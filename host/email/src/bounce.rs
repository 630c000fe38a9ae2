//! Reports about the company's own mails (RFC 3464, RFC 6533). A report about any
//! other mail is an automatic mail like others.

use jiff::Timestamp;
use patchbay_adapter::{DeliveryStatus, Failure, FailureKind, Item, Reason};
use patchbay_model::delivery_state::DeliveryState;
use patchbay_text::mail::Automatic;

use super::Email;
use super::header::Header;
use super::mime::Mail;
use super::own_id::{Token, TokenUse};
use super::part::Part;
use super::recipient::Recipient;
use super::status_code::EnhancedCode;

/// Most bytes of a report that are read.
const REPORT_BYTES: usize = 64 << 10;
/// Most recipients of a report that are read.
const RECIPIENTS: usize = 100;

/// What happened to one recipient.
struct Delivery {
    action: String,
    code: Option<EnhancedCode>,
}

/// The status of the company's mail that a report is about; `None` if it is none
/// about such a mail.
pub(super) fn read(
    adapter: &Email,
    mail: &Mail<'_>,
    to: &Recipient,
    at: Option<Timestamp>,
) -> Option<Item> {
    let mut parts = Vec::new();
    mail.root.parts(&mut parts);
    let key = key(adapter, &parts, to)?;
    let is_status = |part: &&&Part<'_>| {
        matches!(
            part.media_type.as_str(),
            "message/delivery-status" | "message/global-delivery-status"
        )
    };
    let Some(report) = parts.iter().find(is_status) else {
        return by_words(mail, to).then(|| status(adapter, to, &key, at, None));
    };
    let deliveries = deliveries(&report.content());
    let failed = deliveries.iter().find(|it| it.action == "failed");
    if let Some(failed) = failed {
        return Some(status(adapter, to, &key, at, failed.code));
    }
    // Delayed mail can still arrive; that it arrived at a server says nothing of a
    // person.
    let action = deliveries.first().map_or("other", |it| it.action.as_str());
    Some(Item::event(&["bounce", action]))
}

/// The key of the reply: in the address that the report came to, else in the
/// Message-ID of the mail that it returns.
fn key(adapter: &Email, parts: &[&Part<'_>], to: &Recipient) -> Option<String> {
    if let Some(token) = bounce_token(to) {
        return Some(token.key.clone());
    }
    let returned = parts.iter().filter(|part| {
        matches!(
            part.media_type.as_str(),
            "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers"
        )
    });
    let mut ids = returned.flat_map(|part| {
        let content = part.content();
        Header::split(&content).0.ids("message-id")
    });
    ids.find_map(|id| adapter.own.key(&id).map(str::to_owned))
}

fn bounce_token(to: &Recipient) -> Option<&Token> {
    let token = to.token.as_ref();
    token.filter(|token| token.used == TokenUse::Bounce)
}

/// Whether a mail to a return path is a report in words, as some servers write it.
/// Absence notes go to the return path too.
fn by_words(mail: &Mail<'_>, to: &Recipient) -> bool {
    let is_returned = bounce_token(to).is_some();
    let subject = mail.header.text("subject").unwrap_or_default();
    is_returned && Automatic::from_text(&subject) == Some(Automatic::DeliveryReport)
}

/// Fields about each recipient, after those about the mail.
fn deliveries(report: &[u8]) -> Vec<Delivery> {
    let mut rest = &report[..report.len().min(REPORT_BYTES)];
    let mut deliveries = Vec::new();
    while !rest.is_empty() && deliveries.len() < RECIPIENTS {
        let (fields, after) = Header::split(rest);
        rest = after;
        let Some(action) = fields.raw("action") else {
            continue;
        };
        let word = |text: &str| {
            text.split([' ', ';', '('])
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let code = fields.raw("status").and_then(|it| EnhancedCode::parse(&it));
        let code = code.filter(|code| (code.subject, code.detail) != (0, 0));
        let diagnostic = fields.raw("diagnostic-code").unwrap_or_default();
        let mut words = diagnostic.split([' ', ';', '#']).take(12);
        deliveries.push(Delivery {
            action: word(&action),
            code: code.or_else(|| words.find_map(EnhancedCode::parse)),
        });
    }
    deliveries
}

fn status(
    adapter: &Email,
    to: &Recipient,
    key: &str,
    at: Option<Timestamp>,
    code: Option<EnhancedCode>,
) -> Item {
    let provider_id = adapter.own.message_id(key);
    let failure = match code {
        Some(code) => Failure {
            kind: code.permanent_failure().unwrap_or(FailureKind::Refused),
            reason: Reason::enhanced(code.class, code.subject, code.detail),
        },
        None => Failure {
            kind: FailureKind::Refused,
            reason: Reason::words("no code"),
        },
    };
    Item::Status(DeliveryStatus {
        message: adapter.ids.id(&to.account, &provider_id),
        provider_id,
        account: to.account.clone(),
        state: DeliveryState::Failed,
        at,
        key: Some(format!("{key}/1")),
        failure: Some(failure),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(report: &str) -> Vec<(String, Option<String>)> {
        let deliveries = deliveries(report.as_bytes()).into_iter();
        deliveries
            .map(|it| (it.action, it.code.map(|code| code.to_string())))
            .collect()
    }

    /// RFC 3464, appendix E, and reports of widespread servers.
    #[test]
    fn every_recipient_of_a_report_is_read() {
        for (report, expected) in [
            (
                "Reporting-MTA: dns; cs.utk.edu\n\nOriginal-Recipient: rfc822;louisl@larry.slip.umd.edu\nFinal-Recipient: rfc822;louisl@larry.slip.umd.edu\nAction: failed\nStatus: 4.0.0\nDiagnostic-Code: smtp; 426 connection timed out\nLast-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\n",
                &[("failed", None)][..],
            ),
            (
                "Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; c@b.example\nAction: Failed (permanent)\nStatus: 5.1.1 (bad mailbox)\n",
                &[("delayed", Some("4.4.1")), ("failed", Some("5.1.1"))],
            ),
            (
                "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.2.2 mailbox full\n",
                &[("failed", Some("5.2.2"))],
            ),
            (
                "Action: relayed\nStatus: 2.1.9\n",
                &[("relayed", Some("2.1.9"))],
            ),
            ("Reporting-MTA: dns; a.example\n", &[]),
            ("", &[]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(action, code)| ((*action).to_owned(), code.map(str::to_owned)))
                .collect();
            assert_eq!(read_all(report), expected, "{report}");
            assert_eq!(
                read_all(&report.replace('\n', "\r\n")),
                expected,
                "{report}"
            );
        }
        let many = "Action: failed\n\n".repeat(10_000);
        assert_eq!(read_all(&many).len(), RECIPIENTS);
    }
}
