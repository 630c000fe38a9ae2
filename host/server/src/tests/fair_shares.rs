//! What one company or token occupies of the host's threads and streams leaves
//! others theirs. Counted, not timed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use patchbay_config::bound::{Bound, Scope};
use patchbay_http::bounds::Requester;
use patchbay_http::work_share::{WorkShare, on_share};
use patchbay_journal::Note;
use patchbay_model::access::Role;
use patchbay_service::app::App;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::Running;
use super::bounds::{LOUD, QUIET, follow, two_companies};
use super::matrix::{give, standing};

const MESSAGE: &str = r#"{"id":"1","channel":"x","text":"Hello","author":{"address":"@a"}}"#;

#[tokio::test]
async fn a_company_that_occupies_its_threads_delays_no_other() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Work, Scope::Company, 2);
        settings.bounds.set(Bound::Work, Scope::Host, 4);
    })
    .await;
    let mut holds = Vec::new();
    for number in 0..2 {
        let token = format!("t{number}");
        let hold = occupy(&server, "northwind", &token, |app| &app.shares.requests).await;
        holds.push(hold);
    }
    let client = server.client;
    let mut waiting = JoinSet::new();
    for _ in 0..50 {
        waiting.spawn(async move { client.get(&format!("{LOUD}/conversations")).await });
    }
    for _ in 0..100 {
        for path in ["/conversations", "/agents", "/queues", "/generations"] {
            let answer = client.get(&format!("{QUIET}{path}")).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
    }
    for company in [LOUD, QUIET] {
        let accepted = client
            .post(&format!("{company}/interactions"), MESSAGE)
            .await;
        assert_eq!(accepted.status, 202, "deliveries have threads of their own");
    }
    for path in ["/healthz", "/readyz", "/metrics", "/v1/status"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert!(waiting.try_join_next().is_none(), "they still wait");
    drop(holds);
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

/// Long reads of one company, as its programs make them over HTTP: each reads the
/// whole feed. Returns how many have ended, and ends them when it is dropped.
struct LongReads {
    ended: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    readers: JoinSet<()>,
}

impl LongReads {
    fn start(server: &Running, company: &'static str, at_once: usize) -> LongReads {
        let (ended, stop) = (Arc::default(), Arc::default());
        let mut readers = JoinSet::new();
        for _ in 0..at_once {
            let app = Arc::clone(&server.app);
            let (ended, stop) = (Arc::clone(&ended), Arc::clone(&stop));
            let read = async move {
                while !AtomicBool::load(&stop, Ordering::Relaxed) {
                    let read = app.read(|desk| {
                        let company = desk.company("northwind")?;
                        Ok(desk.journal().feed(company, 0, usize::MAX)?.entries.len())
                    });
                    assert!(read.await.expect("read") >= 30_000);
                    AtomicUsize::fetch_add(&ended, 1, Ordering::Relaxed);
                }
            };
            let requester = Requester {
                company: Some(company.into()),
                token: None,
            };
            readers.spawn(requester.scope(read));
        }
        LongReads {
            ended,
            stop,
            readers,
        }
    }

    fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_company_at_its_readers_delays_no_reads_of_another() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Readers, Scope::Company, 1);
        settings.bounds.set(Bound::Readers, Scope::Host, 2);
    })
    .await;
    let desk = server.app.desk().expect("a desk");
    let filled = tokio::task::spawn_blocking(move || {
        let company = desk.company("northwind").expect("known");
        let note = Note {
            kind: 1,
            at: desk.now(),
            head: format!(r#"{{"text":"{}"}}"#, "a".repeat(200)),
        };
        for _ in 0..3 {
            let notes = vec![note.clone(); 10_000];
            desk.journal().append_notes(company, notes).expect("stored");
        }
    });
    filled.await.expect("no panic");
    let mut long = LongReads::start(&server, "northwind", 8);
    let client = server.client;
    let mut waiting = JoinSet::new();
    for _ in 0..8 {
        waiting.spawn(async move { client.get(&format!("{LOUD}/generations")).await });
    }
    while long.ended() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let before = long.ended();
    for _ in 0..60 {
        let answer = client.get(&format!("{QUIET}/generations")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // If they waited for a connection like the others, each would wait for a long
    // read at least.
    let during = long.ended() - before;
    assert!(during < 30, "{during} long reads during 60 short ones");
    long.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = long.readers.join_next().await {
        ended.expect("no panic");
    }
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[tokio::test]
async fn a_company_that_asks_for_its_status_without_end_delays_no_other() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |_| {}).await;
    let operator = |company| give(&server, standing(Some(company), Role::Operator), |_| {});
    let (loud, quiet) = (operator("northwind"), operator("harbour"));
    let holds = [(); 2].map(|()| occupy(&server, "northwind", "t", |app| &app.shares.observation));
    let mut held = Vec::new();
    for hold in holds {
        held.push(hold.await);
    }
    let client = server.client;
    let mut waiting = JoinSet::new();
    for _ in 0..20 {
        let loud = loud.clone();
        waiting.spawn(async move { client.ask("GET", "/v1/status", &loud, "").await });
    }
    for _ in 0..20 {
        let status = client.ask("GET", "/v1/status", &quiet, "").await;
        assert_eq!(status.status, 200, "{status:?}");
    }
    assert!(waiting.try_join_next().is_none(), "they still wait");
    drop(held);
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

/// Occupies a thread of a share as this company and token until the sender is
/// dropped.
pub(super) async fn occupy(
    server: &Running,
    company: &str,
    token: &str,
    share: fn(&App) -> &WorkShare,
) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let app = Arc::clone(&server.app);
    let requester = Requester {
        company: Some(company.into()),
        token: Some(token.into()),
    };
    tokio::spawn(requester.scope(async move {
        let work = move || {
            let _ = begun.send(());
            let _ = held.recv();
        };
        on_share(share(&app), work).await
    }));
    has_begun.await.expect("begun");
    hold
}

#[tokio::test]
async fn streams_of_one_token_leave_other_tokens_of_its_company_theirs() {
    let place: TempDir = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Streams, Scope::Token, 2);
    })
    .await;
    let operator = || give(&server, standing(Some("northwind"), Role::Operator), |_| {});
    let (greedy, other) = (operator(), operator());
    let mut open = Vec::new();
    for _ in 0..2 {
        let (stream, status) = follow(&server, LOUD, &greedy).await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }
    for _ in 0..20 {
        let path = format!("{LOUD}/events");
        let refused = server.client.ask("GET", &path, &greedy, "").await;
        refused.problem(429, "too-many-requests");
        assert_eq!(refused.headers["retry-after"], "5");
    }
    let (_stream, status) = follow(&server, LOUD, &other).await;
    assert_eq!(status, "HTTP/1.1 200");
}
