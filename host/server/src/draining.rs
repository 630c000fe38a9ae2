//! Whether the whole host takes nothing in any more. It is a state of the
//! process: whoever starts the host again has it take in again.

use std::sync::{PoisonError, RwLock};

use patchbay_desk::Drain;

use crate::app::App;
use crate::problem::{Kind, Problem};

/// The host's drain, where there is one.
#[derive(Debug, Default)]
pub(crate) struct Draining(RwLock<Option<Drain>>);

impl Draining {
    /// By whom, since when and why.
    pub(crate) fn get(&self) -> Option<Drain> {
        let drain = self.0.read();
        drain.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begin or end it; what it was.
    pub(crate) fn set(&self, drain: Option<Drain>) -> Option<Drain> {
        let place = self.0.write();
        std::mem::replace(&mut *place.unwrap_or_else(PoisonError::into_inner), drain)
    }
}

impl App {
    /// Whether anything new is taken in for a company.
    pub(crate) fn takes_in(&self, company: &str) -> Result<(), Problem> {
        let problem = Problem::of(Kind::Draining);
        if self.draining.get().is_some() {
            return Err(problem.detail("an operator drains the host; deliver it again later"));
        }
        let Ok(desk) = self.desk() else {
            return Ok(());
        };
        match desk.draining(company)? {
            Some(_) => {
                Err(problem.detail("an operator drains the company; deliver it again later"))
            }
            None => Ok(()),
        }
    }
}
