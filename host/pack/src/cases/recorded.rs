//! The exchange of a case that is a recorded decision: nothing of it is made up.

use std::sync::Arc;

use patchbay_model::interaction::Interaction;
use patchbay_model::situation::Exchange;
use serde_json::Value;

use super::Given;

/// What the decision was made on.
pub(super) fn exchange(given: &Given, interaction: Interaction) -> Result<Arc<Exchange>, String> {
    let read = |texts: &[Value]| {
        texts
            .iter()
            .map(|text| Interaction::from_own(text.clone()).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())
    };
    let mut exchange = Exchange::new(interaction);
    if let Some(conversation) = &given.conversation {
        exchange.conversation = conversation.clone();
    }
    exchange.contact = given.contact.clone();
    exchange.earlier = read(&given.earlier)?;
    exchange.elsewhere = read(&given.elsewhere)?;
    Ok(Arc::new(exchange))
}
