//! The process is killed while agents take replies back and a courier sends others: each
//! is either sent or taken back.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_clock::Clock;
use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_pass::agent_action::{ActionError, AgentAction};
use patchbay_records::reply::AfterReply;

use crate::crash::{PLACE, ROUND, ROUNDS, live};
use crate::floor::{agent, sign_in};
use crate::office::{feed, head, journal, ruled, said};
use crate::replies::reply_then;

/// How much faster than real time the desk's time passes: the second that a reply waits
/// is as long as a few passes.
const RATE: u32 = 200;

fn open(place: &Path) -> Desk {
    let settings = DeskSettings {
        clock: Clock::accelerated(Timestamp::now(), RATE),
        ..DeskSettings::default()
    };
    let company = ruled("send-after = \"1s\"\nreturn-after = \"300d\"\noffer-timeout = \"1d\"");
    Desk::open(journal(place), vec![company], settings).expect("a desk")
}

/// Say that something has happened to a reply.
fn acknowledge(conversation: ConversationId, what: &str, number: u64) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{what}-{conversation} {number}").expect("written");
    stdout.flush().expect("written");
}

/// Not a test of its own: what the process that is killed does. One thread writes as
/// customers, two answer and take back, one sends.
#[test]
#[ignore = "the process that another test starts and kills, not a test of its own"]
fn take_back_until_killed() {
    let (Ok(place), Ok(round)) = (std::env::var(PLACE), std::env::var(ROUND)) else {
        panic!("{PLACE} and {ROUND} are set by the test that starts this process");
    };
    let desk = open(Path::new(&place));
    sign_in(&desk, &["ana", "ben"]);
    std::thread::scope(|scope| {
        let (desk, round) = (&desk, &round);
        scope.spawn(move || {
            for number in 0..3 {
                let id = format!("{round}-{number}");
                let message = said(&id, &format!("@{}", number % 7), "Hello?");
                desk.accept("northwind", vec![message]).expect("taken in");
            }
        });
        for who in ["ana", "ben"] {
            scope.spawn(move || work(desk, who, round));
        }
        scope.spawn(move || {
            loop {
                carry(desk);
            }
        });
    });
}

/// Take what is offered; answer what is held, and take most answers back.
fn work(desk: &Desk, who: &str, round: &str) {
    let mut random = fastrand::Rng::new();
    for number in 0_u64.. {
        let status = desk.roster().agent("northwind", who);
        let status = status.expect("on the roster");
        for offer in status.offers {
            // It may be over meanwhile.
            let _ = desk
                .conversations()
                .answer_offer("northwind", offer.id, agent(who), true);
        }
        for holding in status.holdings {
            let conversation: ConversationId = holding.conversation.parse().expect("an id");
            let id = format!("{who}-{round}-{number}");
            let reply = reply_then(&id, "Hello!", AfterReply::Stay);
            let act = |action| {
                let acted = desk
                    .conversations()
                    .act("northwind", conversation, agent(who), action);
                acted.expect("a desk that works")
            };
            let Ok(done) = act(reply) else { continue };
            // Around the time at which it is sent.
            std::thread::sleep(Duration::from_micros(random.u64(..12_000)));
            match act(AgentAction::TakeBack { reply: id }) {
                // The draft's entry, which is in the reply's key.
                Ok(_) => acknowledge(conversation, "taken", done.sequence - 1),
                Err(ActionError::AlreadySent { .. } | ActionError::Busy { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Send what is due. What was begun counts as sent: the process may be killed after it.
fn carry(desk: &Desk) {
    for out in desk.outbox().due(|_| false, 10).expect("readable") {
        if desk.outbox().begin("northwind", &out.key).is_err() {
            continue;
        }
        let parts: Vec<&str> = out.key.rsplitn(2, '-').collect();
        let conversation = parts[1].trim_start_matches("reply-").parse();
        let entry = parts[0].parse().expect("a number");
        acknowledge(conversation.expect("an id"), "sent", entry);
        let noted = desk.outbox().delivered("northwind", &out.key);
        noted.expect("noted");
    }
    std::thread::sleep(Duration::from_micros(300));
}

#[test]
fn every_reply_is_sent_or_taken_back_however_often_the_process_is_killed() {
    let place = tempfile::tempdir().expect("a place");
    let (mut sent, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..ROUNDS / 2 {
        let life = Duration::from_millis(u64::from(round * 37 % 150));
        let process = "crash_take_backs::take_back_until_killed";
        for (what, entry) in live(process, place.path(), round, life, &[]) {
            let (what, conversation) = what.split_once('-').expect("two parts");
            let key = format!("reply-{conversation}-{entry}");
            match what {
                "sent" => sent.insert(key),
                _ => taken.insert(key),
            };
        }
    }
    assert!(!sent.is_empty() && !taken.is_empty(), "both happen");
    let desk = open(place.path());
    desk.wait_until_idle();
    // What waits is due by now.
    while desk
        .drains()
        .remaining(Some("northwind"))
        .expect("known")
        .outbox
        > 0
    {
        for out in desk.outbox().due(|_| false, 100).expect("readable") {
            desk.outbox()
                .begin("northwind", &out.key)
                .expect("it waits");
            sent.insert(out.key.clone());
            let noted = desk.outbox().delivered("northwind", &out.key);
            noted.expect("noted");
        }
    }
    desk.wait_until_idle();
    let mut told = BTreeSet::new();
    let mut drafts = std::collections::BTreeMap::new();
    for entry in feed(&desk) {
        let Some(conversation) = entry.conversation else {
            continue;
        };
        let reply = head(&entry)["reply"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if entry.kind == EventKind::ReplyDrafted as u16 {
            let key = format!("reply-{conversation}-{}", entry.sequence);
            drafts.insert((conversation, reply), key);
        } else if entry.kind == EventKind::ReplyTakenBack as u16 {
            let key = drafts[&(conversation, reply)].clone();
            assert!(told.insert(key.clone()), "{key} was taken back twice");
        }
    }
    for key in &taken {
        assert!(told.contains(key), "{key} was acknowledged");
    }
    for key in drafts.values() {
        let (is_sent, is_taken) = (sent.contains(key), told.contains(key));
        assert!(
            is_sent != is_taken,
            "{key}: sent {is_sent}, taken back {is_taken}"
        );
    }
}
