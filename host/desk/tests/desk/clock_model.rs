//! Random sequences of what customers, agents, channels and operators do, at a
//! desk and at an oracle that finds minute by minute what the clocks have to do.
//!
//! `PATCHBAY_CLOCK_MODEL_STEPS` sets the number of steps (default 4,000),
//! `PATCHBAY_CLOCK_MODEL_SEED` the seed of the first sequence (default 1), and
//! `PATCHBAY_CLOCK_MODEL_THREADS` how many sequences run at the same time
//! (default 2). A failure names its sequence's seed.

mod actions;
mod calendar;
mod comparison;
mod coverage;
mod customer;
mod messages;
mod operations;
mod oracle;
mod sequence;
mod terms;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use coverage::Coverage;
use sequence::Sequence;

/// Steps of a run among the other tests.
const DEFAULT_STEPS: u64 = 4_000;

fn number(variable: &str, default: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(default, |value| value.parse().expect(variable))
}

#[test]
#[expect(clippy::print_stderr, reason = "a long run tells how far it is")]
fn every_clock_does_what_the_oracle_finds_minute_by_minute() {
    let steps = number("PATCHBAY_CLOCK_MODEL_STEPS", DEFAULT_STEPS);
    let seed = AtomicU64::new(number("PATCHBAY_CLOCK_MODEL_SEED", 1));
    let done = AtomicU64::new(0);
    let coverage = Mutex::new(Coverage::default());
    let started = Instant::now();
    thread::scope(|scope| {
        let run = || {
            while done.load(Ordering::Relaxed) < steps {
                let mut sequence = Sequence::new(seed.fetch_add(1, Ordering::Relaxed));
                sequence.run();
                let before = done.fetch_add(sequence.coverage.steps(), Ordering::Relaxed);
                let mut whole = coverage.lock().expect("no thread failed");
                whole.add(&sequence.coverage);
                let is_mark = before / 100_000 < (before + sequence.coverage.steps()) / 100_000;
                if is_mark {
                    eprintln!("{} steps in {:?}", whole.steps(), started.elapsed());
                }
            }
        };
        for _ in 0..number("PATCHBAY_CLOCK_MODEL_THREADS", 2) {
            scope.spawn(run);
        }
    });
    let coverage = coverage.into_inner().expect("no thread failed");
    eprintln!(
        "{} steps in {:?}, next seed {}\n{coverage}",
        coverage.steps(),
        started.elapsed(),
        seed.into_inner()
    );
    if coverage.steps() >= DEFAULT_STEPS {
        coverage.assert_complete();
    }
}
