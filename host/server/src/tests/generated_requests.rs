//! Requests made from the OpenAPI document, most of them valid by it, from callers
//! of every role. The server answers each as the document says, and none with a
//! server error other than 503.

mod generator;
mod known_values;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use patchbay_fuzz::{Corpus, Reading};
use patchbay_model::access::Role;

use super::client::Answer;
use super::contract;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

use generator::{Choices, Generator, Operation};
use known_values::KnownValues;

/// Operations after which the server refuses most others: called last.
const LAST: [&str; 2] = ["begin_company_drain", "begin_drain"];

/// Who calls. `None` has no token.
const CALLERS: [Option<(Option<&str>, Role)>; 8] = [
    None,
    Some((None, Role::Operator)),
    Some((None, Role::Operator)),
    Some((Some("northwind"), Role::Integrator)),
    Some((Some("northwind"), Role::Operator)),
    Some((Some("northwind"), Role::Agent)),
    Some((Some("northwind"), Role::Supervisor)),
    Some((Some("northwind"), Role::Auditor)),
];

/// Callers of a server, and what their requests found.
struct Session {
    office: Office,
    address: SocketAddr,
    generator: Generator,
    headers: RefCell<Vec<String>>,
    known: RefCell<KnownValues>,
    /// Statuses by operation.
    statuses: RefCell<BTreeMap<String, BTreeSet<u16>>>,
}

impl Session {
    fn start(office: Office) -> Session {
        let headers = (0..CALLERS.len()).map(|caller| header(&office, caller));
        Session {
            headers: RefCell::new(headers.collect()),
            address: office.server.client.address(),
            office,
            generator: Generator::new(),
            known: RefCell::new(KnownValues::new()),
            statuses: RefCell::default(),
        }
    }

    /// The operations in the order of the document, without the [`LAST`].
    fn operations(&self) -> impl Iterator<Item = &Operation> {
        let all = self.generator.operations.iter();
        all.filter(|operation| !LAST.contains(&operation.id.as_str()))
    }

    /// Sends a request and checks the answer; its status.
    fn call(&self, operation: &Operation, caller: usize, choices: &mut Choices<'_>) -> u16 {
        let draft = self
            .generator
            .draft(operation, choices, &self.known.borrow());
        let request = draft.to_bytes(&self.headers.borrow()[caller]);
        let answer = send(self.address, &request);
        contract::check(&request, &answer);
        let is_failure = answer.status >= 500 && answer.status != 503;
        assert!(!is_failure, "{}: {answer:?}", request.escape_ascii());
        if let Ok(body) = serde_json::from_str(&answer.body)
            && answer.status < 300
        {
            let mut known = self.known.borrow_mut();
            known.add_answer(&operation.template, &body);
        }
        if answer.status == 401 && CALLERS[caller].is_some() {
            self.renew_token(caller);
        }
        let mut statuses = self.statuses.borrow_mut();
        let of_operation = statuses.entry(operation.id.clone()).or_default();
        of_operation.insert(answer.status);
        answer.status
    }

    /// Replaces a token that a request revoked, perhaps with its agent.
    fn renew_token(&self, caller: usize) {
        let operator = header(&self.office, 1);
        let agent = format!("PUT {COMPANY}/agents/ana HTTP/1.1\r\nHost: localhost\r\n{operator}");
        let rest =
            "Connection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        let stored = send(self.address, format!("{agent}{rest}").as_bytes());
        assert!(stored.status < 300, "{stored:?}");
        self.headers.borrow_mut()[caller] = header(&self.office, caller);
    }

    /// The operations that no caller could use.
    fn never_accepted(&self) -> Vec<String> {
        let statuses = self.statuses.borrow();
        let all = self.operations().filter(|operation| {
            let of_operation = statuses.get(&operation.id).into_iter().flatten();
            !of_operation.into_iter().any(|status| *status < 300)
        });
        all.map(|operation| operation.id.clone()).collect()
    }
}

/// The header with a new token of a caller.
fn header(office: &Office, caller: usize) -> String {
    match CALLERS[caller] {
        None => String::new(),
        Some((company, role)) => give(&office.server, standing(company, role), |_| {}),
    }
}

/// Sends a request and reads the answer; of an event stream only the head.
fn send(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let longest = Duration::from_secs(50);
    stream.set_read_timeout(Some(longest)).expect("a timeout");
    stream.write_all(request).expect("the server takes it");
    let mut answer = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        let read = stream.read(&mut part).expect("an answer");
        answer.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&answer);
        let head = text.split_once("\r\n\r\n").map(|(head, _)| head);
        let is_stream = head.is_some_and(|head| head.contains("text/event-stream"));
        if read == 0 || is_stream {
            break;
        }
    }
    let text = String::from_utf8(answer).expect("UTF-8");
    Answer::parse(&text).expect("an answer")
}

/// A reproducible input of the generator.
fn input(seed: usize) -> Vec<u8> {
    let mut state = seed as u32 ^ 0x9e37_79b9;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..256).map(|_| next()).collect()
}

async fn session() -> Session {
    let office = Office::with(&["ana", "bo"]).await;
    office.taken("1", "ana").await;
    office.hear("2").await;
    Session::start(office)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_every_role_as_the_document_says() {
    let session = session().await;
    let called = tokio::task::spawn_blocking(move || {
        let mut seed = 0;
        for _ in 0..3 {
            for operation in session.operations() {
                for caller in 0..CALLERS.len() {
                    seed += 1;
                    session.call(operation, caller, &mut Choices::of(&input(seed)));
                }
            }
        }
        for last in LAST {
            let mut all = session.generator.operations.iter();
            let operation = all.find(|one| one.id == last).expect("an operation");
            for caller in (0..CALLERS.len()).rev() {
                session.call(operation, caller, &mut Choices::of(&[]));
            }
        }
        // Most are reached behind their first checks; the others need what no request makes.
        let (never, all) = (session.never_accepted(), session.operations().count());
        assert!(never.len() * 2 < all, "never accepted: {never:?}");
        session
    });
    let session = called.await.expect("every answer is described");
    let alive = session.office.server.client.get("/healthz").await;
    assert_eq!(alive.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_bytes_make_a_request_that_is_answered_as_the_document_says() {
    let session = session().await;
    let fed = tokio::task::spawn_blocking(move || {
        let operations: Vec<&Operation> = session.operations().collect();
        // The first byte names the operation: mutations seldom change it.
        let seeds = (0..=255).map(|first| {
            let mut bytes = input(first);
            bytes[0] = first as u8;
            bytes.truncate(160);
            bytes
        });
        Corpus::of(seeds).cases(300).least_accepted(5).run(|bytes| {
            let mut choices = Choices::of(bytes);
            let operation = *choices.one(&operations);
            let caller = choices.below(CALLERS.len());
            match session.call(operation, caller, &mut choices) {
                200..300 => Reading::Accepted,
                _ => Reading::Rejected,
            }
        });
        drop(operations);
        session
    });
    let session = fed.await.expect("every answer is described");
    let alive = session.office.server.client.get("/healthz").await;
    assert_eq!(alive.status, 200);
}
