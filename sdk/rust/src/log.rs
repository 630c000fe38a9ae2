//! Lines for the decision's record. Needs no grant; never in the host's log.
//!
//! With the feature `log` (on by default) these are the macros of the `log`
//! crate, and what other crates write with them is recorded too. A policy that
//! depends on the `log` crate itself says which it means:
//! `use patchbay_sdk::log;`.
//!
//! ```
//! use patchbay_sdk::log;
//! use patchbay_sdk::testing::World;
//!
//! let world = World::new();
//! world.enter(|| log::info!("{} words matched", 3));
//! assert_eq!(world.log(), ["info: 3 words matched"]);
//! ```

use crate::source;

#[cfg(feature = "log")]
pub use ::log::{debug, error, info, warn};

pub use crate::bindings::imports::patchbay::care::log::Level;

/// Keep a line with the decision. Lines beyond the limit on log bytes are
/// dropped and counted.
pub fn write(level: Level, message: &str) {
    source::log::write(level, message);
}

/// Take the lines of the `log` crate. A crate that has set another logger
/// keeps it.
pub(crate) fn connect() {
    #[cfg(feature = "log")]
    if ::log::set_logger(&facade::ToRecord).is_ok() {
        // The host decides what it keeps; traces are for no reader of it.
        ::log::set_max_level(::log::LevelFilter::Debug);
    }
}

#[cfg(feature = "log")]
mod facade {
    use super::Level;

    pub(super) struct ToRecord;

    impl log::Log for ToRecord {
        fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
            metadata.level() <= log::Level::Debug
        }

        fn log(&self, record: &log::Record<'_>) {
            let level = match record.level() {
                log::Level::Error => Level::Error,
                log::Level::Warn => Level::Warn,
                log::Level::Info => Level::Info,
                log::Level::Debug => Level::Debug,
                log::Level::Trace => return,
            };
            match record.args().as_str() {
                Some(message) => super::write(level, message),
                None => super::write(level, &record.args().to_string()),
            }
        }

        fn flush(&self) {}
    }
}
