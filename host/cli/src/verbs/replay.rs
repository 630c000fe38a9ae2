//! `patchbay replay`: recorded decisions again, with the same plugins or with a
//! company file to try.

mod html;
mod tally;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use patchbay_desk::decisions::{Filter, ReplayReport, trial};
use patchbay_engine::replay::Replayed;
use patchbay_generation::Generation;

use crate::args::ReplayArgs;
use crate::exit::{Exit, Failure, Outcome, io};
use crate::output;
use crate::recorded::{Recorded, candidate, since};
use tally::{Result as One, Tally};

/// Most threads: as many as the engine has places for running decisions.
const MOST_JOBS: usize = 64;
/// How long a decision waits for an instance.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(args: &ReplayArgs) -> Outcome {
    let jobs = match args.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
    .min(MOST_JOBS);
    let tried = match &args.with {
        None => None,
        Some(file) => {
            let tried = candidate(&args.config, file, jobs, &args.build)?;
            if tried.company != args.company {
                return Err(Failure::advised(
                    Exit::NotRight,
                    format!(
                        "{} is of company {:?}, and the decisions are {:?}'s",
                        file.display(),
                        tried.company,
                        args.company
                    ),
                    "try a company's file on its own decisions",
                ));
            }
            Some(tried)
        }
    };
    let recorded = Recorded::of(&args.config, &args.company)?;
    let how = How {
        recorded: &recorded,
        tried: tried.as_deref(),
        unseal: args.unseal,
    };
    let ids: Vec<u64> = match (args.decision, args.since) {
        (Some(id), _) => vec![id],
        (None, span) => {
            let filter = Filter {
                since: span.map(since),
                limit: usize::MAX,
                ..Filter::default()
            };
            let lines = recorded.list(&filter)?;
            lines.into_iter().map(|line| line.id).collect()
        }
    };
    // Both read what customers wrote.
    if args.unseal || args.with.is_some() {
        recorded.unseal(&ids)?;
    }
    let mut tally = Tally::new(args.with.as_deref());
    all(&how, &ids, jobs, &mut tally)?;
    if let Some(file) = &args.html {
        std::fs::write(file, html::page(&tally, &args.company)).map_err(io(file))?;
    }
    match args.json {
        true => output::json(&tally)?,
        false => {
            for line in tally.lines() {
                output::line(line)?;
            }
        }
    }
    let too_many = tally.different + tally.failed > args.max_differences;
    let nothing_compared = tally.decisions > 0 && tally.compared() == 0;
    Ok(match too_many || nothing_compared {
        true => Exit::NotRight,
        false => Exit::Success,
    })
}

/// How decisions are made again.
struct How<'a> {
    recorded: &'a Recorded,
    tried: Option<&'a Generation>,
    unseal: bool,
}

impl How<'_> {
    fn one(&self, id: u64) -> Result<One, Failure> {
        match self.tried {
            Some(tried) => {
                let kept = self.recorded.find(id)?;
                let one = One::from(trial::run(&kept, tried, PATIENCE));
                Ok(match self.unseal {
                    true => one,
                    false => one.shown(|value| kept.hide(value)),
                })
            }
            None => {
                let ReplayReport { id, whole, parts } = self.recorded.replay(id, self.unseal)?;
                let diverged = parts.iter().find_map(|part| match &part.replayed {
                    Replayed::Diverged(_) => Some(part.name.clone()),
                    _ => None,
                });
                Ok(One::of_replay(id, whole, diverged))
            }
        }
    }
}

/// Make them again on several threads, and count.
fn all(how: &How<'_>, ids: &[u64], jobs: usize, tally: &mut Tally) -> Result<(), Failure> {
    let bar = output::progress(Some(ids.len() as u64), "decisions");
    let next = AtomicUsize::new(0);
    let (done, results) = channel();
    let counted = std::thread::scope(|scope| {
        for _ in 0..jobs.min(ids.len()) {
            let done = done.clone();
            let next = &next;
            scope.spawn(move || {
                while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if done.send(how.one(*id)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        for result in results {
            tally.count(result?);
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    tally.sort();
    counted
}
