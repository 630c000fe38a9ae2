//! `patchbay:care/contacts`: what the company's CRM says about the customer.

use std::collections::BTreeMap;

use super::HostState;
use super::host_calls::functions;
use crate::contract::contacts;
use crate::limits::stop::Stop;

impl contacts::Host for HostState {
    functions! { "contacts":
        attribute(name: String) -> Option<String>, "attribute", |state| {
            let attributes = state.attributes()?;
            Ok(attributes.and_then(|attributes| attributes.get(&name).cloned()))
        };
        attribute_names() -> Vec<String>, "attribute-names", |state| {
            let attributes = state.attributes()?;
            Ok(attributes.map_or_else(Vec::new, |attributes| attributes.keys().cloned().collect()))
        };
    }
}

impl HostState {
    /// The contact's attributes, for plugins with the grant; absent for a decision
    /// about no message.
    fn attributes(&self) -> Result<Option<&BTreeMap<String, String>>, Stop> {
        self.require("contacts", |grants| grants.contacts)?;
        let exchange = self.situation()?.exchange.as_ref();
        Ok(exchange.map(|exchange| &exchange.contact.attributes))
    }
}
