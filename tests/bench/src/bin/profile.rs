//! Runs one contender for some seconds, for a profiler:
//! `perf record -g target/release/profile reused 5`. `guest` and `guest-fresh`
//! run the component on wasmtime alone and name its functions for `perf`.

use std::time::{Duration, Instant};

use patchbay_bench::contenders::{Component, Contender, LuaJit, Native, Packs, QuickJs, engine};
use patchbay_bench::raw::{Guest, snapshot};
use patchbay_engine::config::serving_config;
use wasmtime::ProfilingStrategy;

fn main() {
    let argument = |n: usize| std::env::args().nth(n);
    let what = argument(1).unwrap_or_else(|| "fresh".to_owned());
    let seconds = argument(2).and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut calls = 0_u64;
    let mut repeat = |turn: &mut dyn FnMut()| {
        let until = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < until {
            for _ in 0..100 {
                turn();
            }
            calls += 100;
        }
    };
    let mut contender: Box<dyn Contender> = match what.as_str() {
        "fresh" => Box::new(Component::new("fresh", &engine(2), &Packs::build(), 0)),
        "on-request" => Box::new(Component::new("on request", &engine(0), &Packs::build(), 0)),
        "reused" => Box::new(Component::new(
            "reused",
            &engine(2),
            &Packs::build(),
            u32::MAX,
        )),
        "idle" => {
            let idle = Component::idle("idle", &engine(2), &Packs::build(), u32::MAX);
            repeat(&mut || {
                idle.classify();
            });
            return;
        }
        "guest" | "guest-fresh" => {
            let mut config = serving_config(&Default::default());
            config.profiler(ProfilingStrategy::PerfMap);
            let guest = Guest::new(&config, &snapshot(&Packs::build().policy.component));
            let mut living = guest.start();
            match what.as_str() {
                "guest" => repeat(&mut || guest.decide(&mut living)),
                _ => repeat(&mut || {
                    guest.fresh();
                }),
            }
            return;
        }
        "quickjs" => Box::new(QuickJs::new()),
        "luajit" => Box::new(LuaJit::new()),
        "native" => Box::new(Native::new()),
        other => panic!("there is no {other}"),
    };
    repeat(&mut || {
        contender.decide(0);
    });
    eprintln!("{calls} decisions");
}
