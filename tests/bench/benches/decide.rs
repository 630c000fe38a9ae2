//! Latency of a decision, for all contenders: `cargo bench --bench decide`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use patchbay_bench::contenders::{self, Packs};

fn decide(criterion: &mut Criterion) {
    let packs = Packs::build();
    let mut contenders = contenders::all(&packs);
    contenders::compare(&mut contenders);
    let mut group = criterion.benchmark_group("decide");
    for contender in &mut contenders {
        group.bench_function(contender.name(), |bencher| {
            // Work after the answer does not count.
            bencher.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    let (answer, took) = contender.decide(0);
                    black_box(answer);
                    total += took;
                }
                total
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
