//! `patchbay replay`: repeat recorded decisions, with the same plugins or with a
//! candidate company file.

mod html;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use patchbay_command::args::ReplayArgs;
use patchbay_command::decision_store::{DecisionStore, candidate, time_before};
use patchbay_command::engine::threads;
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_engine::replay::ReplayVerdict;
use patchbay_generations::Generation;
use patchbay_generations::replay::candidate_replay;
use patchbay_generations::replay::tally::{Repetition, Tally};
use patchbay_records::decisions::{Filter, ReplayReport};

/// How long a decision may wait for an instance.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn run(args: &ReplayArgs) -> Outcome {
    let (config, as_json) = (&args.server.config, args.server.json);
    let jobs = threads(args.jobs);
    let candidate = match &args.with {
        None => None,
        Some(file) => {
            let candidate = candidate(config, file, jobs, &args.build)?;
            if candidate.company != args.company {
                return Err(Failure::advised(
                    Exit::NotRight,
                    format!(
                        "{} is the file of company {:?}, but the decisions are those of {:?}",
                        file.display(),
                        candidate.company,
                        args.company
                    ),
                    "use a file of the same company",
                ));
            }
            Some(candidate)
        }
    };
    let store = DecisionStore::open(config, &args.company)?;
    let replayer = Replayer {
        store: &store,
        candidate: candidate.as_deref(),
        unseal: args.unseal,
    };
    let ids: Vec<u64> = match (args.decision, args.since) {
        (Some(id), _) => vec![id],
        (None, span) => {
            let filter = Filter {
                since: span.map(time_before),
                limit: usize::MAX,
                ..Filter::default()
            };
            let lines = store.list(&filter)?;
            lines.into_iter().map(|line| line.id).collect()
        }
    };
    // Both read what customers wrote, unmasked.
    if args.unseal || args.with.is_some() {
        store.unseal(&ids)?;
    }
    let mut tally = Tally::new(args.with.as_ref().map(|file| file.display().to_string()));
    replay_all(&replayer, &ids, jobs, &mut tally)?;
    if let Some(file) = &args.html {
        std::fs::write(file, html::page(&tally, &args.company)).map_err(io(file))?;
    }
    output::result(as_json, &tally, || {
        tally.lines().iter().try_for_each(output::line)
    })?;
    let too_many = tally.different + tally.failed > args.max_differences;
    let nothing_compared = tally.decisions > 0 && tally.compared() == 0;
    Ok(Exit::success_if(!too_many && !nothing_compared))
}

/// Repeats single decisions.
struct Replayer<'a> {
    store: &'a DecisionStore,
    candidate: Option<&'a Generation>,
    unseal: bool,
}

impl Replayer<'_> {
    fn replay(&self, id: u64) -> Result<Repetition, Failure> {
        match self.candidate {
            Some(candidate) => {
                let decision = self.store.find(id)?;
                let one = Repetition::from(candidate_replay::compare_with_candidate(
                    &decision, candidate, TIMEOUT,
                ));
                Ok(match self.unseal {
                    true => one,
                    false => one.with_values(|value| decision.mask(value)),
                })
            }
            None => {
                let ReplayReport { id, whole, parts } = self.store.replay(id, self.unseal)?;
                let diverged = parts.iter().find_map(|part| match &part.verdict {
                    ReplayVerdict::Diverged(_) => Some(part.name.clone()),
                    _ => None,
                });
                Ok(Repetition::of_replay(id, whole, diverged))
            }
        }
    }
}

/// Repeat decisions on several threads and count the results.
fn replay_all(
    replayer: &Replayer<'_>,
    ids: &[u64],
    jobs: usize,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let bar = output::progress(Some(ids.len() as u64), "decisions");
    let next = AtomicUsize::new(0);
    let (done, results) = channel();
    let counted = std::thread::scope(|scope| {
        for _ in 0..jobs.min(ids.len()) {
            let done = done.clone();
            let next = &next;
            scope.spawn(move || {
                while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if done.send(replayer.replay(*id)).is_err() {
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
