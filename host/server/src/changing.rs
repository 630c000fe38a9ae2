//! Setups of companies, looked at and changed: off the threads that speak to
//! clients, and of one company one change after the other.

use std::sync::Arc;

use patchbay_desk::Desk;
use patchbay_desk::setups::{Plan, Setups};
use patchbay_generation::Generation;
use patchbay_journal::CompanyId;

use crate::app::App;
use crate::problem::{Kind, Problem};

impl App {
    /// Look at the companies' setups.
    pub(crate) async fn setups<T: Send + 'static>(
        self: &Arc<App>,
        look: impl FnOnce(&Setups, &Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (app, desk) = (Arc::clone(self), self.desk()?);
        tokio::task::spawn_blocking(move || {
            let setups = app.setups.as_ref().ok_or(Problem::of(Kind::NoJournal))?;
            look(setups, &desk)
        })
        .await
        .map_err(|_| Problem::of(Kind::Internal))?
    }

    /// Do something about a company's setups when it is its turn.
    pub(crate) async fn in_turn<T: Send + 'static>(
        self: &Arc<App>,
        company: String,
        act: impl FnOnce(&Setups) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = Arc::clone(self);
        self.setups(move |setups, _| app.turns.take(&company, || act(setups)))
            .await
    }

    /// Change a company's setup when it is its turn, and have everything that
    /// decides follow.
    pub(crate) async fn changed(
        self: &Arc<App>,
        company: String,
        change: impl FnOnce(&Setups) -> Result<Plan, Problem> + Send + 'static,
    ) -> Result<Plan, Problem> {
        let app = Arc::clone(self);
        self.setups(move |setups, desk| app.change(setups, desk, &company, change))
            .await
    }

    /// The same. Blocks.
    pub(crate) fn change<E>(
        &self,
        setups: &Setups,
        desk: &Desk,
        company: &str,
        change: impl FnOnce(&Setups) -> Result<Plan, E>,
    ) -> Result<Plan, E> {
        self.turns.take(company, || {
            let plan = change(setups)?;
            if plan.active {
                match desk.generation(&plan.company) {
                    Ok(generation) => {
                        self.companies.put(generation);
                    }
                    Err(error) => {
                        tracing::error!(company = plan.company, %error, "what decides at once is what was before, until the next start");
                    }
                }
            }
            Ok(plan)
        })
    }

    /// A generation a company decided by before, or nothing where it cannot be
    /// built any more. Blocks.
    pub(crate) fn earlier(&self, company: CompanyId, number: u64) -> Option<Arc<Generation>> {
        self.setups.as_ref()?.ready(company, number).ok()
    }
}
