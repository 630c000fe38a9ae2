//! The customer's name and the newest words of listed conversations: opened when a page is
//! read, and stored nowhere.

use std::collections::HashMap;

use patchbay_journal::{CompanyId, ConversationId, Journal, JournalError, Ordinal};
use patchbay_model::interaction::Interaction;
use serde::Deserialize;

use super::ListedConversation;
use crate::conversation_reader::{open_input, readable};
use crate::last_message::MessagePlace;
use crate::outbox_payload::{Payload, open_payload};

/// Most characters of a snippet or a name.
const MAX_CHARS: usize = 160;

/// What a list shows in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The newest known name of the customer.
    pub name: Option<String>,
    /// The begin of the newest message, in one line.
    pub snippet: Option<String>,
}

/// The text of a stored reply.
#[derive(Deserialize)]
struct StoredReply {
    text: String,
}

/// The previews of conversations, in their order. What was sealed for an erased contact is
/// absent.
///
/// # Errors
/// The journal cannot be read. What is stored wrongly is absent, and logged.
pub fn read_previews<'a>(
    journal: &dyn Journal,
    company: CompanyId,
    rows: impl Iterator<Item = &'a ListedConversation> + Clone,
) -> Result<Vec<Preview>, JournalError> {
    let newest = |row: &ListedConversation| match row.last_message {
        Some(MessagePlace::Input(ordinal)) => Some(ordinal),
        _ => None,
    };
    let ordinals = rows.clone().flat_map(|row| [newest(row), row.named]);
    let ordinals: Vec<Ordinal> = ordinals.flatten().map(Ordinal).collect();
    let mut interactions: HashMap<u64, Interaction> = HashMap::new();
    for input in journal.inputs(company, &ordinals)? {
        let opened = readable(open_input(journal, &input))?.flatten();
        interactions.extend(opened.map(|interaction| (input.ordinal.0, interaction)));
    }
    rows.map(|row| {
        let named = row.named.and_then(|ordinal| interactions.get(&ordinal));
        let name = named.and_then(|interaction| interaction.author.name.as_deref());
        let reply;
        let text = match row.last_message {
            Some(MessagePlace::Input(ordinal)) => {
                interactions.get(&ordinal).map(|known| known.text.as_str())
            }
            Some(MessagePlace::Entry(entry)) => {
                reply = reply_text(journal, company, row.id, entry)?;
                reply.as_deref()
            }
            None => None,
        };
        Ok(Preview {
            name: name.and_then(one_line),
            snippet: text.and_then(one_line),
        })
    })
    .collect()
}

/// The text of a reply of the desk in a history entry.
pub(crate) fn reply_text(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    entry: u64,
) -> Result<Option<String>, JournalError> {
    let payload = Payload::Entry(conversation, entry);
    let opened = readable(open_payload(journal, company, payload))?;
    let body = opened.and_then(Result::ok);
    let stored = body.and_then(|body| serde_json::from_slice::<StoredReply>(&body).ok());
    Ok(stored.map(|stored| stored.text))
}

/// A text in one line without control characters, cut at a bound; `None` if nothing is
/// left.
fn one_line(text: &str) -> Option<String> {
    let mut line = String::new();
    // A long text need not be read whole.
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().nth(MAX_CHARS).is_some() {
            let end = line.char_indices().nth(MAX_CHARS - 1);
            line.truncate(end.map_or(0, |(at, _)| at));
            line.push('…');
            break;
        }
    }
    Some(line).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_one_line_of_at_most_160_characters() {
        for (text, line) in [
            ("Hello", Some("Hello")),
            ("  Hello,\r\n\tworld\u{7}!  ", Some("Hello, world !")),
            (" \n ", None),
            ("", None),
        ] {
            assert_eq!(one_line(text).as_deref(), line, "{text:?}");
        }
        let exact = "ä".repeat(160);
        assert_eq!(one_line(&exact).as_deref(), Some(exact.as_str()));
        for long in ["ä".repeat(161), "ä ".repeat(70_000)] {
            let cut = one_line(&long).expect("not empty");
            assert_eq!(cut.chars().count(), 160);
            assert!(cut.ends_with('…'), "{cut}");
        }
    }
}
