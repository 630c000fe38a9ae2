//! Latency of decisions during continuous activations, compared with the same
//! load without activations.
//!
//! `swaps [rounds] [batches]`

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use patchbay_bench::fixture::{COMPANY, Fixture, change_request, quantile};
use patchbay_bench::rounds::median;
use patchbay_bench::table::markdown;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;

/// Pause between two activations.
const PAUSE: Duration = Duration::from_millis(10);

/// Result of a round, in microseconds.
struct Round {
    /// Latency of a batch, from delivery until it is decided and on disk.
    batch: [f64; 2],
    /// Latency of a decision.
    decision: [f64; 2],
    swaps: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let number = |position: usize, usual: usize| {
        let given = std::env::args().nth(position);
        given.map_or(Ok(usual), |text| text.parse())
    };
    let rounds = number(1, 11)?;
    let batches = number(2, 200)?;
    let settings = EngineSettings {
        made_ahead: 4,
        ..EngineSettings::default()
    };
    let engine = Engine::serving(settings, None)?;
    let mut fixture = Fixture::open(&engine, "\"off\"")?;
    round(&mut fixture, batches / 4, true)?;
    let mut pairs = Vec::new();
    for turn in 0..rounds {
        let first = turn % 2 == 0;
        let one = round(&mut fixture, batches, first)?;
        let other = round(&mut fixture, batches, !first)?;
        pairs.push(match first {
            true => (other, one),
            false => (one, other),
        });
        eprintln!("round {} of {rounds}", turn + 1);
    }
    let swaps: u64 = pairs.iter().map(|(_, swapping)| swapping.swaps).sum();
    let row = |name: &str, pick: &dyn Fn(&Round) -> f64| {
        let of = |numbers: Vec<f64>| median(numbers);
        vec![
            name.to_owned(),
            format!(
                "{:.0}",
                of(pairs.iter().map(|(quiet, _)| pick(quiet)).collect())
            ),
            format!(
                "{:.0}",
                of(pairs.iter().map(|(_, swapping)| pick(swapping)).collect())
            ),
            format!(
                "{:.2}",
                of(pairs
                    .iter()
                    .map(|(quiet, swapping)| pick(swapping) / pick(quiet))
                    .collect())
            ),
        ]
    };
    println!(
        "{rounds} rounds of {batches} batches in quiet and as many under swaps, {swaps} swaps in all; µs, medians of the rounds"
    );
    println!(
        "{}",
        markdown(
            &["time", "quiet", "swapping", "ratio"],
            &[
                row("decision, p50", &|round| round.decision[0]),
                row("decision, p99", &|round| round.decision[1]),
                row("batch until on disk, p50", &|round| round.batch[0]),
                row("batch until on disk, p99", &|round| round.batch[1]),
            ]
        )
    );
    Ok(())
}

fn round(fixture: &mut Fixture, batches: usize, swaps: bool) -> Result<Round, Box<dyn Error>> {
    let over = AtomicBool::new(false);
    let swapped = AtomicU64::new(0);
    let (desk, service) = (Arc::clone(&fixture.desk), Arc::clone(&fixture.service));
    let mut times = Vec::with_capacity(batches);
    std::thread::scope(|scope| {
        let swapper = swaps.then(|| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let active = desk.generation(COMPANY).map(|active| active.number);
                    let next = 3 - active.unwrap_or(1);
                    service
                        .activate(COMPANY, next, &change_request())
                        .map_err(|error| error.to_string())?;
                    swapped.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(PAUSE);
                }
                Ok::<(), String>(())
            })
        });
        let written: Result<(), Box<dyn Error>> = (0..batches).try_for_each(|_| {
            let began = Instant::now();
            fixture.write()?;
            times.push(began.elapsed());
            Ok(())
        });
        over.store(true, Ordering::Relaxed);
        if let Some(swapper) = swapper {
            swapper.join().map_err(|_| "the swapper panicked")??;
        }
        written
    })?;
    times.sort_unstable();
    let decisions = fixture.times()?;
    Ok(Round {
        batch: [50, 99].map(|share| quantile(&times, share).as_secs_f64() * 1e6),
        decision: [50, 99].map(|share| quantile(&decisions, share) as f64),
        swaps: swapped.load(Ordering::Relaxed),
    })
}
