//! Settings of the desk.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use patchbay_clock::Clock;
use patchbay_pass::observer::{NoObserver, Observer};
use patchbay_word_cache::CacheBounds;

use crate::dispatch::load::LoadBounds;

/// The search of conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchSettings {
    /// Whether conversations can be searched. `false`: searches are refused, no words are
    /// stored, and those that are stored are deleted. Default true.
    pub is_on: bool,
    /// Bytes of memory for words. Default 64 MiB for a company and 256 MiB for the host.
    pub memory: CacheBounds,
}

impl Default for SearchSettings {
    fn default() -> SearchSettings {
        SearchSettings {
            is_on: true,
            memory: CacheBounds {
                company: 64 << 20,
                host: 256 << 20,
            },
        }
    }
}

/// Settings of the desk, for all companies of the host.
#[derive(Clone, Debug)]
pub struct DeskSettings {
    /// Threads that run passes. Default: one per core.
    pub workers: usize,
    /// How long a decision waits for an instance of a policy. Then its input
    /// goes back to the inbox. Default 10 s.
    pub timeout: Duration,
    /// Bytes of stack for policies, in addition to each thread's own.
    /// Default 512 KiB.
    pub stack: usize,
    /// Where the load is busy, and where it is full.
    pub load: LoadBounds,
    /// Requests of people that may be open at once in one company. More are
    /// refused as busy. Default 128.
    pub requests: usize,
    /// The search of conversations.
    pub search: SearchSettings,
    /// The source of time. Default: the system's clock.
    pub clock: Clock,
    /// Start at the clock's time although the journal has seen a later one.
    /// Default false.
    pub accept_clock: bool,
    /// Telemetry hooks. Default: none.
    pub observer: Arc<dyn Observer>,
}

impl Default for DeskSettings {
    fn default() -> DeskSettings {
        DeskSettings {
            workers: thread::available_parallelism().map_or(2, usize::from),
            timeout: Duration::from_secs(10),
            stack: 512 << 10,
            load: LoadBounds::default(),
            requests: 128,
            search: SearchSettings::default(),
            clock: Clock::system(),
            accept_clock: false,
            observer: Arc::new(NoObserver),
        }
    }
}
