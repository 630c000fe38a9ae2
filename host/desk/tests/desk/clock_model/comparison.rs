//! Desk and oracles say the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use patchbay_events::EventKind;
use patchbay_journal::{Conversation, ConversationId};
use patchbay_records::conversation_reader::read_snapshot;

use super::actions::phase;
use super::oracle::Phase;
use super::sequence::{HORIZON, Sequence, minute, time};
use crate::office::head;

/// Real time within which the desk does what is due.
const PATIENCE: Duration = Duration::from_secs(30);

/// What rang, by conversation: clock, code of the trigger.
type Rings = BTreeMap<ConversationId, Vec<(String, String)>>;

impl Sequence {
    /// Wait until the desk did everything that is due. Returns the conversations
    /// that are not resolved.
    fn settle(&self) -> BTreeMap<ConversationId, Conversation> {
        let patience = Instant::now() + PATIENCE;
        let now = time(self.now);
        loop {
            self.desk().wait_until_idle();
            let open = crate::office::conversations(self.desk());
            if !open
                .iter()
                .any(|row| row.due_at.is_some_and(|at| at <= now))
            {
                return open.into_iter().map(|row| (row.id, row)).collect();
            }
            if Instant::now() > patience {
                self.fail(None, "what is due is not told");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    pub(super) fn compare(&mut self) {
        let mut open = self.settle();
        let desk_now = self.desk().now();
        if desk_now != time(self.now) {
            self.fail(None, &format!("the desk's time is {desk_now}"));
        }
        let rings = self.new_rings();
        for who in 0..self.customers.len() {
            let Some(thread) = &self.customers[who].thread else {
                continue;
            };
            let Some(id) = thread.id else {
                self.fail(Some(who), "its first message is not decided");
            };
            let row = open.remove(&id).unwrap_or_else(|| self.row(who));
            let rings = rings.get(&id).cloned().unwrap_or_default();
            self.compare_customer(who, &row, rings);
            let now = self.now;
            self.customers[who].thread().keep(now);
        }
        if let Some((id, _)) = open.first_key_value() {
            self.fail(None, &format!("nobody knows the open conversation {id}"));
        }
    }

    /// What rang since the last call.
    fn new_rings(&mut self) -> Rings {
        let mut rings = Rings::new();
        for entry in &self.read_feed() {
            if entry.kind == EventKind::ClockRang as u16 {
                let trigger = &head(entry)["trigger"];
                let word = |name: &str| trigger[name].as_str().unwrap_or("none").to_owned();
                let (clock, code) = (word("clock"), word("code"));
                self.coverage.count(&format!("told {clock} {code}"));
                let of = rings.entry(entry.conversation.expect("one")).or_default();
                of.push((clock, code));
            } else if entry.kind == EventKind::ClocksChanged as u16 {
                self.coverage.count("told clocks-changed");
            }
        }
        rings
    }

    fn compare_customer(
        &mut self,
        who: usize,
        row: &Conversation,
        mut found: Vec<(String, String)>,
    ) {
        let snapshot = read_snapshot(row).expect("readable");
        // Until it reopens, nothing counts.
        if phase(row.state) != Phase::Resolved {
            let queue = snapshot.queue.as_deref();
            let terms = queue.and_then(|queue| self.terms.get(queue).cloned());
            self.oracle(who).retarget(terms.expect("in a queue"));
        }
        found.sort();
        let oracle = self.oracle(who);
        let mut expected: Vec<(String, String)> = oracle
            .take_rings()
            .into_iter()
            .map(|(clock, code)| (clock.to_owned(), code.to_owned()))
            .collect();
        expected.sort();
        let oracle = oracle.clone();
        if found != expected {
            self.fail(Some(who), &format!("rang {found:?}, expected {expected:?}"));
        }
        if phase(row.state) != oracle.phase {
            let (state, expected) = (row.state, oracle.phase);
            self.fail(Some(who), &format!("is {state:?}, expected {expected:?}"));
        }
        let resolved_at = snapshot.resolved_at.map(minute);
        let expected = oracle
            .resolved_at
            .filter(|_| oracle.phase == Phase::Resolved);
        if resolved_at != expected {
            let (found, expected) = (resolved_at.map(time), expected.map(time));
            let what = format!("was resolved at {found:?}, expected {expected:?}");
            self.fail(Some(who), &what);
        }
        let unanswered = snapshot.unanswered.iter();
        let mut ids: Vec<&str> = unanswered
            .map(|message| message.interaction.as_str())
            .collect();
        ids.sort_unstable();
        if ids != oracle.unanswered() {
            let expected = oracle.unanswered();
            self.fail(Some(who), &format!("{ids:?} wait, expected {expected:?}"));
        }
        let since = snapshot.clocks.unanswered_since();
        let since = since.map(|ms| i64::try_from(ms / 60_000).expect("small"));
        if since != oracle.unanswered_since() {
            let (found, expected) = (since.map(time), oracle.unanswered_since().map(time));
            let what = format!("waits since {found:?}, expected {expected:?}");
            self.fail(Some(who), &what);
        }
        // Timers other than clocks are further away.
        let within = self.now + HORIZON;
        let due = row.due_at.map(minute).filter(|due| *due < within);
        let expected = oracle.next_due(HORIZON);
        if due != expected {
            let (found, expected) = (due.map(time), expected.map(time));
            let what = format!("is due at {found:?}, expected {expected:?}");
            self.fail(Some(who), &what);
        }
    }
}
