//! Requests that send a reply.

use patchbay_adapter::{Adapter, EncodeError, OutboundRequest, Reply, RequestMethod};
use patchbay_model::length::LengthRule;
use patchbay_model::length::LengthUnit::Graphemes;
use serde_json::json;

use super::{Audience, Mastodon, is_account, is_id};

/// Most characters of a part's key, which is a header.
const KEY_CHARACTERS: usize = 255;
/// What a link counts (`characters_reserved_per_url`).
const LINK: usize = 23;

/// The status that is answered, and who can read it.
struct Answered<'a> {
    id: &'a str,
    audience: Audience,
}

impl Answered<'_> {
    /// From the attribute `provider_id`. Without a visibility, the reply has the fewest readers.
    fn parse(provider_id: &str) -> Option<Answered<'_>> {
        let (id, code) = provider_id.split_once(' ').unwrap_or((provider_id, ""));
        is_id(id).then(|| Answered {
            id,
            audience: Audience::of(code).of_reply(),
        })
    }
}

/// The parts of a reply. A post is not divided, because each part would stand by itself; a
/// private mention is.
pub(super) fn encode(
    adapter: &Mastodon,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !adapter.serves(reply.account) {
        return Err(EncodeError::Account);
    }
    let answered = reply.in_reply_to.ok_or(EncodeError::Unanswered)?;
    let answered = Answered::parse(answered).ok_or(EncodeError::Address)?;
    let to = reply.to.strip_prefix('@').unwrap_or(reply.to);
    if !is_account(to) {
        return Err(EncodeError::Address);
    }
    let is_header = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !reply.key.bytes().all(is_header) {
        return Err(EncodeError::KeyForm);
    }
    reply.check_text()?;
    let warning = reply.subject.unwrap_or_default();
    let limit = adapter.characters.saturating_sub(length(warning));
    let too_long = EncodeError::TooLongForOne {
        limit: adapter.characters,
    };
    let whole = with_mention(to, reply.text);
    let texts = match length(&whole) <= limit {
        true => vec![whole],
        false if answered.audience == Audience::Mentioned => {
            let mention = length(&format!("@{to} "));
            let room = limit.checked_sub(mention).filter(|room| *room > 0);
            let rule = LengthRule::new(Graphemes, room.ok_or(too_long)?);
            let parts = reply.parts(rule, KEY_CHARACTERS)?.into_iter();
            parts.map(|(_, text)| with_mention(to, &text)).collect()
        }
        false => return Err(too_long),
    };
    let parts = texts.into_iter().enumerate();
    let parts = parts.map(|(index, text)| {
        let key = format!("{}/{}", reply.key, index + 1);
        if key.len() > KEY_CHARACTERS {
            return Err(EncodeError::Key {
                limit: KEY_CHARACTERS,
            });
        }
        let mut document = json!({
            "status": text,
            "in_reply_to_id": answered.id,
            "visibility": answered.audience.code(),
        });
        if !warning.is_empty() {
            document["spoiler_text"] = warning.into();
        }
        Ok(OutboundRequest {
            method: RequestMethod::Post,
            url: format!("{}/api/v1/statuses", adapter.base),
            content_type: "application/json".into(),
            headers: vec![("idempotency-key", key.clone())],
            key,
            body: document.to_string().into_bytes().into(),
            credential: adapter.credential(),
        })
    });
    parts.collect()
}

/// The text behind the mention of the customer, without whom it reaches nobody.
fn with_mention(to: &str, text: &str) -> String {
    let mention = format!("@{to}");
    let start = text.get(..mention.len());
    let is_same = start.is_some_and(|start| start.eq_ignore_ascii_case(&mention));
    let next = text
        .get(mention.len()..)
        .and_then(|rest| rest.chars().next());
    let is_whole = next.is_none_or(char::is_whitespace);
    match is_same && is_whole {
        true => text.to_owned(),
        false => format!("{mention} {text}"),
    }
}

/// Length of a text as the server counts it: a link 23, of a mention the name alone.
fn length(text: &str) -> u32 {
    let mut counted = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let end = word.trim_end().len();
        let (word, blank) = word.split_at(end);
        let link = ["https://", "http://"]
            .iter()
            .filter_map(|it| word.find(it))
            .min();
        match (
            link,
            word.strip_prefix('@').and_then(|it| it.split_once('@')),
        ) {
            (Some(start), _) => {
                counted.push_str(&word[..start]);
                counted.push_str(&"x".repeat(LINK));
            }
            (None, Some((name, domain))) if is_account(&format!("{name}@{domain}")) => {
                counted.push('@');
                counted.push_str(name);
            }
            _ => counted.push_str(word),
        }
        counted.push_str(blank);
    }
    LengthRule::new(Graphemes, u32::MAX)
        .measure(&counted)
        .length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_counts_23_and_a_mention_its_name() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            ("👩‍👩‍👧‍👦é", 2),
            ("https://a.example", 23),
            (
                "see https://shop.example/a/very/long/path?with=a&query=of#parts now",
                31,
            ),
            ("(https://a.example)", 24),
            ("@jo@social.example hi", 6),
            ("@jo hi", 6),
            ("jo@social.example", 17),
            ("@jo@ hi", 7),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn the_mention_stands_once() {
        for (text, expected) in [
            ("Hi", "@jo@a.example Hi"),
            ("@jo@a.example Hi", "@jo@a.example Hi"),
            ("@Jo@A.example\nHi", "@Jo@A.example\nHi"),
            ("@jo@a.example", "@jo@a.example"),
            ("@jo@a.example.org Hi", "@jo@a.example @jo@a.example.org Hi"),
            ("@jo Hi", "@jo@a.example @jo Hi"),
            ("éééééééééé", "@jo@a.example éééééééééé"),
        ] {
            assert_eq!(with_mention("jo@a.example", text), expected);
        }
    }
}
