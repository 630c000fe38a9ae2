//! Bypasses: stages and plugins that decisions skip for a while.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_config::duration::Seconds;
use patchbay_http::problem::Problem;
use patchbay_model::bypass::{Bypass, BypassTarget};
use patchbay_model::decision::stage::Stage;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::drain::reason;
use patchbay_http::descriptions;

/// A bypass to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BypassRequest {
    /// Duration, such as `30m`, from a second to a day. Default: an existing bypass
    /// keeps its end, a new one lasts an hour.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<String>)]
    lasting: Option<Seconds>,
    /// Reason, for the list and the audit trail; at most 500 bytes.
    #[serde(default)]
    reason: Option<String>,
    /// Decide as if the plugin were not in the pipeline. Default false: the
    /// stage's `on-failure` rule applies as if the plugin failed, so an unchecked
    /// reply is held for approval.
    #[serde(default)]
    let_through: bool,
}

/// A bypass of a stage or a plugin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BypassDocument {
    /// The bypassed stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<descriptions::Stage>)]
    stage: Option<Stage>,
    /// The bypassed plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<String>,
    /// Since when.
    since: Timestamp,
    /// Until when.
    until: Timestamp,
    /// Who set it: id of a token, or `local`.
    by: String,
    /// Reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether decisions are made as if it were not in the pipeline.
    let_through: bool,
}

/// The bypasses of a company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BypassList {
    /// Sorted by stage and name.
    bypasses: Vec<BypassDocument>,
}

impl BypassDocument {
    fn of(bypass: Bypass) -> BypassDocument {
        let (stage, plugin) = match bypass.what {
            BypassTarget::Stage(stage) => (Some(stage), None),
            BypassTarget::Plugin(plugin) => (None, Some(plugin)),
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

/// List bypasses
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/bypasses",
    operation_id = "bypasses",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Bypasses in effect.", body = BypassList), descriptions::ReadErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<BypassList>, Problem> {
    app.read(move |desk| {
        let bypasses = desk.bypasses().active(&company)?;
        let bypasses = bypasses.iter().cloned().map(BypassDocument::of);
        Ok(Json(BypassList {
            bypasses: bypasses.collect(),
        }))
    })
    .await
}

/// Bypass a stage or a plugin
///
/// From the next decision on it is not called, until the bypass ends. Does not
/// create a generation. Repeat the request to change the mode or, with `for`, the
/// end.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/bypasses/{target}",
    operation_id = "bypass",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("target" = String, Path, description = "A stage (`classify`, `route`, `tone`, `escalate`) or the name of a plugin."),
    ),
    request_body = BypassRequest,
    responses((status = 200, description = "The bypass.", body = BypassDocument), descriptions::ActionErrors)
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, target)): Path<(String, String)>,
    request: Request,
) -> Result<Json<BypassDocument>, Problem> {
    let body: BypassRequest = app.json(request).await?;
    let reason = reason(body.reason)?;
    app.read(move |desk| {
        let what = BypassTarget::named(&target);
        let (since, until) = desk.bypasses().period(&company, &what, body.lasting)?;
        let bypass = Bypass {
            what,
            since,
            until,
            by: caller.id(),
            reason,
            let_through: body.let_through,
        };
        let about = json!({
            "bypassed": bypass.what,
            "until": bypass.until,
            "let_through": bypass.let_through,
            "reason": bypass.reason,
        });
        let entry = caller.entry("bypass.ordered", Some(&company), &about);
        desk.bypasses().set(&company, bypass.clone(), entry)?;
        Ok(Json(BypassDocument::of(bypass)))
    })
    .await
}

/// Lift a bypass
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/bypasses/{target}",
    operation_id = "lift_bypass",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("target" = String, Path, description = "The stage, or the name of the plugin."),
    ),
    responses((status = 200, description = "The bypass that was lifted.", body = BypassDocument), descriptions::ActionErrors)
)]
pub(crate) async fn lift(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, target)): Path<(String, String)>,
) -> Result<Json<BypassDocument>, Problem> {
    app.read(move |desk| {
        let what = BypassTarget::named(&target);
        let about = json!({"bypassed": what});
        let entry = caller.entry("bypass.lifted", Some(&company), &about);
        let lifted = desk.bypasses().end(&company, &what, &caller.id(), entry)?;
        Ok(Json(BypassDocument::of(lifted)))
    })
    .await
}
