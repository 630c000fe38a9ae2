//! Decisions of a process whose address space is limited and used up.

use std::process::Command;

use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::wat;
use patchbay_suite::host::{TIMEOUT, small, spec};

use crate::assertions::{assert_detail, classify};

/// Set in the process that is limited.
const IS_LIMITED: &str = "PATCHBAY_TEST_ADDRESS_SPACE";
/// Its limit in KiB: 4 GiB, of which an engine on demand gives some instances.
const LIMIT: &str = "4194304";
/// Reserved at once to use the rest up: less than an instance needs.
const STEP: usize = 16 << 20;

#[test]
fn a_decision_without_address_space_is_overloaded() {
    if std::env::var_os(IS_LIMITED).is_some() {
        decide_without_address_space();
        return;
    }
    let name = "address_space::a_decision_without_address_space_is_overloaded";
    let output = Command::new("sh")
        .args(["-c", "ulimit -v \"$0\" && exec \"$@\"", LIMIT])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env(IS_LIMITED, "1")
        .env("MALLOC_ARENA_MAX", "2")
        .output()
        .expect("the process starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}");
}

fn decide_without_address_space() {
    let settings = EngineSettings {
        made_ahead: 0,
        ..small(Allocation::OnDemand)
    };
    let engine = Engine::serving(settings, None).expect("an engine");
    assert!(engine.address_need().is_met());
    let plugin = Plugin::activate(&engine, spec(wat("declines"))).expect("activated");
    let (_, trace) = classify(&plugin, "hello");
    assert_eq!(trace.outcome.kind, OutcomeKind::Declined);

    let mut rest: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut step = Vec::new();
        match step.try_reserve_exact(STEP) {
            Ok(()) => rest.push(step),
            Err(_) => break,
        }
    }
    // What the test itself needs to go on.
    rest.pop();
    let refused = Lease::acquire(&plugin, TIMEOUT).err();
    drop(rest);
    let refused = refused.expect("no address space");
    assert_detail(&refused, OutcomeKind::Overloaded, "address space");
    let (_, trace) = classify(&plugin, "hello");
    assert_eq!(trace.outcome.kind, OutcomeKind::Declined);
}
