//! The process is killed while agents answer: every reply that was acknowledged
//! is delivered, and does once what it does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::reply::{AfterReply, Reply, ReplyStatus};

use crate::crash::{PLACE, ROUND, ROUNDS, live};
use crate::floor::{agent, sign_in};
use crate::office::{desk_of, feed, head, ruled, said};

/// Says where the sink is, to the process that is killed.
const SINK: &str = "PATCHBAY_DESK_CRASH_SINK";

/// What a sink was given: the bytes by key, and how often.
type Effects = Mutex<BTreeMap<String, (BTreeSet<String>, u32)>>;

/// Not a test of its own: what the process that is killed does. One thread
/// writes as customers, one answers as an agent, one carries the replies.
#[test]
#[ignore = "the process that another test starts and kills, not a test of its own"]
fn reply_until_killed() {
    let (Ok(place), Ok(round), Ok(sink)) = (
        std::env::var(PLACE),
        std::env::var(ROUND),
        std::env::var(SINK),
    ) else {
        panic!("{PLACE}, {ROUND} and {SINK} are set by the test that starts this process");
    };
    let desk = desk_of(Path::new(&place), vec![ruled("")]);
    sign_in(&desk, &["ana", "ben"]);
    let sink: SocketAddr = sink.parse().expect("an address");
    std::thread::scope(|scope| {
        let (desk, round) = (&desk, &round);
        scope.spawn(move || {
            for number in 0.. {
                let id = format!("{round}-{number}");
                let message = said(&id, &format!("@{}", number % 7), "Hello?");
                desk.accept("northwind", vec![message]).expect("taken in");
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        for who in ["ana", "ben"] {
            scope.spawn(move || work(desk, who, round));
        }
        scope.spawn(move || {
            loop {
                carry(desk, sink);
            }
        });
    });
}

/// Take what is offered, answer what is held, and say what was acknowledged.
fn work(desk: &Desk, who: &str, round: &str) {
    for number in 0_u64.. {
        let status = desk
            .roster()
            .agent("northwind", who)
            .expect("on the roster");
        for offer in status.offers {
            // It may be over meanwhile.
            let _ = desk
                .conversations()
                .answer_offer("northwind", offer.id, agent(who), true);
        }
        for holding in status.holdings {
            let conversation = holding.conversation.parse().expect("an id");
            let id = format!("{who}-{round}-{number}");
            let reply = Reply {
                id: id.clone(),
                text: format!("Hello! {id}"),
                template: None,
                attachments: Vec::new(),
                written_by: WrittenBy::Human,
                then: AfterReply::Resolve,
            };
            let done = desk.conversations().act(
                "northwind",
                conversation,
                agent(who),
                AgentAction::Reply(reply),
            );
            let Ok(Ok(done)) = done else { continue };
            if done
                .reply
                .is_some_and(|sent| sent.status == ReplyStatus::Published)
            {
                let mut stdout = std::io::stdout().lock();
                writeln!(stdout, "{conversation}-{id} {number}").expect("written");
                stdout.flush().expect("written");
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Give what is due to the sink, and note that it has it.
fn carry(desk: &Desk, sink: SocketAddr) {
    for out in desk.outbox().due(|_| false, 10).expect("readable") {
        let body = out.body.expect("bytes");
        let digest = blake3::hash(&body).to_hex();
        let mut stream = TcpStream::connect(sink).expect("the sink listens");
        writeln!(stream, "{} {digest}", out.key).expect("sent");
        let mut answer = String::new();
        let read = BufReader::new(stream).read_line(&mut answer);
        if read.is_ok() && answer == "ok\n" {
            desk.outbox()
                .delivered("northwind", &out.key)
                .expect("noted");
        }
    }
    std::thread::sleep(Duration::from_millis(1));
}

/// A target that counts what it is given, by key.
fn listen(effects: Arc<Effects>, stop: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let Ok(stream) = stream else { continue };
            let mut line = String::new();
            // Whoever is killed half way has sent nothing.
            let mut reader = BufReader::new(stream);
            if reader.read_line(&mut line).is_err() || !line.ends_with('\n') {
                continue;
            }
            if let Some((key, digest)) = line.trim().split_once(' ') {
                let mut effects = effects.lock().expect("no panic");
                let known = effects.entry(key.to_owned()).or_default();
                known.0.insert(digest.to_owned());
                known.1 += 1;
            }
            let _ = reader.into_inner().write_all(b"ok\n");
        }
    });
    address
}

#[test]
fn every_reply_has_one_effect_however_often_the_process_is_killed() {
    let place = tempfile::tempdir().expect("a place");
    let effects = Arc::new(Effects::default());
    let stop = Arc::new(AtomicBool::new(false));
    let sink = listen(Arc::clone(&effects), Arc::clone(&stop));
    // Read by the processes that are started from here.
    let sink_text = sink.to_string();
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let life = Duration::from_millis(u64::from(round * 37 % 150));
        let process = "crash_replies::reply_until_killed";
        let lines = live(process, place.path(), round, life, &[(SINK, &sink_text)]);
        acknowledged.extend(lines.into_iter().map(|(name, _)| name));
    }
    assert!(!acknowledged.is_empty());
    let desk = desk_of(place.path(), vec![ruled("")]);
    desk.wait_until_idle();
    while !desk
        .outbox()
        .due(|_| false, 1)
        .expect("readable")
        .is_empty()
    {
        carry(&desk, sink);
    }
    desk.wait_until_idle();
    stop.store(true, Ordering::Relaxed);
    let (mut published, mut delivered) = (BTreeMap::<String, u32>::new(), BTreeSet::new());
    for entry in feed(&desk) {
        let head = head(&entry);
        let reply = head["reply"].as_str().unwrap_or_default();
        let conversation = entry.conversation.map(|id| id.to_string());
        let name = format!("{}-{reply}", conversation.unwrap_or_default());
        if entry.kind == EventKind::ReplyPublished as u16 {
            *published.entry(name).or_default() += 1;
        } else if entry.kind == EventKind::ReplyDelivered as u16 {
            let key = head["key"].as_str().expect("a key").to_owned();
            assert!(delivered.insert(key.clone()), "{key} was noted twice");
        }
    }
    for name in &acknowledged {
        assert_eq!(published.get(name), Some(&1), "{name} was acknowledged");
    }
    let effects = effects.lock().expect("no panic");
    assert_eq!(effects.len(), published.len(), "one effect a reply");
    assert_eq!(effects.len(), delivered.len());
    for (key, (bodies, times)) in effects.iter() {
        assert_eq!(
            bodies.len(),
            1,
            "{key} came {times} times, with other bytes"
        );
        assert!(delivered.contains(key), "{key} came and is not noted");
    }
}
