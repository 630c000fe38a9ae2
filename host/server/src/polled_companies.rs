//! The companies whose connections ask their providers. What is asked, the gateway says.

use std::sync::Arc;

use patchbay_config::bound::Bound;
use patchbay_gateway::{Gateway, HostRefusal, PollHost};
use patchbay_http::bounds::{BoundPermit, Requester};
use patchbay_http::problem::Problem;
use patchbay_service::app::App;

use crate::intake_work::{IntakeRefusal, on_intake};

/// The companies of a server.
pub(crate) struct PolledCompanies {
    app: Arc<App>,
}

impl PolledCompanies {
    pub(crate) fn of(app: Arc<App>) -> PolledCompanies {
        PolledCompanies { app }
    }
}

fn requester(company: &Arc<str>) -> Requester {
    Requester {
        company: Some(Arc::clone(company)),
        token: None,
    }
}

impl PollHost for PolledCompanies {
    type Share = BoundPermit;
    type Place = BoundPermit;

    fn companies(&self) -> Vec<(Arc<str>, u64)> {
        let all = self.app.companies.all();
        let polled = all.iter().filter(|generation| {
            let mut connections = generation.connections.iter();
            connections.any(|connection| connection.inbound().is_polled())
        });
        let polled = polled.map(|it| (Arc::from(it.company.as_str()), it.number));
        polled.collect()
    }

    fn enter(&self, company: &Arc<str>) -> Option<BoundPermit> {
        let entered = self.app.bounds.enter(Bound::Pollers, &requester(company));
        entered.ok()
    }

    fn share(&self, company: &Arc<str>) -> BoundPermit {
        let bounds = &self.app.bounds;
        bounds.enter_with_nothing(Bound::Bodies, &requester(company))
    }

    fn grow(&self, share: &mut BoundPermit, bytes: usize) -> bool {
        share.grow(bytes as u64).is_ok()
    }

    async fn run<T: Send + 'static>(
        &self,
        company: &Arc<str>,
        work: impl FnOnce(&Gateway, &str) -> T + Send + 'static,
    ) -> Result<Option<T>, HostRefusal> {
        let app = Arc::clone(&self.app);
        let done = on_intake(&self.app, company, move |gateway, company| {
            app.check_free_space()
                .map_err(|_: Problem| HostRefusal::NoSpace)?;
            Ok(work(gateway, company))
        });
        match done.await {
            Ok(done) => done.map(Some),
            Err(IntakeRefusal::NotReady) => Err(HostRefusal::NotReady),
            Err(IntakeRefusal::Draining) => Err(HostRefusal::Draining),
            Err(IntakeRefusal::Panicked) => Ok(None),
        }
    }
}
