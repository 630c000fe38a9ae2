//! Ends the process if a call takes five minutes: a test that hangs tells nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longest call. Every parser needs milliseconds, so that only a hang is ended, also
/// on a machine that is busy with other work.
const LONGEST: Duration = Duration::from_secs(300);

/// Watches the calls of one thread.
pub(crate) struct Watchdog(Arc<Mutex<Option<Call>>>);

struct Call {
    began: Instant,
    input: Vec<u8>,
}

impl Watchdog {
    /// Starts to watch; the thread ends with the watchdog.
    pub(crate) fn start() -> Watchdog {
        let call = Arc::new(Mutex::new(None::<Call>));
        let watched = Arc::downgrade(&call);
        thread::spawn(move || {
            while let Some(call) = watched.upgrade() {
                let call = call.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(call) = &*call
                    && call.began.elapsed() > LONGEST
                {
                    end(&call.input);
                }
                drop(call);
                thread::sleep(Duration::from_millis(500));
            }
        });
        Watchdog(call)
    }

    /// Runs a call under watch.
    pub(crate) fn watch<T>(&self, input: &[u8], work: impl FnOnce() -> T) -> T {
        let set = |call| *self.0.lock().unwrap_or_else(PoisonError::into_inner) = call;
        set(Some(Call {
            began: Instant::now(),
            input: input.to_vec(),
        }));
        let result = work();
        set(None);
        result
    }
}

#[allow(clippy::print_stderr, reason = "the last words of the process")]
fn end(input: &[u8]) {
    eprintln!(
        "a call takes more than {LONGEST:?}: {}",
        input.escape_ascii()
    );
    std::process::abort();
}
