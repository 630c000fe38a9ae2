//! Log lines stored with the decision. Needs no grant; the lines never reach the host's own log.
//!
//! With the feature `log` (on by default) these are the macros of the `log` crate, and lines other
//! crates write with them are stored too. Where the policy itself depends on the `log` crate, name
//! this module: `use patchbay_sdk::log;`.
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

/// Stores a line with the decision. Lines beyond the limit on log bytes are dropped and counted.
pub fn write(level: Level, message: &str) {
    source::log::write(level, message);
}

/// Receives the lines of the `log` crate, unless another logger is already set.
pub(crate) fn connect() {
    #[cfg(feature = "log")]
    if ::log::set_logger(&RecordLogger).is_ok() {
        // The contract has no level below debug.
        ::log::set_max_level(::log::LevelFilter::Debug);
    }
}

#[cfg(feature = "log")]
struct RecordLogger;

#[cfg(feature = "log")]
impl ::log::Log for RecordLogger {
    fn enabled(&self, metadata: &::log::Metadata<'_>) -> bool {
        metadata.level() <= ::log::Level::Debug
    }

    fn log(&self, record: &::log::Record<'_>) {
        let level = match record.level() {
            ::log::Level::Error => Level::Error,
            ::log::Level::Warn => Level::Warn,
            ::log::Level::Info => Level::Info,
            ::log::Level::Debug => Level::Debug,
            ::log::Level::Trace => return,
        };
        match record.args().as_str() {
            Some(message) => write(level, message),
            None => write(level, &record.args().to_string()),
        }
    }

    fn flush(&self) {}
}
