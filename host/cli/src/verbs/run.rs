//! `patchbay run`: decisions about the rows of a file, in the file's order.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::Timestamp;
use patchbay_engine::decision::Decision;
use patchbay_generation::Generation;
use patchbay_generation::asked::{DecideRequest, Inquiry, ToneRequest};
use patchbay_generation::decide::Terms;
use patchbay_model::decision::stage::Stage;
use patchbay_model::input::InputError;
use patchbay_model::interaction::Draft;
use patchbay_model::outcome::OutcomeKind;
use serde_json::{Value, json};

use crate::args::RunArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::input::{RowMap, lines};
use crate::loading::{Trial, open_pack, serving_engine};
use crate::numbers::thousands;
use crate::output;

/// Most threads: as many as the engine has places for running decisions.
const MOST_JOBS: usize = 64;
/// Rows handed to a thread at once.
const BATCH: usize = 64;
/// How long a row waits for an instance.
const PATIENCE: Duration = Duration::from_secs(60);

type Rows = Vec<(usize, Result<Value, InputError>)>;

/// What became of the rows.
#[derive(Default)]
struct Tally {
    rows: u64,
    refused: u64,
    failed: BTreeMap<&'static str, u64>,
}

pub(crate) fn run(args: &RunArgs) -> Outcome {
    let jobs = match args.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
    .min(MOST_JOBS);
    let map = RowMap::parse(args.map.as_deref(), &args.channel)?;
    let pack = open_pack(&args.dir, &args.build)?;
    let engine = serving_engine(jobs)?;
    let trial = Trial {
        pack: &pack,
        path: &args.dir,
        with: &args.with,
        reuse: args.reuse,
        build: &args.build,
    };
    let generation = trial.setup(&engine)?;
    if generation.pipelines.of(args.stage).is_empty() {
        return Err(Failure::new(
            Exit::Pack,
            format!("{} does not decide at stage {}", pack.name, args.stage),
        ));
    }
    let rows = lines(&args.input)?;
    let bar = output::progress(None, "decisions");
    let worker = Worker {
        generation: &generation,
        stage: args.stage,
        map: &map,
        now: args.now,
        transcript: args.transcript,
    };
    let tally = decide_all(rows, jobs, &worker, &bar)?;
    bar.finish_and_clear();
    if tally.refused > 0 {
        output::note(format!(
            "{} of {} lines are no {}; each says why in its place",
            thousands(tally.refused),
            thousands(tally.rows),
            if args.stage == Stage::Tone {
                "draft"
            } else {
                "interaction"
            },
        ));
    }
    for (outcome, count) in &tally.failed {
        output::note(format!(
            "{} of {} ended {outcome}",
            thousands(*count),
            thousands(tally.rows)
        ));
    }
    let all_well = tally.refused == 0 && tally.failed.is_empty();
    Ok(if all_well {
        Exit::Success
    } else {
        Exit::NotRight
    })
}

/// Read on this thread, decide on several, print in the order of the input.
fn decide_all(
    rows: impl Iterator<Item = (usize, Result<Value, InputError>)>,
    jobs: usize,
    worker: &Worker<'_>,
    bar: &ProgressBar,
) -> Result<Tally, Failure> {
    let (to_workers, batches) = sync_channel::<(usize, Rows)>(jobs * 2);
    // Owned by the workers: when the last one leaves, so does the channel, and
    // reading stops.
    let batches = Arc::new(Mutex::new(batches));
    let (to_printer, printed) = sync_channel::<(usize, Done)>(jobs * 4);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let to_printer = to_printer.clone();
            let batches = Arc::clone(&batches);
            scope.spawn(move || work(&batches, &to_printer, worker));
        }
        drop(to_printer);
        drop(batches);
        let printer = scope.spawn(move || print(&printed, bar));
        let mut rows = rows.peekable();
        let mut sequence = 0;
        while rows.peek().is_some() {
            let batch: Rows = rows.by_ref().take(BATCH).collect();
            if to_workers.send((sequence, batch)).is_err() {
                break;
            }
            sequence += 1;
        }
        drop(to_workers);
        match printer.join() {
            Ok(result) => result,
            Err(_) => Err(Failure::new(
                Exit::Machine,
                "the thread that prints ended early",
            )),
        }
    })
}

/// A batch decided: its text and what to count.
struct Done {
    text: Vec<u8>,
    rows: u64,
    refused: u64,
    failed: Vec<&'static str>,
}

fn work(
    batches: &Mutex<Receiver<(usize, Rows)>>,
    done: &SyncSender<(usize, Done)>,
    worker: &Worker<'_>,
) {
    loop {
        let next = batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok((sequence, rows)) = next else {
            return;
        };
        let mut batch = Done {
            text: Vec::with_capacity(rows.len() * 512),
            rows: rows.len() as u64,
            refused: 0,
            failed: Vec::new(),
        };
        for (line, row) in rows {
            worker.decide(line, row, &mut batch);
        }
        if done.send((sequence, batch)).is_err() {
            return;
        }
    }
}

fn print(done: &Receiver<(usize, Done)>, bar: &ProgressBar) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut early: BTreeMap<usize, Done> = BTreeMap::new();
    let mut next = 0;
    let mut stdout = std::io::stdout().lock();
    for (sequence, batch) in done {
        early.insert(sequence, batch);
        while let Some(batch) = early.remove(&next) {
            next += 1;
            match stdout.write_all(&batch.text) {
                Ok(()) => {}
                // Whoever pipes into `head` has seen enough.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(tally),
                Err(error) => return Err(Failure::new(Exit::Machine, format!("stdout: {error}"))),
            }
            bar.inc(batch.rows);
            tally.rows += batch.rows;
            tally.refused += batch.refused;
            for outcome in batch.failed {
                *tally.failed.entry(outcome).or_default() += 1;
            }
        }
    }
    stdout
        .flush()
        .map_err(|error| Failure::new(Exit::Machine, format!("stdout: {error}")))?;
    Ok(tally)
}

struct Worker<'a> {
    generation: &'a Generation,
    stage: Stage,
    map: &'a RowMap,
    now: Option<Timestamp>,
    transcript: bool,
}

impl Worker<'_> {
    fn decide(&self, line: usize, row: Result<Value, InputError>, batch: &mut Done) {
        let row = row.map(|row| self.map_row(row, line));
        let document = match row.and_then(|row| self.decision(row)) {
            Ok(decision) => {
                if decision.outcome.is_failure() || decision.outcome == OutcomeKind::Overloaded {
                    batch.failed.push(decision.outcome.as_str());
                }
                serde_json::to_writer(&mut batch.text, &decision)
            }
            Err(error) => {
                batch.refused += 1;
                let refusal = json!({"line": line, "error": {"field": error.field(), "message": error.to_string()}});
                serde_json::to_writer(&mut batch.text, &refusal)
            }
        };
        // Writing to memory does not fail.
        if document.is_ok() {
            batch.text.push(b'\n');
        }
    }

    /// Whole requests are mapped inside, plain rows as they are.
    fn map_row(&self, row: Value, line: usize) -> Value {
        match row {
            Value::Object(mut fields) if is_request(&fields) => {
                for key in ["interaction", "draft"] {
                    if let Some(inner) = fields.remove(key) {
                        fields.insert(key.to_owned(), self.map.apply(inner, line));
                    }
                }
                Value::Object(fields)
            }
            row => self.map.apply(row, line),
        }
    }

    fn decision(&self, row: Value) -> Result<Decision, InputError> {
        let request = match &row {
            Value::Object(fields) => is_request(fields),
            _ => false,
        };
        let (now, inquiry) = match self.stage {
            Stage::Tone => {
                let row = if request {
                    row
                } else {
                    json!({"draft": draft_fields(row)})
                };
                let now = self.moment(&row);
                let mut request: ToneRequest = read(row)?;
                request.transcript |= self.transcript;
                (now, Inquiry::try_from(request)?)
            }
            stage => {
                let row = if request {
                    row
                } else {
                    json!({"interaction": row})
                };
                let now = self.moment(&row);
                let mut request: DecideRequest = read(row)?;
                request.stages = match stage {
                    Stage::Classify => [Stage::Classify].into(),
                    other => [Stage::Classify, other].into(),
                };
                request.transcript |= self.transcript;
                (now, Inquiry::try_from(request)?)
            }
        };
        let terms = Terms::at(now, PATIENCE);
        let mut decision = self.generation.answer(&inquiry, &terms)?.decision;
        if self.stage != Stage::Classify {
            decision.classification = None;
        } else if decision.classification.is_none() && decision.outcome == OutcomeKind::Ok {
            decision.outcome = OutcomeKind::Declined;
        }
        Ok(decision)
    }

    /// When the interaction was received, so that a file gives the same
    /// decisions whenever it is run.
    fn moment(&self, row: &Value) -> Timestamp {
        row["interaction"]["received_at"]
            .as_str()
            .and_then(|at| at.parse().ok())
            .or(self.now)
            .unwrap_or_else(Timestamp::now)
    }
}

fn is_request(fields: &serde_json::Map<String, Value>) -> bool {
    fields.get("interaction").is_some_and(Value::is_object) || fields.contains_key("draft")
}

/// Only what a draft has: rows of a file carry more.
fn draft_fields(row: Value) -> Value {
    match row {
        Value::Object(mut fields) => {
            fields.retain(|key, _| Draft::FIELDS.contains(&key.as_str()));
            Value::Object(fields)
        }
        other => other,
    }
}

fn read<T: serde::de::DeserializeOwned>(row: Value) -> Result<T, InputError> {
    serde_json::from_value(row).map_err(|error| InputError::Invalid {
        field: "line".to_owned(),
        problem: error.to_string(),
    })
}
