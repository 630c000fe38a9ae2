//! An open connection, and what it did since the host started.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_adapter::Adapter;
use patchbay_generations::ConnectionSettings;
use patchbay_model::codes;

use crate::access_tokens::AccessTokens;
use crate::connection_test::TestPermits;
use crate::poll_state::PollControl;

/// Most names of events that are counted one by one.
const EVENT_NAMES: usize = 64;
/// Name of the events beyond.
const OTHER_EVENTS: &str = "other";

codes! {
    /// What became of a request of a provider.
    pub enum DeliveryResult {
        /// Its interactions are on disk.
        Accepted = "accepted",
        /// The provider checked the URL.
        Handshake = "handshake",
        /// It is not authentic.
        Rejected = "rejected",
        /// A part of it is in quarantine, the rest on disk.
        Quarantined = "quarantined",
        /// A bound turned it away: the provider delivers it again.
        Busy = "busy",
    }
}

/// An open connection.
pub(crate) struct Connection {
    pub(crate) settings: ConnectionSettings,
    /// The adapter, or why it cannot be opened.
    pub(crate) adapter: Result<Box<dyn Adapter>, String>,
    /// Shared with the connections that it replaces and that replace it.
    state: Arc<Mutex<ConnectionState>>,
    /// As the state.
    pub(crate) tests: Arc<TestPermits>,
    /// As the state.
    pub(crate) poll: Arc<PollControl>,
    /// As the state.
    pub(crate) tokens: Arc<AccessTokens>,
}

/// What a connection did since the host started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionState {
    /// Requests by result.
    pub results: BTreeMap<DeliveryResult, u64>,
    /// Rejected requests by reason, a code.
    pub rejections: BTreeMap<&'static str, u64>,
    /// Events without an interaction by name. Names beyond the first 64 are `other`.
    pub events: BTreeMap<String, u64>,
    /// When the last authentic request came.
    pub last_delivery: Option<Timestamp>,
    /// When the last request that was not authentic came.
    pub last_rejection: Option<Timestamp>,
    /// When the provider said that it took the access of the account back, unless the
    /// access was seen to work since.
    pub access_revoked: Option<Timestamp>,
}

impl Connection {
    pub(crate) fn new(
        settings: ConnectionSettings,
        adapter: Result<Box<dyn Adapter>, String>,
    ) -> Connection {
        Connection {
            settings,
            adapter,
            state: Arc::default(),
            tests: Arc::default(),
            poll: Arc::default(),
            tokens: Arc::default(),
        }
    }

    pub(crate) fn state(&self) -> ConnectionState {
        self.state.lock().clone()
    }

    /// Continues the counts of a connection of the generation before.
    pub(crate) fn continuing(self, before: Option<&Arc<Connection>>) -> Connection {
        match before {
            Some(before) => Connection {
                state: Arc::clone(&before.state),
                tests: Arc::clone(&before.tests),
                poll: Arc::clone(&before.poll),
                tokens: Arc::clone(&before.tokens),
                ..self
            },
            None => self,
        }
    }

    pub(crate) fn count(&self, result: DeliveryResult, now: Timestamp) {
        let mut state = self.state.lock();
        *state.results.entry(result).or_default() += 1;
        match result {
            DeliveryResult::Rejected => state.last_rejection = Some(now),
            DeliveryResult::Accepted | DeliveryResult::Handshake | DeliveryResult::Quarantined => {
                state.last_delivery = Some(now);
            }
            DeliveryResult::Busy => {}
        }
    }

    pub(crate) fn count_rejection(&self, reason: &'static str, now: Timestamp) {
        *self.state.lock().rejections.entry(reason).or_default() += 1;
        self.count(DeliveryResult::Rejected, now);
    }

    /// The provider took the access back.
    pub(crate) fn revoke_access(&self, now: Timestamp) {
        self.state.lock().access_revoked.get_or_insert(now);
    }

    /// The provider accepts the access.
    pub(crate) fn access_works(&self) {
        self.state.lock().access_revoked = None;
    }

    pub(crate) fn count_event(&self, name: String) {
        let events = &mut self.state.lock().events;
        let is_listed = events.contains_key(&name) || events.len() < EVENT_NAMES;
        let name = match is_listed {
            true => name,
            false => OTHER_EVENTS.to_owned(),
        };
        *events.entry(name).or_default() += 1;
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("adapter", &self.settings.adapter.name)
            .field("name", &self.settings.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_events_are_bounded() {
        let connection = Connection {
            settings: ConnectionSettings {
                adapter: patchbay_channels::adapter_kind("whatsapp").expect("an adapter"),
                name: "main".to_owned(),
                settings: Default::default(),
                secrets: Default::default(),
                public_url: None,
            },
            adapter: Err("not open".to_owned()),
            state: Arc::default(),
            tests: Arc::default(),
            poll: Arc::default(),
            tokens: Arc::default(),
        };
        for number in 0..1_000 {
            connection.count_event(format!("event-{number}"));
            connection.count_event("event-0".to_owned());
        }
        let events = connection.state().events;
        assert_eq!(events.len(), EVENT_NAMES + 1);
        assert_eq!(events["event-0"], 1_001);
        assert_eq!(events[OTHER_EVENTS], 1_000 - EVENT_NAMES as u64);
    }
}
