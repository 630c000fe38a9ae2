//! Compares engine settings with the served configuration, on the same guest, in
//! alternating rounds.

use std::time::{Duration, Instant};

use patchbay_bench::contenders::Packs;
use patchbay_bench::raw::{Guest, snapshot};
use patchbay_bench::rounds::{Workload, measure};
use patchbay_bench::table::markdown;
use patchbay_engine::config::{Allocation, EngineSettings, metered_config, serving_config};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Few, because each variation has its own pool.
fn settings() -> EngineSettings {
    EngineSettings {
        instances: 16,
        ..EngineSettings::default()
    }
}

/// The serving configuration with another pool.
fn pooled(change: impl FnOnce(&mut PoolingAllocationConfig)) -> Config {
    let mut config = serving_config(&settings());
    let engine = Engine::new(&config).expect("an engine");
    let mut pool = engine
        .get_pooling_config()
        .expect("a pooling allocator")
        .clone();
    change(&mut pool);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// The serving configuration with another change.
fn changed(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = serving_config(&settings());
    change(&mut config);
    config
}

fn variations() -> Vec<(&'static str, Config)> {
    vec![
        ("as served", serving_config(&settings())),
        (
            "as served, repeated (the noise)",
            serving_config(&settings()),
        ),
        (
            "on demand instead of a pool",
            serving_config(&EngineSettings {
                allocation: Allocation::OnDemand,
                ..settings()
            }),
        ),
        (
            "no scan of dirty pages",
            pooled(|pool| {
                pool.pagemap_scan(Enabled::No);
            }),
        ),
        (
            "nothing resident",
            pooled(|pool| {
                pool.linear_memory_keep_resident(0).table_keep_resident(0);
            }),
        ),
        (
            "no scan, nothing resident",
            pooled(|pool| {
                pool.pagemap_scan(Enabled::No)
                    .linear_memory_keep_resident(0)
                    .table_keep_resident(0);
            }),
        ),
        (
            "64 KiB of memory resident",
            pooled(|pool| {
                pool.linear_memory_keep_resident(64 << 10);
            }),
        ),
        (
            "4 MiB of memory resident",
            pooled(|pool| {
                pool.linear_memory_keep_resident(4 << 20);
            }),
        ),
        (
            "no table resident",
            pooled(|pool| {
                pool.table_keep_resident(0);
            }),
        ),
        (
            "tables built at the start, not when used",
            changed(|config| {
                config.table_lazy_init(false);
            }),
        ),
        (
            "memory initialised by copying, not on write",
            changed(|config| {
                config.memory_init_cow(false);
            }),
        ),
        ("fuel instead of epochs", {
            let mut config = serving_config(&settings());
            config.epoch_interruption(false).consume_fuel(true);
            config
        }),
        ("as metered: fuel, on demand", metered_config(&settings())),
        (
            "neither epochs nor fuel",
            changed(|config| {
                config.epoch_interruption(false);
            }),
        ),
        (
            "NaN not canonicalised",
            changed(|config| {
                config.cranelift_nan_canonicalization(false);
            }),
        ),
        (
            "functions inlined across modules",
            changed(|config| {
                config.compiler_inlining(wasmtime::Inlining::Yes);
            }),
        ),
    ]
}

fn main() {
    let argument = |n: usize, usual: usize| {
        std::env::args()
            .nth(n)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let (rounds, calls) = (argument(1, 30), argument(2, 400));
    let component = Packs::build().policy.component;
    let prepared = snapshot(&component);
    println!(
        "component {} KB, after `prepare` {} KB; {rounds} rounds of {calls}\n",
        component.len() / 1000,
        prepared.len() / 1000
    );
    let guests: Vec<(&str, Guest)> = variations()
        .into_iter()
        .map(|(name, config)| (name, Guest::new(&config, &prepared)))
        .collect();
    let unprepared = Guest::new(&serving_config(&settings()), &component);
    let served = &guests[0].1;
    let mut living = served.start();

    let mut names: Vec<&str> = Vec::new();
    let mut turns: Vec<Workload<'_>> = Vec::new();
    for (name, guest) in &guests {
        names.push(name);
        turns.push(Box::new(|| guest.fresh()));
    }
    names.push("prepared each time, no snapshot");
    turns.push(Box::new(|| unprepared.fresh_prepared()));
    names.push("reused, never fresh");
    turns.push(Box::new(|| {
        let started: Instant = Instant::now();
        served.decide(&mut living);
        started.elapsed()
    }));
    let starts = names.len();
    for (_, guest) in &guests {
        turns.push(Box::new(|| guest.start_alone()));
    }
    turns.push(Box::new(|| unprepared.start_alone()));
    turns.push(Box::new(|| Duration::ZERO));
    let costs = measure(&mut turns, rounds, calls);
    let (base, start) = (costs[0].p50, costs[starts].p50);
    let rows: Vec<Vec<String>> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let (cost, alone) = (costs[index], costs[starts + index]);
            vec![
                (*name).to_owned(),
                format!("{:.1}", cost.p50),
                format!("{:.2}", cost.p50 / base),
                format!("{:.1}", alone.p50),
                format!("{:.2}", alone.p50 / start),
            ]
        })
        .collect();
    let head = [
        "setting",
        "fresh decision, µs",
        "× as served",
        "of it creation and drop, µs",
        "× as served",
    ];
    println!("{}", markdown(&head, &rows));
}
