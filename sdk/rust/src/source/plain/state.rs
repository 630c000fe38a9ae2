use std::collections::BTreeMap;

use crate::Timestamp;
use crate::state::Scope;
use crate::testing::World;

/// Longest window of a counter: seven days.
const MAX_WINDOW_SECONDS: u32 = 604_800;

/// Stored state, with expiry and windows as in the host.
#[derive(Default)]
pub(crate) struct Memory(BTreeMap<(Scope, String), Cell>);

#[derive(Default)]
struct Cell {
    value: Option<(Vec<u8>, Option<Timestamp>)>,
    counter: i64,
    windowed: Vec<(Timestamp, i64)>,
}

impl Memory {
    pub(crate) fn value(&self, scope: Scope, key: &str, now: Timestamp) -> Option<Vec<u8>> {
        let (value, expires_at) = self.0.get(&(scope, key.to_owned()))?.value.as_ref()?;
        expires_at.is_none_or(|at| at > now).then(|| value.clone())
    }

    pub(crate) fn counter(&self, scope: Scope, key: &str, now: Timestamp) -> i64 {
        let Some(cell) = self.0.get(&(scope, key.to_owned())) else {
            return 0;
        };
        let windowed = cell
            .windowed
            .iter()
            .filter(|(expires_at, _)| *expires_at > now);
        cell.counter + windowed.map(|(_, amount)| amount).sum::<i64>()
    }

    fn cell(&mut self, scope: Scope, key: &str) -> &mut Cell {
        self.0.entry((scope, key.to_owned())).or_default()
    }
}

pub(crate) fn get(scope: Scope, key: &str) -> Option<Vec<u8>> {
    World::current().value(scope, key)
}

pub(crate) fn counter(scope: Scope, key: &str) -> i64 {
    World::current().counter(scope, key)
}

pub(crate) fn set(scope: Scope, key: &str, value: &[u8], expires_after: Option<u32>) {
    change(|memory, now| {
        let expires_at = expires_after.map(|seconds| now + u64::from(seconds) * 1000);
        memory.cell(scope, key).value = Some((value.to_vec(), expires_at));
    });
}

pub(crate) fn add(scope: Scope, key: &str, amount: i64) {
    change(|memory, _| memory.cell(scope, key).counter += amount);
}

pub(crate) fn max(scope: Scope, key: &str, value: i64) {
    change(|memory, _| {
        let cell = memory.cell(scope, key);
        cell.counter = cell.counter.max(value);
    });
}

pub(crate) fn add_windowed(scope: Scope, key: &str, amount: i64, window: u32) {
    change(|memory, now| {
        let expires_at = now + u64::from(window.clamp(1, MAX_WINDOW_SECONDS)) * 1000;
        memory.cell(scope, key).windowed.push((expires_at, amount));
    });
}

pub(crate) fn remove(key: &str) {
    change(|memory, _| {
        memory.0.remove(&(Scope::Conversation, key.to_owned()));
    });
}

fn change(write: impl FnOnce(&mut Memory, Timestamp)) {
    let world = World::current();
    write(&mut world.effects.borrow_mut().memory, world.fixture.now);
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;
    use state::Scope;

    #[test]
    fn a_value_stays_until_it_expires_or_is_removed() {
        let world = World::new().now(0);
        world.enter(|| {
            state::set_for(Scope::Contact, "mood", "bad", 60);
            state::set(Scope::Conversation, "step", [1, 2]);
            assert_eq!(state::text(Scope::Contact, "mood").as_deref(), Some("bad"));
            assert_eq!(state::get(Scope::Company, "mood"), None);
            state::remove("step");
            assert_eq!(state::get(Scope::Conversation, "step"), None);
        });
        world
            .now(60_000)
            .enter(|| assert_eq!(state::get(Scope::Contact, "mood"), None));
    }

    #[test]
    fn counters_add_rise_and_expire() {
        let world = World::new().now(0);
        world.enter(|| {
            state::add(Scope::Company, "all", 2);
            state::add(Scope::Company, "all", 3);
            state::max(Scope::Company, "most", 7);
            state::max(Scope::Company, "most", 4);
            state::add_windowed(Scope::Company, "lately", 1, 60);
            state::add_windowed(Scope::Company, "this week", 1, u32::MAX);
        });
        assert_eq!(world.counter(Scope::Company, "all"), 5);
        assert_eq!(world.counter(Scope::Company, "most"), 7);
        assert_eq!(world.counter(Scope::Company, "lately"), 1);
        let later = |ms| world.clone().now(ms);
        assert_eq!(later(60_000).counter(Scope::Company, "lately"), 0);
        let week = |ms| later(ms).counter(Scope::Company, "this week");
        assert_eq!((week(604_799_999), week(604_800_000)), (1, 0));
    }
}
