//! The routes of the API.

#![allow(unused_qualifications, reason = "utoipa::path writes qualified paths")]

mod actions;
mod agents;
mod alerts;
mod approvals;
mod attachments;
mod bulk_actions;
mod contact_card;
mod contact_import;
mod contact_opt_outs;
mod contacts;
mod conversation_counts;
mod conversation_list;
mod conversation_search;
mod conversation_summary;
mod conversations;
mod decide;
mod events;
mod feed_filter;
mod file_upload;
mod files;
mod incidents;
mod interactions;
mod knowledge;
mod notes;
mod offers;
mod openid_sign_in;
mod quarantine;
mod reactions;
mod replies;
mod reply_outcome;
mod requeue;
mod seen;
mod session;
mod statistics;
mod take_back;
mod templates;
mod thread;
mod tone;
mod viewers;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use patchbay_service::app::App;

/// The routes with their OpenAPI descriptions, those of operators included.
pub(crate) fn described() -> OpenApiRouter<Arc<App>> {
    patchbay_operator_api::described_routes()
        .routes(routes!(decide::decide))
        .routes(routes!(tone::tone))
        .routes(routes!(interactions::accept))
        .routes(routes!(conversation_list::list))
        .routes(routes!(conversation_counts::read))
        .routes(routes!(conversation_search::search))
        .routes(routes!(conversations::one))
        .routes(routes!(thread::messages))
        .routes(routes!(thread::history))
        .routes(routes!(attachments::download))
        .routes(routes!(file_upload::upload, files::download, files::remove))
        .routes(routes!(conversations::journey))
        .routes(routes!(actions::act))
        .routes(routes!(bulk_actions::act))
        .routes(routes!(replies::reply))
        .routes(routes!(replies::check))
        .routes(routes!(reply_outcome::get))
        .routes(routes!(take_back::take_back))
        .routes(routes!(notes::list, notes::add))
        .routes(routes!(seen::mark))
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
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::acknowledge))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::one, incidents::change))
        .routes(routes!(statistics::read))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::download))
        .routes(routes!(quarantine::retry))
        .routes(routes!(quarantine::remove))
        .routes(routes!(events::follow))
        .routes(routes!(requeue::requeue))
        .routes(routes!(session::me))
        .routes(routes!(session::sign_in, session::keep, session::sign_out))
        .routes(routes!(session::ways))
        .routes(routes!(openid_sign_in::begin))
        .routes(routes!(openid_sign_in::finish))
}
