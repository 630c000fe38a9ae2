//! How many interactions a second a journal takes in and commits.
//!
//! `cargo run --release -p patchbay-journal --example load -- DIRECTORY [SECONDS]`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_journal::{
    Accepted, Arrival, Commit, CompanyId, Conversation, ConversationId, Journal, Kind, NewEntry,
    Options, SqliteJournal, Taken,
};
use patchbay_model::conversation::ConversationState;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Bytes of a sealed body, a snapshot and a sealed entry, as a typical social
/// message makes them.
const BODY: usize = 400;
const SNAPSHOT: usize = 300;
const HEAD: usize = 300;
const SEALED: usize = 600;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: load DIRECTORY [SECONDS]";
    let directory = arguments.next().ok_or(usage)?;
    let seconds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let time = Duration::from_secs(seconds);
    println!("mode                threads  batch  interactions/s  mean group  CPU µs each");
    for threads in [1, 8, 64] {
        measure(&directory, "accept", threads, 1, time, false)?;
    }
    for threads in [1, 8] {
        measure(&directory, "accept", threads, 100, time, false)?;
    }
    for threads in [1, 8, 64] {
        measure(&directory, "accept+commit", threads, 1, time, true)?;
    }
    for threads in [1, 8] {
        measure(&directory, "accept+commit", threads, 100, time, true)?;
    }
    Ok(())
}

fn measure(
    directory: &str,
    mode: &str,
    threads: u32,
    batch: u64,
    time: Duration,
    commit: bool,
) -> Outcome {
    let place = tempfile::tempdir_in(directory)?;
    let mut options = Options::new(place.path().join("journal.db"), place.path().join("key"));
    options.backlog = u64::MAX;
    options.backlog_per_company = u64::MAX;
    let journal = SqliteJournal::open(&options)?;
    let company = journal.company("acme")?;
    let count = AtomicU64::new(0);
    let (begun, cpu) = (Instant::now(), cpu_time()?);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let (journal, count) = (&journal, &count);
                scope.spawn(move || -> Outcome {
                    let mut number = 0;
                    while begun.elapsed() < time {
                        let arrivals = (0..batch)
                            .map(|at| arrival(company, worker, number + at))
                            .collect();
                        let accepted = journal.accept(arrivals)?;
                        if commit {
                            decide(journal, company, worker, number, &accepted)?;
                        }
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
    let (elapsed, cpu) = (begun.elapsed(), cpu_time()? - cpu);
    let count = count.load(Ordering::Relaxed);
    let status = journal.status()?;
    println!(
        "{mode:<18}  {threads:>7}  {batch:>5}  {:>14.0}  {:>10.1}  {:>11.1}",
        count as f64 / elapsed.as_secs_f64(),
        status.operations as f64 / status.commits as f64,
        cpu.as_secs_f64() * 1e6 / count as f64,
    );
    Ok(())
}

/// Processor time of this process.
fn cpu_time() -> Result<Duration, Box<dyn Error + Send + Sync>> {
    let stat = std::fs::read_to_string(Path::new("/proc/self/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
    let ticks = ticks(11).zip(ticks(12)).ok_or("no such fields in stat")?;
    // A tick is 10 ms on every Linux one meets.
    Ok(Duration::from_millis((ticks.0 + ticks.1) * 10))
}

fn arrival(company: CompanyId, worker: u32, number: u64) -> Arrival {
    let message = format!("{worker}-{number:020}");
    let digest = *blake3::hash(message.as_bytes()).as_bytes();
    let now = Timestamp::now();
    Arrival {
        company,
        channel: "x".to_owned(),
        account: String::new(),
        thread: digest.to_vec(),
        message,
        kind: Kind::Message,
        in_reply_to: None,
        digest,
        body: vec![7; BODY],
        contact: None,
        received_at: now,
        accepted_at: now,
    }
}

/// Each the first interaction of a new conversation, recorded.
fn decide(
    journal: &SqliteJournal,
    company: CompanyId,
    worker: u32,
    number: u64,
    accepted: &[Accepted],
) -> Outcome {
    let mut commits = Vec::with_capacity(accepted.len());
    let lane = worker as u16;
    for accepted in accepted {
        let Accepted::Taken(taken) = accepted else {
            return Err("an arrival was not taken".into());
        };
        journal.claimed(lane, taken.ordinal)?;
        commits.push(decided(company, number, taken));
    }
    for answer in journal.commit_all(commits)? {
        answer?;
    }
    Ok(journal.released(lane)?)
}

fn decided(company: CompanyId, number: u64, taken: &Taken) -> Commit {
    let now = Timestamp::now();
    Commit {
        expected: 0,
        conversation: Conversation {
            company,
            id: ConversationId::of(company, &taken.thread, number as u32),
            sequence: 0,
            thread: taken.thread.clone(),
            contact: None,
            state: ConversationState::Queued,
            queue: Some("general".to_owned()),
            owner: None,
            due_at: Some(now),
            opened_at: now,
            snapshot: vec![7; SNAPSHOT],
        },
        entries: vec![NewEntry {
            kind: 1,
            at: now,
            input: Some(taken.ordinal),
            head: "h".repeat(HEAD),
            sealed: vec![7; SEALED],
            contact: None,
        }],
        state: Vec::new(),
        outbox: Vec::new(),
        sent: Vec::new(),
        at: now,
    }
}
