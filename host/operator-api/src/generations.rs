//! Lists, shows and compares generations.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use patchbay_engine::component::Digest;
use patchbay_generations::assemble::difference::{Difference, differences};
use patchbay_http::problem::Problem;
use patchbay_journal::{GenerationRow, JournalError};
use patchbay_service::app::App;
use patchbay_watcher::WatchedFile;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use patchbay_http::descriptions;
use patchbay_http::request_fields::next_page;

/// Generations per page.
const PAGE: usize = 100;

/// A company's generations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationList {
    /// Number of the active generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<u64>,
    /// At most 100, newest first.
    generations: Vec<GenerationDocument>,
    /// Value of `before` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    /// State of its company file, if the server watches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    watched: Option<WatchedFile>,
}

/// One generation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationDocument {
    /// Number of the generation.
    generation: u64,
    /// Whether it is active.
    active: bool,
    /// Digest of its source: company file, packs and articles.
    digest: String,
    /// Who created it.
    by: String,
    /// When it was created.
    at: Timestamp,
    /// When it was last activated; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_at: Option<Timestamp>,
}

/// A generation with its source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationDetail {
    #[serde(flatten)]
    about: GenerationDocument,
    /// Text of the company file.
    document: String,
    /// Digest of each pack's component, by the pack's name in the file.
    packs: BTreeMap<String, String>,
    /// JSON Schema of the settings of each pack that has one, by the pack's name in the file.
    #[schema(value_type = BTreeMap<String, Object>)]
    schemas: BTreeMap<String, Value>,
    /// Ids of the articles of the directory that the file references.
    articles: Vec<String>,
}

/// Differences between two generations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceList {
    /// Number of the earlier generation.
    from: u64,
    /// Number of the later generation.
    to: u64,
    /// Every difference.
    #[schema(value_type = Vec<crate::schema::Difference>)]
    differences: Vec<Difference>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GenerationQuery {
    /// Only generations with a smaller number.
    before: Option<u64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareQuery {
    /// Number of the generation to compare with. Default: the active one.
    from: Option<u64>,
}

/// List generations
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/generations",
    operation_id = "generations",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company."), GenerationQuery),
    responses((status = 200, description = "A page of generations, newest first.", body = GenerationList), descriptions::ReadErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(which): Query<GenerationQuery>,
) -> Result<Json<GenerationList>, Problem> {
    let watched = app.watched.of(&company);
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let active = desk.journal().active_generation(id)?;
        let before = which.before.unwrap_or(u64::MAX);
        let rows = desk.journal().generations(id, before, PAGE)?;
        let next = next_page(&rows, PAGE, |row| row.number);
        Ok(Json(GenerationList {
            active,
            next,
            watched,
            generations: rows.into_iter().map(|row| document(row, active)).collect(),
        }))
    })
    .await
}

fn document(row: GenerationRow, active: Option<u64>) -> GenerationDocument {
    GenerationDocument {
        generation: row.number,
        active: active == Some(row.number),
        digest: Digest::from(row.digest).to_string(),
        by: row.by,
        at: row.at,
        activated_at: row.activated_at,
    }
}

/// Get a generation
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/generations/{generation}",
    operation_id = "generation",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Number of the generation."),
    ),
    responses((status = 200, description = "The generation with its source.", body = GenerationDetail), descriptions::ReadErrors)
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path((company, number)): Path<(String, u64)>,
) -> Result<Json<GenerationDetail>, Problem> {
    app.with_generations(move |generations, desk| {
        let id = desk.company(&company)?;
        let active = desk.journal().active_generation(id)?;
        let kept = desk.journal().generation(id, number)?;
        let (row, _) = kept.ok_or(JournalError::NoGeneration(number))?;
        let source = generations.store().document(id, number)?;
        let (mut packs, mut schemas) = (BTreeMap::new(), BTreeMap::new());
        for (name, bundle) in source.packs {
            let schema = bundle.schema.as_deref().map(serde_json::from_str);
            if let Some(Ok(schema)) = schema {
                schemas.insert(name.clone(), schema);
            }
            packs.insert(name, bundle.component.to_string());
        }
        Ok(Json(GenerationDetail {
            about: document(row, active),
            document: source.document,
            packs,
            schemas,
            articles: source
                .articles
                .into_iter()
                .flatten()
                .map(|article| article.id)
                .collect(),
        }))
    })
    .await
}

/// Compare two generations
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/generations/{generation}/differences",
    operation_id = "generation_differences",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Number of the later generation."),
        CompareQuery,
    ),
    responses((status = 200, description = "The differences.", body = DifferenceList), descriptions::ReadErrors)
)]
pub(crate) async fn compare(
    State(app): State<Arc<App>>,
    Path((company, to)): Path<(String, u64)>,
    Query(which): Query<CompareQuery>,
) -> Result<Json<DifferenceList>, Problem> {
    app.with_generations(move |generations, desk| {
        let id = desk.company(&company)?;
        let active = desk.journal().active_generation(id)?;
        let from = which.from.or(active).unwrap_or(to);
        let before = generations.store().document(id, from)?;
        Ok(Json(DifferenceList {
            from,
            to,
            differences: differences(&before, &generations.store().document(id, to)?),
        }))
    })
    .await
}
