//! `serve` and `doctor` under a limit of address space (`ulimit -v`).

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::command::{isolated, stderr, stdout};

/// Address space in KiB in which the command runs and no policy does: less than a
/// server needs beside instances.
const LITTLE: u64 = 1_650 << 10;

/// Run the command with at most so many KiB of address space. A server that starts
/// is stopped after a minute.
fn run_within(kib: u64, arguments: &[&str]) -> Output {
    let mut process = isolated(Command::new("sh"))
        .args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &kib.to_string()])
        .arg(env!("CARGO_BIN_EXE_patchbay"))
        .args(arguments)
        .env("MALLOC_ARENA_MAX", "2")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let until = Instant::now() + Duration::from_secs(60);
    while process.try_wait().expect("a child").is_none() {
        if Instant::now() > until {
            process.kill().expect("it runs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    process.wait_with_output().expect("it has ended")
}

/// The `ulimit -v` that a text advises.
fn advised(text: &str) -> u64 {
    // A line of an error continues after a bar.
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    let text = words.join(" ");
    let found = text.split("raise `ulimit -v` to ").nth(1);
    let found = found.and_then(|rest| rest.split(' ').next());
    let number = found.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no advice in: {text}"))
}

fn config(place: &Path) -> String {
    std::fs::write(
        place.join("northwind.toml"),
        "company = \"northwind\"\n[queue.general]\ndefault = true\n",
    )
    .expect("written");
    let config = place.join("patchbay.toml");
    let settings = "companies = [\"northwind.toml\"]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(&config, settings).expect("written");
    config.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_server_without_address_space_does_not_start_and_doctor_says_how_much_is_needed() {
    let place = tempfile::tempdir().expect("a place");
    let served = run_within(LITTLE, &["serve", "--config", &config(place.path())]);
    assert_eq!(served.status.code(), Some(4), "{}", stderr(&served));
    assert!(advised(&stderr(&served)) > LITTLE, "{}", stderr(&served));
    let doctor = run_within(LITTLE, &["doctor"]);
    assert_eq!(doctor.status.code(), Some(4), "{}", stdout(&doctor));
    let needed = advised(&stdout(&doctor));
    assert!(needed > LITTLE, "{}", stdout(&doctor));
    let enough = run_within(needed, &["doctor"]);
    assert_eq!(enough.status.code(), Some(0), "{}", stdout(&enough));
}
