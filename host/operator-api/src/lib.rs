//! The routes for operators: generations and rollouts, recorded decisions, channels and
//! deliveries, the journal, tokens, and the state of the host. Like those of
//! `patchbay-api`, they decide nothing.

#![allow(unused_qualifications, reason = "utoipa::path writes qualified paths")]

mod alerts;
mod audit;
mod breakers;
mod bypasses;
mod channel_actions;
mod channels;
mod company_file_check;
mod decisions;
mod drain;
mod generation_changes;
mod generations;
mod health;
mod journal;
mod metrics;
mod outbox;
mod rollout;
mod schema;
mod status;
mod status_scope;
mod tokens;
mod unsealings;
mod what_if;

pub use audit::AuditReport;
pub use journal::{CheckDocument, CompactDocument};
pub use tokens::TokenDocument;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use patchbay_service::app::App;

/// The routes with their OpenAPI descriptions.
pub fn described_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::one))
        .routes(routes!(decisions::replay))
        .routes(routes!(decisions::case))
        .routes(routes!(what_if::one))
        .routes(routes!(what_if::start))
        .routes(routes!(what_if::report, what_if::cancel))
        .routes(routes!(unsealings::unseal))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::retry))
        .routes(routes!(channels::list))
        .routes(routes!(channel_actions::retry))
        .routes(routes!(channel_actions::test))
        .routes(routes!(generations::list, generation_changes::apply))
        .routes(routes!(generations::one, generation_changes::delete))
        .routes(routes!(generations::compare))
        .routes(routes!(company_file_check::validate))
        .routes(routes!(generation_changes::activate))
        .routes(routes!(generation_changes::roll_back))
        .routes(routes!(rollout::get, rollout::put))
        .routes(routes!(rollout::last))
        .routes(routes!(rollout::history))
        .routes(routes!(rollout::promote))
        .routes(routes!(rollout::abort))
        .routes(routes!(breakers::list))
        .routes(routes!(breakers::close))
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
