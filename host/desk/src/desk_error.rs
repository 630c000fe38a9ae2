//! Errors of the desk.

use patchbay_floor::FloorError;
use patchbay_journal::JournalError;
use patchbay_model::bypass::{BypassTarget, MAX_DURATION, MIN_DURATION};
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::DirectoryError;
use patchbay_pass::agent_action::ActionError;
use patchbay_search_terms::ParseQueryError;
use thiserror::Error;

/// Why the desk refused a call. Nothing changed.
#[derive(Debug, Error)]
pub enum DeskError {
    /// The desk serves no company of that name.
    #[error("there is no company {0:?}")]
    UnknownCompany(String),
    /// The author was erased. The desk accepts nothing more from the address.
    #[error("the author of this interaction was erased")]
    Erased,
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The company's agents and queues do not fit together.
    #[error("cannot load the agents and queues of {company:?}: {error}")]
    Floor {
        /// Name of the company.
        company: String,
        /// What does not fit.
        error: FloorError,
    },
    /// An agent is invalid.
    #[error("{error}")]
    Agent {
        /// Index of the agent in the request, from 0.
        at: usize,
        /// What is invalid.
        error: DirectoryError,
    },
    /// The company has no agent of that id.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// The company has no incident about that subject.
    #[error("no conversation that is not resolved belongs to an incident {0:?}")]
    UnknownIncident(String),
    /// The action on a conversation failed.
    #[error(transparent)]
    Action(ActionError),
    /// An operator drains the company: it accepts no interactions.
    #[error("{0:?} accepts no interactions: an operator drains it; deliver again later")]
    Draining(String),
    /// The bypass could not be set or ended.
    #[error(transparent)]
    Bypass(#[from] BypassError),
    /// The text cannot be searched for.
    #[error("the text {0}")]
    Search(ParseQueryError),
    /// The settings of the server switch search off.
    #[error("search is switched off on this server")]
    SearchOff,
    /// The host is shutting down.
    #[error("the host is stopping; nothing was changed")]
    Stopping,
    /// The operating system refused a thread.
    #[error("cannot start a worker thread: {0}; try fewer workers")]
    Threads(std::io::Error),
}

/// Why a bypass was not set or ended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BypassError {
    /// No pipeline of the company has the plugin.
    #[error(
        "no pipeline of the company has a plugin {name:?}; its plugins are {}, and the stages are classify, route, tone, escalate",
        list(known)
    )]
    UnknownPlugin {
        /// The name given.
        name: String,
        /// The company's plugins.
        known: Vec<String>,
    },
    /// The stage has no plugin.
    #[error("stage {0} has no plugin: there is nothing to bypass")]
    EmptyStage(Stage),
    /// The bypass is too long or too short.
    #[error(
        "a bypass lasts {MIN_DURATION} to {MAX_DURATION}; to leave a plugin out for longer, remove it from the company file"
    )]
    Duration,
    /// The stage or plugin is not bypassed.
    #[error("{0} is not bypassed")]
    NotBypassed(BypassTarget),
}

fn list(known: &[String]) -> String {
    match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    }
}
