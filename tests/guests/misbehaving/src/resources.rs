//! Exhausts time, memory, stack and handles.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use patchbay_sdk::log::{Level, write};
use patchbay_sdk::prelude::*;
use state::Scope;

use crate::answers::not_utf8;

thread_local! {
    /// A handle kept for the next decision.
    static KEPT: RefCell<Option<Contact>> = const { RefCell::new(None) };
}

/// Waste without an argument; most do not return.
pub fn waste(word: &str) {
    match word {
        "loop" => loop {
            black_box(());
        },
        "host-calls" => loop {
            black_box(clock::now());
        },
        "grow" => {
            let mut all = Vec::new();
            loop {
                all.push(vec![1u8; 1 << 20]);
                black_box(&all);
            }
        }
        "recurse" => {
            black_box(descend(0));
        }
        "recurse-wide" => {
            black_box(descend_wide(0));
        }
        "trap" => walk_into_a_trap(),
        "panic" => panic!("this policy gave up"),
        "exit" => std::process::exit(3),
        _ => {}
    }
}

#[inline(never)]
fn walk_into_a_trap() {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable()
}

/// This many rounds of work.
pub fn spin(rounds: usize) {
    for round in 0..rounds {
        black_box(round);
    }
}

#[inline(never)]
fn descend(depth: u64) -> u64 {
    if black_box(depth) == u64::MAX {
        return 0;
    }
    descend(depth + 1).wrapping_mul(depth | 1)
}

/// Large frames exhaust the guest's own stack in its linear memory.
#[inline(never)]
fn descend_wide(depth: usize) -> usize {
    let frame = black_box([depth; 512]);
    if frame[0] == usize::MAX {
        return 0;
    }
    descend_wide(frame[depth % 512] + 1) + black_box(frame)[0]
}

/// Waste with an interaction or a size.
pub fn hoard(word: &str, number: usize, interaction: &Interaction) -> Option<String> {
    Some(match word {
        "handles" => {
            let mut all = Vec::new();
            loop {
                all.push(interaction.author());
            }
        }
        "handles-dropped" => {
            for _ in 0..number {
                interaction.author();
            }
            "dropped".to_owned()
        }
        "keep" => {
            KEPT.set(Some(interaction.author()));
            "kept".to_owned()
        }
        "use-kept" => KEPT.with_borrow(|kept| match kept {
            Some(contact) => format!("{:?}", contact.name()),
            None => "nothing kept".to_owned(),
        }),
        "drop-kept" => format!("{}", KEPT.take().is_some()),
        "log-bytes" => {
            write(Level::Info, &"x".repeat(number));
            "logged".to_owned()
        }
        "log-lines" => {
            for line in 0..number {
                write(Level::Debug, &format!("line {line:04}"));
            }
            "logged".to_owned()
        }
        "ids" => {
            let latest = interactions::of_conversation(1);
            for _ in 0..number {
                black_box(latest.items[0].id());
            }
            "asked".to_owned()
        }
        "log-empty" => {
            for _ in 0..number {
                write(Level::Debug, "");
            }
            "logged".to_owned()
        }
        "log-not-utf8" => {
            write(Level::Info, &not_utf8());
            "logged".to_owned()
        }
        "query" => {
            let query = Query {
                skills: vec![Skill::new("", 1); number],
                ..Query::new()
            };
            agents::count(&query).to_string()
        }
        "state" => {
            for key in 0..number {
                state::set(Scope::Conversation, &key.to_string(), [7; 4096]);
            }
            "remembered".to_owned()
        }
        "state-key" => {
            state::add(Scope::Contact, &"k".repeat(number), 1);
            "remembered".to_owned()
        }
        "state-value" => {
            state::set(Scope::Contact, "k", vec![7; number]);
            "remembered".to_owned()
        }
        "state-then-trap" => {
            state::add(Scope::Contact, "k", 1);
            waste("trap");
            String::new()
        }
        "refused-growth" => {
            // Continues when the limiter refuses.
            let mut huge: Vec<u8> = Vec::new();
            let refused = huge.try_reserve_exact(1 << 30).is_err();
            format!("refused={refused}")
        }
        "slow" => {
            static SINK: AtomicU32 = AtomicU32::new(0);
            for turn in 0..number * 1_000_000 {
                SINK.fetch_add(black_box(turn as u32), Ordering::Relaxed);
            }
            "done".to_owned()
        }
        _ => return None,
    })
}
