//! Ten times the capacity for a while: every accepted interaction is decided,
//! the others get a `Retry-After`, memory does not grow, and another company
//! is served. The clock ends the load and decides nothing else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use patchbay_client::{BlockingClient, ClientOptions, Method, company_path};
use patchbay_desk::LoadBounds;
use patchbay_server::{AdmissionSettings, JournalSettings, Server, ServerSettings};
use serde_json::{Value, json};

use crate::company::{alone, assembler, built, company};

/// Most pending inputs of one company.
const BACKLOG: u64 = 40;
/// Most requests that wait for a thread.
const QUEUE: usize = 8;
/// Threads that send; each sends an interaction and a request for a decision.
const SENDERS: usize = 12;
/// How long a sender waits after a 503: together the senders request more than
/// ten times the capacity.
const RETRY_WAIT: Duration = Duration::from_millis(5);
/// After this time the server's threads and caches are warm.
const WARM_UP: Duration = Duration::from_secs(10);
/// Most growth of memory after the warm-up. The journal's page cache has a bound
/// that ten seconds do not reach. Four KiB left of each interaction would double
/// the memory in a minute.
const GROWTH: f64 = 1.3;
/// Most accepted interactions of the busy company, on average, for one of the
/// quiet company: it waits for the current batch of 64 and its turn in the next.
const PER_QUIET: usize = 128;
/// Interval of polls.
const POLL: Duration = Duration::from_millis(20);
/// Work of each decision: some ten milliseconds.
const SLOW: &str = "spin 20000000";
/// Longer than any request takes.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Duration of the load: 15 s, or a minute if `PATCHBAY_LONG_TESTS` is set.
fn load_time() -> Duration {
    match std::env::var_os("PATCHBAY_LONG_TESTS") {
        Some(_) => Duration::from_secs(60),
        None => Duration::from_secs(15),
    }
}

struct Answer {
    status: u16,
    has_retry_after: bool,
    body: Value,
}

/// A client of one thread.
struct Caller(BlockingClient);

impl Caller {
    fn new(address: SocketAddr) -> Caller {
        Caller(BlockingClient::new(ClientOptions::http(address)).expect("a client"))
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        let answer = self.0.send(Method::POST, path, &all, body.to_string());
        let answer = answer.expect("an answer");
        Answer {
            status: answer.status.as_u16(),
            has_retry_after: answer.headers.contains_key("retry-after"),
            body: answer.json(),
        }
    }

    fn get(&self, path: &str) -> Value {
        self.0.get(path).expect("an answer")
    }

    fn interact(&self, company: &str, id: &str, text: &str) -> Answer {
        let author = id.split('-').next();
        let body =
            json!({"id": id, "channel": "chat", "text": text, "author": {"address": author}});
        self.post(&company_path(company, "interactions"), &[], &body)
    }

    fn decide(&self, company: &str, id: &str, text: &str, headers: &[(&str, &str)]) -> Answer {
        let body = json!({"interaction": {"id": id, "channel": "chat", "text": text}});
        self.post(&company_path(company, "decide"), headers, &body)
    }

    /// Asserts that nothing waits beyond its bound; returns the pending inputs.
    fn check_bounds(&self) -> u64 {
        // Inputs of a batch stay in the journal until the batch is committed.
        const BATCH: u64 = 64;
        let journal = self.get("/v1/journal");
        let pending = journal["pending"].as_u64().expect("a number");
        assert!(pending <= BACKLOG * 2, "in total: {journal}");
        let status = self.get("/v1/status");
        let waiting = status["waiting"].as_u64().expect("a number");
        assert!(waiting <= QUEUE as u64, "for a thread: {status}");
        for company in status["companies"].as_array().expect("companies") {
            let undecided = company["desk"]["undecided"].as_u64().expect("a number");
            assert!(undecided <= BACKLOG + BATCH, "of one company: {company}");
        }
        pending
    }

    /// Inputs of a company that are not decided yet.
    fn undecided(&self, company: &str) -> u64 {
        let left = self.get(&company_path(company, "drain"));
        left["undecided"].as_u64().expect("a number")
    }

    /// Interactions in a company's conversations.
    fn interactions(&self, company: &str) -> usize {
        let open = self.get(&company_path(company, "conversations"));
        let all = open["conversations"].as_array().expect("a list");
        let counts = all.iter().filter_map(|one| one["interactions"].as_u64());
        usize::try_from(counts.sum::<u64>()).expect("few")
    }
}

fn settings(directory: &std::path::Path) -> ServerSettings {
    ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        workers: 1,
        queue_length: QUEUE,
        deadline: TIMEOUT,
        admission: AdmissionSettings {
            queue_per_company: QUEUE / 2,
            backlog: BACKLOG * 2,
            load: LoadBounds {
                busy: 10,
                full: 20,
                busy_after: TIMEOUT,
                full_after: TIMEOUT,
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

/// Resident memory of this process in KiB: server and senders.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number")
}

#[test]
fn at_ten_times_capacity_no_accepted_interaction_is_lost_and_other_companies_are_served() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let assembler = assembler();
    let companies = ["storm", "quiet"].map(|name| built(&assembler, &company(name)));
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

    let accepted = Mutex::new(BTreeSet::new());
    let (sent, decided, shed) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let over = AtomicBool::new(false);
    let load_time = load_time();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let mut senders = Vec::new();
        for sender in 0..SENDERS {
            let (accepted, sent, decided, shed) = (&accepted, &sent, &decided, &shed);
            let count_shed = || {
                shed.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(RETRY_WAIT);
            };
            senders.push(scope.spawn(move || {
                let caller = Caller::new(address);
                let rounds = (0_u32..).take_while(|_| start.elapsed() < load_time);
                for round in rounds {
                    sent.fetch_add(1, Ordering::Relaxed);
                    let id = format!("{sender}-{round}");
                    let answer = caller.interact("storm", &id, SLOW);
                    match answer.status {
                        202 => assert!(accepted.lock().expect("no panic").insert(id.clone())),
                        503 => {
                            assert!(answer.has_retry_after, "{}", answer.body);
                            count_shed();
                        }
                        other => panic!("{other}: {}", answer.body),
                    }
                    let headers = [("patchbay-deadline-ms", "50")];
                    let answer = caller.decide("storm", &id, SLOW, &headers);
                    match answer.status {
                        200 => {
                            decided.fetch_add(1, Ordering::Relaxed);
                        }
                        503 => {
                            assert!(answer.has_retry_after, "{}", answer.body);
                            count_shed();
                        }
                        other => panic!("{other}: {}", answer.body),
                    }
                }
            }));
        }
        let over = &over;
        let quiet = scope.spawn(move || {
            let caller = Caller::new(address);
            let mut served = 0;
            while !over.load(Ordering::Relaxed) {
                let id = format!("quiet-{served}");
                let accepted = caller.interact("quiet", &id, "ok");
                assert_eq!(accepted.status, 202, "{}", accepted.body);
                let decided = caller.decide("quiet", &id, "ok", &[]);
                assert_eq!(decided.status, 200, "{}", decided.body);
                // It writes again after the decision.
                while caller.undecided("quiet") > 0 {
                    std::thread::sleep(POLL);
                }
                served += 1;
            }
            served
        });
        let watch = scope.spawn(move || {
            let caller = Caller::new(address);
            let (mut most, mut warm) = (0, None);
            while !over.load(Ordering::Relaxed) {
                most = most.max(caller.check_bounds());
                if warm.is_none() && start.elapsed() > WARM_UP {
                    warm = Some(resident());
                }
                std::thread::sleep(POLL);
            }
            let (warm, end) = (warm.expect("longer than the warm-up"), resident());
            let growth = end as f64 / warm as f64;
            assert!(growth <= GROWTH, "from {warm} to {end} KiB: {growth:.2}");
            most
        });
        let answered: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(answered.iter().all(Result::is_ok), "a sender failed");
        let served = quiet.join().expect("the quiet company is served");
        let stormed = accepted.lock().expect("no panic").len();
        assert!(served * PER_QUIET >= stormed, "{served} against {stormed}");
        let most = watch.join().expect("bounded");
        assert!(most > 0, "nothing waited");
    });
    let accepted = accepted.into_inner().expect("no panic");
    let sent = sent.load(Ordering::Relaxed);
    let done = accepted.len() + decided.load(Ordering::Relaxed);
    assert_eq!(
        done + shed.load(Ordering::Relaxed),
        2 * sent,
        "a request without an answer"
    );
    assert!(accepted.len() < sent, "the load was below the capacity");

    // After the load, everything that was accepted is decided.
    let caller = Caller::new(address);
    while caller.undecided("storm") > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(
        caller.interactions("storm"),
        accepted.len(),
        "an interaction is lost"
    );
    for id in accepted.iter().take(20) {
        let again = caller.interact("storm", id, SLOW);
        assert_eq!(again.body["duplicate"], 1, "{}", again.body);
    }
    let after = caller.interact("storm", "after", "ok");
    assert_eq!(after.status, 202, "{}", after.body);
    let after = caller.decide("storm", "after", "ok", &[]);
    assert_eq!(after.status, 200, "{}", after.body);
    let _ = stop.send(());
    let finished = runtime.block_on(serving).expect("no panic");
    assert_eq!(finished.abandoned, 0);
}
