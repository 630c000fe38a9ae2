//! The requests that write a decision.

use patchbay_adapter::{DecisionReport, OutboundRequest, RequestMethod};
use serde_json::Value;

use crate::help_desk::HelpDesk;

/// Ends the key of a request that adds a note.
const NOTE: &str = "/note";

/// Whether a request adds a note: the only one that does not set a state.
pub(crate) fn is_note(request: &OutboundRequest) -> bool {
    request.key.ends_with(NOTE)
}

/// The requests in their order: states, then the note.
pub(crate) struct DecisionWrites<'a> {
    desk: &'a HelpDesk,
    key: &'a str,
    requests: Vec<OutboundRequest>,
}

impl<'a> DecisionWrites<'a> {
    pub(crate) fn new(desk: &'a HelpDesk, report: &DecisionReport<'a>) -> DecisionWrites<'a> {
        DecisionWrites {
            desk,
            key: report.key,
            requests: Vec::new(),
        }
    }

    /// Adds a request that sets a state, or adds what a second one does not add again.
    pub(crate) fn set(&mut self, method: RequestMethod, path: &str, body: &Value) {
        let key = format!("{}/{}", self.key, self.requests.len() + 1);
        let request = self.desk.request(method, key, path, body);
        self.requests.push(request);
    }

    /// The key of the note, to be planted in it.
    pub(crate) fn note_key(&self) -> String {
        format!("{}{NOTE}", self.key)
    }

    /// Adds the note, the last of the requests.
    pub(crate) fn note(mut self, method: RequestMethod, path: &str, body: &Value) -> Self {
        let request = self.desk.request(method, self.note_key(), path, body);
        self.requests.push(request);
        self
    }

    pub(crate) fn into_requests(self) -> Vec<OutboundRequest> {
        self.requests
    }
}
