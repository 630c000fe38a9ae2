//! Compares all contenders on the same interaction, in alternating rounds;
//! prints ratios, the host's own costs and the targets.

use std::hint::black_box;
use std::time::Instant;

use patchbay_bench::clock::us;
use patchbay_bench::contenders::{self, Component, Packs};
use patchbay_bench::rounds::{Cost, Workload, measure};
use patchbay_bench::table::markdown;

fn main() {
    let argument = |n: usize, usual: usize| {
        std::env::args()
            .nth(n)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let (rounds, calls) = (argument(1, 40), argument(2, 1000));
    let packs = Packs::build();
    println!(
        "policy component: {} KB; {rounds} rounds of {calls} decisions each\n",
        packs.policy.component.len() / 1000
    );
    decisions(&packs, rounds, calls);
    host(&packs, rounds, calls);
    activation(&packs);
}

fn decisions(packs: &Packs, rounds: usize, calls: usize) {
    let mut contenders = contenders::all(packs);
    contenders::compare(&mut contenders);
    let names: Vec<(&str, bool)> = contenders
        .iter()
        .map(|it| (it.name(), it.is_script()))
        .collect();
    let mut turns: Vec<Workload<'_>> = contenders
        .iter_mut()
        .map(|contender| -> Workload<'_> {
            Box::new(move || {
                let (answer, took) = contender.decide(0);
                black_box(answer);
                took
            })
        })
        .collect();
    let costs = measure(&mut turns, rounds, calls);
    let scripts: Vec<&Cost> = costs
        .iter()
        .zip(&names)
        .filter(|(_, (_, script))| *script)
        .map(|(cost, _)| cost)
        .collect();
    let fastest = |pick: fn(&Cost) -> f64| {
        scripts
            .iter()
            .map(|cost| pick(cost))
            .fold(f64::MAX, f64::min)
    };
    let (latency, cpu) = (fastest(|cost| cost.p50), fastest(|cost| cost.cpu));
    let rows: Vec<Vec<String>> = names
        .iter()
        .zip(&costs)
        .map(|((name, _), cost)| {
            vec![
                (*name).to_owned(),
                format!("{:.2}", cost.p50),
                format!("{:.2}", cost.p50 / latency),
                format!("{:.2}", cost.p99),
                format!("{:.2}", cost.cpu),
                format!("{:.2}", cost.cpu / cpu),
            ]
        })
        .collect();
    let head = [
        "contender",
        "p50 µs",
        "× fastest script",
        "p99 µs",
        "CPU µs",
        "CPU × fastest script",
    ];
    println!("{}", markdown(&head, &rows));
}

fn host(packs: &Packs, rounds: usize, calls: usize) {
    let engine = contenders::engine(2);
    let idle = Component::idle("idle", &engine, packs, u32::MAX);
    let fresh = Component::idle("idle", &engine, packs, 0);
    let mut turns: Vec<Workload<'_>> = vec![
        Box::new(|| idle.classify()),
        Box::new(|| idle.classify_twice()),
        Box::new(|| fresh.classify()),
    ];
    let costs = measure(&mut turns, rounds, calls);
    let row = |what: &str, p50: f64, cpu: f64| {
        vec![what.to_owned(), format!("{p50:.2}"), format!("{cpu:.2}")]
    };
    let rows = [
        row("reused: a pass with one call", costs[0].p50, costs[0].cpu),
        row(
            "reused: one more call in the pass",
            costs[1].p50 - costs[0].p50,
            costs[1].cpu - costs[0].cpu,
        ),
        row(
            "fresh, prepared: a pass with one call",
            costs[2].p50,
            costs[2].cpu,
        ),
    ];
    println!(
        "{}",
        markdown(&["a policy that declines", "p50 µs", "CPU µs"], &rows)
    );
}

fn activation(packs: &Packs) {
    let home = tempfile::tempdir().expect("a directory");
    let engine = || {
        let cache = patchbay_engine::cache::AotCache::open(
            &home.path().join("aot"),
            &home.path().join("key/aot.key"),
        )
        .expect("a cache");
        patchbay_engine::engine::Engine::serving(Default::default(), Some(cache))
            .expect("an engine")
    };
    let activate = |engine: &patchbay_engine::engine::Engine, settings: serde_json::Value| {
        let spec = contenders::spec(&packs.policy, settings, 0);
        let started = Instant::now();
        let plugin = patchbay_engine::plugin::Plugin::activate(engine, spec).expect("activates");
        let took = us(started.elapsed()) / 1000.0;
        drop(plugin);
        took
    };
    let settings = patchbay_bench::company::settings;
    let median = patchbay_bench::rounds::median;
    let mut rows = Vec::new();
    let mut row = |what: &str, times: Vec<f64>| {
        let least = times.iter().copied().fold(f64::MAX, f64::min);
        rows.push(vec![
            what.to_owned(),
            format!("{:.2}", median(times)),
            format!("{least:.2}"),
        ]);
    };
    let compile: Vec<f64> = (0..7)
        .map(|_| {
            let engine = contenders::engine(2);
            let started = Instant::now();
            engine.describe(&packs.policy.component).expect("compiles");
            us(started.elapsed()) / 1000.0
        })
        .collect();
    row("first compile", compile);
    row(
        "first activation: compile, prepare, snapshot, compile",
        (0..7)
            .map(|_| activate(&contenders::engine(2), settings()))
            .collect(),
    );
    activate(&engine(), settings());
    row(
        "activation from the AOT cache, new engine",
        (0..15).map(|_| activate(&engine(), settings())).collect(),
    );
    let warm = engine();
    row(
        "activation from the AOT cache, same engine",
        (0..200).map(|_| activate(&warm, settings())).collect(),
    );
    let plugin = patchbay_engine::plugin::Plugin::activate(
        &warm,
        contenders::spec(&packs.policy, settings(), 0),
    )
    .expect("activates");
    row(
        "activation of a component another company uses",
        (0..200).map(|_| activate(&warm, settings())).collect(),
    );
    drop(plugin);
    println!(
        "{}",
        markdown(&["activation", "median ms", "least ms"], &rows)
    );
}
