//! Which company a status or a list of alerts covers.

use std::sync::Arc;

use patchbay_access::Caller;
use patchbay_generations::Generation;
use patchbay_http::problem::{Kind, Problem};
use patchbay_service::app::App;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusQuery {
    /// Only this company.
    company: Option<String>,
}

/// What a status or a list of alerts covers.
pub(crate) struct StatusScope {
    /// The company; absent: the host and every company.
    pub(crate) company: Option<String>,
    /// Its active generation; absent also where that cannot be built.
    pub(crate) generation: Option<Arc<Generation>>,
    /// The caller must see nothing of the host and of other companies.
    pub(crate) is_company_token: bool,
}

impl StatusScope {
    /// The scope of a request.
    ///
    /// # Errors
    /// The company is unknown, or the caller may not see it.
    pub(crate) fn new(
        app: &App,
        caller: &Caller,
        query: StatusQuery,
    ) -> Result<StatusScope, Problem> {
        let unknown = || Problem::of(Kind::UnknownCompany);
        let company = match (caller.company(), query.company) {
            (Some(own), Some(named)) if own != named => return Err(unknown()),
            (own, named) => named.or_else(|| own.map(str::to_owned)),
        };
        let generation = match &company {
            None => None,
            Some(name) => match app.companies.get(name) {
                None if app.companies.unready_reason(name).is_none() => return Err(unknown()),
                generation => generation,
            },
        };
        Ok(StatusScope {
            company,
            generation,
            is_company_token: caller.company().is_some(),
        })
    }
}
