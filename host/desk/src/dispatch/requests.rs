//! The open requests of agents, supervisors and the host to act on a
//! conversation. Each waits until its result is durable.

use std::collections::HashMap;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_journal::CompanyId;
use patchbay_model::actor::Actor;
use patchbay_pass::agent_action::{ActionError, ActionResult, AgentAction};

use crate::dispatch::work_list::RequestId;

/// How long a request waits for its lane and for policies.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);
/// When to repeat a request or delivery that was refused as busy.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(crate) type Answer = Result<ActionResult, ActionError>;

/// An open request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) company: CompanyId,
    pub(crate) actor: Actor,
    pub(crate) action: AgentAction,
    /// Number of the last entry that the author saw.
    pub(crate) expected: Option<u64>,
    pub(crate) until: Instant,
    pub(crate) reply: SyncSender<Answer>,
}

impl Request {
    pub(crate) fn is_late(&self) -> bool {
        Instant::now() > self.until
    }
}

/// The open requests.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<HashMap<RequestId, Request>>);

impl Requests {
    pub(crate) fn get(&self, id: RequestId) -> Option<Request> {
        self.0.lock().get(&id).cloned()
    }

    /// Answer a request. Its caller may be gone.
    pub(crate) fn answer(&self, id: RequestId, answer: Answer) {
        if let Some(request) = self.0.lock().remove(&id) {
            let _ = request.reply.send(answer);
        }
    }

    /// Refuse every open request: the host stops.
    pub(crate) fn refuse_all(&self) {
        for (_, request) in self.0.lock().drain() {
            let _ = request.reply.send(Err(busy()));
        }
    }

    /// Add a request, unless its company has `most` open.
    pub(crate) fn put(&self, id: RequestId, request: Request, most: usize) -> bool {
        let mut open = self.0.lock();
        let of_company = open.values().filter(|open| open.company == request.company);
        let fits = of_company.take(most).count() < most;
        if fits {
            open.insert(id, request);
        }
        fits
    }
}

pub(crate) fn busy() -> ActionError {
    ActionError::Busy {
        retry_after: RETRY_AFTER,
    }
}
