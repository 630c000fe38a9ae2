//! Cost of transcripts, shadow runs and canaries for a decision on the desk: the
//! same messages with one feature at a time, in alternating rounds.
//!
//! `costs [rounds] [messages]`

use std::error::Error;
use std::time::{Duration, Instant};

use patchbay_bench::clock::{process_cpu, us};
use patchbay_bench::fixture::{BATCH, COMPANY, Fixture, change_request, quantile};
use patchbay_bench::rounds::median;
use patchbay_bench::table::markdown;
use patchbay_desk::Desk;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generations::service::RolloutSettings;
use patchbay_model::rollout::{Bounds, RolloutKind};
use patchbay_records::decisions::find;

/// Name of the thread that runs comparisons.
const COMPARISON_THREAD: &str = "desk-beside";

/// The feature that is on.
struct Case {
    name: &'static str,
    transcripts: &'static str,
    rollout: Option<(RolloutKind, &'static str)>,
}

const CASES: [Case; 8] = [
    Case {
        name: "nothing",
        transcripts: "\"off\"",
        rollout: None,
    },
    Case {
        name: "nothing, repeated",
        transcripts: "\"off\"",
        rollout: None,
    },
    Case {
        name: "transcripts of failures",
        transcripts: "\"failures\"",
        rollout: None,
    },
    Case {
        name: "transcripts of 10%",
        transcripts: "{ sampled = 0.1 }",
        rollout: None,
    },
    Case {
        name: "transcripts of all",
        transcripts: "\"all\"",
        rollout: None,
    },
    Case {
        name: "shadow of 10%",
        transcripts: "\"off\"",
        rollout: Some((RolloutKind::Shadow, "10%")),
    },
    Case {
        name: "shadow of 100%",
        transcripts: "\"off\"",
        rollout: Some((RolloutKind::Shadow, "100%")),
    },
    Case {
        name: "canary of 5%",
        transcripts: "\"off\"",
        rollout: Some((RolloutKind::Canary, "5%")),
    },
];

/// Result of a round, for each message.
#[derive(Clone, Copy)]
struct Round {
    cpu: f64,
    comparison: f64,
    p50: f64,
    p99: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let number = |position: usize, usual: usize| {
        let given = std::env::args().nth(position);
        given.map_or(Ok(usual), |text| text.parse())
    };
    let rounds = number(1, 11)?;
    let messages = number(2, 2_000)?;
    let settings = EngineSettings {
        made_ahead: 4,
        ..EngineSettings::default()
    };
    let engine = Engine::serving(settings, None)?;
    let mut places = Vec::new();
    for case in &CASES {
        places.push(open(&engine, case)?);
    }
    for place in &mut places {
        round(place, messages / 10)?;
    }
    let mut all: Vec<Vec<Round>> = vec![Vec::new(); CASES.len()];
    for turn in 0..rounds {
        for offset in 0..CASES.len() {
            let index = (turn + offset) % CASES.len();
            all[index].push(round(&mut places[index], messages)?);
        }
        eprintln!("round {} of {rounds}", turn + 1);
    }
    let rows: Vec<Vec<String>> = CASES
        .iter()
        .zip(&all)
        .map(|(case, own)| {
            let ratio = |pick: fn(&Round) -> f64| {
                let pairs = own.iter().zip(&all[0]);
                median(pairs.map(|(own, plain)| pick(own) / pick(plain)).collect())
            };
            let middle = |pick: fn(&Round) -> f64| median(own.iter().map(pick).collect());
            vec![
                case.name.to_owned(),
                format!("{:.0}", middle(|round| round.cpu)),
                format!("{:.2}", ratio(|round| round.cpu)),
                format!("{:.2}", ratio(|round| round.p50)),
                format!("{:.2}", ratio(|round| round.p99)),
                format!("{:.0}", middle(|round| round.comparison)),
            ]
        })
        .collect();
    println!(
        "{messages} messages in each of {rounds} rounds, medians; after the first column, ratios to the first row of the same round"
    );
    println!(
        "{}",
        markdown(
            &[
                "switched on",
                "CPU µs",
                "CPU",
                "p50",
                "p99",
                "CPU µs of comparisons",
            ],
            &rows
        )
    );
    let masking = masking(&places[4])?;
    println!("masking a decision with its transcript, for each read: {masking:.0} µs");
    Ok(())
}

fn open(engine: &Engine, case: &Case) -> Result<Fixture, Box<dyn Error>> {
    let fixture = Fixture::open(engine, case.transcripts)?;
    if let Some((kind, share)) = case.rollout {
        let settings = RolloutSettings {
            kind,
            share: share.parse()?,
            // A busy moment must not abort the canary.
            bounds: Some(Bounds {
                failures: None,
                p99: None,
                ..Bounds::default()
            }),
        };
        fixture
            .service
            .start_rollout(COMPANY, 2, settings, &change_request())?;
    }
    Ok(fixture)
}

/// Each customer writes once; returns when all messages are decided.
fn round(fixture: &mut Fixture, messages: usize) -> Result<Round, Box<dyn Error>> {
    let (cpu, comparison) = (process_cpu(), thread_cpu(COMPARISON_THREAD)?);
    for _ in 0..messages / BATCH {
        fixture.write()?;
    }
    let mut seen = compared(&fixture.desk)?;
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let now = compared(&fixture.desk)?;
        if now == seen {
            break;
        }
        seen = now;
    }
    let comparison = thread_cpu(COMPARISON_THREAD)? - comparison;
    let cpu = process_cpu() - cpu - comparison;
    let times = fixture.times()?;
    let share = |share: usize| quantile(&times, share) as f64;
    Ok(Round {
        cpu: us(cpu) / messages as f64,
        comparison: us(comparison) / messages as f64,
        p50: share(50),
        p99: share(99),
    })
}

/// Compared decisions.
fn compared(desk: &Desk) -> Result<u64, Box<dyn Error>> {
    let report = desk.rollout(COMPANY)?;
    Ok(report.map_or(0, |report| {
        let all = &report.compared;
        all.decisions + all.failed + all.no_time + all.no_room
    }))
}

/// CPU time of all threads with a name.
fn thread_cpu(name: &str) -> Result<Duration, Box<dyn Error>> {
    let mut sum = Duration::ZERO;
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        let comm = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        if comm.trim() == name {
            let stat = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            let nanos = stat.split(' ').next().and_then(|first| first.parse().ok());
            sum += Duration::from_nanos(nanos.unwrap_or(0));
        }
    }
    Ok(sum)
}

/// Microseconds to mask a decision.
fn masking(fixture: &Fixture) -> Result<f64, Box<dyn Error>> {
    let journal = &**fixture.desk.journal();
    let company = fixture.desk.company(COMPANY)?;
    let mut found = None;
    for id in (1..fixture.fed).rev().take(50) {
        let stored = find(journal, company, id)?;
        found = found.or(stored.filter(|stored| stored.record.is_some()));
    }
    let stored = found.ok_or("no decision is stored")?;
    let runs = 200;
    let began = Instant::now();
    for _ in 0..runs {
        std::hint::black_box(stored.to_masked_json());
    }
    Ok(us(began.elapsed()) / f64::from(runs))
}
