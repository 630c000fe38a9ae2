//! A reply as a mail.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;
use patchbay_adapter::{EncodeError, OutboundMail, Reply};
use patchbay_model::address;
use patchbay_model::interaction::WrittenBy;

use super::own_id::{KEY_BYTES, TokenUse, is_key};
use super::settings::is_address;
use super::{CHANNEL, Email, written_content, written_field};

/// Most ids in `References`: the first, and the last ones.
const REFERENCES: usize = 20;
/// Longest id of another mail.
const ID_BYTES: usize = 250;
/// Most bytes of a subject.
const SUBJECT_BYTES: usize = 1_000;

/// What mail programs write before the subject of an answer.
const ANSWER_PREFIXES: [&str; 8] = ["re", "aw", "antw", "sv", "res", "rif", "odp", "ynt"];

/// The mail that sends a reply.
pub(super) fn encode(adapter: &Email, reply: &Reply<'_>) -> Result<OutboundMail, EncodeError> {
    let submission = adapter.submission.as_ref();
    let submission = submission.ok_or(EncodeError::NoMailServer)?;
    reply.check_text()?;
    if reply.key.len() > KEY_BYTES {
        return Err(EncodeError::Key { limit: KEY_BYTES });
    }
    if !is_key(reply.key) {
        return Err(EncodeError::KeyForm);
    }
    let account = adapter.settings.account_of(reply.account);
    let account = account.and_then(|(place, _)| adapter.settings.accounts.get(place));
    let account = account.ok_or(EncodeError::Account)?;
    let to = recipient(reply.to)?;
    let message_id = adapter.own.message_id(reply.key);
    let name = adapter.settings.sender_name.as_deref();
    let mut fields = Fields::default();
    fields.add("Date", &date(reply.written_at)?);
    fields.add("Message-ID", &format!("<{message_id}>"));
    fields.add("From", &written_field::mailbox(name, account));
    fields.add("To", &to);
    let reply_to = adapter
        .own
        .token_address(TokenUse::Reply, reply.key, account);
    if let Some(reply_to) = reply_to {
        fields.add("Reply-To", &written_field::mailbox(name, &reply_to));
    }
    let answered = reply.in_reply_to.filter(|id| is_message_id(id));
    if let Some(subject) = subject(reply)? {
        fields.add("Subject", &written_field::text_value(&subject));
    }
    if let Some(id) = answered {
        fields.add("In-Reply-To", &format!("<{id}>"));
    }
    let references = references(reply.references, answered);
    if !references.is_empty() {
        fields.add("References", &references.join("\r\n "));
    }
    // RFC 3834, 5.2: a person's mail has none.
    match (reply.written_by, reply.in_reply_to) {
        (WrittenBy::Human, _) => {}
        (WrittenBy::Policy, Some(_)) => fields.add("Auto-Submitted", "auto-replied"),
        (WrittenBy::Policy, None) => fields.add("Auto-Submitted", "auto-generated"),
    }
    fields.add("MIME-Version", "1.0");
    let content = written_content::write(reply.text, reply.files, &message_id);
    let bounce = adapter
        .own
        .token_address(TokenUse::Bounce, reply.key, account);
    Ok(OutboundMail {
        key: format!("{}/1", reply.key),
        server: submission.server.clone(),
        credential: submission.credential.clone(),
        from: bounce.unwrap_or_else(|| account.clone()),
        to,
        message: [fields.0.into_bytes(), content].concat(),
        message_id,
    })
}

#[derive(Default)]
struct Fields(String);

impl Fields {
    /// Adds a field, whose value is folded already.
    fn add(&mut self, name: &str, value: &str) {
        self.0 += &format!("{name}: {value}\r\n");
    }
}

fn date(at: Timestamp) -> Result<String, EncodeError> {
    let at = at.to_zoned(TimeZone::UTC);
    // RFC 5322 has years of four digits; so does every time of this host.
    let printed = DateTimePrinter::new().zoned_to_string(&at);
    printed.map_err(|_| EncodeError::Time)
}

/// The address as it came; the domain in its ASCII form. One that needs quotes, or a
/// server that takes UTF-8, is refused.
fn recipient(to: &str) -> Result<String, EncodeError> {
    let own = |to: &str| is_address(to).then(|| to.to_owned());
    let ascii = || {
        let (local, _) = to.rsplit_once('@')?;
        let canonical = address::canonical(CHANNEL, to);
        let (_, domain) = canonical.rsplit_once('@')?;
        own(&format!("{local}@{domain}"))
    };
    own(to).or_else(ascii).ok_or(EncodeError::Address)
}

/// The subject, for an answer with `Re:` once.
fn subject(reply: &Reply<'_>) -> Result<Option<String>, EncodeError> {
    let subject = reply.subject.unwrap_or_default().trim();
    if subject.len() > SUBJECT_BYTES || subject.chars().any(char::is_control) {
        let limit = SUBJECT_BYTES;
        return Err(EncodeError::Subject { limit });
    }
    if reply.in_reply_to.is_none() {
        return Ok((!subject.is_empty()).then(|| subject.to_owned()));
    }
    let mut own = subject;
    while let Some((prefix, rest)) = own.split_once(':') {
        // `Re[2]:`, `RE :`
        let prefix = prefix.trim_end().to_lowercase();
        let word = prefix.trim_end_matches(|c: char| "[]()^".contains(c) || c.is_ascii_digit());
        if !ANSWER_PREFIXES.contains(&word) {
            break;
        }
        own = rest.trim_start();
    }
    Ok(Some(format!("Re: {own}").trim_end().to_owned()))
}

/// Whether an id can stand in a field between angle brackets.
fn is_message_id(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'(' | b')');
    id.len() <= ID_BYTES && id.contains('@') && id.bytes().all(is_part)
}

/// Earlier mails and the one that is answered, each once.
fn references(earlier: &[&str], answered: Option<&str>) -> Vec<String> {
    let mut ids: Vec<&str> = Vec::new();
    let earlier = earlier
        .iter()
        .copied()
        .filter(|id| is_message_id(id) && answered != Some(*id));
    for id in earlier {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.extend(answered);
    if ids.len() > REFERENCES {
        ids.drain(1..=ids.len() - REFERENCES);
    }
    ids.into_iter().map(|id| format!("<{id}>")).collect()
}
