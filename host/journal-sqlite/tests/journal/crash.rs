//! Kills a host at random moments.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;

use crate::store::{TestStore, arrival, commit, conversation};

const CHILD: &str = "PATCHBAY_JOURNAL_CRASH_CHILD";
const ROUNDS: u32 = 20;
const THREADS: u16 = 4;

/// The child, until it is killed: each thread accepts a message, marks it in
/// flight, commits it, and prints what was acknowledged.
fn child(directory: &Path, round: &str) -> ! {
    let options = Options::new(directory.join("journal.db"), directory.join("keys/master"));
    let journal = SqliteJournal::open(&options).unwrap();
    let company = journal.company("acme").unwrap();
    let next = AtomicU64::new(0);
    let print = |line: String| {
        // One write for each line, so that a kill does not cut one.
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
        std::io::stdout().lock().flush().unwrap();
    };
    thread::scope(|scope| {
        for lane in 0..THREADS {
            let (journal, next, print) = (&journal, &next, &print);
            scope.spawn(move || {
                let mut sequence = 0;
                let thread = format!("{round} {lane}");
                let of = conversation(company, &thread);
                loop {
                    let id = format!("{round}-{}", next.fetch_add(1, Ordering::SeqCst));
                    let accepted = journal.accept(vec![arrival(company, &id, &id)]).unwrap();
                    let AcceptOutcome::Accepted(input) = &accepted[0] else {
                        panic!("{accepted:?}");
                    };
                    let ordinal = input.ordinal;
                    print(format!("accepted {ordinal} {id}\n"));
                    journal.mark_in_flight(lane, ordinal).unwrap();
                    let done = journal
                        .commit(commit(&of, sequence, Some(ordinal)))
                        .unwrap();
                    sequence = done.sequence;
                    print(format!("decided {ordinal} {} {sequence}\n", of.id));
                    journal.clear_in_flight(lane).unwrap();
                }
            });
        }
    });
    unreachable!("the threads never end");
}

#[test]
fn a_host_killed_at_any_moment_loses_nothing_it_acknowledged() {
    if let Ok(arguments) = env::var(CHILD) {
        let (round, directory) = arguments.split_once(' ').unwrap();
        child(Path::new(directory), round);
    }
    let store = TestStore::new();
    let (mut accepted, mut decided) = (BTreeMap::new(), BTreeMap::new());
    let mut in_flight_at_a_kill = 0;
    // On a slow machine, further rounds until kills hit something.
    for round in 0.. {
        if round >= ROUNDS && decided.len() > 100 && in_flight_at_a_kill > 0 {
            return;
        }
        assert!(round < 20 * ROUNDS, "only {} commits", decided.len());
        // Another moment in each round, none before the first input.
        let life = Duration::from_millis(20 + u64::from(round * 37 % 130));
        for line in run_child(&store, round, life) {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["accepted", ordinal, id] => {
                    let before = accepted.insert(ordinal.parse::<u64>().unwrap(), id.to_owned());
                    assert_eq!(before, None, "ordinal {ordinal} was assigned twice");
                }
                ["decided", ordinal, of, sequence] => {
                    let entry = (of.to_owned(), sequence.parse::<u64>().unwrap());
                    decided.insert(ordinal.parse::<u64>().unwrap(), entry);
                }
                _ => {}
            }
        }
        in_flight_at_a_kill += verify(&store, &accepted, &decided);
    }
}

/// Run a child until its first acknowledgement and then for `life`; returns
/// every whole line it printed.
fn run_child(store: &TestStore, round: u32, life: Duration) -> Vec<String> {
    let arguments = format!("{round} {}", store.directory.path().display());
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg("crash::a_host_killed_at_any_moment_loses_nothing_it_acknowledged")
        .env(CHILD, arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = vec![];
    while !lines
        .last()
        .is_some_and(|line: &String| line.starts_with("accepted"))
    {
        let mut line = String::new();
        assert_ne!(
            output.read_line(&mut line).unwrap(),
            0,
            "the child ended: {lines:?}"
        );
        // The test harness prints the name of the test on the same line.
        let word = line.find("accepted ").unwrap_or(0);
        lines.push(line[word..].trim_end().to_owned());
    }
    let reader = thread::spawn(move || {
        let mut rest = vec![];
        loop {
            let mut line = String::new();
            match output.read_line(&mut line) {
                Ok(1..) if line.ends_with('\n') => rest.push(line.trim_end().to_owned()),
                _ => return rest,
            }
        }
    });
    thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.extend(reader.join().unwrap());
    lines
}

/// Check that everything acknowledged is stored once, in order and whole.
/// Returns how many inputs were in flight at the kill.
fn verify(
    store: &TestStore,
    accepted: &BTreeMap<u64, String>,
    decided: &BTreeMap<u64, (String, u64)>,
) -> usize {
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let report = journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    let newest = journal.status().unwrap().newest;
    let all: Vec<Ordinal> = (1..=newest.0).map(Ordinal).collect();
    let rows = journal.inputs(company, &all).unwrap();
    assert_eq!(rows.len(), all.len(), "ordinals have no gaps");
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.message).collect();
    assert_eq!(ids.len(), rows.len(), "no message is stored twice");
    for (ordinal, id) in accepted {
        assert_eq!(&rows[*ordinal as usize - 1].message, id);
    }
    let feed = journal.feed(company, 0, usize::MAX).unwrap();
    let recorded: BTreeMap<u64, (String, u64)> = feed
        .entries
        .iter()
        .map(|entry| {
            (
                entry.input.unwrap().0,
                (entry.conversation.unwrap().to_string(), entry.sequence),
            )
        })
        .collect();
    assert_eq!(
        recorded.len(),
        feed.entries.len(),
        "no input is decided twice"
    );
    for (ordinal, entry) in decided {
        assert_eq!(recorded.get(ordinal), Some(entry));
    }
    let pending = journal.pending(Ordinal(0), usize::MAX).unwrap();
    assert_eq!(pending.len() + recorded.len(), rows.len());
    // No lane was in flight when this run started, so the counts stay.
    pending
        .iter()
        .filter(|pending| pending.crashes == 1)
        .count()
}
