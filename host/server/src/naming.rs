//! Which companies there are, for whoever named none of them.

use std::sync::Arc;

use axum::response::Response;
use patchbay_model::spelling;

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};

/// Tell whoever may see every company which there are, where they named none of
/// them.
pub(crate) fn tell_companies(
    app: &Arc<App>,
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
    problem.detail_unless_said(|| spelling::known(name, "companies", &app.companies.names()));
}
