//! The contract's imports outside of WebAssembly: values a test built, in the [`World`] it entered.

pub(crate) mod agents;
pub(crate) mod contacts;
pub(crate) mod data;
pub(crate) mod hours;
pub(crate) mod interactions;
pub(crate) mod knowledge;
pub(crate) mod state;
pub(crate) mod types;

use crate::testing::World;

/// Most items a host call returns.
const MAX_ITEMS: u32 = 64;

/// Declares types whose fields are read through methods, as the generated resources are.
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
    use super::hours::Hours;

    pub(crate) fn now() -> u64 {
        World::current().fixture.now
    }

    pub(crate) fn is_open(hours: &str, at: u64) -> Option<bool> {
        of(hours, |hours| Some(hours.is_open(at)))
    }

    pub(crate) fn opens_at(hours: &str, at: u64) -> Option<u64> {
        of(hours, |hours| hours.opens_at(at))
    }

    pub(crate) fn closes_at(hours: &str, at: u64) -> Option<u64> {
        of(hours, |hours| hours.closes_at(at))
    }

    pub(crate) fn after_working_time(hours: &str, at: u64, seconds: u32) -> Option<u64> {
        of(hours, |hours| hours.after_working_time(at, seconds))
    }

    fn of<T>(name: &str, read: impl FnOnce(&Hours) -> Option<T>) -> Option<T> {
        read(World::current().fixture.hours.get(name)?)
    }
}

pub(crate) mod random {
    use super::World;

    pub(crate) fn next() -> u64 {
        World::current().effects.borrow_mut().next_random()
    }
}

pub(crate) mod settings {
    use super::World;

    pub(crate) fn get() -> String {
        World::current().fixture.settings.clone()
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
        let line = format!("{level}: {message}");
        World::current().effects.borrow_mut().log.push(line);
    }
}
