//! Compiles a component in a process of its own: a compilation cannot be stopped
//! from within, and a small component can keep the compiler busy for minutes and
//! fill the memory. The process has a time and a memory limit, and is killed when
//! no caller waits for the result.

mod process;
mod request;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::cancel::CancelSignal;

pub(crate) use process::{CompileFailure, compile};
pub(crate) use request::{CompileRequest, compatibility};

/// First argument of a process that compiles.
const ARGUMENT: &str = "compile-worker";
/// How often a waiting compilation looks whether it is cancelled.
const POLL: Duration = Duration::from_millis(5);

/// Whether this program can run itself as a compile worker.
static ENABLED: OnceLock<()> = OnceLock::new();
/// Whether compilations leave the processor to others.
static LOW_PRIORITY: AtomicBool = AtomicBool::new(false);

/// Call this first in `main`. In a process that was started to compile, it
/// compiles and does not return. In any other, it lets all engines compile in such
/// processes from now on; without it they compile in their own process, without
/// limits of time and memory.
pub fn init() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == ARGUMENT) {
        std::process::exit(request::serve());
    }
    let _ = ENABLED.set(());
}

/// Let all compilations from now on run at a low priority. For a server, where
/// decisions come first; an operator waits for the result of a command.
pub fn lower_priority() {
    LOW_PRIORITY.store(true, Ordering::Release);
}

/// The compilations of one engine that run now.
#[derive(Debug, Default)]
pub(crate) struct CompileSlots {
    running: Mutex<usize>,
    freed: Condvar,
}

/// A running compilation.
pub(crate) struct CompileSlot<'a>(&'a CompileSlots);

impl CompileSlots {
    /// Wait for one of `most` slots; `None` where the wait is cancelled.
    pub(crate) fn enter(&self, most: usize, cancel: &CancelSignal) -> Option<CompileSlot<'_>> {
        let mut running = self.running.lock();
        while *running >= most {
            if cancel.is_cancelled() {
                return None;
            }
            self.freed.wait_for(&mut running, POLL);
        }
        *running += 1;
        Some(CompileSlot(self))
    }

    /// Compilations that run now.
    pub(crate) fn running(&self) -> usize {
        *self.running.lock()
    }
}

impl Drop for CompileSlot<'_> {
    fn drop(&mut self) {
        *self.0.running.lock() -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_cancelled_compilation_leaves_the_wait() {
        let slots = CompileSlots::default();
        let held = slots.enter(1, &CancelSignal::default());
        let cancelled = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cancelled);
        let cancel = CancelSignal::when(move || seen.load(Ordering::Relaxed));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| slots.enter(1, &cancel).is_none());
            cancelled.store(true, Ordering::Relaxed);
            assert!(waiting.join().expect("no panic"), "it got no slot");
        });
        assert_eq!(slots.running(), 1);
        drop(held);
        assert_eq!(slots.running(), 0);
    }
}
