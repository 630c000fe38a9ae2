//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{EncodeError, Exchange, OutboundRequest, Outcome, Reply, RequestMethod};
use serde_json::{Value, json};

use super::Zammad;
use super::article::kind_of;
use super::writer::is_telephone;
use crate::answer;
use crate::help_desk::number;

/// Path of articles in the API.
pub(super) const ARTICLES: &str = "/api/v1/ticket_articles";
/// The preference of an article in which our key is planted.
pub(super) const KEY_PREFERENCE: &str = "patchbay_key";
/// Longest mail address (RFC 5321).
const MAIL_BYTES: usize = 254;
/// Most bytes of a subject.
const SUBJECT_BYTES: usize = 250;
/// Networks that Zammad answers by the chat of the ticket.
const CHATS: [&str; 2] = ["telegram", "whatsapp"];

/// An article of a ticket.
pub(super) fn article(ticket: u64, kind: &str, text: &str, key: &str) -> Value {
    json!({
        "ticket_id": ticket,
        "type": kind,
        "sender": "Agent",
        "internal": false,
        "content_type": "text/plain",
        "body": text,
        "preferences": {KEY_PREFERENCE: key},
    })
}

/// The article that Zammad sends to the customer.
pub(super) fn encode(
    adapter: &Zammad,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let ticket = adapter.desk.check_reply(reply)?;
    let ticket = number(ticket).ok_or(EncodeError::Address)?;
    let way = Way::of(reply.to).ok_or(EncodeError::Address)?;
    let key = format!("{}/1", reply.key);
    let mut body = article(ticket, way.kind, reply.text, &key);
    if let Some(to) = way.to {
        body["to"] = to.into();
    }
    if way.kind == "email" {
        let words: Vec<&str> = reply
            .subject
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let subject = words.join(" ");
        if !subject.is_empty() {
            body["subject"] = cut(&subject, SUBJECT_BYTES).into();
        }
    }
    let request = adapter
        .desk
        .request(RequestMethod::Post, key, ARTICLES, &body);
    Ok(vec![request])
}

/// How a reply reaches an address.
struct Way<'a> {
    /// Type of the article.
    kind: &'static str,
    to: Option<&'a str>,
}

impl<'a> Way<'a> {
    /// `None` if Zammad cannot be told how.
    fn of(address: &'a str) -> Option<Way<'a>> {
        let is_mail = address.len() <= MAIL_BYTES
            && address.bytes().filter(|byte| *byte == b'@').count() == 1
            && !address.contains(|c: char| {
                c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>' | '"')
            });
        if is_mail {
            return Some(Way {
                kind: "email",
                to: Some(address),
            });
        }
        if is_telephone(address) {
            return Some(Way {
                kind: "sms",
                to: Some(address),
            });
        }
        let (network, customer) = address.split_once(':')?;
        number(customer)?;
        let kind = match network {
            // Whom only the portal reaches.
            "customer" => "note",
            network if CHATS.contains(&network) => kind_of(network)?,
            _ => return None,
        };
        Some(Way { kind, to: None })
    }
}

/// What a result means: the answer is the article.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    answer::of_reply(exchange, |article| {
        article.id(&["id"]).map(|id| id.into_owned())
    })
}
