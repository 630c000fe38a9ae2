//! Whom the entries of a commit concern.

use serde::{Deserialize, Serialize};

/// The agents and queues that the entries of one commit concern: those of the conversation
/// before and after it, so that who loses it is told, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryScope {
    /// Agents who owned it or had it on offer.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// Queues that it waited in or came from.
    #[serde(rename = "q", default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
}

impl EntryScope {
    /// The scope of these agents and queues, each once.
    pub fn new<'a>(
        agents: impl IntoIterator<Item = Option<&'a String>>,
        queues: impl IntoIterator<Item = Option<&'a String>>,
    ) -> EntryScope {
        let distinct = |names: &mut dyn Iterator<Item = Option<&'a String>>| {
            let mut found: Vec<String> = Vec::new();
            for name in names.flatten() {
                if !found.contains(name) {
                    found.push(name.clone());
                }
            }
            found
        };
        EntryScope {
            agents: distinct(&mut agents.into_iter()),
            queues: distinct(&mut queues.into_iter()),
        }
    }

    /// As a backend stores it; empty for no agent and no queue.
    pub fn to_text(&self) -> String {
        if *self == EntryScope::default() {
            return String::new();
        }
        // Strings in arrays cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As a backend stored it; `None` for a text that is not valid.
    pub fn from_text(text: &str) -> Option<EntryScope> {
        if text.is_empty() {
            return Some(EntryScope::default());
        }
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_each_once_and_reads_back() {
        let [ana, ben, tax] = ["ana", "b\u{1f}e\"n", "tax"].map(str::to_owned);
        let agents = [Some(&ana), None, Some(&ben), Some(&ana)];
        let scope = EntryScope::new(agents, [Some(&tax), Some(&tax)]);
        assert_eq!(scope.agents, [ana, ben]);
        assert_eq!(scope.queues, [tax]);
        assert_eq!(EntryScope::from_text(&scope.to_text()), Some(scope));
        let empty = EntryScope::default();
        assert_eq!(empty.to_text(), "");
        assert_eq!(EntryScope::from_text(""), Some(empty));
        assert_eq!(EntryScope::from_text("x"), None);
    }
}
