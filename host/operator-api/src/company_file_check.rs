//! Checks the text of a company file, without what it references.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_http::descriptions;
use patchbay_http::problem::{Problem, ProblemPlace};
use patchbay_http::work_share::on_share;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The text of a company file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyFileText {
    /// The text.
    document: String,
}

/// What is wrong with the text of a company file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyFileCheck {
    /// Whether nothing was found. The file may still be refused when it is applied: its
    /// packs, their settings and cases, secrets and live conversations are not checked here.
    valid: bool,
    /// Every problem, in the order of the text, as `apply` answers them.
    problems: Vec<ProblemPlace>,
}

/// Check the text of a company file
///
/// Answers what is wrong with the text alone: syntax, unknown keys, values out of range, and
/// names that the file does not define. Reads no pack, compiles nothing and changes nothing,
/// so that it can be called while the text is written. To check everything, apply the file
/// with `dry_run`.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/generations/validate",
    operation_id = "validate_company_file",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company, which may not exist yet.")),
    request_body = CompanyFileText,
    responses((status = 200, description = "What was found.", body = CompanyFileCheck), descriptions::ActionErrors)
)]
pub(crate) async fn validate(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<CompanyFileCheck>, Problem> {
    let CompanyFileText { document } = app.json(request).await?;
    on_share(&app.shares.requests, move || {
        let mut found = match CompanyFile::parse(&document) {
            Ok(file) => other_company(&file, &company),
            Err(problems) => problems,
        };
        found.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
        let problems = found.into_iter();
        let problems = problems.map(|problem| ProblemPlace::in_document(&document, problem));
        let problems: Vec<_> = problems.collect();
        Ok(Json(CompanyFileCheck {
            valid: problems.is_empty(),
            problems,
        }))
    })
    .await?
}

/// The problem of a file that defines another company.
fn other_company(file: &CompanyFile, company: &str) -> Vec<FileProblem> {
    let named = file.company.get_ref();
    if named == company {
        return Vec::new();
    }
    let message = format!("defines company {named:?}, but the path names {company:?}");
    vec![FileProblem::at(file.company.span(), message)]
}
