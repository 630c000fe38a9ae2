//! Messages that the company's providers approved.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use patchbay_http::problem::Problem;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// The templates of the company file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateList {
    /// Sorted by channel and id.
    templates: Vec<TemplateDocument>,
}

/// A message that the provider approved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateDocument {
    /// Code of the channel.
    channel: String,
    /// Its id, as a reply names it.
    id: String,
    /// Its name at the provider.
    name: String,
    /// Its language as the provider writes it: `en_US`.
    language: String,
    /// The text; the parameters stand at `{{1}}`, `{{2}}` and so on.
    text: String,
    /// How many parameters it has.
    parameters: usize,
}

/// List templates
///
/// Messages that a provider approved: a channel such as WhatsApp takes them also when the
/// time for free replies is over. A reply names one in `template`.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/templates",
    operation_id = "templates",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Templates.", body = TemplateList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<TemplateList>, Problem> {
    app.read(move |desk| {
        let generation = desk.generation(&company)?;
        let channels = generation.templates.iter();
        let templates = channels.flat_map(|(channel, templates)| {
            templates.iter().map(move |(id, it)| TemplateDocument {
                channel: channel.clone(),
                id: id.clone(),
                name: it.name.clone(),
                language: it.language.clone(),
                text: it.text.clone(),
                parameters: it.parameters,
            })
        });
        Ok(Json(TemplateList {
            templates: templates.collect(),
        }))
    })
    .await
}
