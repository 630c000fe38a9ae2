//! Changes a company's active generation: apply, activate, roll back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_access::Caller;
use patchbay_config::toml_document;
use patchbay_desk::Desk;
use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_generations::assemble::difference::Difference;
use patchbay_generations::assemble::source::{Source, SourceDocument, SourceError};
use patchbay_generations::service::{ChangeRequest, GenerationService, Plan};
use patchbay_http::problem::{Kind, Problem};
use patchbay_model::identifier;
use patchbay_model::knowledge::Article;
use patchbay_pack::bundle::Bundle;
use patchbay_pack::data::DataPart;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// Largest request body, in bytes: it may carry components.
const BODY_BYTES: u64 = 64 << 20;
/// Longest name for the record, in bytes.
const NAME_BYTES: usize = 256;

/// A company file to apply, with everything it references.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyRequest {
    /// Text of the company file.
    document: String,
    /// Packs, by their names in the file.
    #[serde(default)]
    packs: BTreeMap<String, PackParts>,
    /// Files in place of the packs' own data, by plugin and by the data's name.
    #[serde(default)]
    data: BTreeMap<String, BTreeMap<String, DataUpload>>,
    /// Articles of the directory that the file references.
    #[serde(default)]
    #[schema(value_type = Option<Vec<crate::schema::Article>>)]
    articles: Option<Vec<Article>>,
    /// Number of a stored generation of the company: packs, data and articles that the
    /// document names and this request does not have are taken from it. So a changed text
    /// alone can be applied.
    #[serde(default)]
    base: Option<u64>,
    /// Create the company if it does not exist. Default false: an unknown company
    /// is an error, because its name may be misspelled.
    #[serde(default)]
    new: bool,
    #[serde(flatten)]
    how: HowDocument,
}

/// A pack.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackParts {
    /// The pack without the bytes of its component and data.
    #[schema(value_type = crate::schema::PackBundle)]
    bundle: Bundle,
    /// The component's bytes in base64; may be left out if a stored generation of the company
    /// has them.
    #[serde(default)]
    code: Option<String>,
    /// The bytes of its tables and other data in base64, by name; those that a stored
    /// generation of the company has may be left out.
    #[serde(default)]
    data: BTreeMap<String, String>,
}

/// A table or bytes in place of a pack's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataUpload {
    /// Kind and digest.
    #[schema(value_type = crate::schema::DataPart)]
    part: DataPart,
    /// The bytes in base64, of a table in its binary format; may be left out if a stored
    /// generation of the company has them.
    #[serde(default)]
    code: Option<String>,
}

/// Options of a change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HowDocument {
    /// The active generation that the caller expects; if another is active, the
    /// request fails.
    #[serde(default)]
    expected: Option<u64>,
    /// New queues for the conversations of removed queues, in addition to those in
    /// the file.
    #[serde(default)]
    moved: BTreeMap<String, String>,
    /// Only report what would change.
    #[serde(default)]
    dry_run: bool,
    /// Store the generation without activating it.
    #[serde(default)]
    keep_only: bool,
    /// Accept packs of a lower version than the active generation has. Without a
    /// trust policy they always are.
    #[serde(default)]
    allow_downgrade: bool,
    /// Name for the record. Default: the token's, or `operator` without tokens.
    #[serde(default)]
    by: Option<String>,
}

/// The name under which a change is recorded.
pub(crate) fn name_for_record(caller: &Caller, by: Option<String>) -> Result<String, Problem> {
    let by = match (caller, by) {
        (Caller::Local, None) => "operator".to_owned(),
        (caller, by) => caller.name(by)?,
    };
    let problem = match (1..=NAME_BYTES).contains(&by.len()) {
        true => identifier::problem(&by).map(str::to_owned),
        false => Some(format!("must be 1 to {NAME_BYTES} bytes")),
    };
    match problem {
        None => Ok(by),
        Some(problem) => Err(Problem::invalid("by", problem)),
    }
}

impl HowDocument {
    pub(crate) fn change_request(
        self,
        caller: &Caller,
        allowed: BTreeSet<String>,
    ) -> Result<ChangeRequest, Problem> {
        let by = name_for_record(caller, self.by)?;
        Ok(ChangeRequest {
            expected: self.expected,
            moved: self.moved,
            secrets: match caller {
                Caller::Local => None,
                // The settings say which variables a company may use.
                Caller::Token(_) | Caller::External(_) | Caller::Session(_) => Some(allowed),
            },
            by,
            actor: caller.id(),
            dry_run: self.dry_run,
            keep_only: self.keep_only,
            allow_downgrade: self.allow_downgrade,
            create_company: false,
            suggest_names: caller.company().is_none(),
            ..ChangeRequest::default()
        })
    }
}

/// A change of the active generation, planned or made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanDocument {
    /// Number of the new generation.
    generation: u64,
    /// Number of the previously active generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    /// Whether the generation is active now.
    active: bool,
    /// Whether the file only repeats a stored generation: the active one, from which
    /// nothing differs, or with `keep_only` any. Then nothing is stored, and
    /// `generation` is that one.
    unchanged: bool,
    /// Differences between the two.
    #[schema(value_type = Vec<crate::schema::Difference>)]
    differences: Vec<Difference>,
    /// Things that are valid but probably not intended.
    warnings: Vec<String>,
    /// Why this generation was chosen, if the request named none or its file is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// The generation to roll back to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBackRequest {
    /// Number of the generation. Default: of those before the active one, the one
    /// that was active last.
    #[serde(default)]
    to: Option<u64>,
    #[serde(flatten)]
    how: HowDocument,
}

/// Apply a company file as a new generation
///
/// Builds the generation off the path of any interaction, runs its packs' cases and
/// checks it against live conversations. Then it becomes active without downtime:
/// a decision in progress finishes with the previous generation. If anything is
/// wrong, the answer lists every problem and nothing changes. If nothing differs from
/// the active generation, nothing is stored and that one stays. The file of a newer stored
/// generation, which a rollback left, activates that one again.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/generations",
    operation_id = "apply",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company; a new one requires `new`.")),
    request_body = ApplyRequest,
    responses(
        (status = 200, description = "The planned change, a stored generation, or nothing to change.", body = PlanDocument),
        (status = 201, description = "The change.", body = PlanDocument),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn apply(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let body: ApplyRequest = app.large_json(request, BODY_BYTES).await?;
    let request = ChangeRequest {
        create_company: body.new,
        ..body
            .how
            .change_request(&caller, app.settings.secrets_of(&company))?
    };
    let mut uploaded = Uploads::default();
    let mut packs = BTreeMap::new();
    for (name, parts) in body.packs {
        if let Some(code) = parts.code {
            uploaded.insert(code, || format!("packs.{name}.code"))?;
        }
        for (data, code) in parts.data {
            uploaded.insert(code, || format!("packs.{name}.data.{data}"))?;
        }
        let bundle = Bundle {
            // Only the host says what it has tested.
            tested: None,
            ..parts.bundle
        };
        packs.insert(name, bundle);
    }
    let mut own = BTreeMap::new();
    for (plugin, uploads) in body.data {
        let parts: &mut BTreeMap<String, DataPart> = own.entry(plugin.clone()).or_default();
        for (data, upload) in uploads {
            if let Some(code) = upload.code {
                uploaded.insert(code, || format!("data.{plugin}.{data}.code"))?;
            }
            parts.insert(data, upload.part);
        }
    }
    let base = body.base;
    let document = SourceDocument {
        document: body.document,
        packs,
        data: own,
        articles: body.articles,
    };
    let host = Arc::clone(&app);
    change(
        &app,
        company.clone(),
        request,
        move |generations, request| {
            host.check_free_space()?;
            let document = match base {
                None => document,
                Some(base) => completed(generations, &company, document, base)?,
            };
            let source = source(generations, &company, document, &uploaded)?;
            check_company(&source, &company)?;
            Ok(generations.apply(&source, request)?)
        },
    )
    .await
}

/// The document with what it names and does not have, from a stored generation.
fn completed(
    generations: &GenerationService,
    company: &str,
    document: SourceDocument,
    base: u64,
) -> Result<SourceDocument, Problem> {
    let completed = generations.completed(company, document, base);
    completed.map_err(|error| {
        let problem = Problem::from(error);
        match problem.is(Kind::UnknownGeneration) {
            true => problem.field("base"),
            false => problem,
        }
    })
}

/// Parts of a request by digest.
#[derive(Default)]
struct Uploads(HashMap<Digest, Vec<u8>>);

impl Uploads {
    /// Add the bytes of a part in base64; `field` is where it stands in the request.
    fn insert(&mut self, code: String, field: impl FnOnce() -> String) -> Result<(), Problem> {
        let bytes = STANDARD
            .decode(code)
            .map_err(|error| Problem::invalid(field(), format!("is not base64: {error}")))?;
        self.0.insert(Digest::of(&bytes), bytes);
        Ok(())
    }
}

/// Complete the document with parts from the request and from the company's stored generations.
/// A part that only other companies have is missing, as one that the host does not have.
fn source(
    generations: &GenerationService,
    company: &str,
    document: SourceDocument,
    uploaded: &Uploads,
) -> Result<Source, Problem> {
    let component = |digest: &Digest| match uploaded.0.get(digest) {
        Some(bytes) => Some(ComponentBytes::from(bytes.clone())),
        None if generations.has_part(company, digest) => generations.store().component(digest),
        None => None,
    };
    let data = |digest: &Digest| {
        let data = uploaded.0.get(digest).cloned();
        data.or_else(|| generations.store().part(digest))
    };
    let checked = document.check_data(|digest| {
        uploaded.0.contains_key(digest) || generations.has_part(company, digest)
    });
    let source = checked.and_then(|()| document.with_parts(component, data));
    source.map_err(|error| {
        let field = match &error {
            SourceError::Data(..) => "data",
            SourceError::Malformed(_) | SourceError::NoComponent(..) | SourceError::Pack(..) => {
                "packs"
            }
        };
        Problem::invalid(field, error.to_string())
    })
}

/// The file must define the company that the path names.
fn check_company(source: &Source, company: &str) -> Result<(), Problem> {
    let table = toml_document::read::<toml::Table>(&source.document).unwrap_or_default();
    match table.get("company").and_then(toml::Value::as_str) {
        Some(named) if named != company => Err(Problem::invalid(
            "document",
            format!("defines company {named:?}, but the path names {company:?}"),
        )),
        _ => Ok(()),
    }
}

/// Change a company's generation, and answer the plan: 201 if the change made it active.
pub(crate) async fn change(
    app: &Arc<App>,
    company: String,
    request: ChangeRequest,
    change: impl FnOnce(&GenerationService, &ChangeRequest) -> Result<Plan, Problem> + Send + 'static,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let name = company.clone();
    let plan = app
        .with_change_turn(&company, move |app, generations, desk, cancel| {
            let request = ChangeRequest { cancel, ..request };
            app.change_generation(generations, desk, &name, |generations| {
                change(generations, &request)
            })
        })
        .await?;
    let status = match plan.active && !plan.unchanged {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let document = PlanDocument {
        generation: plan.number,
        before: plan.before,
        active: plan.active,
        unchanged: plan.unchanged,
        differences: plan.differences,
        warnings: plan.warnings,
        because: plan.because,
    };
    Ok((status, Json(document)))
}

/// Activate a stored generation
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/generations/{generation}/activate",
    operation_id = "activate_generation",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Number of the generation."),
    ),
    request_body = HowDocument,
    responses(
        (status = 200, description = "The planned change.", body = PlanDocument),
        (status = 201, description = "The change.", body = PlanDocument),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn activate(
    State(app): State<Arc<App>>,
    Path((company, number)): Path<(String, u64)>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let how: HowDocument = app.json(request).await?;
    let request = how.change_request(&caller, app.settings.secrets_of(&company))?;
    app.read(check_known(company.clone())).await?;
    change(
        &app,
        company.clone(),
        request,
        move |generations, request| Ok(generations.activate(&company, number, request)?),
    )
    .await
}

/// A deleted generation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedGeneration {
    /// Number of the generation; it is not used again.
    generation: u64,
    /// Bytes that became free: its source, and components that no other
    /// generation uses.
    freed_bytes: u64,
}

/// Delete a stored generation
///
/// Refused with 409 for the active generation and for the candidate of a rollout.
/// Decisions of a deleted generation can no longer be replayed.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/generations/{generation}",
    operation_id = "delete_generation",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Number of the generation."),
    ),
    responses(
        (status = 200, description = "The generation was deleted.", body = DeletedGeneration),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Path((company, number)): Path<(String, u64)>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<DeletedGeneration>, Problem> {
    let allowed = app.settings.secrets_of(&company);
    let request = HowDocument::default().change_request(&caller, allowed)?;
    let name = company.clone();
    app.with_change_turn(&company, move |app, generations, _, _| {
        let delete = || generations.delete(&name, number, &request);
        Ok(Json(DeletedGeneration {
            generation: number,
            freed_bytes: app.locks.with_lock(&name, delete)?,
        }))
    })
    .await
}

/// Roll back to an earlier generation
///
/// Makes the same checks as an activation.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/rollback",
    operation_id = "roll_back",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RollBackRequest,
    responses(
        (status = 200, description = "The planned change.", body = PlanDocument),
        (status = 201, description = "The change.", body = PlanDocument),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn roll_back(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let body: RollBackRequest = app.json(request).await?;
    let request = body
        .how
        .change_request(&caller, app.settings.secrets_of(&company))?;
    app.read(check_known(company.clone())).await?;
    change(
        &app,
        company.clone(),
        request,
        move |generations, request| Ok(generations.roll_back(&company, body.to, request)?),
    )
    .await
}

/// An error if the company does not exist.
fn check_known(company: String) -> impl FnOnce(&Desk) -> Result<(), Problem> + Send + 'static {
    move |desk| {
        desk.company(&company)?;
        Ok(())
    }
}
