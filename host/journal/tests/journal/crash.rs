//! A host that is killed at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use patchbay_journal::{Accepted, Journal, Options, Ordinal, SqliteJournal};

use crate::place::{Place, arrival, commit, conversation};

const CHILD: &str = "PATCHBAY_JOURNAL_CRASH_CHILD";
const ROUNDS: u32 = 20;
const THREADS: u16 = 4;

/// What the child does until it is killed: each thread takes a message in,
/// claims it, commits it, lets it go, and says what was acknowledged.
fn child(place: &Path, round: &str) -> ! {
    let options = Options::new(place.join("journal.db"), place.join("keys/master"));
    let journal = SqliteJournal::open(&options).unwrap();
    let company = journal.company("acme").unwrap();
    let next = AtomicU64::new(0);
    let say = |line: String| {
        // One write for each line, so that none is cut by the kill.
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
        std::io::stdout().lock().flush().unwrap();
    };
    thread::scope(|scope| {
        for lane in 0..THREADS {
            let (journal, next, say) = (&journal, &next, &say);
            scope.spawn(move || {
                let mut sequence = 0;
                let thread = format!("{round} {lane}");
                let of = conversation(company, &thread);
                loop {
                    let id = format!("{round}-{}", next.fetch_add(1, Ordering::SeqCst));
                    let accepted = journal.accept(vec![arrival(company, &id, &id)]).unwrap();
                    let Accepted::Taken(taken) = &accepted[0] else {
                        panic!("{accepted:?}");
                    };
                    let ordinal = taken.ordinal;
                    say(format!("taken {ordinal} {id}\n"));
                    journal.claimed(lane, ordinal).unwrap();
                    let done = journal
                        .commit(commit(&of, sequence, Some(ordinal)))
                        .unwrap();
                    sequence = done.sequence;
                    say(format!("done {ordinal} {} {sequence}\n", of.id));
                    journal.released(lane).unwrap();
                }
            });
        }
    });
    unreachable!("the threads never end");
}

#[test]
fn a_host_killed_at_any_moment_loses_nothing_it_acknowledged() {
    if let Ok(told) = env::var(CHILD) {
        let (round, place) = told.split_once(' ').unwrap();
        child(Path::new(place), round);
    }
    let place = Place::new();
    let (mut taken, mut done) = (BTreeMap::new(), BTreeMap::new());
    let mut claimed_at_a_kill = 0;
    // As often as it takes, on a slow machine, for kills to hit something.
    for round in 0.. {
        if round >= ROUNDS && done.len() > 100 && claimed_at_a_kill > 0 {
            return;
        }
        assert!(round < 20 * ROUNDS, "only {} commits", done.len());
        // Not the same moment in each round, and none so early that nothing
        // has happened.
        let life = Duration::from_millis(20 + u64::from(round * 37 % 130));
        for line in killed_after(&place, round, life) {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["taken", ordinal, id] => {
                    let before = taken.insert(ordinal.parse::<u64>().unwrap(), id.to_owned());
                    assert_eq!(before, None, "ordinal {ordinal} was given twice");
                }
                ["done", ordinal, of, sequence] => {
                    let place = (of.to_owned(), sequence.parse::<u64>().unwrap());
                    done.insert(ordinal.parse::<u64>().unwrap(), place);
                }
                _ => {}
            }
        }
        claimed_at_a_kill += verified(&place, &taken, &done);
    }
}

/// Run a child until its first acknowledgement and then for a while; answers
/// every whole line it said.
fn killed_after(place: &Place, round: u32, life: Duration) -> Vec<String> {
    let told = format!("{round} {}", place.directory.path().display());
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg("crash::a_host_killed_at_any_moment_loses_nothing_it_acknowledged")
        .env(CHILD, told)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut lines = vec![];
    while !lines
        .last()
        .is_some_and(|line: &String| line.starts_with("taken"))
    {
        let mut line = String::new();
        assert_ne!(
            said.read_line(&mut line).unwrap(),
            0,
            "the child ended: {lines:?}"
        );
        // The harness says the test's name before the child's first word.
        let word = line.find("taken ").map_or(0, |at| at);
        lines.push(line[word..].trim_end().to_owned());
    }
    let reader = thread::spawn(move || {
        let mut rest = vec![];
        loop {
            let mut line = String::new();
            match said.read_line(&mut line) {
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

/// Everything acknowledged is there once and in order, and nothing by halves.
/// Answers how many inputs were in flight at the kill.
fn verified(
    place: &Place,
    taken: &BTreeMap<u64, String>,
    done: &BTreeMap<u64, (String, u64)>,
) -> usize {
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let report = journal.check().unwrap();
    assert!(report.sound(), "{report:?}");
    let newest = journal.status().unwrap().newest;
    let all: Vec<Ordinal> = (1..=newest.0).map(Ordinal).collect();
    let rows = journal.inputs(company, &all).unwrap();
    assert_eq!(rows.len(), all.len(), "ordinals have no gaps");
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.message).collect();
    assert_eq!(ids.len(), rows.len(), "no message is there twice");
    for (ordinal, id) in taken {
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
        "no input was done twice"
    );
    for (ordinal, place) in done {
        assert_eq!(recorded.get(ordinal), Some(place));
    }
    let pending = journal.pending(Ordinal(0), usize::MAX).unwrap();
    assert_eq!(pending.len() + recorded.len(), rows.len());
    // The lanes were empty when this run began, so the counts stay.
    pending
        .iter()
        .filter(|pending| pending.crashes == 1)
        .count()
}
