//! `patchbay:care/interactions`: what was said before.

use std::sync::Arc;

use patchbay_model::interaction::Interaction;
use patchbay_model::situation::Exchange;
use serde::{Deserialize, Serialize};

use super::HostState;
use super::handles::{Given, Item};
use crate::contract::interactions;
use crate::stop::Stop;

/// Most interactions in one page.
const PAGE: usize = 64;

#[derive(Serialize, Deserialize)]
struct Page {
    items: Vec<Given>,
    truncated: bool,
}

impl HostState {
    /// Newest first; the present interaction leads.
    fn history(
        &mut self,
        name: &'static str,
        limit: u32,
        rest: impl Fn(&Exchange) -> Vec<Arc<Interaction>>,
    ) -> wasmtime::Result<interactions::Page> {
        let page = self.call(name, limit, |state| {
            state.granted("interactions", |grants| grants.interactions)?;
            let limit = (limit as usize).min(PAGE);
            let Some(exchange) = state.situation()?.exchange.clone() else {
                return Ok(Page {
                    items: Vec::new(),
                    truncated: false,
                });
            };
            let rest = rest(&exchange);
            let all = 1 + rest.len();
            let items = std::iter::once(&exchange.interaction)
                .chain(&rest)
                .take(limit)
                .map(|interaction| {
                    state
                        .handles
                        .give(Item::Interaction(Arc::clone(interaction)))
                })
                .collect::<Result<Vec<_>, Stop>>()?;
            Ok(Page {
                truncated: items.len() < all,
                items,
            })
        })?;
        Ok(interactions::Page {
            items: page.items.into_iter().map(Given::into_handle).collect(),
            truncated: page.truncated,
        })
    }
}

impl interactions::Host for HostState {
    fn of_conversation(&mut self, limit: u32) -> wasmtime::Result<interactions::Page> {
        self.history("interactions.of-conversation", limit, |exchange| {
            exchange.earlier.clone()
        })
    }

    fn of_contact(&mut self, limit: u32) -> wasmtime::Result<interactions::Page> {
        self.history("interactions.of-contact", limit, |exchange| {
            let mut all: Vec<_> = exchange
                .earlier
                .iter()
                .chain(&exchange.elsewhere)
                .filter(|earlier| earlier.author.is(&exchange.interaction.author))
                .cloned()
                .collect();
            all.sort_by_key(|interaction| std::cmp::Reverse(interaction.received_at));
            all
        })
    }
}
