//! Setups: what a company decides by, decided by, and could.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use patchbay_desk::setups::{Plan, Refused, Setups, Wanted};
use patchbay_desk::{ActivateError, Desk};
use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_generation::difference::{Difference, differences};
use patchbay_generation::source::{Source, SourceDocument};
use patchbay_journal::{GenerationRow, JournalError};
use patchbay_model::knowledge::Article;
use patchbay_model::located::Located;
use patchbay_pack::bundle::Bundle;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;
use crate::watching::WatchedFile;

/// Most bytes of a setup with its components, encoded.
const BODY: u64 = 64 << 20;
/// Generations of one answer.
const PAGE: usize = 100;
/// Most bytes of who asks.
const BY_BYTES: usize = 256;

/// A setup to decide by, with everything it names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyRequest {
    /// Text of the company file.
    document: String,
    /// Packs by what the file calls them.
    #[serde(default)]
    packs: BTreeMap<String, PackParts>,
    /// Articles of the directory the file names.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    articles: Option<Vec<Article>>,
    /// Begin the company, if it is not there yet; else a setup of a company
    /// nobody has heard of is refused, for its name may be mistyped.
    #[serde(default)]
    new: bool,
    #[serde(flatten)]
    how: HowDocument,
}

/// A pack in one piece.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackParts {
    /// Its texts: `name`, `manifest`, `schema`, `component` (a digest) and
    /// `cases`.
    #[schema(value_type = Object)]
    bundle: Bundle,
    /// The component's bytes, base64; left out where the host has them.
    #[serde(default)]
    code: Option<String>,
}

/// How a setup is changed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HowDocument {
    /// The generation the company decides by, as far as the caller knows; if
    /// it is another by now, nothing is changed.
    #[serde(default)]
    expected: Option<u64>,
    /// Where conversations of queues that are gone go, beside what the file
    /// says.
    #[serde(default)]
    moved: BTreeMap<String, String>,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
    /// Keep it, and decide by it later.
    #[serde(default)]
    keep_only: bool,
    /// Who asks.
    #[serde(default)]
    by: Option<String>,
}

/// Who asks for a change.
pub(super) fn asked_by(caller: &Caller, by: Option<String>) -> Result<String, Problem> {
    let by = match (caller, by) {
        (Caller::Local, None) => "operator".to_owned(),
        (caller, by) => caller.name(by)?,
    };
    match (1..=BY_BYTES).contains(&by.len()) {
        true => Ok(by),
        false => Err(Problem::of(Kind::InvalidInput)
            .field("by")
            .detail(format!("must be 1 to {BY_BYTES} bytes"))),
    }
}

impl HowDocument {
    pub(super) fn wanted(
        self,
        caller: &Caller,
        allowed: BTreeSet<String>,
    ) -> Result<Wanted, Problem> {
        let by = asked_by(caller, self.by)?;
        Ok(Wanted {
            expected: self.expected,
            moved: self.moved,
            secrets: match caller {
                Caller::Local => None,
                // Whoever owns the host says which keys are whose.
                Caller::Token(_) | Caller::Vouched(_) => Some(allowed),
            },
            by,
            actor: caller.id(),
            dry_run: self.dry_run,
            keep_only: self.keep_only,
            begins: false,
            tells_names: caller.company().is_none(),
        })
    }
}

/// What a change does, or did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanDocument {
    /// Number of the generation.
    generation: u64,
    /// The one the company decided by before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    /// Whether the company decides by it now.
    active: bool,
    /// What is different between the two.
    #[schema(value_type = Vec<Object>)]
    differences: Vec<Difference>,
    /// What is allowed, but probably not meant.
    warnings: Vec<String>,
    /// Why it is this generation, where the request named none.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// A company's generations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationList {
    /// Number of the one it decides by.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<u64>,
    /// At most 100, newest first.
    generations: Vec<GenerationDocument>,
    /// What to ask before for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    /// What became of its company file, where that is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    watched: Option<WatchedFile>,
}

/// One generation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationDocument {
    /// Its number.
    generation: u64,
    /// Whether the company decides by it.
    active: bool,
    /// Digest of what it is built from.
    digest: String,
    /// Who made it.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When the company last began to decide by it; absent: it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    activated_at: Option<Timestamp>,
}

/// One generation, with what it is built from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationDetail {
    #[serde(flatten)]
    about: GenerationDocument,
    /// Text of the company file.
    document: String,
    /// Digest of the component of each pack, by what the file calls the pack.
    packs: BTreeMap<String, String>,
    /// Ids of the articles of the directory the file names.
    articles: Vec<String>,
}

/// What is different between two generations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceList {
    /// From which.
    from: u64,
    /// To which.
    to: u64,
    /// Everything that is different.
    #[schema(value_type = Vec<Object>)]
    differences: Vec<Difference>,
}

/// Which generations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Before {
    /// Only those before this number.
    before: Option<u64>,
}

/// Compared with which.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// The other; the one the company decides by unless said.
    from: Option<u64>,
}

/// Where to go back to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBackRequest {
    /// The generation; unless said, of those before the present one the one
    /// that decided last.
    #[serde(default)]
    to: Option<u64>,
    #[serde(flatten)]
    how: HowDocument,
}

/// Decide by another setup
///
/// It is built, tried with its packs' own cases and held against the work at
/// hand off the path of any interaction. Then the company decides by it, from
/// one pass to the next. If anything is wrong, all of it is told and nothing is
/// changed.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/generations",
    operation_id = "apply",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company; one that is not there yet begins where `new` is said.")),
    request_body = ApplyRequest,
    responses(
        (status = 200, description = "What would happen.", body = PlanDocument),
        (status = 201, description = "What happened.", body = PlanDocument),
        schema::NotDone,
    )
)]
pub(super) async fn apply(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let asked: ApplyRequest = app.large_json(request, BODY).await?;
    let wanted = Wanted {
        begins: asked.new,
        ..asked
            .how
            .wanted(&caller, app.settings.secrets_of(&company))?
    };
    let mut given = HashMap::new();
    let mut packs = BTreeMap::new();
    for (name, parts) in asked.packs {
        if let Some(code) = parts.code {
            let bytes = STANDARD.decode(code).map_err(|error| {
                Problem::of(Kind::InvalidInput)
                    .field(format!("packs.{name}.code"))
                    .detail(format!("is not base64: {error}"))
            })?;
            let bytes = ComponentBytes::from(bytes);
            given.insert(bytes.digest(), bytes);
        }
        packs.insert(name, parts.bundle);
    }
    let document = SourceDocument {
        document: asked.document,
        packs,
        articles: asked.articles,
    };
    changed(&app, company.clone(), move |setups| {
        let source = source(setups, document, &given)?;
        names(&source, &company)?;
        Ok(setups.apply(&source, &wanted)?)
    })
    .await
}

/// Put together what was given and what the host has.
fn source(
    setups: &Setups,
    document: SourceDocument,
    given: &HashMap<Digest, ComponentBytes>,
) -> Result<Source, Problem> {
    let component = |digest: &Digest| {
        let given = given.get(digest).cloned();
        given.or_else(|| setups.component(digest))
    };
    document.with(component).map_err(|error| {
        Problem::of(Kind::InvalidInput)
            .field("packs")
            .detail(error.to_string())
    })
}

/// A setup must be the company's whose path it came on.
fn names(source: &Source, company: &str) -> Result<(), Problem> {
    let table = source.document.parse::<toml::Table>().unwrap_or_default();
    match table.get("company").and_then(toml::Value::as_str) {
        Some(named) if named != company => Err(Problem::of(Kind::InvalidInput)
            .field("document")
            .detail(format!(
                "is of company {named:?}, and the path names {company:?}"
            ))),
        _ => Ok(()),
    }
}

/// Make a change in the company's turn, and tell of it.
pub(super) async fn changed(
    app: &Arc<App>,
    company: String,
    change: impl FnOnce(&Setups) -> Result<Plan, Problem> + Send + 'static,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let plan = app.changed(company, change).await?;
    let status = match plan.active {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let document = PlanDocument {
        generation: plan.number,
        before: plan.before,
        active: plan.active,
        differences: plan.differences,
        warnings: plan.warnings,
        because: plan.because,
    };
    Ok((status, Json(document)))
}

/// A company's generations
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/generations",
    operation_id = "generations",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company."), Before),
    responses((status = 200, description = "Its generations.", body = GenerationList), schema::NoDocument)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(which): Query<Before>,
) -> Result<Json<GenerationList>, Problem> {
    let watched = app.watched.of(&company);
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let active = desk.journal().active_generation(id)?;
        let before = which.before.unwrap_or(u64::MAX);
        let rows = desk.journal().generations(id, before, PAGE)?;
        let next = (rows.len() == PAGE).then(|| rows.last().map(|row| row.number));
        Ok(Json(GenerationList {
            active,
            next: next.flatten(),
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

/// A generation
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/generations/{generation}",
    operation_id = "generation",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Its number."),
    ),
    responses((status = 200, description = "What it is built from.", body = GenerationDetail), schema::NoDocument)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path((company, number)): Path<(String, u64)>,
) -> Result<Json<GenerationDetail>, Problem> {
    app.setups(move |setups, desk| {
        let id = desk.company(&company)?;
        let active = desk.journal().active_generation(id)?;
        let kept = desk.journal().generation(id, number)?;
        let (row, _) = kept.ok_or(JournalError::NoGeneration(number))?;
        let source = setups.document(id, number)?;
        let packs = source.packs.into_iter();
        Ok(Json(GenerationDetail {
            about: document(row, active),
            document: source.document,
            packs: packs
                .map(|(name, bundle)| (name, bundle.component.to_string()))
                .collect(),
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

/// What is different between two generations
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/generations/{generation}/differences",
    operation_id = "generation_differences",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Number of the one that counts as the later."),
        From,
    ),
    responses((status = 200, description = "What is different.", body = DifferenceList), schema::NoDocument)
)]
pub(super) async fn different(
    State(app): State<Arc<App>>,
    Path((company, to)): Path<(String, u64)>,
    Query(which): Query<From>,
) -> Result<Json<DifferenceList>, Problem> {
    app.setups(move |setups, desk| {
        let id = desk.company(&company)?;
        let active = desk.journal().active_generation(id)?;
        let from = which.from.or(active).unwrap_or(to);
        let before = setups.document(id, from)?;
        Ok(Json(DifferenceList {
            from,
            to,
            differences: differences(&before, &setups.document(id, to)?),
        }))
    })
    .await
}

/// Decide by a generation that is kept
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/generations/{generation}/activate",
    operation_id = "activate_generation",
    tag = "generations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("generation" = u64, Path, description = "Its number."),
    ),
    request_body = HowDocument,
    responses(
        (status = 200, description = "What would happen.", body = PlanDocument),
        (status = 201, description = "What happened.", body = PlanDocument),
        schema::NotDone,
    )
)]
pub(super) async fn activate(
    State(app): State<Arc<App>>,
    Path((company, number)): Path<(String, u64)>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let how: HowDocument = app.json(request).await?;
    let wanted = how.wanted(&caller, app.settings.secrets_of(&company))?;
    app.read(known(company.clone())).await?;
    changed(&app, company.clone(), move |setups| {
        Ok(setups.activate(&company, number, &wanted)?)
    })
    .await
}

/// Go back to an earlier generation
///
/// With the same checks as going forward.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/rollback",
    operation_id = "roll_back",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RollBackRequest,
    responses(
        (status = 200, description = "What would happen.", body = PlanDocument),
        (status = 201, description = "What happened.", body = PlanDocument),
        schema::NotDone,
    )
)]
pub(super) async fn roll_back(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let asked: RollBackRequest = app.json(request).await?;
    let wanted = asked
        .how
        .wanted(&caller, app.settings.secrets_of(&company))?;
    app.read(known(company.clone())).await?;
    changed(&app, company.clone(), move |setups| {
        Ok(setups.roll_back(&company, asked.to, &wanted)?)
    })
    .await
}

/// A company must be here for its setup to be changed back.
fn known(company: String) -> impl FnOnce(&Desk) -> Result<(), Problem> + Send + 'static {
    move |desk| {
        desk.company(&company)?;
        Ok(())
    }
}

impl std::convert::From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        match refused {
            Refused::Wrong {
                document,
                problems,
                obstacles,
            } => Problem::of(Kind::SetupRefused)
                .detail("nothing was changed; `problems` has every reason")
                .problems(
                    &document,
                    problems
                        .into_iter()
                        .chain(obstacles.iter().map(|one| Located::whole(one.to_string()))),
                ),
            Refused::Activate(ActivateError::Obstacles(all)) => {
                let all = all.iter().map(|one| one.to_string());
                let all = all.map(Located::whole);
                Problem::of(Kind::SetupRefused)
                    .detail("nothing was changed; `problems` has every reason")
                    .problems("", all)
            }
            Refused::Rollout(error) => error.into(),
            Refused::NobodyDecides => Problem::of(Kind::NoJournal),
            Refused::Activate(ActivateError::Journal(error)) => error.into(),
            Refused::Activate(ActivateError::Desk(error)) => error.into(),
            Refused::Activate(error @ ActivateError::NotOnTrial(_)) => {
                Problem::of(Kind::NothingTried).detail(error.to_string())
            }
            Refused::UnknownCompany(_) => Problem::of(Kind::UnknownCompany),
            Refused::NewCompany(new) => Problem::of(Kind::UnknownCompany).detail(format!(
                "{new}; say `new` (`patchbay apply --new`) to begin it"
            )),
            error @ Refused::Active(_) => {
                Problem::of(Kind::AlreadyActive).detail(error.to_string())
            }
            error @ Refused::NothingBefore { .. } => {
                Problem::of(Kind::NothingBefore).detail(error.to_string())
            }
            error @ Refused::Unbuildable { .. } => {
                Problem::of(Kind::SetupRefused).detail(error.to_string())
            }
        }
    }
}
