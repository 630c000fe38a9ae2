//! What policies remember while a case runs, by whose memory it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_model::situation::Exchange;
use patchbay_model::state::{Memory, Scope, StateWrite};

/// Whose memory: none of conversation or contact for the company's.
type Owner = (Scope, String);

/// Memories of every plugin, kept apart by conversation and contact.
#[derive(Default)]
pub(super) struct Memories(BTreeMap<String, BTreeMap<Owner, Memory>>);

impl Memories {
    /// What each plugin remembers in a decision about this exchange.
    pub(super) fn of(
        &self,
        exchange: Option<&std::sync::Arc<Exchange>>,
    ) -> BTreeMap<String, Memory> {
        let owners: Vec<Owner> = [Scope::Conversation, Scope::Contact, Scope::Company]
            .into_iter()
            .filter_map(|scope| owner(scope, exchange.map(|exchange| &**exchange)))
            .collect();
        self.0
            .iter()
            .map(|(plugin, kept)| {
                let parts = owners.iter().filter_map(|owner| kept.get(owner));
                (plugin.clone(), Memory::joined(parts))
            })
            .collect()
    }

    /// Keep what a decision wrote.
    pub(super) fn commit(
        &mut self,
        plugin: &str,
        write: &StateWrite,
        exchange: Option<&Exchange>,
        now: Timestamp,
    ) {
        // Without an exchange the host lets nothing be written for one.
        if let Some(owner) = owner(write.scope, exchange) {
            let kept = self.0.entry(plugin.to_owned()).or_default();
            kept.entry(owner).or_default().apply(write, now);
        }
    }
}

/// Conversations go by their id, contacts by their address; whoever has none is
/// somebody new in each conversation.
fn owner(scope: Scope, exchange: Option<&Exchange>) -> Option<Owner> {
    let id = match scope {
        Scope::Company => String::new(),
        Scope::Conversation => exchange?.conversation.id.clone(),
        Scope::Contact => {
            let exchange = exchange?;
            let address = exchange.interaction.author.address.as_ref();
            address.unwrap_or(&exchange.conversation.id).clone()
        }
    };
    Some((scope, id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use patchbay_model::interaction::Interaction;
    use patchbay_model::state::Change;
    use serde_json::json;

    use super::*;

    fn exchange(id: &str, address: Option<&str>) -> Arc<Exchange> {
        let mut interaction = json!({"id": id, "channel": "x", "text": "Hello"});
        if let Some(address) = address {
            interaction["author"] = json!({"address": address});
        }
        Arc::new(Exchange::new(
            Interaction::from_own(interaction).expect("valid"),
        ))
    }

    /// What is remembered in a decision about `read`, after one about `written`
    /// counted one in every scope.
    fn counted(written: &Arc<Exchange>, read: &Arc<Exchange>) -> [i64; 3] {
        let now = Timestamp::UNIX_EPOCH;
        let mut memories = Memories::default();
        let scopes = [Scope::Conversation, Scope::Contact, Scope::Company];
        for scope in scopes {
            let write = StateWrite {
                scope,
                key: "seen".to_owned(),
                change: Change::Add(1),
            };
            memories.commit("care", &write, Some(written), now);
        }
        let seen = memories.of(Some(read));
        scopes.map(|scope| seen["care"].counter(scope, "seen", now))
    }

    #[test]
    fn each_conversation_and_each_contact_has_its_own() {
        let jo = exchange("1", Some("@jo"));
        assert_eq!(counted(&jo, &jo), [1, 1, 1]);
        assert_eq!(counted(&jo, &exchange("2", Some("@jo"))), [0, 1, 1]);
        assert_eq!(counted(&jo, &exchange("3", Some("@ana"))), [0, 0, 1]);
    }

    #[test]
    fn who_has_no_address_is_somebody_new() {
        let nobody = exchange("1", None);
        assert_eq!(counted(&nobody, &exchange("2", None)), [0, 0, 1]);
    }
}
