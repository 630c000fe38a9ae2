//! A courier and people who take replies back, in every order: of each reply exactly one
//! has an effect, also across restarts and while the wall clock jumps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use patchbay_clock::{Clock, SteppedClock};
use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_pass::agent_action::{ActionError, AgentAction};
use patchbay_records::reply::AfterReply;
use proptest::prelude::*;

use crate::floor::{act, agent, sign_in, taken_by};
use crate::office::{feed, head, journal, ruled, said, take_in};
use crate::replies::{outgoing, reply_then};

/// Replies that the host remembers at least.
const REMEMBERED: usize = 8;

/// Something that happens. A number counts among what it may concern.
#[derive(Clone, Debug)]
enum Step {
    Send,
    TakeBack(usize),
    /// The courier reads what is due.
    Load,
    /// It begins an attempt of something it read, perhaps long ago.
    Begin(usize),
    /// It notes what became of an attempt that it began.
    Finish(usize, bool),
    Pass(u64),
    Jump(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let number = || 0..6usize;
    prop_oneof![
        3 => Just(Step::Send),
        4 => number().prop_map(Step::TakeBack),
        3 => Just(Step::Load),
        4 => number().prop_map(Step::Begin),
        2 => (number(), any::<bool>()).prop_map(|(number, arrived)| Step::Finish(number, arrived)),
        3 => (0..4u64).prop_map(Step::Pass),
        1 => (-30..30i64).prop_map(Step::Jump),
        1 => Just(Step::Restart),
    ]
}

fn open(place: &Path, clock: SteppedClock) -> Desk {
    let settings = DeskSettings {
        workers: 1,
        clock: Clock::stepped(clock),
        ..DeskSettings::default()
    };
    let company = ruled("send-after = \"2s\"");
    Desk::open(journal(place), vec![company], settings).expect("a desk")
}

/// The replies, and what their customer got of them.
struct Race {
    place: tempfile::TempDir,
    clock: SteppedClock,
    desk: Option<Desk>,
    conversation: ConversationId,
    sent: Vec<String>,
    /// Keys that the courier has read and not begun.
    loaded: Vec<String>,
    /// Keys of which something was sent and nothing is noted.
    begun: Vec<String>,
    /// What a customer may have seen, by key.
    seen: BTreeSet<String>,
    taken_back: BTreeSet<String>,
}

impl Race {
    fn new() -> Race {
        let place = tempfile::tempdir().expect("a place");
        let clock = SteppedClock::new("2026-03-02T10:00:00Z".parse().expect("a time"));
        let desk = open(place.path(), clock);
        sign_in(&desk, &["ana"]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
        let conversation = taken_by(&desk, "ana");
        Race {
            place,
            clock,
            desk: Some(desk),
            conversation,
            sent: Vec::new(),
            loaded: Vec::new(),
            begun: Vec::new(),
            seen: BTreeSet::new(),
            taken_back: BTreeSet::new(),
        }
    }

    fn desk(&self) -> &Desk {
        self.desk.as_ref().expect("open")
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send => {
                let id = format!("r{}", self.sent.len());
                let reply = reply_then(&id, &id, AfterReply::Stay);
                act(self.desk(), self.conversation, agent("ana"), reply).expect("taken");
                self.sent.push(id);
            }
            Step::TakeBack(number) => {
                let Some(id) = self.sent.get(number).cloned() else {
                    return;
                };
                let action = AgentAction::TakeBack { reply: id.clone() };
                match act(self.desk(), self.conversation, agent("ana"), action) {
                    Ok(_) => drop(self.taken_back.insert(id)),
                    Err(ActionError::AlreadySent { .. }) => {
                        assert!(!self.taken_back.contains(&id), "{id} was taken back before");
                    }
                    // The host remembers few of those that are over.
                    Err(ActionError::NothingToTakeBack { .. }) => {
                        assert!(self.sent.len() > REMEMBERED, "{id} is not remembered");
                    }
                    Err(other) => panic!("{id}: {other}"),
                }
            }
            Step::Load => {
                for out in outgoing(self.desk()) {
                    let is_known = self.loaded.contains(&out.key) || self.begun.contains(&out.key);
                    if !is_known {
                        self.loaded.push(out.key);
                    }
                }
            }
            Step::Begin(number) => {
                if number >= self.loaded.len() {
                    return;
                }
                let key = self.loaded.remove(number);
                if self.desk().outbox().begin("northwind", &key).is_ok() {
                    self.seen.insert(key.clone());
                    self.begun.push(key);
                }
            }
            Step::Finish(number, has_arrived) => {
                if number >= self.begun.len() {
                    return;
                }
                let key = self.begun.remove(number);
                let outbox = self.desk().outbox();
                match has_arrived {
                    true => outbox.delivered("northwind", &key),
                    false => outbox.postpone("northwind", &key, self.desk().now(), "503"),
                }
                .expect("noted");
                self.desk().wait_until_idle();
            }
            Step::Pass(seconds) => self.clock.advance(Duration::from_secs(seconds)),
            Step::Jump(minutes) => self.clock.jump(SignedDuration::from_mins(minutes)),
            // What the courier knew is gone, as after a crash.
            Step::Restart => {
                self.desk = None;
                self.desk = Some(open(self.place.path(), self.clock));
                self.loaded.clear();
                self.begun.clear();
            }
        }
    }

    /// Ids by key, as the history tells them.
    fn ids(&self) -> BTreeMap<String, String> {
        let drafted = feed(self.desk()).into_iter();
        let drafted = drafted.filter(|entry| entry.kind == EventKind::ReplyDrafted as u16);
        let of = |entry: patchbay_journal::Entry| {
            let key = format!("reply-{}-{}", self.conversation, entry.sequence);
            let id = head(&entry)["reply"].as_str().expect("an id").to_owned();
            (key, id)
        };
        drafted.map(of).collect()
    }

    /// Send everything that is left, and compare.
    fn finish(mut self) {
        for _ in 0..=self.sent.len() {
            self.step(Step::Restart);
            self.step(Step::Pass(3_600));
            self.step(Step::Load);
            while !self.loaded.is_empty() {
                self.step(Step::Begin(0));
            }
            while !self.begun.is_empty() {
                self.step(Step::Finish(0, true));
            }
        }
        let ids = self.ids();
        let seen: BTreeSet<&String> = self.seen.iter().map(|key| &ids[key]).collect();
        for id in &self.sent {
            let (is_seen, is_taken_back) = (seen.contains(id), self.taken_back.contains(id));
            assert!(
                is_seen != is_taken_back,
                "{id}: seen {is_seen}, taken back {is_taken_back}"
            );
        }
        let told = feed(self.desk()).into_iter();
        let told = told.filter(|entry| entry.kind == EventKind::ReplyTakenBack as u16);
        let told: Vec<String> = told
            .map(|entry| head(&entry)["reply"].as_str().expect("an id").to_owned())
            .collect();
        let unique: BTreeSet<String> = told.iter().cloned().collect();
        assert_eq!(
            (told.len(), &unique),
            (self.taken_back.len(), &self.taken_back)
        );
        let report = self.desk().journal().check().expect("readable");
        assert!(report.is_sound(), "{report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_reply_is_either_sent_or_taken_back(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let mut race = Race::new();
        for step in steps {
            race.step(step);
        }
        race.finish();
    }
}
