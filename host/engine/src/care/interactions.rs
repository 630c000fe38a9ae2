//! `patchbay:care/interactions`: history of the conversation and the contact.

use std::sync::Arc;

use patchbay_model::interaction::Interaction;
use patchbay_model::situation::Exchange;
use serde::{Deserialize, Serialize};

use super::HostState;
use super::handles::{HostObject, NewHandle};
use super::host_calls::functions;
use super::host_result::HostResult;
use crate::contract::interactions;
use crate::limits::stop::Stop;

/// Most interactions in one page.
const PAGE: usize = 64;

/// A page as a transcript stores it.
#[derive(Serialize, Deserialize)]
struct Page {
    items: Vec<NewHandle>,
    truncated: bool,
}

impl HostResult<interactions::Page> for Page {
    fn into_contract(self) -> interactions::Page {
        interactions::Page {
            items: self.items.into_contract(),
            truncated: self.truncated,
        }
    }
}

impl interactions::Host for HostState {
    functions! { "interactions":
        of_conversation(limit: u32) -> interactions::Page, "of-conversation",
            |state| state.history(limit, |exchange| exchange.earlier.clone());
        of_contact(limit: u32) -> interactions::Page, "of-contact", |state| {
            state.history(limit, |exchange| {
                let earlier = exchange.earlier.iter().chain(&exchange.elsewhere);
                let own = &exchange.interaction;
                let mut all: Vec<_> = earlier.filter(|it| it.has_same_author(own)).cloned().collect();
                all.sort_by_key(|interaction| std::cmp::Reverse(interaction.received_at));
                all
            })
        };
    }
}

impl HostState {
    /// The present interaction, then earlier ones, newest first.
    fn history(
        &mut self,
        limit: u32,
        earlier: impl Fn(&Exchange) -> Vec<Arc<Interaction>>,
    ) -> Result<Page, Stop> {
        self.require("interactions", |grants| grants.interactions)?;
        let Some(exchange) = self.situation()?.exchange.clone() else {
            return Ok(Page {
                items: Vec::new(),
                truncated: false,
            });
        };
        let earlier = earlier(&exchange);
        let total = 1 + earlier.len();
        let page = std::iter::once(&exchange.interaction)
            .chain(&earlier)
            .take((limit as usize).min(PAGE))
            .map(|interaction| HostObject::Interaction(Arc::clone(interaction)));
        let items = self.handles.insert_all(page)?;
        Ok(Page {
            truncated: items.len() < total,
            items,
        })
    }
}
