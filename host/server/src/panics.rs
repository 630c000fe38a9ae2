//! Panics are logged without their messages: a message may quote the text of a
//! customer (slicing one does).

use std::panic;

/// From now on, log where a panic happened and nothing else. It holds for the
/// whole process; whoever runs a server calls it once.
pub fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        tracing::error!(%place, thread, "panic");
    }));
}
