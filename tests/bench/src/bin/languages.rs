//! Compares the policy in each language that packs are written in, in alternating
//! rounds. A language whose tools are absent is left out.

use std::hint::black_box;
use std::path::Path;

use patchbay_bench::contenders::{self, Component, Contender};
use patchbay_bench::rounds::{Cost, Workload, measure};
use patchbay_bench::table::markdown;
use patchbay_pack_build::find_toolchain;
use patchbay_pack::manifest::Language;

/// Each language with the directory of its guest.
const GUESTS: [(Language, &str); 3] = [
    (Language::Rust, "guest"),
    (Language::Typescript, "guest-javascript"),
    (Language::Python, "guest-python"),
];

fn main() {
    let argument = |n: usize, usual: usize| {
        std::env::args()
            .nth(n)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let (rounds, calls) = (argument(1, 30), argument(2, 200));
    let engine = contenders::engine(2);
    let mut names = Vec::new();
    let mut contenders: Vec<Box<dyn Contender>> = Vec::new();
    for (language, directory) in GUESTS {
        if let Err(error) = find_toolchain(
            language,
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(directory),
        ) {
            println!("SKIPPED: {language}: {error}");
            continue;
        }
        let pack = contenders::open(directory);
        for (name, reuse) in [("fresh", 0), ("reused", u32::MAX)] {
            names.push((language, name, pack.component.len() / 1000));
            contenders.push(Box::new(Component::of_pack(name, &engine, &pack, reuse)));
        }
    }
    contenders::compare(&mut contenders);
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
    // Rust is first, and its toolchain built this program.
    let row = |((language, name, size), cost): (&(Language, &str, usize), &Cost)| {
        vec![
            format!("{language}, {name}"),
            size.to_string(),
            format!("{:.1}", cost.p50),
            format!(
                "{:.1}",
                cost.p50 / costs[usize::from(*name == "reused")].p50
            ),
            format!("{:.1}", cost.cpu),
            format!("{:.1}", cost.cpu / 2.0),
            format!(
                "{:.1}",
                cost.cpu / costs[usize::from(*name == "reused")].cpu
            ),
        ]
    };
    let rows: Vec<Vec<String>> = names.iter().zip(&costs).map(row).collect();
    let head = [
        "policy",
        "component KB",
        "p50 µs of both decisions",
        "× Rust",
        "CPU µs of both",
        "CPU µs of one",
        "× Rust",
    ];
    println!("{}", markdown(&head, &rows));
}
