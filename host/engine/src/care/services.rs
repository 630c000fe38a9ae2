//! `patchbay:care/clock`, `random`, `settings` and `log`: what every policy
//! has without asking.

use super::HostState;
use crate::contract::{clock, log, random, settings};

impl clock::Host for HostState {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.call("clock.now", (), |state| Ok(state.now_ms()))
    }

    fn is_open(&mut self, hours: String, at: u64) -> wasmtime::Result<Option<bool>> {
        self.call("clock.is-open", (&hours, at), |state| {
            let known = &state.situation()?.surroundings.hours;
            Ok(known.get(&hours).map(|hours| hours.is_open(at)))
        })
    }

    fn opens_at(&mut self, hours: String, at: u64) -> wasmtime::Result<Option<u64>> {
        self.call("clock.opens-at", (&hours, at), |state| {
            let known = &state.situation()?.surroundings.hours;
            Ok(known.get(&hours).and_then(|hours| hours.opens_at(at)))
        })
    }

    fn closes_at(&mut self, hours: String, at: u64) -> wasmtime::Result<Option<u64>> {
        self.call("clock.closes-at", (&hours, at), |state| {
            let known = &state.situation()?.surroundings.hours;
            Ok(known.get(&hours).and_then(|hours| hours.closes_at(at)))
        })
    }

    fn after_working_time(
        &mut self,
        hours: String,
        at: u64,
        seconds: u32,
    ) -> wasmtime::Result<Option<u64>> {
        self.call("clock.after-working-time", (&hours, at, seconds), |state| {
            let known = &state.situation()?.surroundings.hours;
            let hours = known.get(&hours);
            Ok(hours.and_then(|hours| hours.after_working(at, seconds)))
        })
    }
}

impl random::Host for HostState {
    fn next(&mut self) -> wasmtime::Result<u64> {
        self.call("random.next", (), |state| Ok(state.next_random()))
    }
}

impl settings::Host for HostState {
    fn get(&mut self) -> wasmtime::Result<String> {
        self.call("settings.get", (), |state| {
            Ok(state.settings()?.to_string())
        })
    }
}

impl log::Host for HostState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        };
        self.call("log.write", (level, message.clone()), |state| {
            state.log.write(level, &message);
            Ok(())
        })
    }
}
