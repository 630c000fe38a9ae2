//! The same load over 1, 100 and 10,000 companies: cost of an interaction, and
//! memory of the process. Each run is a process of its own; the sizes alternate
//! and the median of three runs counts.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use patchbay_journal::{Companies, CompanyId};
use patchbay_journal_sqlite::SqliteJournal;

use crate::machine::{cpu_time, resident, written};
use crate::open_journal;
use crate::work::{Interaction, Outcome, handle};

const COMPANIES: [u32; 3] = [1, 100, 10_000];
const ROUNDS: usize = 3;
const THREADS: u32 = 4;
const BATCH: u64 = 100;
/// Conversations each thread opens before the measurement starts.
const WARM_UP: u64 = 10_000;

/// Measured figures: the first three per interaction.
type Figures = [f64; 4];

/// Run all sizes and print the table.
pub(crate) fn growth(directory: &str, interactions: u64) -> Outcome {
    let own = std::env::current_exe()?;
    let mut all = COMPANIES.map(|companies| (companies, Vec::new()));
    for _ in 0..ROUNDS {
        for (companies, figures) in &mut all {
            let run = Command::new(&own)
                .args(["growth-of", directory, &interactions.to_string()])
                .arg(companies.to_string())
                .output()?;
            if !run.status.success() {
                return Err(String::from_utf8_lossy(&run.stderr).into());
            }
            figures.push(read(&String::from_utf8_lossy(&run.stdout))?);
        }
    }
    println!(
        "companies  CPU µs each  of 1  wall µs each  of 1  KiB written each  of 1  resident MiB  of 1"
    );
    let mut first = None;
    for (companies, figures) in &all {
        let median = median(figures);
        let one = *first.get_or_insert(median);
        print!("{companies:>9}");
        for ((figure, one), width) in median.iter().zip(one).zip([11, 12, 16, 12]) {
            print!("  {figure:>width$.1}  {:>4.2}", figure / one);
        }
        println!();
    }
    Ok(())
}

fn read(line: &str) -> Result<Figures, Box<dyn std::error::Error + Send + Sync>> {
    let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
    numbers?
        .try_into()
        .map_err(|_| format!("not four figures: {line}").into())
}

/// The median of each figure.
fn median(figures: &[Figures]) -> Figures {
    std::array::from_fn(|at| {
        let mut of: Vec<f64> = figures.iter().map(|figures| figures[at]).collect();
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    })
}

/// Run one size, and print its figures.
pub(crate) fn growth_of(directory: &str, interactions: u64, companies: u32) -> Outcome {
    let directory = tempfile::tempdir_in(Path::new(directory))?;
    let journal = open_journal(directory.path())?;
    let companies = (0..companies)
        .map(|number| journal.company(&format!("company {number}")))
        .collect::<Result<Vec<_>, _>>()?;
    spread(&journal, &companies, WARM_UP, |number| (number, 0))?;
    let (start, cpu, bytes) = (Instant::now(), cpu_time(), written()?);
    // Half of them open a conversation, half continue one that was opened
    // earlier.
    spread(
        &journal,
        &companies,
        interactions / u64::from(THREADS),
        |number| match number % 2 {
            0 => (WARM_UP + number / 2, 0),
            _ => (number / 2, 1),
        },
    )?;
    let each = |total: f64| total / interactions as f64;
    let micros = |time: Duration| each(time.as_secs_f64() * 1e6);
    println!(
        "{} {} {} {}",
        micros(cpu_time() - cpu),
        micros(start.elapsed()),
        each((written()? - bytes) as f64 / 1024.0),
        resident()? as f64 / (1024.0 * 1024.0),
    );
    Ok(())
}

/// A fixed pseudo-random number, so that neighbours belong to different
/// companies.
fn scatter(number: u64) -> usize {
    let hash = blake3::hash(&number.to_le_bytes());
    usize::from_le_bytes(*hash.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}

/// Handle `count` interactions in each thread. `place` gives the conversation of
/// a number, and how many interactions preceded it there.
fn spread(
    journal: &SqliteJournal,
    companies: &[CompanyId],
    count: u64,
    place: impl Fn(u64) -> (u64, u64) + Sync,
) -> Outcome {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let place = &place;
                scope.spawn(move || -> Outcome {
                    let generate = |number| {
                        let (conversation, before) = place(number);
                        Interaction {
                            company: companies[scatter(conversation) % companies.len()],
                            worker,
                            conversation,
                            before,
                        }
                    };
                    for first in (0..count).step_by(BATCH as usize) {
                        let batch: Vec<_> =
                            (first..count.min(first + BATCH)).map(generate).collect();
                        handle(journal, &batch, true)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })
}
