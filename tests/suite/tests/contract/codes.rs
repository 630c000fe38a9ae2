//! The codes of the Rust SDK are those of the contract and of the host.

use std::collections::BTreeMap;
use std::fs;

use patchbay_model::channel;
use patchbay_model::channel::Visibility;
use patchbay_model::conversation::{RouteCause, TriggerCode};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::escalation::ActionKind;
use patchbay_model::decision::route::TargetKind;
use patchbay_model::directory::Presence;
use patchbay_model::interaction::{Direction, WrittenBy};
use patchbay_model::sla::Clock;

use crate::{PACKAGES, root};

/// Codes by enum, read from the source: a dependency on the SDK would relink the whole suite at
/// each of its changes.
fn sdk_codes() -> BTreeMap<String, Vec<String>> {
    let source = fs::read_to_string(root().join("sdk/rust/src/codes.rs")).expect("the SDK");
    let (_, enums) = source.split_once("\ncodes! {").expect("its codes");
    let mut codes = BTreeMap::<_, Vec<_>>::new();
    let mut name = "";
    for line in enums
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]")
    {
        if let Some(begin) = line.strip_suffix(" {") {
            name = begin;
        } else if let Some((_, code)) = line.split_once(" = \"") {
            let code = code.trim_end_matches("\",").to_owned();
            codes.entry(name.to_owned()).or_default().push(code);
        }
    }
    codes
}

#[test]
fn sdk_codes_are_documented_in_the_contract() {
    let mut contract = String::new();
    for package in PACKAGES {
        for file in fs::read_dir(root().join("wit").join(package)).expect("a package") {
            contract += &fs::read_to_string(file.expect("a file").path()).expect("a text");
        }
    }
    let codes = sdk_codes();
    assert!(codes.len() >= 12, "{codes:?}");
    for (name, codes) in codes {
        // The contract gives examples of channels: a company may add its own.
        if name == "Channel" {
            continue;
        }
        for code in codes {
            assert!(contract.contains(&format!("`{code}`")), "{name}: {code}");
        }
    }
}

#[test]
fn sdk_channels_are_channels_of_the_host() {
    for code in &sdk_codes()["Channel"] {
        assert!(channel::find(code).is_some(), "{code}");
    }
}

#[test]
fn sdk_codes_are_those_of_the_host() {
    let sdk = sdk_codes();
    let same = |name: &str, host: &[&str]| assert_eq!(sdk[name], host, "{name}");
    same("ActionKind", &ActionKind::CODES);
    same("TargetKind", &TargetKind::CODES);
    same("TriggerCode", &TriggerCode::CODES);
    same("RouteCause", &RouteCause::CODES);
    same(
        "ConversationState",
        &ConversationState::ALL.map(ConversationState::as_str),
    );
    same("Presence", &Presence::ALL.map(Presence::as_str));
    same("Direction", &Direction::ALL.map(Direction::as_str));
    same("Visibility", &Visibility::ALL.map(Visibility::as_str));
    same("WrittenBy", &WrittenBy::ALL.map(WrittenBy::as_str));
    same("SlaClock", &Clock::ALL.map(Clock::as_str));
}
