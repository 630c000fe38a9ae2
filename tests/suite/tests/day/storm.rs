//! Ten times as much as can be done, for a minute: what is taken in is decided,
//! the rest is told when to come again, nothing grows, and a quiet company
//! notices nothing. The clock says how long it storms, and decides nothing.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use patchbay_desk::LoadBounds;
use patchbay_server::{AdmissionSettings, JournalSettings, Server, ServerSettings};
use serde_json::{Value, json};

/// Inputs of one company that may wait.
const BACKLOG: u64 = 40;
/// Requests that may wait for a thread.
const QUEUE: usize = 8;
/// Threads that send, each an interaction and something to be decided at once.
const SENDERS: usize = 12;
/// How long they do.
const STORM: Duration = Duration::from_secs(60);
/// What they wait after having been turned away: together they ask for more
/// than ten times what can be done.
const COMES_AGAIN: Duration = Duration::from_millis(5);
/// After which time the host has what it needs: its threads, its caches.
const SETTLED: Duration = Duration::from_secs(10);
/// How much more memory it may have at the end: pages of the journal are kept in
/// memory up to a bound that ten seconds do not reach. Four KiB left of each
/// interaction that is delivered would double it.
const GROWTH: f64 = 1.3;
/// Most interactions of the storm that are taken in, on average, while one of the
/// quiet company is delivered, decided about and another asked for: it waits for
/// what is in hand, a batch of 64, and for its turn in the next.
const TURNS: usize = 128;
/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);
/// Rounds of work for each decision: some ten milliseconds.
const SLOW: &str = "spin 20000000";
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
    let author = id.split('-').next();
    let said = json!({"id": id, "channel": "chat", "text": text, "author": {"address": author}});
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

/// Memory of this process, in KiB: the server's and the senders'.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number")
}

/// Check that nothing waits beyond its bound; how many interactions do.
fn within_bounds(address: SocketAddr) -> u64 {
    // What one batch has in hand is in the journal done.
    const AT_HAND: u64 = 64;
    let journal = ask(address, "GET", "/v1/journal", "", "").body;
    let pending = journal["pending"].as_u64().expect("a number");
    assert!(pending <= BACKLOG * 2, "in all: {journal}");
    let status = ask(address, "GET", "/v1/status", "", "").body;
    let waiting = status["waiting"].as_u64().expect("a number");
    assert!(waiting <= QUEUE as u64, "for a thread: {status}");
    for company in status["companies"].as_array().expect("companies") {
        let undecided = company["desk"]["undecided"].as_u64().expect("a number");
        assert!(undecided <= BACKLOG + AT_HAND, "of one company: {company}");
    }
    pending
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
    let _alone = super::alone();
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
    let (sent, decided, shed) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let over = AtomicBool::new(false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let mut senders = Vec::new();
        for sender in 0..SENDERS {
            let (taken, sent, decided, shed) = (&taken, &sent, &decided, &shed);
            let turned_away = || {
                shed.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(COMES_AGAIN);
            };
            senders.push(scope.spawn(move || {
                let rounds = (0_u32..).take_while(|_| began.elapsed() < STORM);
                for round in rounds {
                    sent.fetch_add(1, Ordering::Relaxed);
                    let id = format!("{sender}-{round}");
                    let answer = interact(address, "storm", &id, SLOW);
                    match answer.status {
                        202 => assert!(taken.lock().expect("no panic").insert(id.clone())),
                        503 => {
                            assert!(answer.comes_again, "{}", answer.body);
                            turned_away();
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
                            turned_away();
                        }
                        other => panic!("{other}: {}", answer.body),
                    }
                }
            }));
        }
        let over = &over;
        let quiet = scope.spawn(move || {
            let mut served = 0;
            while !over.load(Ordering::Relaxed) {
                let id = format!("quiet-{served}");
                let taken = interact(address, "quiet", &id, "ok");
                assert_eq!(taken.status, 202, "{}", taken.body);
                let decided = decide(address, "quiet", &id, "ok", "");
                assert_eq!(decided.status, 200, "{}", decided.body);
                // It writes again once it was heard.
                while undecided(address, "quiet") > 0 {
                    std::thread::sleep(LOOK);
                }
                served += 1;
            }
            served
        });
        let watch = scope.spawn(move || {
            let (mut most, mut settled) = (0, None);
            while !over.load(Ordering::Relaxed) {
                most = most.max(within_bounds(address));
                if settled.is_none() && began.elapsed() > SETTLED {
                    settled = Some(resident());
                }
                std::thread::sleep(LOOK);
            }
            let (settled, end) = (settled.expect("it lasted longer"), resident());
            let growth = end as f64 / settled as f64;
            assert!(growth <= GROWTH, "{settled} KiB became {end}: {growth:.2}");
            most
        });
        let answered: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(
            answered.iter().all(Result::is_ok),
            "each request is answered"
        );
        let served = quiet.join().expect("none is turned away");
        let stormed = taken.lock().expect("no panic").len();
        assert!(served * TURNS >= stormed, "{served} beside {stormed}");
        let most = watch.join().expect("bounded");
        assert!(most > 0, "nothing waited");
    });
    let taken = taken.into_inner().expect("no panic");
    let sent = sent.load(Ordering::Relaxed);
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
