//! `patchbay bench`: how long decisions take, in fresh and in reused instances.

use std::time::{Duration, Instant};

use comfy_table::{Table, presets};
use jiff::Timestamp;
use patchbay_command::args::BenchArgs;
use patchbay_command::engine::serving_engine;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::input::{RowMap, rows};
use patchbay_command::numbers::{Percentiles, bytes};
use patchbay_command::output;
use patchbay_command::policy::{Policy, open_pack};
use patchbay_demo::content;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::decision::Decision;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::PipelineRun;
use patchbay_engine::thread_time;
use patchbay_generations::Generation;
use patchbay_generations::decide::RequestContext;
use patchbay_generations::inquiry::{DecideRequest, Inquiry, ToneRequest};
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::Interaction;
use serde::Serialize;
use serde_json::{Value, json};

/// How long a decision may wait for an instance.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Decisions before the measurement.
const WARM_UP: u32 = 200;
/// Decisions of a reused instance.
const REUSE: u32 = 10_000;
/// Decisions with metered fuel.
const METERED: usize = 200;

/// Measurement of one stage in one mode.
#[derive(Debug, Serialize)]
struct Measurement {
    stage: Stage,
    mode: &'static str,
    instantiate_micros: Percentiles,
    call_micros: Percentiles,
    total_micros: Percentiles,
    cpu_micros: f64,
    decisions_per_second_per_core: f64,
    peak_memory: u64,
    host_calls: u32,
    fuel: Option<Percentiles>,
    not_ok: u32,
}

/// Runs `patchbay bench`.
pub fn run(args: &BenchArgs) -> Outcome {
    let pack = open_pack(&args.dir, &args.build)?;
    let interactions = interactions(args)?;
    let mut results = Vec::new();
    // A company file has its own number of decisions per instance.
    let modes: &[(&'static str, u32)] = match args.policy.company {
        Some(_) => &[("as configured", 0)],
        None => &[("fresh", 0), ("reused", REUSE)],
    };
    for (mode, reuse) in modes.iter().copied() {
        let policy = Policy {
            pack: &pack,
            path: &args.dir,
            flags: &args.policy,
            reuse,
            build: &args.build,
        };
        let engine = serving_engine(1)?;
        let generation = policy.generation(&engine)?;
        let interactions = interactions.iter().cloned();
        let rows: Vec<Row> = interactions
            .map(|interaction| Row::of(&generation, interaction))
            .collect();
        for stage in Stage::ALL {
            if generation.pipelines.of(stage).is_empty() {
                continue;
            }
            let mut row = measure(&generation, stage, mode, &rows, args.decisions);
            if reuse == 0 {
                row.fuel = Some(fuel(&policy, stage, &rows)?);
            }
            results.push(row);
        }
    }
    let document = json!({"pack": pack.name, "digest": pack.digest(), "decisions": args.decisions, "results": results});
    output::result(args.json, &document, || {
        output::line(table(&results).to_string())?;
        output::line(
            "Times of one thread in µs: p50 / p90 / p99. CPU is the thread's whole CPU time for a decision, with\n\
             discarding the instance and preparing the next one. Fuel is the p50 on the metered engine.",
        )
    })
}

fn interactions(args: &BenchArgs) -> Result<Vec<Value>, Failure> {
    let map = RowMap::parse(None, &args.channel)?;
    let rows = match &args.input {
        None => content::all_interactions().map_err(Failure::machine)?,
        Some(path) => rows(path, &map)?,
    };
    for (index, row) in rows.iter().enumerate() {
        Interaction::from_outside(row.clone())
            .map_err(|error| Failure::new(Exit::NotRight, format!("row {}: {error}", index + 1)))?;
    }
    match rows.is_empty() {
        true => Err(Failure::new(
            Exit::NotRight,
            "the input has no interactions",
        )),
        false => Ok(rows),
    }
}

/// An interaction with its classification by the pack, which the later stages
/// receive as they do on a server.
struct Row {
    interaction: Value,
    classification: Option<Value>,
}

impl Row {
    fn of(generation: &Generation, interaction: Value) -> Row {
        let mut row = Row {
            interaction,
            classification: None,
        };
        if !generation.pipelines.of(Stage::Classify).is_empty() {
            let result = decide(generation, Stage::Classify, &row);
            let classification = result.and_then(|(decision, _)| decision.classification);
            row.classification =
                classification.and_then(|merged| serde_json::to_value(merged.classification).ok());
        }
        row
    }
}

/// Decide a row at one stage only.
fn decide<'a>(
    generation: &'a Generation,
    stage: Stage,
    row: &Row,
) -> Option<(Decision, PipelineRun<'a>)> {
    let terms = RequestContext::at(Timestamp::now(), TIMEOUT);
    let Row {
        interaction,
        classification,
    } = row;
    let inquiry = match stage {
        Stage::Tone => {
            let draft = json!({"id": interaction["id"], "channel": interaction["channel"], "text": interaction["text"]});
            let request: ToneRequest = serde_json::from_value(json!({"draft": draft})).ok()?;
            Inquiry::try_from(request)
        }
        stage => {
            let classification = classification.as_ref().filter(|_| stage != Stage::Classify);
            let request = json!({"interaction": interaction, "stages": [stage], "classification": classification});
            let request: DecideRequest = serde_json::from_value(request).ok()?;
            Inquiry::try_from(request)
        }
    };
    generation.answer(&inquiry.ok()?, &terms).ok()
}

fn measure(
    generation: &Generation,
    stage: Stage,
    mode: &'static str,
    rows: &[Row],
    decisions: u32,
) -> Measurement {
    for row in rows.iter().cycle().take(WARM_UP as usize) {
        drop(decide(generation, stage, row));
    }
    let mut instantiate = Vec::with_capacity(decisions as usize);
    let mut call = Vec::with_capacity(decisions as usize);
    let mut total = Vec::with_capacity(decisions as usize);
    let mut cpu = Duration::ZERO;
    let (mut peak_memory, mut host_calls, mut not_ok) = (0, 0, 0);
    for row in rows.iter().cycle().take(decisions as usize) {
        let cpu_before = thread_time();
        let before = Instant::now();
        let result = decide(generation, stage, row);
        let latency = before.elapsed();
        let Some((decision, run)) = result else {
            not_ok += 1;
            continue;
        };
        drop(run);
        cpu += thread_time().saturating_sub(cpu_before);
        not_ok += u32::from(decision.outcome.is_failure());
        instantiate.push(decision.micros.instantiate as f64);
        call.push(decision.micros.call as f64);
        total.push(latency.as_secs_f64() * 1e6);
        let part = decision.stamp.plugins.last();
        peak_memory = peak_memory.max(part.map_or(0, |part| part.peak_memory));
        host_calls = host_calls.max(part.map_or(0, |part| part.host_calls));
    }
    let cpu_micros = cpu.as_secs_f64() * 1e6 / f64::from(decisions.max(1));
    Measurement {
        stage,
        mode,
        instantiate_micros: Percentiles::of(&mut instantiate),
        call_micros: Percentiles::of(&mut call),
        total_micros: Percentiles::of(&mut total),
        cpu_micros,
        decisions_per_second_per_core: if cpu_micros > 0.0 {
            1e6 / cpu_micros
        } else {
            0.0
        },
        peak_memory,
        host_calls,
        fuel: None,
        not_ok,
    }
}

/// Fuel of a stage, on a metered engine.
fn fuel(policy: &Policy<'_>, stage: Stage, rows: &[Row]) -> Result<Percentiles, Failure> {
    let engine = Engine::metered(EngineSettings::default()).map_err(Failure::machine)?;
    let generation = policy.generation(&engine)?;
    let mut used: Vec<f64> = rows
        .iter()
        .take(METERED)
        .filter_map(|row| {
            let decision: Decision = decide(&generation, stage, row)?.0;
            Some(decision.stamp.plugins.last()?.fuel? as f64)
        })
        .collect();
    Ok(Percentiles::of(&mut used))
}

fn table(rows: &[Measurement]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "stage",
        "instance",
        "instantiate",
        "call",
        "whole decision",
        "CPU",
        "per s and core",
        "memory",
        "host calls",
        "fuel",
        "not ok",
    ]);
    let cell = |p: &Percentiles| format!("{:.0} / {:.0} / {:.0}", p.p50, p.p90, p.p99);
    for row in rows {
        table.add_row([
            row.stage.to_string(),
            row.mode.to_owned(),
            cell(&row.instantiate_micros),
            cell(&row.call_micros),
            cell(&row.total_micros),
            format!("{:.1}", row.cpu_micros),
            format!("{:.0}", row.decisions_per_second_per_core),
            bytes(row.peak_memory),
            row.host_calls.to_string(),
            row.fuel
                .map_or_else(String::new, |fuel| format!("{:.0}", fuel.p50)),
            row.not_ok.to_string(),
        ]);
    }
    table
}
