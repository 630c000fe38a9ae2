//! Adds the companies that exist to the problem document of an unknown one.

use axum::response::Response;
use patchbay_access::Caller;
use patchbay_config::name_suggestion;
use patchbay_http::problem::{Kind, Problem};
use patchbay_service::Companies;

/// Adds the hint where the caller may see every company.
pub(crate) fn add(
    companies: &Companies,
    caller: Option<&Caller>,
    path: &str,
    response: &mut Response,
) {
    let sees_all = caller.is_some_and(|caller| caller.company().is_none());
    let problem = response.extensions_mut().get_mut::<Problem>();
    let Some(problem) = problem.filter(|problem| sees_all && problem.is(Kind::UnknownCompany))
    else {
        return;
    };
    let mut parts = path.split('/').skip_while(|part| *part != "companies");
    let name = parts.nth(1).unwrap_or_default();
    problem.set_detail_if_none(|| name_suggestion::suggest(name, "companies", &companies.names()));
}
