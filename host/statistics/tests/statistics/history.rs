//! A journal with random histories of conversations, as the desk writes them.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::*;
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::conversation_state::ConversationState;
use serde_json::{Value, json};

pub(crate) const QUEUES: [&str; 3] = ["billing", "general", "tracing"];
pub(crate) const AGENTS: [&str; 3] = ["ana", "ben", "cem"];
const CHANNELS: [&str; 2] = ["email", "x"];

pub(crate) fn open(place: &Path) -> SqliteJournal {
    let options = Options::new(place.join("journal.db"), place.join("keys/master"));
    SqliteJournal::open(&options).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

/// A conversation, as the writer of the history knows it.
struct Talk {
    row: Conversation,
    channel: &'static str,
    has_customer: bool,
}

/// Writes a history, one commit at a time.
pub(crate) struct Writer<'a> {
    journal: &'a SqliteJournal,
    pub(crate) company: CompanyId,
    pub(crate) now: Timestamp,
    random: fastrand::Rng,
    talks: Vec<Talk>,
    number: u64,
    /// Whether entries name their queues, as those of this version do.
    pub(crate) has_scope: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(journal: &'a SqliteJournal, seed: u64) -> Writer<'a> {
        Writer {
            journal,
            company: journal.company("acme").unwrap(),
            // Around a change of the clock in Europe.
            now: at("2026-10-24T20:00:00Z"),
            random: fastrand::Rng::with_seed(seed),
            talks: Vec::new(),
            number: 0,
            has_scope: true,
        }
    }

    /// Write some commits.
    pub(crate) fn write(&mut self, commits: usize) {
        for _ in 0..commits {
            let pause = self.random.i64(0..1_500_000);
            self.now += SignedDuration::from_millis(pause);
            self.commit_one();
        }
    }

    /// Write conversations with so many messages each, 20 seconds apart.
    pub(crate) fn write_long(&mut self, conversations: usize, messages: usize) {
        for _ in 0..conversations {
            self.number += 1;
            let index = self.begin();
            let mut talk = self.talks.swap_remove(index);
            let before = talk.row.queue.clone();
            let mut entries = Vec::new();
            for _ in 0..messages {
                self.now += SignedDuration::from_millis(2_000);
                self.customer_writes(&mut talk, &mut entries);
            }
            let queues = [before.as_ref(), talk.row.queue.as_ref()];
            let commit = self.commit(&talk, entries, EntryScope::new([None], queues));
            self.journal.commit(commit).unwrap();
        }
    }

    fn commit(&self, talk: &Talk, entries: Vec<NewEntry>, scope: EntryScope) -> Commit {
        Commit {
            expected: talk.row.sequence,
            conversation: talk.row.clone(),
            entries,
            scope,
            state: Vec::new(),
            outbox: Vec::new(),
            sent: Vec::new(),
            failed: Vec::new(),
            taken_back: Vec::new(),
            files: Vec::new(),
            removed_files: Vec::new(),
            words: Vec::new(),
            has_outdated_words: false,
            at: self.now,
        }
    }

    fn commit_one(&mut self) {
        self.number += 1;
        let index = match self.talks.is_empty() || self.random.u32(..6) == 0 {
            true => self.begin(),
            false => self.random.usize(..self.talks.len()),
        };
        let mut talk = self.talks.swap_remove(index);
        let before = talk.row.queue.clone();
        let mut entries = Vec::new();
        while entries.is_empty() {
            self.step(&mut talk, &mut entries);
        }
        let scope = match self.has_scope {
            true => EntryScope::new(
                [talk.row.owner.as_ref()],
                [before.as_ref(), talk.row.queue.as_ref()],
            ),
            false => EntryScope::default(),
        };
        let commit = self.commit(&talk, entries, scope);
        let receipt = self.journal.commit(commit).unwrap();
        talk.row.sequence = receipt.sequence;
        self.talks.push(talk);
    }

    fn begin(&mut self) -> usize {
        let thread = format!("thread {}", self.number).into_bytes();
        self.talks.push(Talk {
            row: Conversation {
                company: self.company,
                id: ConversationId::derive(self.company, &thread, 0),
                sequence: 0,
                thread,
                contact: None,
                state: ConversationState::Queued,
                queue: None,
                owner: None,
                due_at: None,
                opened_at: self.now,
                snapshot: b"{}".to_vec(),
            },
            channel: CHANNELS[self.random.usize(..CHANNELS.len())],
            has_customer: false,
        });
        self.talks.len() - 1
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.random.usize(..all.len())]
    }

    fn step(&mut self, talk: &mut Talk, entries: &mut Vec<NewEntry>) {
        use ConversationState::*;
        let state = talk.row.state;
        if !talk.has_customer {
            // Mostly the customer begins; else the company, or a program.
            match self.random.u32(..6) {
                0 => {
                    talk.row.state = WaitingOnCustomer;
                    let head = self.input(talk, "echo", false);
                    return self.add(entries, 5, head);
                }
                1 => {
                    talk.row.state = Resolved;
                    let mut head = self.input(talk, "message", false);
                    head["automatic"] = json!(true);
                    return self.add(entries, 1, head);
                }
                _ => {}
            }
            return self.customer_writes(talk, entries);
        }
        let agent = self.one_of(&AGENTS);
        let owner = talk.row.owner.clone();
        match (self.random.u32(..12), state, owner) {
            (0 | 1, ..) => self.customer_writes(talk, entries),
            (2, Queued | Reserved, None) => {
                let head = json!({"offer": self.number, "agent": agent, "deadline": self.now,
                    "step": null, "again": 0});
                self.add(entries, 64, head);
                talk.row.state = Reserved;
            }
            (3 | 4, Reserved, None) => {
                talk.row.owner = Some(agent.to_owned());
                talk.row.state = Active;
                self.add(entries, 65, assigned(agent, Some(self.number)));
            }
            (5, Reserved, None) => {
                talk.row.state = Queued;
                let refused = json!({"offer": self.number, "agent": agent, "again_at": self.now, "alone": false});
                let withdrawn = json!({"offer": self.number, "agent": agent, "state": "cancelled"});
                match self.random.u32(..3) {
                    0 => self.add(entries, 66, refused),
                    1 => self.add(entries, 67, refused),
                    _ => self.add(entries, 68, withdrawn),
                }
            }
            (6, Queued | Active | Reserved, _) => {
                let offer = (state == Reserved).then_some(self.number);
                talk.row.owner = Some(agent.to_owned());
                talk.row.state = Active;
                self.add(entries, 70, assigned(agent, offer));
            }
            (7, Active | WaitingOnCustomer | OnHold, Some(owner)) => {
                talk.row.owner = None;
                talk.row.state = Queued;
                match self.random.u32(..3) {
                    0 => self.add(
                        entries,
                        71,
                        json!({"agent": owner, "because": "given-back"}),
                    ),
                    1 => {
                        talk.row.queue = Some(self.one_of(&QUEUES).to_owned());
                        let head = json!({"to": {"kind": "queue", "id": talk.row.queue},
                            "from": owner, "by": {"id": "sue", "role": "supervisor"}});
                        self.add(entries, 72, head);
                    }
                    _ => {
                        let head = json!({"from": state, "agent": owner, "queue": talk.row.queue,
                            "by": {"id": "sue", "role": "supervisor"}});
                        self.add(entries, 76, head);
                    }
                }
            }
            (8, Active | OnHold | WaitingOnCustomer | Wrapping, Some(owner)) => {
                let all = [Active, OnHold, WaitingOnCustomer, Wrapping, Resolved];
                let to = self.one_of(&all);
                if to != state {
                    self.change_state(talk, entries, to);
                }
                let _ = owner;
            }
            (9, Active, Some(owner)) => self.reply(talk, entries, &owner),
            (10, ..) if state != Resolved => {
                let code = self.one_of(&["sla-at-risk", "sla-breached", "silent-agent"]);
                let clock = self.one_of(&["first-response", "next-response", "resolution"]);
                self.add(
                    entries,
                    32,
                    json!({"trigger": {"code": code, "clock": clock}}),
                );
            }
            (11, Queued, None) => {
                let mut head = self.decision(talk);
                head["cause"] = json!("returned");
                self.add(entries, 35, head);
            }
            _ => {}
        }
    }

    fn change_state(
        &mut self,
        talk: &mut Talk,
        entries: &mut Vec<NewEntry>,
        to: ConversationState,
    ) {
        let mut head = json!({"from": talk.row.state, "to": to});
        if to == ConversationState::Resolved {
            head["clock"] = self.clock("resolution");
            talk.row.owner = None;
        }
        talk.row.state = to;
        self.add(entries, 73, head);
    }

    fn customer_writes(&mut self, talk: &mut Talk, entries: &mut Vec<NewEntry>) {
        use ConversationState::*;
        talk.has_customer = true;
        let mut head = self.input(talk, "message", true);
        match talk.row.state {
            Resolved => talk.row.owner = None,
            WaitingOnCustomer | Wrapping if talk.row.owner.is_some() => talk.row.state = Active,
            _ => {}
        }
        if talk.row.owner.is_none() {
            let decision = self.decision(talk);
            merge(&mut head, decision);
        } else {
            merge(
                &mut head,
                json!({"outcome": "ok", "stamp": stamp("ok"), "micros": micros()}),
            );
        }
        let (kind, code) = self.one_of(&[(1, "message"), (1, "message"), (2, "edit")]);
        head["kind"] = json!(code);
        self.add(entries, kind, head);
    }

    /// A reply goes out, is held, or comes back; what went out is delivered.
    fn reply(&mut self, talk: &mut Talk, entries: &mut Vec<NewEntry>, owner: &str) {
        let by = json!({"id": owner, "role": "agent"});
        let id = self.number.to_string();
        let drafted = json!({"reply": id, "by": by, "written_by": "human", "digest": "d"});
        self.add(entries, 95, drafted);
        let mut checked = json!({"reply": id, "by": by, "written_by": "human", "digest": "d",
            "outcome": "ok", "stamp": stamp("ok"), "micros": micros()});
        match self.random.u32(..6) {
            0 => self.add(entries, 97, checked),
            1 => self.add(entries, 99, checked),
            2 => {
                self.add(entries, 98, checked);
                // Approved: the entry no longer names its author.
                self.add(entries, 96, json!({"reply": id, "digest": "d"}));
            }
            3 => {
                // The author is one whom the draft names.
                checked.as_object_mut().unwrap().remove("by");
                self.add(entries, 96, checked);
                let failed = json!({"reply": id, "key": "k", "problem": "gone"});
                self.add(entries, 104, failed);
            }
            4 => {
                self.add(entries, 96, checked);
                let mut echo = self.input(talk, "echo", false);
                echo["clock"] = self.clock("first-response");
                self.add(entries, 5, echo);
            }
            _ => {
                self.add(entries, 96, checked);
                let clock = self.one_of(&["first-response", "next-response"]);
                let mut head = json!({"reply": id, "by": owner, "key": "k"});
                if self.random.bool() {
                    head["clock"] = self.clock(clock);
                }
                self.add(entries, 103, head);
            }
        }
    }

    fn clock(&mut self, clock: &str) -> Value {
        let mut stopped = json!({"clock": clock, "elapsed_ms": 5});
        if self.random.u32(..4) > 0 {
            stopped["target"] = json!("60s");
            if self.random.u32(..3) == 0 {
                stopped["missed"] = json!(true);
            }
        }
        stopped
    }

    fn input(&mut self, talk: &Talk, kind: &str, _decided: bool) -> Value {
        let waited = SignedDuration::from_secs(self.random.i64(-60..600));
        json!({"interaction": self.number.to_string(), "kind": kind, "channel": talk.channel,
            "received_at": self.now - waited})
    }

    /// A decision about where the conversation goes.
    fn decision(&mut self, talk: &mut Talk) -> Value {
        use ConversationState::*;
        let outcome = self.one_of(&["ok", "ok", "declined", "timeout"]);
        let mut head = json!({"outcome": outcome, "stamp": stamp(outcome), "micros": micros()});
        let queue = self.one_of(&QUEUES);
        let target = match self.random.u32(..8) {
            0 => {
                talk.row.state = Resolved;
                json!({"kind": "close", "queue": queue})
            }
            1 => {
                talk.row.state = OnHold;
                json!({"kind": "hold", "queue": queue})
            }
            _ => {
                talk.row.state = Queued;
                json!({"kind": "queue", "id": queue})
            }
        };
        talk.row.queue = Some(queue.to_owned());
        head["route"] =
            json!({"target": target, "steps": [], "priority": null, "sla": {}, "tags": []});
        if self.random.u32(..8) == 0 {
            let queue = self.one_of(&QUEUES);
            talk.row.queue = Some(queue.to_owned());
            talk.row.state = Queued;
            head["escalation"] = json!({"actions": [{"kind": "re-route", "target": queue}]});
        }
        if outcome == "timeout" {
            head["fallbacks"] =
                json!([{"stage": "route", "rule": "default-queue", "plugin": "care"}]);
        }
        head
    }

    fn add(&mut self, entries: &mut Vec<NewEntry>, kind: u16, head: Value) {
        entries.push(NewEntry {
            kind,
            at: self.now,
            input: None,
            head: head.to_string(),
            sealed: Vec::new(),
            contact: None,
        });
    }
}

fn assigned(agent: &str, offer: Option<u64>) -> Value {
    json!({"agent": agent, "offer": offer, "exceeds_capacity": false, "previous": null})
}

fn stamp(outcome: &str) -> Value {
    let plugin = |stage: &str, outcome: &str| {
        json!({"stage": stage, "name": "care", "version": "1", "digest": "d", "outcome": outcome,
            "use": 1, "micros": micros(), "peak_memory": 0})
    };
    json!({"generation": 1, "plugins": [plugin("classify", "ok"), plugin("route", outcome)]})
}

fn micros() -> Value {
    json!({"queue": 0, "instantiate": 0, "call": 0})
}

fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        unreachable!("objects");
    };
    into.extend(from);
}
