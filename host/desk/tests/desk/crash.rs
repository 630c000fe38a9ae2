//! The process is killed at any moment: what was acknowledged is there once,
//! in order, and decided about.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use patchbay_journal::Ordinal;

use crate::office::{company, conversations, desk_of, feed, northwind, ordinal, said};

/// Rounds of dying.
pub(crate) const ROUNDS: u32 = 50;
/// Says where, to the process that is killed.
pub(crate) const PLACE: &str = "PATCHBAY_DESK_CRASH_PLACE";
pub(crate) const ROUND: &str = "PATCHBAY_DESK_CRASH_ROUND";

#[test]
#[ignore = "the process that another test starts and kills, not a test of its own"]
fn accept_interactions_until_killed() {
    let (Ok(place), Ok(round)) = (std::env::var(PLACE), std::env::var(ROUND)) else {
        panic!("{PLACE} and {ROUND} are set by the test that starts this process");
    };
    let desk = desk_of(Path::new(&place), vec![company("northwind", Some(3600))]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (desk, round) = (&desk, &round);
            scope.spawn(move || {
                for number in 0.. {
                    let batch = (0..5)
                        .map(|part| {
                            let id = format!("{round}-{thread}-{number}-{part}");
                            said(&id, &format!("@{thread}-{part}"), "Hello?")
                        })
                        .collect();
                    let receipts = desk.accept("northwind", batch).expect("taken in");
                    // Acknowledged only from here on.
                    let mut out = String::new();
                    for receipt in receipts {
                        out += &format!("{} {}\n", receipt.interaction, ordinal(&receipt));
                    }
                    let mut stdout = std::io::stdout().lock();
                    stdout.write_all(out.as_bytes()).expect("written");
                    stdout.flush().expect("written");
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_however_often_the_process_is_killed() {
    let place = tempfile::tempdir().expect("a place");
    let mut acknowledged = BTreeMap::<u64, String>::new();
    for round in 0..ROUNDS {
        let life = Duration::from_millis(u64::from(round * 37 % 150));
        let process = "crash::accept_interactions_until_killed";
        for line in live(process, place.path(), round, life, &[]) {
            let (ordinal, id) = (line.1, line.0);
            let before = acknowledged.insert(ordinal, id.clone());
            assert_eq!(before, None, "{id} was given a number that is taken");
        }
    }
    assert!(!acknowledged.is_empty());
    let desk = desk_of(place.path(), vec![company("northwind", Some(3600))]);
    desk.wait_until_idle();
    let ordinals: Vec<Ordinal> = acknowledged.keys().copied().map(Ordinal).collect();
    let company = northwind(&desk);
    let mut ids = HashMap::new();
    for chunk in ordinals.chunks(500) {
        for message in desk.journal().inputs(company, chunk).expect("readable") {
            ids.insert(message.ordinal.0, message.message);
        }
    }
    for (ordinal, id) in &acknowledged {
        assert_eq!(ids.get(ordinal), Some(id), "{id} was acknowledged");
    }
    let mut decided = HashMap::<u64, u32>::new();
    let mut order = HashMap::<_, Vec<(u64, u64)>>::new();
    for entry in feed(&desk) {
        let input = entry.input.expect("every entry here is of an input").0;
        *decided.entry(input).or_default() += 1;
        order
            .entry(entry.conversation.expect("of a conversation"))
            .or_default()
            .push((entry.sequence, input));
    }
    for ordinal in acknowledged.keys() {
        assert_eq!(decided.get(ordinal), Some(&1), "input {ordinal}");
    }
    for (conversation, entries) in order {
        let inputs: Vec<u64> = entries.iter().map(|(_, input)| *input).collect();
        assert!(inputs.is_sorted(), "{conversation}: {entries:?}");
        let numbers: Vec<u64> = entries.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    }
    let open = conversations(&desk);
    assert_eq!(open.len(), 20);
    assert!(
        open.iter().all(|row| row.due_at.is_some()),
        "no clock is lost"
    );
    assert_eq!(desk.status().timers(), 20);
    let report = desk.journal().check().expect("readable");
    assert!(report.is_sound(), "{report:?}");
}

/// What a process acknowledged before it was killed: so long after it
/// acknowledged something, or, every fifth time, after it was started, which may
/// be while it still opens its journal.
///
/// Each line is a name and a number.
pub(crate) fn live(
    process: &str,
    place: &Path,
    round: u32,
    life: Duration,
    also: &[(&str, &str)],
) -> Vec<(String, u64)> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", process, "--nocapture", "--ignored"])
        .env(PLACE, place)
        .env(ROUND, round.to_string())
        .envs(also.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let stdout = child.stdout.take().expect("a pipe");
    let (begun, has_begun) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines
            .filter_map(|line| {
                let (id, ordinal) = line.split_once(' ')?;
                // The test harness says things too.
                let acknowledged = (id.to_owned(), ordinal.parse().ok()?);
                id.contains('-').then_some(acknowledged)
            })
            .inspect(|_| {
                let _ = begun.send(());
            })
            .collect::<Vec<_>>()
    });
    if !round.is_multiple_of(5) {
        let begun = has_begun.recv_timeout(Duration::from_secs(60));
        begun.expect("it acknowledges something within a minute");
    }
    std::thread::sleep(life);
    // SIGKILL: nothing is finished, nothing flushed.
    child.kill().expect("killed");
    child.wait().expect("ended");
    reading.join().expect("no panic")
}
