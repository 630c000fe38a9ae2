//! Mail that no person wrote, by its header (RFC 3834 and what programs write).

use patchbay_model::codes;
use patchbay_text::mail::Automatic;

use super::Settings;
use super::header::Header;
use super::mime::{Mail, Node};

codes! {
    /// Why a mail is automatic: the attribute `automatic_reason`.
    pub(super) enum AutomaticReason {
        /// It comes from an address of the company.
        OwnAddress = "own-address",
        /// A report about a mail: not delivered, read, complained about.
        Report = "report",
        /// The field `Auto-Submitted` says so.
        AutoSubmitted = "auto-submitted",
        /// A field of a program that answers says so.
        AutoReply = "auto-reply",
        /// A rule of an Exchange mailbox sent it: an absence note.
        InboxRule = "inbox-rule",
        /// It has no return path: nothing may be sent in answer.
        NullReturnPath = "null-return-path",
        /// A mail server wrote it.
        MailServer = "mail-server",
        /// The field `X-Loop` marks what a program sent before.
        Loop = "loop",
        /// `Precedence`: bulk mail.
        Precedence = "precedence",
        /// A mailing list or newsletter.
        List = "list",
    }
}

/// Fields that say it by themselves, with what they say, in the order in which the
/// first is the reason.
const FIELDS: [(&str, AutomaticReason); 14] = [
    ("auto-submitted", AutomaticReason::AutoSubmitted),
    ("x-autoreply", AutomaticReason::AutoReply),
    ("x-autorespond", AutomaticReason::AutoReply),
    ("x-autoresponder", AutomaticReason::AutoReply),
    ("x-autoreply-from", AutomaticReason::AutoReply),
    ("x-mail-autoreply", AutomaticReason::AutoReply),
    ("x-post-messageclass", AutomaticReason::AutoReply),
    ("x-fc-machinegenerated", AutomaticReason::AutoReply),
    ("x-failed-recipients", AutomaticReason::Report),
    ("return-path", AutomaticReason::NullReturnPath),
    ("precedence", AutomaticReason::Precedence),
    ("list-id", AutomaticReason::List),
    ("list-unsubscribe", AutomaticReason::List),
    ("feedback-id", AutomaticReason::List),
];

/// Why a mail is automatic; `None` if a person may have written it. `address` is its
/// author's, of whom [`AutomaticReason::OwnAddress`] is for the caller to know.
/// `return_path` is that of the envelope, if the company's own mail server gave it: then
/// the field `Return-Path`, which any sender can write, does not count.
pub(super) fn reason(
    settings: &Settings,
    mail: &Mail<'_>,
    return_path: Option<&str>,
    address: Option<&str>,
) -> Option<AutomaticReason> {
    let header = &mail.header;
    if is_report(mail) {
        return Some(AutomaticReason::Report);
    }
    if suppresses_answers(header) && header.has_any(&["x-ms-exchange-inbox-rules-loop"]) {
        return Some(AutomaticReason::InboxRule);
    }
    // The company's own list passes on what customers write to it.
    let is_own_list = is_own_list(settings, header);
    let by_field = FIELDS.iter().find(|(name, reason)| {
        let is_of_list = matches!(reason, AutomaticReason::List | AutomaticReason::Precedence);
        if let (AutomaticReason::NullReturnPath, Some(path)) = (reason, return_path) {
            return path.is_empty();
        }
        let says = |(_, value): (usize, String)| Automatic::from_header(name, &value).is_some();
        !(is_own_list && is_of_list) && header.all(name).any(says)
    });
    if let Some((_, reason)) = by_field {
        return Some(*reason);
    }
    if header.has_any(&["x-loop"]) {
        return Some(AutomaticReason::Loop);
    }
    let local = address.and_then(|address| address.split('@').next());
    let is_server = local.is_some_and(|local| {
        ["mailer-daemon", "postmaster"]
            .iter()
            .any(|name| local.eq_ignore_ascii_case(name))
    });
    is_server.then_some(AutomaticReason::MailServer)
}

/// Whether the sender asks for no automatic answer. A person's program does that
/// too.
pub(super) fn suppresses_answers(header: &Header<'_>) -> bool {
    let name = "x-auto-response-suppress";
    header
        .all(name)
        .any(|(_, value)| Automatic::from_header(name, &value).is_some())
}

fn is_report(mail: &Mail<'_>) -> bool {
    let content = mail.header.content("content-type");
    let is_multipart = content.is_some_and(|it| it.value == "multipart/report");
    is_multipart
        || matches!(&mail.root, Node::Leaf(part) if part.media_type == "message/delivery-status")
}

fn is_own_list(settings: &Settings, header: &Header<'_>) -> bool {
    let value = header.raw("list-id").unwrap_or_default();
    let inside = value
        .rsplit_once('<')
        .map_or(value.as_str(), |(_, inside)| inside);
    let id = inside.trim().trim_end_matches('>').trim();
    settings
        .own_lists
        .iter()
        .any(|own| own.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason_of(fields: &str, from: &str) -> Option<&'static str> {
        let settings = Settings {
            own_lists: vec!["support.northwind.example".to_owned()],
            ..Settings::default()
        };
        let mail = format!("{fields}\n\ntext");
        let mail = Mail::read(mail.as_bytes());
        reason(&settings, &mail, None, Some(from)).map(AutomaticReason::as_str)
    }

    /// RFC 3834, 2 and 5; RFC 3464 and 3798 for reports; the rest as seen in mails.
    #[test]
    fn header_fields_tell_mail_that_no_person_wrote() {
        for (fields, expected) in [
            ("Subject: Hello", None),
            ("Auto-Submitted: no", None),
            ("Auto-Submitted: NO (really)", None),
            ("Auto-Submitted: auto-replied", Some("auto-submitted")),
            (
                "Auto-Submitted: auto-replied; owner-email=\"jo@example.org\"",
                Some("auto-submitted"),
            ),
            ("auto-submitted: Auto-Generated", Some("auto-submitted")),
            ("Auto-Submitted: vacation", Some("auto-submitted")),
            (
                "Auto-Submitted: auto-notified; owner-email=\"jo@example.org\"",
                Some("auto-submitted"),
            ),
            ("Return-Path: <>", Some("null-return-path")),
            ("Return-Path: <jo@example.org>", None),
            (
                "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
                Some("report"),
            ),
            (
                "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
                Some("report"),
            ),
            (
                "Content-Type: multipart/report; report-type=feedback-report; boundary=x",
                Some("report"),
            ),
            ("Content-Type: message/delivery-status", Some("report")),
            ("X-Failed-Recipients: jo@example.org", Some("report")),
            ("Precedence: bulk", Some("precedence")),
            ("Precedence: list", Some("precedence")),
            ("Precedence: junk", Some("precedence")),
            ("Precedence: auto_reply", Some("precedence")),
            ("Precedence: first-class", None),
            ("List-Id: News <news.example.org>", Some("list")),
            ("List-Unsubscribe: <mailto:off@example.org>", Some("list")),
            (
                "List-Id: <support.northwind.example>\nPrecedence: list\nList-Unsubscribe: <mailto:x@y>",
                None,
            ),
            (
                "List-Id: <support.northwind.example>\nAuto-Submitted: auto-replied",
                Some("auto-submitted"),
            ),
            (
                "List-Id: <support.northwind.example>\nReturn-Path: <>",
                Some("null-return-path"),
            ),
            // Asks us not to answer; a person's Outlook writes it too.
            ("X-Auto-Response-Suppress: All", None),
            ("X-Auto-Response-Suppress: OOF, AutoReply", None),
            (
                "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: jo@example.org",
                Some("inbox-rule"),
            ),
            ("X-MS-Exchange-Inbox-Rules-Loop: jo@example.org", None),
            ("X-Autoreply: yes", Some("auto-reply")),
            ("X-Autoreply: no", None),
            ("X-Autorespond: away", Some("auto-reply")),
            ("X-Loop: help@northwind.example", Some("loop")),
        ] {
            assert_eq!(reason_of(fields, "jo@example.org"), expected, "{fields}");
        }
        for (from, expected) in [
            ("MAILER-DAEMON@mx.example", Some("mail-server")),
            ("postmaster@example.org", Some("mail-server")),
            ("mailer-daemon-fan@example.org", None),
            ("noreply@example.org", None),
        ] {
            assert_eq!(reason_of("Subject: Hello", from), expected, "{from}");
        }
    }

    #[test]
    fn a_field_that_occurs_twice_counts_once() {
        let twice = "Auto-Submitted: no\nAuto-Submitted: auto-replied";
        assert_eq!(reason_of(twice, "jo@example.org"), Some("auto-submitted"));
    }
}
