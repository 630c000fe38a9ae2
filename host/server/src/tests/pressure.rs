//! Overload.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use patchbay_http::workers::Job;
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use tokio::task::JoinSet;

use super::client::Unanswered;
use super::{DECIDE, HELLO, Running, TONE};

/// Occupies every deciding thread until the sender is dropped.
pub(super) async fn occupy(server: &Running) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let (begun, mut all_begun) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..server.app.settings.workers {
        let (app, held, begun) = (Arc::clone(&server.app), Arc::clone(&held), begun.clone());
        tokio::spawn(async move {
            let until = Instant::now() + Duration::from_secs(60);
            let work = move |turn: Job<()>| {
                let _ = begun.send(());
                let _ = held.lock().map(|held| held.recv());
                turn.answer(());
            };
            let _ = app.workers.run("northwind", until, work).await;
        });
        all_begun.recv().await.expect("begun");
    }
    hold
}

#[tokio::test]
async fn a_request_that_waits_too_long_is_answered_with_retry_after() {
    let server = Running::with(|settings| settings.deadline = Duration::from_millis(50)).await;
    let hold = occupy(&server).await;
    let answer = server.client.post(DECIDE, HELLO).await;
    let problem = answer.problem(503, "overloaded");
    assert_eq!(problem["outcome"], "overloaded");
    assert_eq!(answer.headers["retry-after"], "1");
    drop(hold);
    assert_eq!(server.client.post(DECIDE, HELLO).await.status, 200);
}

#[tokio::test]
async fn a_callers_shorter_deadline_is_honoured() {
    let server = Running::with(|settings| settings.deadline = Duration::from_secs(50)).await;
    let _hold = occupy(&server).await;
    let began = Instant::now();
    let answer = server
        .client
        .post_with(DECIDE, "Patchbay-Deadline-Ms: 20\r\n", HELLO)
        .await;
    answer.problem(503, "overloaded");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let server = Running::with(|settings| {
        settings.queue_length = 1;
        settings.deadline = Duration::from_secs(50);
    })
    .await;
    let hold = occupy(&server).await;
    let client = server.client;
    let waiting = tokio::spawn(async move { client.post(DECIDE, HELLO).await });
    while server.app.workers.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let began = Instant::now();
    server
        .client
        .post(DECIDE, HELLO)
        .await
        .problem(503, "overloaded");
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(server.client.get("/healthz").await.status, 200);
    drop(hold);
    assert_eq!(waiting.await.expect("answered").status, 200);
}

#[tokio::test]
async fn a_full_host_checks_sent_drafts_but_none_while_typing() {
    let server = Running::with(|settings| {
        settings.queue_length = 4;
        settings.deadline = Duration::from_secs(50);
    })
    .await;
    let hold = occupy(&server).await;
    let client = server.client;
    let draft = |composing: bool| {
        format!(r#"{{"draft":{{"id":"1","channel":"x","text":"Hello"}},"composing":{composing}}}"#)
    };
    let mut waiting = JoinSet::new();
    // Two waiting requests fill half of the queue.
    for (path, body) in [
        (DECIDE, HELLO.to_owned()),
        (TONE, draft(true)),
        (TONE, draft(false)),
    ] {
        let before = server.app.workers.waiting();
        waiting.spawn(async move { client.post(path, body).await });
        while server.app.workers.waiting() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let typed = client.post(TONE, draft(true)).await;
    typed.problem(503, "overloaded");
    assert_eq!(typed.headers["retry-after"], "1");
    assert_eq!(server.app.workers.waiting(), 3, "it took no place");
    drop(hold);
    while let Some(answer) = waiting.join_next().await {
        assert_eq!(answer.expect("answered").status, 200);
    }
    assert_eq!(client.post(TONE, draft(true)).await.status, 200);
}

#[tokio::test]
async fn a_request_leaves_the_queue_when_its_client_disconnects() {
    use tokio::io::AsyncWriteExt;
    let server = Running::with(|settings| settings.deadline = Duration::from_secs(50)).await;
    let _hold = occupy(&server).await;
    let mut stream = server.client.connect().await;
    let request = format!(
        "{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{HELLO}",
        server.client.head("POST", DECIDE),
        HELLO.len()
    );
    stream.write_all(request.as_bytes()).await.expect("taken");
    while server.app.workers.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(stream);
    while server.app.workers.waiting() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let metrics = server.client.get("/metrics").await.body;
    assert!(metrics.contains("status=\"499\""), "{metrics}");
}

/// What a side ran out of, by the step of the requests that were not answered.
#[derive(Debug, Default)]
struct Shortage(BTreeMap<(&'static str, String), usize>);

impl Shortage {
    fn add(&mut self, unanswered: &Unanswered) {
        let cause = cause(unanswered);
        *self.0.entry((unanswered.step, cause)).or_default() += 1;
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((step, cause), count) in &self.0 {
            writeln!(f, "- {count} while {step}: {cause}")?;
        }
        let files = getrlimit(Resource::Nofile).current;
        writeln!(
            f,
            "limit of open files of this process, clients and server: {files:?} (`ulimit -n`)"
        )
    }
}

fn cause(unanswered: &Unanswered) -> String {
    let error = &unanswered.error;
    let side = match Errno::from_io_error(error) {
        Some(Errno::MFILE | Errno::NFILE) => "the client has no file descriptor left",
        Some(Errno::ADDRNOTAVAIL) => {
            "the client has no local port left (net.ipv4.ip_local_port_range)"
        }
        Some(Errno::CONNREFUSED) => "the server does not listen",
        Some(Errno::CONNRESET | Errno::PIPE) => "the server reset the connection",
        _ => match error.kind() {
            std::io::ErrorKind::TimedOut => "the server did not answer in time",
            std::io::ErrorKind::UnexpectedEof => "the server closed before the end of its answer",
            _ => "neither side is known to have run out of anything",
        },
    };
    format!("{side} ({error})")
}

/// What the server says about its places for connections.
fn connection_metrics(metrics: &str) -> String {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.filter(|line| line.contains("connections"));
    let lines = lines.map(|line| format!("server: {line}\n"));
    lines.collect()
}

#[test]
fn a_request_without_an_answer_names_the_side_that_ran_out_of_something() {
    let mut shortage = Shortage::default();
    let cases = [
        ("connecting", Errno::MFILE, "client has no file descriptor"),
        (
            "connecting",
            Errno::ADDRNOTAVAIL,
            "client has no local port",
        ),
        ("waiting for the answer", Errno::CONNRESET, "server reset"),
    ];
    for (step, errno, expected) in cases {
        let error = errno.into();
        let unanswered = Unanswered { step, error };
        shortage.add(&unanswered);
        shortage.add(&unanswered);
        let text = shortage.to_string();
        let line = text.lines().find(|line| line.contains(expected));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        assert!(line.starts_with(&format!("- 2 while {step}: ")), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_at_once_are_all_answered() {
    // Each uses two files of this process, the client's and the server's. A busy
    // machine may be slow on either side: no timeout decides.
    let server = Running::with(|settings| {
        settings.connections = 8_000;
        settings.deadline = Duration::from_secs(60);
        settings.header_timeout = Duration::from_secs(60);
        settings.request_timeout = Duration::from_secs(60);
        settings.write_timeout = Duration::from_secs(60);
    })
    .await;
    let mut clients = JoinSet::new();
    let request = Arc::new(server.client.request("POST", DECIDE, "", HELLO));
    for _ in 0..10_000 {
        let (client, request) = (server.client, Arc::clone(&request));
        clients.spawn(async move { client.try_raw(request.as_bytes()).await });
    }
    let (mut decided, mut refused) = (0, 0);
    let mut shortage = Shortage::default();
    while let Some(answer) = clients.join_next().await {
        let answer = match answer.expect("no panic") {
            Ok(answer) => answer,
            Err(unanswered) => {
                shortage.add(&unanswered);
                continue;
            }
        };
        match answer.status {
            200 => decided += 1,
            // The queue or the connections are full: the problem says which.
            _ => {
                let problem = answer.json();
                assert_eq!(answer.status, 503, "{problem}");
                assert_eq!(problem["type"], "/problems/overloaded", "{problem}");
                assert_eq!(answer.headers["retry-after"], "1");
                refused += 1;
            }
        }
    }
    if !shortage.is_empty() {
        // The connections of the clients are closed: the server has places again.
        let metrics = server.client.get("/metrics").await.body;
        panic!(
            "{decided} requests were decided, {refused} refused with 503, and the others not answered:\n{shortage}{}",
            connection_metrics(&metrics)
        );
    }
    assert_eq!(decided + refused, 10_000);
    assert!(decided > 0);
    assert_eq!(server.client.post(DECIDE, HELLO).await.status, 200);
    assert_eq!(server.stop().await.abandoned, 0);
}
