//! The contract's imports outside of WebAssembly: data a test made, and the
//! world it entered. Answers as the host does, so far as a unit test of a
//! policy can tell.

pub(crate) mod agents;
pub(crate) mod hours;
pub(crate) mod interactions;
pub(crate) mod knowledge;
pub(crate) mod state;
pub(crate) mod types;

use crate::testing::World;

/// Most things of a kind a host call gives.
const MOST: u32 = 64;

/// A thing with fields, read through methods as the generated resources are.
macro_rules! plain {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[derive(Clone, Debug, Default)]
            pub(crate) struct $name {
                $(pub(crate) $field: $type,)*
            }
            impl $name {
                $(
                    pub(crate) fn $field(&self) -> $type {
                        Clone::clone(&self.$field)
                    }
                )*
            }
        )*
    };
}
use plain;

pub(crate) mod clock {
    use super::World;

    pub(crate) fn now() -> u64 {
        World::current().given.now
    }

    pub(crate) fn is_open(hours: &str, at: u64) -> Option<bool> {
        let world = World::current();
        let hours = world.given.hours.get(hours)?;
        Some(hours.is_open(at))
    }

    pub(crate) fn opens_at(hours: &str, at: u64) -> Option<u64> {
        let world = World::current();
        world.given.hours.get(hours)?.opens_at(at)
    }

    pub(crate) fn closes_at(hours: &str, at: u64) -> Option<u64> {
        let world = World::current();
        world.given.hours.get(hours)?.closes_at(at)
    }

    pub(crate) fn after_working_time(hours: &str, at: u64, seconds: u32) -> Option<u64> {
        let world = World::current();
        world
            .given
            .hours
            .get(hours)?
            .after_working_time(at, seconds)
    }
}

pub(crate) mod random {
    use super::World;

    pub(crate) fn next() -> u64 {
        World::current().kept.borrow_mut().next_random()
    }
}

pub(crate) mod settings {
    use super::World;

    pub(crate) fn get() -> String {
        World::current().given.settings.clone()
    }
}

pub(crate) mod log {
    use super::World;
    use crate::log::Level;

    pub(crate) fn write(level: Level, message: &str) {
        let level = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        World::current()
            .kept
            .borrow_mut()
            .log
            .push(format!("{level}: {message}"));
    }
}
