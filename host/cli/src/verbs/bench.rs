//! `patchbay bench`: what a decision takes, fresh and reused.

use std::time::{Duration, Instant};

use comfy_table::{Table, presets};
use jiff::Timestamp;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::cpu::thread_time;
use patchbay_engine::decision::Decision;
use patchbay_engine::engine::Engine;
use patchbay_generation::Generation;
use patchbay_generation::asked::{DecideRequest, Inquiry, ToneRequest};
use patchbay_generation::decide::{Made, Terms};
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::Interaction;
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::BenchArgs;
use crate::demo::content;
use crate::exit::{Exit, Failure, Outcome};
use crate::input::{RowMap, lines};
use crate::loading::{Trial, open_pack, serving_engine};
use crate::numbers::{Percentiles, bytes};
use crate::output;

const PATIENCE: Duration = Duration::from_secs(10);
/// Decisions before measuring begins.
const WARM_UP: u32 = 200;
/// How often a reused instance is reused.
const REUSE: u32 = 10_000;
/// Decisions whose fuel is counted.
const METERED: usize = 200;

/// One stage in one mode.
#[derive(Debug, Serialize)]
struct Measured {
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

pub(crate) fn run(args: &BenchArgs) -> Outcome {
    let pack = open_pack(&args.dir, &args.build)?;
    let interactions = interactions(args)?;
    let mut results = Vec::new();
    // A company file says itself how often an instance is used.
    let modes: &[(&'static str, u32)] = match args.with.company {
        Some(_) => &[("as the company says", 0)],
        None => &[("fresh", 0), ("reused", REUSE)],
    };
    for (mode, reuse) in modes.iter().copied() {
        let trial = Trial {
            pack: &pack,
            path: &args.dir,
            with: &args.with,
            reuse,
            build: &args.build,
        };
        let engine = serving_engine(1)?;
        let generation = trial.setup(&engine)?;
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
                row.fuel = Some(fuel(&trial, stage, &rows)?);
            }
            results.push(row);
        }
    }
    if args.json {
        output::json(
            &json!({"pack": pack.name, "digest": pack.digest(), "decisions": args.decisions, "results": results}),
        )?;
        return Ok(Exit::Success);
    }
    output::line(table(&results).to_string())?;
    output::line(
        "Times in µs, p50 / p90 / p99, of one thread. CPU is the thread's whole time for a decision,\n\
         with throwing its instance away and making the next one ahead. Fuel is p50 on the metered engine.",
    )?;
    Ok(Exit::Success)
}

fn interactions(args: &BenchArgs) -> Result<Vec<Value>, Failure> {
    let map = RowMap::parse(None, &args.channel)?;
    let mut rows = Vec::new();
    match &args.input {
        None => rows = content::all_interactions()?,
        Some(path) => {
            for (line, row) in lines(path)? {
                let row = row.map_err(|error| {
                    Failure::new(
                        Exit::NotRight,
                        format!("{}:{line}: {error}", path.display()),
                    )
                })?;
                rows.push(map.apply(row, line));
            }
        }
    }
    for (index, row) in rows.iter().enumerate() {
        Interaction::from_outside(row.clone())
            .map_err(|error| Failure::new(Exit::NotRight, format!("row {}: {error}", index + 1)))?;
    }
    match rows.is_empty() {
        true => Err(Failure::new(
            Exit::NotRight,
            "there is nothing to decide about",
        )),
        false => Ok(rows),
    }
}

/// An interaction, and what the pack says it is: stages after the first decide
/// on that, as they do when they are served.
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
            let made = decide(generation, Stage::Classify, &row);
            let classification = made.and_then(|made| made.decision.classification);
            row.classification =
                classification.and_then(|merged| serde_json::to_value(merged.classification).ok());
        }
        row
    }
}

/// The decision about a row at one stage alone.
fn decide<'a>(generation: &'a Generation, stage: Stage, row: &Row) -> Option<Made<'a>> {
    let terms = Terms::at(Timestamp::now(), PATIENCE);
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
) -> Measured {
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
        let made = decide(generation, stage, row);
        let latency = before.elapsed();
        let Some(made) = made else {
            not_ok += 1;
            continue;
        };
        let decision = made.decision;
        drop(made.pass);
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
    Measured {
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

/// Fuel of a stage, on an engine that counts it.
fn fuel(trial: &Trial<'_>, stage: Stage, rows: &[Row]) -> Result<Percentiles, Failure> {
    let engine = Engine::metered(EngineSettings::default())
        .map_err(|error| Failure::new(Exit::Machine, error))?;
    let generation = trial.setup(&engine)?;
    let mut used: Vec<f64> = rows
        .iter()
        .take(METERED)
        .filter_map(|row| {
            let decision: Decision = decide(&generation, stage, row)?.decision;
            Some(decision.stamp.plugins.last()?.fuel? as f64)
        })
        .collect();
    Ok(Percentiles::of(&mut used))
}

fn table(rows: &[Measured]) -> Table {
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
    let of = |p: &Percentiles| format!("{:.0} / {:.0} / {:.0}", p.p50, p.p90, p.p99);
    for row in rows {
        table.add_row([
            row.stage.to_string(),
            row.mode.to_owned(),
            of(&row.instantiate_micros),
            of(&row.call_micros),
            of(&row.total_micros),
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
