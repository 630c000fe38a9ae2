//! State that policies write while a case runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::situation::Exchange;
use patchbay_model::state::{Memory, Scope, StateWrite};

/// Scope and the id of the conversation or contact; empty for the company.
type Owner = (Scope, String);

/// State of every plugin, by plugin and owner.
#[derive(Default)]
pub(super) struct PolicyMemories(BTreeMap<String, BTreeMap<Owner, Memory>>);

impl PolicyMemories {
    /// The state each plugin reads in a decision about an exchange.
    pub(super) fn for_exchange(
        &self,
        exchange: Option<&Arc<Exchange>>,
    ) -> BTreeMap<String, Memory> {
        let scopes = [Scope::Conversation, Scope::Contact, Scope::Company];
        let owners = scopes.map(|scope| owner(scope, exchange.map(AsRef::as_ref)));
        let joined = |memories: &BTreeMap<Owner, Memory>| {
            let owners = owners.iter().flatten();
            Memory::joined(owners.filter_map(|owner| memories.get(owner)))
        };
        let plugins = self.0.iter();
        plugins
            .map(|(plugin, memories)| (plugin.clone(), joined(memories)))
            .collect()
    }

    /// Stores a write of a decision.
    pub(super) fn commit(
        &mut self,
        plugin: &str,
        write: &StateWrite,
        exchange: Option<&Exchange>,
        now: Timestamp,
    ) {
        // The host denies writes for a conversation or contact without an exchange.
        if let Some(owner) = owner(write.scope, exchange) {
            let memories = self.0.entry(plugin.to_owned()).or_default();
            memories.entry(owner).or_default().apply(write, now);
        }
    }
}

/// Conversations are identified by id, contacts by address. An author without an address is
/// another contact in each conversation.
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

    /// Counters a decision about `read` sees after a decision about `written` added one in every
    /// scope.
    fn counted(written: &Arc<Exchange>, read: &Arc<Exchange>) -> [i64; 3] {
        let now = Timestamp::UNIX_EPOCH;
        let mut memories = PolicyMemories::default();
        let scopes = [Scope::Conversation, Scope::Contact, Scope::Company];
        for scope in scopes {
            let write = StateWrite {
                scope,
                key: "seen".to_owned(),
                change: Change::Add(1),
            };
            memories.commit("care", &write, Some(written), now);
        }
        let state = memories.for_exchange(Some(read));
        scopes.map(|scope| state["care"].counter(scope, "seen", now))
    }

    #[test]
    fn each_conversation_and_each_contact_has_its_own() {
        let jo = exchange("1", Some("@jo"));
        assert_eq!(counted(&jo, &jo), [1, 1, 1]);
        assert_eq!(counted(&jo, &exchange("2", Some("@jo"))), [0, 1, 1]);
        assert_eq!(counted(&jo, &exchange("3", Some("@ana"))), [0, 0, 1]);
    }

    #[test]
    fn an_author_without_an_address_is_a_new_contact() {
        let anonymous = exchange("1", None);
        assert_eq!(counted(&anonymous, &exchange("2", None)), [0, 0, 1]);
    }
}
