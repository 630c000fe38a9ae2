//! The same figures by another way: for each entry of a conversation, everything before it
//! is looked through again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_journal::{CompanyId, Counts, Dimension, Entries, Entry};
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::Clock;
use patchbay_statistics::measure::{
    ClockMeasure, DurationMeasure, FALLBACKS, Measure, outcome_number,
};
use serde_json::Value;

/// Counts by kind of subject, subject and moment.
pub(crate) type Moments = BTreeMap<(Dimension, String, Timestamp), Counts>;

struct Conversation {
    entries: Vec<(Entry, Value)>,
}

/// Count every entry of a company.
pub(crate) fn count(journal: &SqliteJournal, company: CompanyId) -> Moments {
    let mut by_conversation = BTreeMap::<_, Vec<(Entry, Value)>>::new();
    let mut after = 0;
    loop {
        let page = journal.feed(company, after, 500).unwrap();
        let Some(last) = page.entries.last() else {
            break;
        };
        after = last.feed;
        for entry in page.entries {
            let head = serde_json::from_str(&entry.head).unwrap();
            let of = by_conversation.entry(entry.conversation).or_default();
            of.push((entry, head));
        }
    }
    let mut moments = Moments::new();
    for entries in by_conversation.into_values() {
        let conversation = Conversation { entries };
        for index in 0..conversation.entries.len() {
            conversation.count(index, &mut moments);
        }
    }
    moments
}

impl Conversation {
    fn kind(&self, index: usize) -> u16 {
        self.entries[index].0.kind
    }

    fn head(&self, index: usize) -> &Value {
        &self.entries[index].1
    }

    fn at(&self, index: usize) -> Timestamp {
        self.entries[index].0.at
    }

    /// Whether a customer wrote in person and policies decided about it.
    fn is_of_customer(&self, index: usize) -> bool {
        matches!(self.kind(index), 1 | 2) && self.head(index).get("outcome").is_some()
    }

    fn moved_by_escalation(&self, index: usize) -> Option<&Value> {
        self.head(index).pointer("/escalation/actions/0/target")
    }

    fn resolves(&self, index: usize) -> bool {
        let head = self.head(index);
        match self.kind(index) {
            73 => head["to"] == "resolved" && head["from"] != "resolved",
            1 | 2 | 35 => {
                head.pointer("/route/target/kind") == Some(&Value::from("close"))
                    && self.moved_by_escalation(index).is_none()
            }
            _ => false,
        }
    }

    /// The entry of the first message of a customer.
    fn opening(&self) -> Option<usize> {
        (0..self.entries.len()).find(|index| self.is_of_customer(*index))
    }

    fn is_resolved_before(&self, index: usize) -> bool {
        let mut before = (0..index).rev();
        let last = before.find(|index| self.resolves(*index) || self.is_of_customer(*index));
        last.is_some_and(|last| self.resolves(last))
    }

    /// The newest owner up to an entry, and the entry that made them so.
    fn owner_after(&self, index: usize) -> Option<(usize, String)> {
        for past in (0..=index).rev() {
            match self.kind(past) {
                65 | 70 => {
                    let agent = self.head(past)["agent"].as_str().unwrap().to_owned();
                    return Some((past, agent));
                }
                71 | 76 => return None,
                72 if self.head(past).get("by").is_some() => return None,
                _ if self.resolves(past) => return None,
                _ => {}
            }
        }
        None
    }

    /// Milliseconds from one entry to another that the conversation did not wait on its
    /// customer.
    fn worked_ms(&self, from: usize, to: usize) -> u64 {
        let mut worked = 0;
        let mut waits = false;
        for index in from..to {
            match self.kind(index) {
                73 => waits = self.head(index)["to"] == "waiting-on-customer",
                _ if self.is_of_customer(index) => waits = false,
                _ => {}
            }
            if !waits {
                let span = self.at(index + 1).duration_since(self.at(index));
                worked += span.as_millis() as u64;
            }
        }
        worked
    }

    fn queue_after(&self, index: usize) -> String {
        for past in (0..=index).rev() {
            let (entry, head) = &self.entries[past];
            let scope = entry.scope.as_ref();
            if let Some(queue) = scope.and_then(|scope| scope.queues.last()) {
                return queue.clone();
            }
            let stated = match entry.kind {
                72 => head.pointer("/to/id"),
                76 => head.get("queue"),
                _ => self
                    .moved_by_escalation(past)
                    .or_else(|| head.pointer("/route/target/id"))
                    .or_else(|| head.pointer("/route/target/queue")),
            };
            if let Some(queue) = stated.and_then(Value::as_str) {
                return queue.to_owned();
            }
        }
        String::new()
    }

    fn channel_after(&self, index: usize) -> String {
        let mut past = (0..=index).rev();
        let channel = past.find_map(|index| self.head(index).get("channel")?.as_str());
        channel.unwrap_or_default().to_owned()
    }

    fn ms_since_opening(&self, index: usize) -> Option<u64> {
        let opening = self.opening().filter(|opening| *opening <= index)?;
        let written: Timestamp = self.head(opening)["received_at"].as_str()?.parse().ok()?;
        let accepted = self.at(opening);
        let earliest = accepted - jiff::SignedDuration::from_mins(5);
        let start = written.min(accepted).max(earliest).as_millisecond();
        Some((self.at(index).as_millisecond() - start) as u64)
    }

    fn is_first_answer(&self, index: usize) -> bool {
        let answers = |index: usize| {
            let is_opened = self.opening().is_some_and(|opening| opening < index);
            let has_clock = self.head(index).get("clock").is_some();
            is_opened && (self.kind(index) == 103 || self.kind(index) == 5 && has_clock)
        };
        answers(index) && !(0..index).any(answers)
    }

    fn drafted_by(&self, index: usize) -> Option<String> {
        let mut past = (0..=index).rev();
        let draft = past.find(|index| self.kind(*index) == 95)?;
        Some(self.head(draft)["by"]["id"].as_str()?.to_owned())
    }

    fn offered_to(&self, index: usize) -> Option<String> {
        let mut past = (0..index).rev();
        let last = past.find(|index| matches!(self.kind(*index), 64..=68 | 70))?;
        let is_offer = self.kind(last) == 64;
        is_offer.then(|| self.head(last)["agent"].as_str().unwrap().to_owned())
    }

    fn count(&self, index: usize, moments: &mut Moments) {
        let (kind, head) = (self.kind(index), self.head(index));
        let agent = |name: &str| head[name].as_str().map(str::to_owned);
        let owner_before = index
            .checked_sub(1)
            .and_then(|index| self.owner_after(index));
        let mut found: Vec<(Option<String>, Counts)> = Vec::new();
        let mut one = |agent: Option<String>, measure: u16| {
            let mut counts = Counts::default();
            counts.add(measure, 1);
            found.push((agent, counts));
        };
        let named = agent("agent");
        let is_first = self.opening() == Some(index);
        // Who owns it, unless the message reopened it.
        let owner = owner_before.clone().map(|(_, agent)| agent);
        if self.is_of_customer(index) {
            if is_first {
                one(owner.clone(), Measure::Opened.number());
            } else if self.is_resolved_before(index) {
                one(owner.clone(), Measure::Reopened.number());
            }
        }
        let is_automatic = head.get("automatic").is_some();
        if kind == 1 && !is_automatic {
            one(owner.clone(), Measure::Interactions.number());
        }
        let measure = match kind {
            64 => Some(Measure::OffersMade),
            65 => Some(Measure::OffersAccepted),
            66 => Some(Measure::OffersDeclined),
            67 => Some(Measure::OffersTimedOut),
            68 => Some(Measure::OffersWithdrawn),
            _ => None,
        };
        if let Some(measure) = measure {
            one(named, measure.number());
        }
        if kind == 70 && !head["offer"].is_null() {
            one(self.offered_to(index), Measure::OffersWithdrawn.number());
        }
        let measure = match kind {
            96 => Some(Measure::RepliesPublished),
            97 => Some(Measure::RepliesRevised),
            98 => Some(Measure::RepliesHeld),
            99 => Some(Measure::RepliesBlocked),
            _ => None,
        };
        if let Some(measure) = measure {
            one(self.drafted_by(index), measure.number());
        }
        let by = agent("by");
        if kind == 103 {
            one(by.clone(), Measure::RepliesDelivered.number());
        }
        if kind == 104 {
            one(owner.clone(), Measure::RepliesUndeliverable.number());
        }
        let clock = |value: &Value| Clock::from_code(value.as_str().unwrap()).unwrap();
        if kind == 32 {
            let measure = match head["trigger"]["code"].as_str() {
                Some("sla-at-risk") => Some(ClockMeasure::AtRisk),
                Some("sla-breached") => Some(ClockMeasure::Missed),
                _ => None,
            };
            if let Some(measure) = measure {
                let number = measure.number(clock(&head["trigger"]["clock"]));
                one(owner.clone(), number);
            }
        }
        let answerer = if kind == 103 { by } else { owner.clone() };
        let is_counted = kind != 73 || self.ms_since_opening(index).is_some();
        if let Some(stopped) = head.get("clock")
            && stopped.get("target").is_some()
            && is_counted
        {
            let measure = match stopped.get("missed").is_some() {
                true => ClockMeasure::Late,
                false => ClockMeasure::Met,
            };
            one(answerer.clone(), measure.number(clock(&stopped["clock"])));
        }
        if self.is_first_answer(index) {
            let mut counts = Counts::default();
            DurationMeasure::FirstResponse
                .record(&mut counts, self.ms_since_opening(index).unwrap());
            found.push((answerer, counts));
        }
        if self.resolves(index)
            && let Some(ms) = self.ms_since_opening(index)
        {
            let mut counts = Counts::default();
            counts.add(Measure::Resolved.number(), 1);
            DurationMeasure::Resolution.record(&mut counts, ms);
            found.push((owner, counts));
        }
        if let Some((since, agent)) = owner_before
            && self.owner_after(index).is_none_or(|(now, _)| now != since)
        {
            let mut counts = Counts::default();
            DurationMeasure::Handle.record(&mut counts, self.worked_ms(since, index));
            found.push((Some(agent), counts));
        }
        for (agent, counts) in found {
            let subjects = [
                (Dimension::Company, Some(String::new())),
                (Dimension::Queue, Some(self.queue_after(index))),
                (Dimension::Channel, Some(self.channel_after(index))),
                (Dimension::Agent, agent),
            ];
            for (dimension, key) in subjects {
                if let Some(key) = key {
                    let moment = (dimension, key, self.at(index));
                    moments.entry(moment).or_default().merge(&counts);
                }
            }
        }
        self.count_stages(index, moments);
    }

    fn count_stages(&self, index: usize, moments: &mut Moments) {
        let mut add = |stage: &Value, measure| {
            let stage = stage.as_str().unwrap().to_owned();
            let moment = (Dimension::Stage, stage, self.at(index));
            moments.entry(moment).or_default().add(measure, 1);
        };
        let head = self.head(index);
        let list =
            |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        for plugin in list(head.pointer("/stamp/plugins")) {
            let outcome = OutcomeKind::from_code(plugin["outcome"].as_str().unwrap());
            add(&plugin["stage"], outcome_number(outcome.unwrap()));
        }
        for fallback in list(head.get("fallbacks")) {
            add(&fallback["stage"], FALLBACKS);
        }
    }
}
