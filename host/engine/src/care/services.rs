//! `patchbay:care/clock`, `random`, `settings` and `log`, which need no grant.

use patchbay_model::hours::Hours;
use serde::{Serialize, Serializer};

use super::HostState;
use super::host_calls::functions;
use crate::contract::{clock, log, random, settings};
use crate::limits::stop::Stop;

impl clock::Host for HostState {
    functions! { "clock":
        now() -> u64, "now", |state| Ok(state.now_ms());
        is_open(hours: String, at: u64) -> Option<bool>, "is-open",
            |state| Ok(state.hours(&hours)?.map(|hours| hours.is_open(at)));
        opens_at(hours: String, at: u64) -> Option<u64>, "opens-at",
            |state| Ok(state.hours(&hours)?.and_then(|hours| hours.opens_at(at)));
        closes_at(hours: String, at: u64) -> Option<u64>, "closes-at",
            |state| Ok(state.hours(&hours)?.and_then(|hours| hours.closes_at(at)));
        after_working_time(hours: String, at: u64, seconds: u32) -> Option<u64>, "after-working-time",
            |state| Ok(state.hours(&hours)?.and_then(|hours| hours.after_working(at, seconds)));
    }
}

impl random::Host for HostState {
    functions! { "random": next() -> u64, "next", |state| Ok(state.next_random()); }
}

impl settings::Host for HostState {
    functions! { "settings": get() -> String, "get", |state| Ok(state.settings()?.to_string()); }
}

impl log::Host for HostState {
    functions! { "log":
        write(level: log::Level, message: String) -> (), "write", |state| {
            state.log.write(level.as_str(), &message);
            Ok(())
        };
    }
}

impl HostState {
    /// Business hours by name; `None` for a name the company does not define.
    pub(super) fn hours(&self, name: &str) -> Result<Option<&Hours>, Stop> {
        Ok(self.situation()?.surroundings.hours.get(name))
    }
}

impl log::Level {
    fn as_str(self) -> &'static str {
        match self {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        }
    }
}

impl Serialize for log::Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
