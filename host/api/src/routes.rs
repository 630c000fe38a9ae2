//! The routes of the API.

#![allow(unused_qualifications, reason = "utoipa::path writes qualified paths")]

mod actions;
mod agents;
mod alerts;
mod approvals;
mod attachments;
mod audit;
mod bypasses;
mod channel_actions;
mod channels;
mod contact_card;
mod contact_import;
mod contact_opt_outs;
mod contacts;
mod conversation_list;
mod conversation_summary;
mod conversations;
mod decide;
mod decisions;
mod drain;
mod events;
mod generation_changes;
mod generations;
mod health;
mod interactions;
mod journal;
mod knowledge;
mod metrics;
mod notes;
mod offers;
mod outbox;
mod overview;
mod quarantine;
mod reactions;
mod replies;
mod requeue;
mod rollout;
mod session;
mod status;
mod status_scope;
mod templates;
mod tokens;
mod tone;
mod unsealings;
mod viewers;
mod what_if;

pub use audit::AuditReport;
pub use journal::{CheckDocument, CompactDocument};
pub use tokens::TokenDocument;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use patchbay_http::problem::{Kind, Problem};
use patchbay_service::app::App;

/// The routes with their OpenAPI descriptions.
pub(crate) fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(decide::decide))
        .routes(routes!(tone::tone))
        .routes(routes!(interactions::accept))
        .routes(routes!(conversation_list::list))
        .routes(routes!(conversations::one))
        .routes(routes!(attachments::download))
        .routes(routes!(conversations::journey))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::one))
        .routes(routes!(decisions::replay))
        .routes(routes!(decisions::case))
        .routes(routes!(what_if::one))
        .routes(routes!(what_if::start))
        .routes(routes!(what_if::report, what_if::cancel))
        .routes(routes!(unsealings::unseal))
        .routes(routes!(actions::act))
        .routes(routes!(replies::reply))
        .routes(routes!(replies::check))
        .routes(routes!(notes::list, notes::add))
        .routes(routes!(viewers::list))
        .routes(routes!(viewers::put, viewers::end))
        .routes(routes!(templates::list))
        .routes(routes!(knowledge::search))
        .routes(routes!(approvals::list))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::reject))
        .routes(routes!(contacts::export, contacts::erase))
        .routes(routes!(contact_card::get))
        .routes(routes!(contact_import::import))
        .routes(routes!(contact_opt_outs::list, contact_opt_outs::import))
        .routes(routes!(contacts::merge))
        .routes(routes!(contacts::split))
        .routes(routes!(contacts::undo))
        .routes(routes!(agents::agents, agents::import))
        .routes(routes!(agents::agent, agents::put_one, agents::remove))
        .routes(routes!(agents::set_presence))
        .routes(routes!(offers::list))
        .routes(routes!(offers::accept))
        .routes(routes!(offers::decline))
        .routes(routes!(offers::queues))
        .routes(routes!(overview::alerts))
        .routes(routes!(overview::incidents))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::retry))
        .routes(routes!(channels::list))
        .routes(routes!(channel_actions::retry))
        .routes(routes!(channel_actions::test))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::download))
        .routes(routes!(quarantine::retry))
        .routes(routes!(quarantine::remove))
        .routes(routes!(events::follow))
        .routes(routes!(generations::list, generation_changes::apply))
        .routes(routes!(generations::one, generation_changes::delete))
        .routes(routes!(generations::compare))
        .routes(routes!(generation_changes::activate))
        .routes(routes!(generation_changes::roll_back))
        .routes(routes!(rollout::get, rollout::put))
        .routes(routes!(rollout::last))
        .routes(routes!(rollout::promote))
        .routes(routes!(rollout::abort))
        .routes(routes!(requeue::requeue))
        .routes(routes!(bypasses::list))
        .routes(routes!(bypasses::put, bypasses::lift))
        .routes(routes!(drain::of_host, drain::begin, drain::undo))
        .routes(routes!(
            drain::of_company,
            drain::begin_company,
            drain::undo_company
        ))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(tokens::create_link))
        .routes(routes!(session::me))
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::ways))
        .routes(routes!(audit::list))
        .routes(routes!(audit::of_company))
        .routes(routes!(audit::verify))
        .routes(routes!(journal::status))
        .routes(routes!(journal::backup))
        .routes(routes!(journal::check))
        .routes(routes!(journal::compact))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(status::status))
        .routes(routes!(alerts::active))
}

/// The length of a page: what the request asks for, else `usual`.
fn page_limit(asked: Option<usize>, usual: usize, most: usize) -> Result<usize, Problem> {
    match asked.unwrap_or(usual) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(Problem::of(Kind::InvalidInput)
            .field("limit")
            .detail(format!("must be 1 to {most}"))),
    }
}

/// The cursor of the next page: that of the last row, if the page is full.
fn next_page<T, K>(rows: &[T], page: usize, cursor: impl FnOnce(&T) -> K) -> Option<K> {
    match rows.len() == page {
        true => rows.last().map(cursor),
        false => None,
    }
}
