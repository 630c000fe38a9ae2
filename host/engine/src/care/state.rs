//! `patchbay:care/state`: what a policy stores between decisions.

use jiff::{SignedDuration, Timestamp};
use patchbay_model::state::{
    Change, KEY_BYTES, Memory, Scope, StateWrite, VALUE_BYTES, WINDOW_SECONDS,
};
use serde::{Serialize, Serializer};

use super::HostState;
use super::host_calls::functions;
use crate::contract::state;
use crate::limits::stop::Stop;

/// What a decision wrote. Reads of the same decision see it.
#[derive(Default)]
pub(crate) struct StateWrites {
    pub(crate) list: Vec<StateWrite>,
    bytes: usize,
    limit: usize,
    /// The memory with the writes applied; created by the first write.
    memory: Option<Memory>,
}

impl StateWrites {
    pub(super) fn with_limit(limit: usize) -> StateWrites {
        StateWrites {
            limit,
            ..StateWrites::default()
        }
    }
}

impl From<state::Scope> for Scope {
    fn from(scope: state::Scope) -> Scope {
        match scope {
            state::Scope::Conversation => Scope::Conversation,
            state::Scope::Contact => Scope::Contact,
            state::Scope::Company => Scope::Company,
        }
    }
}

impl Serialize for state::Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Scope::from(*self).serialize(serializer)
    }
}

impl HostState {
    fn require_state(&self, scope: Scope) -> Result<(), Stop> {
        self.require(&format!("state \"{}\"", scope.as_str()), |grants| {
            grants.state.contains(&scope)
        })
    }

    fn memory(&self) -> Result<Option<&Memory>, Stop> {
        if self.writes.memory.is_some() {
            return Ok(self.writes.memory.as_ref());
        }
        let situation = self.situation()?;
        let plugin = self.plugin.as_ref();
        Ok(plugin.and_then(|plugin| situation.memories.get(&*plugin.name)))
    }

    fn read_state<T>(
        &self,
        scope: Scope,
        read: impl FnOnce(&Memory, Timestamp) -> T,
    ) -> Result<Option<T>, Stop> {
        self.require_state(scope)?;
        let now = self.situation()?.now;
        Ok(self.memory()?.map(|memory| read(memory, now)))
    }

    fn write_state(&mut self, scope: Scope, key: String, change: Change) -> Result<(), Stop> {
        self.require_state(scope)?;
        let situation = self.situation()?;
        let now = situation.now;
        let draft = situation.draft.as_ref();
        if draft.is_some_and(|draft| draft.composing) {
            return Err(Stop::denied(
                "a check while the agent types may not write state",
            ));
        }
        if scope != Scope::Company && situation.exchange.is_none() {
            return Err(Stop::denied(format!(
                "this decision has no {} to store state for",
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
        let mut memory = match self.writes.memory.take() {
            Some(memory) => memory,
            None => self.memory()?.cloned().unwrap_or_default(),
        };
        memory.apply(&write, now);
        self.writes.memory = Some(memory);
        self.writes.list.push(write);
        Ok(())
    }

    fn after(&self, seconds: u32) -> Result<Timestamp, Stop> {
        let now = self.situation()?.now;
        now.checked_add(SignedDuration::from_secs(seconds.into()))
            .map_err(|_| Stop::denied("an expiry lies beyond the year 9999"))
    }
}

fn too_large(limit: usize) -> Stop {
    Stop::out_of_memory("state", limit as u64, "bytes")
}

impl state::Host for HostState {
    functions! { "state":
        get(scope: state::Scope, key: String) -> Option<Vec<u8>>, "get", |state| {
            let scope = Scope::from(scope);
            let value = state.read_state(scope, |memory, now| memory.get(scope, &key, now).map(<[u8]>::to_vec));
            Ok(value?.flatten())
        };
        counter(scope: state::Scope, key: String) -> i64, "counter", |state| {
            let scope = Scope::from(scope);
            let count = state.read_state(scope, |memory, now| memory.counter(scope, &key, now));
            Ok(count?.unwrap_or(0))
        };
        set(scope: state::Scope, key: String, value: Vec<u8>, expires_after: Option<u32>) -> (), "set", |state| {
            let expires_at = expires_after.map(|seconds| state.after(seconds)).transpose()?;
            let value = value.clone();
            state.write_state(scope.into(), key.clone(), Change::Set { value, expires_at })
        };
        add(scope: state::Scope, key: String, amount: i64) -> (), "add",
            |state| state.write_state(scope.into(), key.clone(), Change::Add(amount));
        max(scope: state::Scope, key: String, value: i64) -> (), "max",
            |state| state.write_state(scope.into(), key.clone(), Change::Max(value));
        add_windowed(scope: state::Scope, key: String, amount: i64, window: u32) -> (), "add-windowed", |state| {
            let expires_at = state.after(window.clamp(1, WINDOW_SECONDS))?;
            state.write_state(scope.into(), key.clone(), Change::AddWindowed { amount, expires_at })
        };
        remove(key: String) -> (), "remove",
            |state| state.write_state(Scope::Conversation, key.clone(), Change::Remove);
    }
}
