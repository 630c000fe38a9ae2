//! Stages and plugins that an operator takes out of a company's decisions for
//! a while.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use jiff::Timestamp;
use patchbay_model::bypass::{Bypass, Bypassed};
use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::Seconds;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::drain::reason;
use crate::access::Caller;
use crate::app::App;
use crate::problem::Problem;
use crate::schema;

/// How something is to be taken out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BypassRequest {
    /// For how long, such as `30m`: a second to a day. Unless said, what is
    /// bypassed already stays so until when it is, and else for an hour.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<String>)]
    lasting: Option<Seconds>,
    /// Why, for the list and the audit trail; at most 500 bytes.
    #[serde(default)]
    reason: Option<String>,
    /// Decide as if it were not in the pipeline. Otherwise the stage's
    /// `on-failure` rule decides, as for a plugin that fails: a reply that is
    /// not checked is held for approval.
    #[serde(default)]
    let_through: bool,
}

/// Something that is taken out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BypassDocument {
    /// The stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::schema::Stage>)]
    stage: Option<Stage>,
    /// Or the plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Who took it out: id of a token, or `local`.
    by: String,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether it is decided as if it were not in the pipeline.
    let_through: bool,
}

/// What is taken out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BypassList {
    /// By stage and name.
    bypasses: Vec<BypassDocument>,
}

impl BypassDocument {
    fn of(bypass: Bypass) -> BypassDocument {
        let (stage, plugin) = match bypass.what {
            Bypassed::Stage(stage) => (Some(stage), None),
            Bypassed::Plugin(plugin) => (None, Some(plugin)),
        };
        BypassDocument {
            stage,
            plugin,
            since: bypass.since,
            until: bypass.until,
            by: bypass.by,
            reason: bypass.reason,
            let_through: bypass.let_through,
        }
    }
}

/// What is bypassed
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/bypasses",
    operation_id = "bypasses",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "What is bypassed now.", body = BypassList), schema::NoDocument)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<BypassList>, Problem> {
    app.read(move |desk| {
        let bypasses = desk.bypasses(&company)?;
        let bypasses = bypasses.iter().cloned().map(BypassDocument::of);
        Ok(Json(BypassList {
            bypasses: bypasses.collect(),
        }))
    })
    .await
}

/// Bypass a stage or a plugin
///
/// It is not asked from the next decision on, without a new generation, until
/// its time is over. The same again says anew how, and with `for` until when.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/bypasses/{target}",
    operation_id = "bypass",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("target" = String, Path, description = "A stage (`classify`, `route`, `tone`, `escalate`) or else the name of a plugin."),
    ),
    request_body = BypassRequest,
    responses((status = 200, description = "It is bypassed.", body = BypassDocument), schema::NotDone)
)]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, target)): Path<(String, String)>,
    request: Request,
) -> Result<Json<BypassDocument>, Problem> {
    let asked: BypassRequest = app.json(request).await?;
    let reason = reason(asked.reason)?;
    app.read(move |desk| {
        let what = Bypassed::named(&target);
        let (since, until) = desk.bypass_span(&company, &what, asked.lasting)?;
        let bypass = Bypass {
            what,
            since,
            until,
            by: caller.id(),
            reason,
            let_through: asked.let_through,
        };
        let about = json!({
            "bypassed": bypass.what,
            "until": bypass.until,
            "let_through": bypass.let_through,
            "reason": bypass.reason,
        });
        let entry = caller.entry("bypass.ordered", Some(&company), &about);
        desk.bypass(&company, bypass.clone(), entry)?;
        Ok(Json(BypassDocument::of(bypass)))
    })
    .await
}

/// Ask a stage or a plugin again
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/bypasses/{target}",
    operation_id = "lift_bypass",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("target" = String, Path, description = "The stage, or the name of the plugin."),
    ),
    responses((status = 200, description = "It is asked again; what it was.", body = BypassDocument), schema::NotDone)
)]
pub(super) async fn lift(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, target)): Path<(String, String)>,
) -> Result<Json<BypassDocument>, Problem> {
    app.read(move |desk| {
        let what = Bypassed::named(&target);
        let about = json!({"bypassed": what});
        let entry = caller.entry("bypass.lifted", Some(&company), &about);
        let lifted = desk.lift_bypass(&company, &what, &caller.id(), entry)?;
        Ok(Json(BypassDocument::of(lifted)))
    })
    .await
}
