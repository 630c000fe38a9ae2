//! The input of a recorded decision, for a case made from one.

use std::sync::Arc;

use patchbay_model::conversation::{Contact, Conversation};
use patchbay_model::decision::classification::Classification;
use patchbay_model::interaction::Interaction;
use patchbay_model::situation::Exchange;
use serde::Deserialize;
use serde_json::Value;

/// The input of a recorded decision. It replaces what earlier steps of the case left.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordedInput {
    /// The interaction, where the step itself has none.
    pub interaction: Option<Value>,
    /// The conversation at the time of the decision.
    pub conversation: Option<Conversation>,
    /// What was known of the author.
    pub contact: Contact,
    /// Earlier interactions of the conversation, newest first.
    pub earlier: Vec<Value>,
    /// Interactions of the contact's other conversations, newest first.
    pub elsewhere: Vec<Value>,
    /// The merged classification.
    pub assessment: Option<Classification>,
}

impl RecordedInput {
    /// The exchange the decision was made on.
    pub(super) fn exchange(&self, interaction: Interaction) -> Result<Arc<Exchange>, String> {
        let read = |interactions: &[Value]| -> Result<Vec<_>, String> {
            let interactions = interactions.iter().cloned();
            interactions
                .map(|one| super::interaction(one).map(Arc::new))
                .collect()
        };
        let mut exchange = Exchange::new(interaction);
        if let Some(conversation) = &self.conversation {
            exchange.conversation = conversation.clone();
        }
        exchange.contact = self.contact.clone();
        exchange.earlier = read(&self.earlier)?;
        exchange.elsewhere = read(&self.elsewhere)?;
        Ok(Arc::new(exchange))
    }
}
