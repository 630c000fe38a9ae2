//! `patchbay:care/state`: what a policy remembers.

use jiff::{SignedDuration, Timestamp};
use patchbay_model::state::{
    Change, KEY_BYTES, Memory, Scope, StateWrite, VALUE_BYTES, WINDOW_SECONDS,
};

use super::HostState;
use crate::contract::state;
use crate::stop::Stop;

fn scope(of: state::Scope) -> Scope {
    match of {
        state::Scope::Conversation => Scope::Conversation,
        state::Scope::Contact => Scope::Contact,
        state::Scope::Company => Scope::Company,
    }
}

impl HostState {
    fn may_use(&self, scope: Scope) -> Result<(), Stop> {
        self.granted(&format!("state \"{}\"", scope.as_str()), |grants| {
            grants.state.contains(&scope)
        })
    }

    fn memory(&self) -> Result<Option<&Memory>, Stop> {
        if self.writes.seen.is_some() {
            return Ok(self.writes.seen.as_ref());
        }
        let situation = self.situation()?;
        Ok(self
            .rights
            .as_ref()
            .and_then(|rights| situation.memories.get(&*rights.plugin)))
    }

    fn write_state(&mut self, scope: Scope, key: String, change: Change) -> Result<(), Stop> {
        self.may_use(scope)?;
        let now = self.situation()?.now;
        if self
            .situation()?
            .draft
            .as_ref()
            .is_some_and(|draft| draft.composing)
        {
            return Err(Stop::denied(
                "a check while the agent types may not write state",
            ));
        }
        if scope != Scope::Company && self.situation()?.exchange.is_none() {
            return Err(Stop::denied(format!(
                "this decision is about no {}, so none can remember anything",
                scope.as_str()
            )));
        }
        if key.len() > KEY_BYTES {
            return Err(too_large(KEY_BYTES));
        }
        let write = StateWrite { scope, key, change };
        if let Change::Set { value, .. } = &write.change
            && value.len() > VALUE_BYTES
        {
            return Err(too_large(VALUE_BYTES));
        }
        self.writes.bytes += write.size();
        if self.writes.bytes > self.writes.limit {
            return Err(too_large(self.writes.limit));
        }
        if self.writes.seen.is_none() {
            self.writes.seen = Some(self.memory()?.cloned().unwrap_or_default());
        }
        if let Some(seen) = &mut self.writes.seen {
            seen.apply(&write, now);
        }
        self.writes.list.push(write);
        Ok(())
    }

    fn after(&self, seconds: u32) -> Result<Timestamp, Stop> {
        let now = self.situation()?.now;
        now.checked_add(SignedDuration::from_secs(seconds.into()))
            .map_err(|_| Stop::denied("an expiry lies beyond what a calendar can tell"))
    }
}

fn too_large(limit: usize) -> Stop {
    Stop::out_of_memory("state", limit as u64, "bytes")
}

impl state::Host for HostState {
    fn get(&mut self, of: state::Scope, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        let scope = scope(of);
        self.call("state.get", (scope, &key), |state| {
            state.may_use(scope)?;
            let now = state.situation()?.now;
            let memory = state.memory()?;
            Ok(memory.and_then(|memory| memory.get(scope, &key, now).map(<[u8]>::to_vec)))
        })
    }

    fn counter(&mut self, of: state::Scope, key: String) -> wasmtime::Result<i64> {
        let scope = scope(of);
        self.call("state.counter", (scope, &key), |state| {
            state.may_use(scope)?;
            let now = state.situation()?.now;
            let memory = state.memory()?;
            Ok(memory.map_or(0, |memory| memory.counter(scope, &key, now)))
        })
    }

    fn set(
        &mut self,
        of: state::Scope,
        key: String,
        value: Vec<u8>,
        expires_after: Option<u32>,
    ) -> wasmtime::Result<()> {
        let scope = scope(of);
        self.call(
            "state.set",
            (scope, key.clone(), value.clone(), expires_after),
            |state| {
                let expires_at = match expires_after {
                    Some(seconds) => Some(state.after(seconds)?),
                    None => None,
                };
                state.write_state(scope, key, Change::Set { value, expires_at })
            },
        )
    }

    fn add(&mut self, of: state::Scope, key: String, amount: i64) -> wasmtime::Result<()> {
        let scope = scope(of);
        self.call("state.add", (scope, key.clone(), amount), |state| {
            state.write_state(scope, key, Change::Add(amount))
        })
    }

    fn max(&mut self, of: state::Scope, key: String, value: i64) -> wasmtime::Result<()> {
        let scope = scope(of);
        self.call("state.max", (scope, key.clone(), value), |state| {
            state.write_state(scope, key, Change::Max(value))
        })
    }

    fn add_windowed(
        &mut self,
        of: state::Scope,
        key: String,
        amount: i64,
        window: u32,
    ) -> wasmtime::Result<()> {
        let scope = scope(of);
        self.call(
            "state.add-windowed",
            (scope, key.clone(), amount, window),
            |state| {
                let expires_at = state.after(window.clamp(1, WINDOW_SECONDS))?;
                state.write_state(scope, key, Change::AddWindowed { amount, expires_at })
            },
        )
    }

    fn remove(&mut self, key: String) -> wasmtime::Result<()> {
        self.call("state.remove", key.clone(), |state| {
            state.write_state(Scope::Conversation, key, Change::Remove)
        })
    }
}
