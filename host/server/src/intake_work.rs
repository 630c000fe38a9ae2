//! Work for a company on the threads for deliveries, for what does not come by a request.

use std::sync::Arc;

use patchbay_gateway::Gateway;
use patchbay_http::problem::Problem;
use patchbay_http::work_share::on_share_of;
use patchbay_service::app::App;

/// Why no work is done for a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntakeRefusal {
    /// The host has no such company, or it cannot decide yet.
    NotReady,
    /// An operator drains the host or the company.
    Draining,
    /// The work panicked, which was logged.
    Panicked,
}

/// Runs `work` for a company on a thread for deliveries, unless the company or the host
/// does not accept any now.
///
/// # Errors
/// [`IntakeRefusal`].
pub(crate) async fn on_intake<T: Send + 'static>(
    app: &Arc<App>,
    company: &Arc<str>,
    work: impl FnOnce(&Gateway, &str) -> T + Send + 'static,
) -> Result<T, IntakeRefusal> {
    if app.companies.get(company).is_none() {
        return Err(IntakeRefusal::NotReady);
    }
    let (host, name) = (Arc::clone(app), Arc::clone(company));
    let share = &app.shares.intake;
    let done = on_share_of(share, Some(Arc::clone(company)), move || {
        let gateway = host.gateway.as_ref().ok_or(IntakeRefusal::NotReady)?;
        host.check_draining(&name)
            .map_err(|_: Problem| IntakeRefusal::Draining)?;
        Ok(work(gateway, &name))
    });
    done.await.unwrap_or(Err(IntakeRefusal::Panicked))
}
