//! Interactions a second that a journal accepts and commits, and their cost.
//!
//! `cargo run --release -p patchbay-suite --example journal_load -- DIRECTORY [SECONDS]`
//!
//! The same load over more and more companies:
//!
//! `cargo run --release -p patchbay-suite --example journal_load -- growth DIRECTORY [INTERACTIONS]`
#![allow(clippy::print_stdout)]

mod growth;
mod machine;
mod work;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use patchbay_journal::{Companies, JournalError, Maintenance};
use patchbay_journal_sqlite::{Options, SqliteJournal};

use machine::{cpu_time, written};
use work::{Interaction, Outcome, handle};

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["growth", directory] => growth::growth(directory, 200_000),
        ["growth", directory, interactions] => growth::growth(directory, interactions.parse()?),
        ["growth-of", directory, interactions, companies] => {
            growth::growth_of(directory, interactions.parse()?, companies.parse()?)
        }
        [directory] => table(directory, 3),
        [directory, seconds] => table(directory, seconds.parse()?),
        _ => Err("usage: journal_load DIRECTORY [SECONDS] | journal_load growth DIRECTORY [INTERACTIONS]".into()),
    }
}

fn table(directory: &str, seconds: u64) -> Outcome {
    let time = Duration::from_secs(seconds);
    println!(
        "mode           threads  batch  interactions/s  mean group  CPU µs each  KiB written each"
    );
    for commit in [false, true] {
        for (threads, batch) in [(1, 1), (8, 1), (64, 1), (1, 100), (8, 100)] {
            measure(directory, threads, batch, time, commit)?;
        }
    }
    Ok(())
}

/// A new journal without a backlog limit.
fn open_journal(directory: &Path) -> Result<SqliteJournal, JournalError> {
    let mut options = Options::new(directory.join("journal.db"), directory.join("key"));
    options.backlog = u64::MAX;
    options.backlog_per_company = u64::MAX;
    SqliteJournal::open(&options)
}

/// Every interaction is the first of a conversation.
fn measure(directory: &str, threads: u32, batch: u64, time: Duration, commit: bool) -> Outcome {
    let directory = tempfile::tempdir_in(directory)?;
    let journal = open_journal(directory.path())?;
    let company = journal.company("acme")?;
    let count = AtomicU64::new(0);
    let (start, cpu, bytes) = (Instant::now(), cpu_time(), written()?);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let (journal, count) = (&journal, &count);
                scope.spawn(move || -> Outcome {
                    let generate = |conversation| Interaction {
                        company,
                        worker,
                        conversation,
                        before: 0,
                    };
                    let mut number = 0;
                    while start.elapsed() < time {
                        let interactions: Vec<_> = (number..number + batch).map(generate).collect();
                        handle(journal, &interactions, commit)?;
                        number += batch;
                        count.fetch_add(batch, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })?;
    let (elapsed, cpu, bytes) = (start.elapsed(), cpu_time() - cpu, written()? - bytes);
    let count = count.load(Ordering::Relaxed) as f64;
    let status = journal.status()?;
    println!(
        "{:<13}  {threads:>7}  {batch:>5}  {:>14.0}  {:>10.1}  {:>11.1}  {:>16.1}",
        if commit { "accept+commit" } else { "accept" },
        count / elapsed.as_secs_f64(),
        status.operations as f64 / status.commits as f64,
        cpu.as_secs_f64() * 1e6 / count,
        bytes as f64 / 1024.0 / count,
    );
    Ok(())
}
