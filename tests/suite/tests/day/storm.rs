//! Ten times as much as can be done: what is taken in is decided, the rest is
//! told when to come again, and a quiet company notices nothing.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_desk::LoadBounds;
use patchbay_server::{AdmissionSettings, JournalSettings, Server, ServerSettings};
use serde_json::{Value, json};

/// Inputs of one company that may wait.
const BACKLOG: u64 = 40;
/// Requests that may wait for a thread.
const QUEUE: usize = 8;
/// Threads that send as fast as they can.
const SENDERS: usize = 12;
/// What each sends: an interaction, and something to be decided at once.
const ROUNDS: usize = 150;
/// Rounds of work for each decision: some milliseconds.
const SLOW: &str = "spin 5000000";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

struct Answer {
    status: u16,
    comes_again: bool,
    body: Value,
}

/// Ask a server that closes after each answer.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
    Answer {
        status: status.expect("a status"),
        comes_again: head.to_lowercase().contains("\r\nretry-after: "),
        body: serde_json::from_str(body).unwrap_or_default(),
    }
}

fn interact(address: SocketAddr, company: &str, id: &str, text: &str) -> Answer {
    let said = json!({"id": id, "channel": "chat", "text": text, "author": {"address": "@jo"}});
    let path = format!("/v1/companies/{company}/interactions");
    ask(address, "POST", &path, "", &said.to_string())
}

fn decide(address: SocketAddr, company: &str, id: &str, text: &str, headers: &str) -> Answer {
    let said = json!({"interaction": {"id": id, "channel": "chat", "text": text}});
    let path = format!("/v1/companies/{company}/decide");
    ask(address, "POST", &path, headers, &said.to_string())
}

fn settings(directory: &std::path::Path) -> ServerSettings {
    ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        workers: 1,
        queue_length: QUEUE,
        deadline: PATIENCE,
        admission: AdmissionSettings {
            queue_per_company: QUEUE / 2,
            backlog: BACKLOG * 2,
            load: LoadBounds {
                busy: 10,
                full: 20,
                busy_after: PATIENCE,
                full_after: PATIENCE,
            },
            ..AdmissionSettings::default()
        },
        journal: Some(JournalSettings {
            backlog: BACKLOG,
            ..JournalSettings::at(directory.join("desk.db"))
        }),
        ..ServerSettings::default()
    }
}

/// What a company still has to have decided.
fn undecided(address: SocketAddr, company: &str) -> u64 {
    let path = format!("/v1/companies/{company}/drain");
    let left = ask(address, "GET", &path, "", "").body;
    left["undecided"].as_u64().expect("a number")
}

/// Interactions a company's conversations hold.
fn interactions(address: SocketAddr, company: &str) -> usize {
    let path = format!("/v1/companies/{company}/conversations");
    let open = ask(address, "GET", &path, "", "").body;
    let all = open["conversations"].as_array().expect("a list");
    let counts = all.iter().filter_map(|one| one["interactions"].as_u64());
    usize::try_from(counts.sum::<u64>()).expect("few")
}

#[test]
fn at_ten_times_what_can_be_done_nothing_taken_in_is_lost_and_nobody_else_waits() {
    let place = tempfile::tempdir().expect("a place");
    let assembler = super::assembler();
    let companies = ["storm", "quiet"].map(|name| super::built(&assembler, &super::company(name)));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let bound = runtime
        .block_on(Server::bind(
            &settings(place.path()),
            companies.into(),
            assembler,
        ))
        .expect("bound");
    let address = bound.local_addr();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(bound.run(async {
        let _ = stopped.await;
    }));

    let taken = Mutex::new(BTreeSet::new());
    let (decided, shed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut senders = Vec::new();
        for sender in 0..SENDERS {
            let (taken, decided, shed) = (&taken, &decided, &shed);
            senders.push(scope.spawn(move || {
                for round in 0..ROUNDS {
                    let id = format!("{sender}-{round}");
                    let answer = interact(address, "storm", &id, SLOW);
                    match answer.status {
                        202 => assert!(taken.lock().expect("no panic").insert(id.clone())),
                        503 => {
                            assert!(answer.comes_again, "{}", answer.body);
                            shed.fetch_add(1, Ordering::Relaxed);
                        }
                        other => panic!("{other}: {}", answer.body),
                    }
                    let headers = "Patchbay-Deadline-Ms: 50\r\n";
                    let answer = decide(address, "storm", &id, SLOW, headers);
                    match answer.status {
                        200 => {
                            decided.fetch_add(1, Ordering::Relaxed);
                        }
                        503 => {
                            assert!(answer.comes_again, "{}", answer.body);
                            shed.fetch_add(1, Ordering::Relaxed);
                        }
                        other => panic!("{other}: {}", answer.body),
                    }
                }
            }));
        }
        let over = &over;
        let quiet = scope.spawn(move || {
            let mut asked = 0;
            // At least a few, and for as long as the storm goes on.
            while asked < 20 || !over.load(Ordering::Relaxed) {
                let id = format!("quiet-{asked}");
                let taken = interact(address, "quiet", &id, "ok");
                assert_eq!(taken.status, 202, "{}", taken.body);
                let decided = decide(address, "quiet", &id, "ok", "");
                assert_eq!(decided.status, 200, "{}", decided.body);
                asked += 1;
            }
            asked
        });
        let watch = scope.spawn(move || {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                let status = ask(address, "GET", "/v1/journal", "", "").body;
                let pending = status["pending"].as_u64().expect("a number");
                assert!(pending <= BACKLOG * 2, "the bound holds: {status}");
                let left = undecided(address, "storm");
                // What one batch has in hand and is in the journal done.
                assert!(left <= BACKLOG + 64, "{left} wait of one company");
                most = most.max(pending);
            }
            most
        });
        for sender in senders {
            sender.join().expect("each request is answered");
        }
        over.store(true, Ordering::Relaxed);
        let asked = quiet.join().expect("none is turned away");
        let most = watch.join().expect("bounded");
        assert!(most > 0);
        assert!(asked >= 20, "{asked} of {asked}");
    });
    let taken = taken.into_inner().expect("no panic");
    let sent = SENDERS * ROUNDS;
    let done = taken.len() + decided.load(Ordering::Relaxed);
    assert_eq!(
        done + shed.load(Ordering::Relaxed),
        2 * sent,
        "each is answered"
    );
    assert!(taken.len() < sent, "it was more than could be done");

    // The storm is over: everything that was taken in is decided, without
    // anybody's doing.
    while undecided(address, "storm") > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(
        interactions(address, "storm"),
        taken.len(),
        "nothing is lost"
    );
    for id in taken.iter().take(20) {
        let again = interact(address, "storm", id, SLOW);
        assert_eq!(again.body["duplicate"], 1, "{}", again.body);
    }
    let after = interact(address, "storm", "after", "ok");
    assert_eq!(after.status, 202, "{}", after.body);
    let after = decide(address, "storm", "after", "ok", "");
    assert_eq!(after.status, 200, "{}", after.body);
    let _ = stop.send(());
    let finished = runtime.block_on(serving).expect("no panic");
    assert_eq!(finished.abandoned, 0);
}
