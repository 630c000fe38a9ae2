//! Compares a table of 100,000 rows that is a pack's data with the same table compiled into the
//! component: what a decision costs, and what an instance and a start take.
//!
//! `cargo run --release -p patchbay-suite --example tables`

#![allow(clippy::print_stdout)] // It is its output.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::{Lease, Plugin, PluginSpec};
use patchbay_engine::thread_time;
use patchbay_pack_build::{BuildOptions, open_pack};
use patchbay_suite::guests::root;
use patchbay_suite::host::{TIMEOUT, said, spec};

const ROWS: u32 = 100_000;
/// Decisions in one round.
const DECISIONS: u32 = 2_000;
/// Rounds, alternating between the two.
const ROUNDS: usize = 15;

/// Key of a customer; keys are not in the order of their numbers.
fn key(number: u32) -> String {
    format!("{:08x}", number.wrapping_mul(0x9e37_79b1))
}

fn tier(number: u32) -> &'static str {
    ["gold", "silver", "bronze"][number as usize % 3]
}

struct Contender {
    plugin: Plugin,
    component: usize,
    load: Duration,
    memory: u64,
    cpu: Vec<Duration>,
}

impl Contender {
    fn new(directory: &str) -> Contender {
        let pack = open_pack(
            &root().join("tests/guests").join(directory),
            &BuildOptions::default(),
        );
        let pack = pack.unwrap_or_else(|error| panic!("{directory}: {error}"));
        let spec = PluginSpec {
            data: pack.data.clone(),
            ..spec(pack.component.clone())
        };
        let engine = Engine::serving(EngineSettings::default(), None).expect("an engine");
        let begun = Instant::now();
        let plugin = Plugin::activate(&engine, spec).expect("activated");
        Contender {
            load: begun.elapsed(),
            plugin,
            component: pack.component.len(),
            memory: 0,
            cpu: Vec::new(),
        }
    }

    fn round(&mut self) {
        let begun = thread_time();
        for number in 0..DECISIONS {
            let number = number * 49 % ROWS;
            let mut lease = Lease::acquire(&self.plugin, TIMEOUT).expect("an instance");
            let (answer, trace) = lease.classify(&said(&key(number)), false);
            assert_eq!(answer.expect("an answer").why, tier(number));
            self.memory = trace.peak_memory;
        }
        self.cpu.push((thread_time() - begun) / DECISIONS);
    }

    fn median(&mut self) -> Duration {
        self.cpu.sort();
        self.cpu[self.cpu.len() / 2]
    }
}

fn main() {
    let mut csv = "customer,tier\n".to_owned();
    for number in 0..ROWS {
        writeln!(csv, "{},{}", key(number), tier(number)).expect("in memory");
    }
    std::fs::write(root().join("tests/guests/lookup/tiers.csv"), csv).expect("written");
    // Once unmeasured: what a process does at its first start.
    drop(Contender::new("lookup"));
    let mut contenders = ["lookup", "lookup-embedded"].map(Contender::new);
    for _ in 0..ROUNDS {
        contenders.iter_mut().for_each(Contender::round);
    }
    let [data, embedded] = &mut contenders;
    let cpu = [data.median(), embedded.median()].map(|time| time.as_nanos() as f64 / 1e3);
    let load = [&data, &embedded].map(|one| one.load.as_micros() as f64 / 1e3);
    println!("| | data of the pack | compiled in | ratio |\n| --- | --: | --: | --: |");
    let row = |name: &str, unit: &str, [a, b]: [f64; 2]| {
        println!("| {name} | {a:.1} {unit} | {b:.1} {unit} | {:.1} |", b / a);
    };
    let kib = |bytes: u64| bytes as f64 / 1024.0;
    row("CPU of a decision, fresh instance", "µs", cpu);
    row(
        "memory of an instance",
        "KiB",
        [kib(data.memory), kib(embedded.memory)],
    );
    row(
        "component",
        "KiB",
        [kib(data.component as u64), kib(embedded.component as u64)],
    );
    row("compile and start", "ms", load);
}
