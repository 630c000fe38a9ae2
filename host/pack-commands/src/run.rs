//! `patchbay run`: decide the lines of a file, in the file's order.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_command::args::RunArgs;
use patchbay_command::control_characters::escape_control;
use patchbay_command::engine::{serving_engine, threads};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::input::{RowMap, lines};
use patchbay_command::numbers::thousands;
use patchbay_command::output;
use patchbay_command::policy::{Policy, open_pack};
use patchbay_engine::decision::Decision;
use patchbay_generations::Generation;
use patchbay_generations::decide::RequestContext;
use patchbay_generations::inquiry::{DecideRequest, Inquiry, ToneRequest};
use patchbay_model::decision::stage::Stage;
use patchbay_model::input::InputError;
use patchbay_model::interaction::Draft;
use patchbay_model::outcome::OutcomeKind;
use patchbay_records::decisions::explain;
use serde::Serialize;
use serde_json::{Value, json};

/// Lines of one batch.
const BATCH: usize = 64;
/// How long a decision may wait for an instance.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How a line is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For a person.
    Text,
    /// One document a line.
    Json,
}

impl Format {
    /// JSON where a program reads the output, unless the caller chose.
    fn of(args: &RunArgs) -> Format {
        let is_for_person = args.text || std::io::stdout().is_terminal();
        match is_for_person && !args.json && !args.transcript {
            true => Format::Text,
            false => Format::Json,
        }
    }
}

/// Line number and content.
type Row = (usize, Result<Value, InputError>);

/// Counts of the whole file.
#[derive(Default)]
struct Tally {
    rows: u64,
    refused: u64,
    failed: BTreeMap<&'static str, u64>,
}

/// Runs `patchbay run`.
pub fn run(args: &RunArgs) -> Outcome {
    let jobs = threads(args.jobs);
    let map = RowMap::parse(args.map.as_deref(), &args.channel)?;
    let pack = open_pack(&args.dir, &args.build)?;
    let engine = serving_engine(jobs)?;
    let policy = Policy {
        pack: &pack,
        path: &args.dir,
        flags: &args.policy,
        reuse: args.reuse,
        build: &args.build,
    };
    let generation = policy.generation(&engine)?;
    if generation.pipelines.of(args.stage).is_empty() {
        return Err(Failure::advised(
            Exit::Pack,
            format!("{} does not decide at stage {}", pack.name, args.stage),
            "`patchbay inspect` lists its stages",
        ));
    }
    let rows = lines(&args.input)?;
    let format = Format::of(args);
    // Lines in a terminal show the progress themselves.
    let bar = match format {
        Format::Text => ProgressBar::hidden(),
        Format::Json => output::progress(None, "decisions"),
    };
    let worker = Worker {
        generation: &generation,
        stage: args.stage,
        map: &map,
        now: args.now,
        transcript: args.transcript,
        format,
    };
    let tally = decide_all(rows, jobs, &worker, &bar)?;
    bar.finish_and_clear();
    if tally.refused > 0 {
        output::note(format!(
            "{} of {} lines are invalid; see the error on each line",
            thousands(tally.refused),
            thousands(tally.rows),
        ));
    }
    for (outcome, count) in &tally.failed {
        output::note(format!(
            "{} of {} decisions ended {outcome}",
            thousands(*count),
            thousands(tally.rows)
        ));
    }
    let is_right = tally.refused == 0 && tally.failed.is_empty();
    Ok(Exit::success_if(is_right))
}

/// Decide on several threads, print in the order of the input.
fn decide_all(
    rows: impl Iterator<Item = Row> + Send,
    jobs: usize,
    worker: &Worker<'_>,
    bar: &ProgressBar,
) -> Result<Tally, Failure> {
    let source = Mutex::new((rows, 0));
    let (to_printer, printed) = sync_channel::<(usize, BatchOutput)>(jobs * 4);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let to_printer = to_printer.clone();
            let source = &source;
            scope.spawn(move || work(source, &to_printer, worker));
        }
        drop(to_printer);
        print(printed, bar)
    })
}

/// Output of a batch.
struct BatchOutput {
    text: Vec<u8>,
    rows: u64,
    refused: u64,
    failed: Vec<&'static str>,
}

/// Take batches of `source`, a row iterator with the next batch's number, until
/// it is empty or the printer has gone.
fn work(
    source: &Mutex<(impl Iterator<Item = Row>, usize)>,
    done: &SyncSender<(usize, BatchOutput)>,
    worker: &Worker<'_>,
) {
    loop {
        let (sequence, rows) = {
            let mut source = source.lock();
            let rows: Vec<Row> = source.0.by_ref().take(BATCH).collect();
            source.1 += 1;
            (source.1 - 1, rows)
        };
        if rows.is_empty() {
            return;
        }
        let mut batch = BatchOutput {
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

/// Print the batches in order. Dropping the receiver ends the workers.
fn print(done: Receiver<(usize, BatchOutput)>, bar: &ProgressBar) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut early: BTreeMap<usize, BatchOutput> = BTreeMap::new();
    let mut next = 0;
    let mut stdout = std::io::stdout().lock();
    for (sequence, batch) in done {
        early.insert(sequence, batch);
        while let Some(batch) = early.remove(&next) {
            next += 1;
            match stdout.write_all(&batch.text) {
                Ok(()) => {}
                // The reader has closed the pipe, as `head` does.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(tally),
                Err(error) => return Err(Failure::machine(format!("stdout: {error}"))),
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
        .map_err(|error| Failure::machine(format!("stdout: {error}")))?;
    Ok(tally)
}

struct Worker<'a> {
    generation: &'a Generation,
    stage: Stage,
    map: &'a RowMap,
    now: Option<Timestamp>,
    transcript: bool,
    format: Format,
}

impl Worker<'_> {
    fn decide(&self, line: usize, row: Result<Value, InputError>, batch: &mut BatchOutput) {
        let row = row.map(|row| self.map_row(row, line));
        match row.and_then(|row| self.decision(row)) {
            Ok(decision) => {
                if decision.outcome.is_failure() || decision.outcome == OutcomeKind::Overloaded {
                    batch.failed.push(decision.outcome.as_str());
                }
                let id = decision.interaction.as_ref().or(decision.draft.as_ref());
                let id = id.cloned().unwrap_or_else(|| line.to_string());
                self.write(batch, &decision, || {
                    let record = serde_json::to_value(&decision).unwrap_or_default();
                    format!("{id}: {}", explain::summarize(&record))
                });
            }
            Err(error) => {
                batch.refused += 1;
                let refusal = json!({"line": line, "error": {"field": error.field(), "message": error.to_string()}});
                self.write(batch, &refusal, || {
                    format!("line {line} is invalid: {error}")
                });
            }
        }
    }

    /// Append a line to a batch: the document, or the text for a person.
    fn write(
        &self,
        batch: &mut BatchOutput,
        document: &impl Serialize,
        text: impl FnOnce() -> String,
    ) {
        match self.format {
            // Writing to memory does not fail.
            Format::Json => serde_json::to_writer(&mut batch.text, document).unwrap_or_default(),
            Format::Text => {
                let text = text().replace('\n', " ");
                let shown = escape_control(&text);
                batch.text.extend_from_slice(shown.as_bytes());
            }
        }
        batch.text.push(b'\n');
    }

    /// Map a row, or the interaction and draft inside of a request.
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
        let row = match (row.as_object().is_some_and(is_request), self.stage) {
            (true, _) => row,
            (false, Stage::Tone) => json!({"draft": draft_fields(row)}),
            (false, _) => json!({"interaction": row}),
        };
        let now = self.moment(&row);
        let inquiry = match self.stage {
            Stage::Tone => {
                let mut request: ToneRequest = read(row)?;
                request.transcript |= self.transcript;
                Inquiry::try_from(request)?
            }
            stage => {
                let mut request: DecideRequest = read(row)?;
                request.stages = [Stage::Classify, stage].into();
                request.transcript |= self.transcript;
                Inquiry::try_from(request)?
            }
        };
        let terms = RequestContext::at(now, TIMEOUT);
        let (mut decision, _) = self.generation.answer(&inquiry, &terms)?;
        if self.stage != Stage::Classify {
            decision.classification = None;
        }
        if decision.outcome == OutcomeKind::Ok && self.is_declined(&decision) {
            decision.outcome = OutcomeKind::Declined;
        }
        Ok(decision)
    }

    /// Whether no plugin of the stage had an opinion, as the cases of a pack show it:
    /// what the decision says is the host's own.
    fn is_declined(&self, decision: &Decision) -> bool {
        let plugins = decision.stamp.plugins.iter();
        let mut outcomes = plugins
            .filter(|plugin| plugin.stage == self.stage)
            .map(|plugin| plugin.outcome);
        outcomes.all(|outcome| outcome == OutcomeKind::Declined)
    }

    /// Time of the decision: when the interaction was received, so that a file
    /// gives the same decisions each time.
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

/// Remove fields that a draft does not have; rows of a file may have more.
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
