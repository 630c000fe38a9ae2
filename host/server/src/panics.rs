//! Logs panics without their messages, which may quote a customer's text
//! (slicing does).

use std::panic;

/// Install a panic hook for the whole process that logs the place of a panic and
/// nothing else. The program that runs a server calls it once.
pub fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        tracing::error!(%place, thread, "panic");
    }));
}
