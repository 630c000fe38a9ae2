//! An agent: accepts offers, answers customers, and has a habit.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::crew::{Habit, Member};
use crate::day::{random_minutes, seeded_rng};
use crate::networks::Networks;
use crate::office::Office;

/// Simulated time between two looks at the desk without an event.
const ROUND: SignedDuration = SignedDuration::from_mins(15);
/// Share of offers that a picky agent declines.
const PICKY: f64 = 0.5;
/// Share of offers that a sleepy agent lets time out.
const SLEEPY: f64 = 0.15;
/// Share of conversations put on hold before the first draft.
const HOLDS: f64 = 0.05;
/// Share of conversations returned to the queue before the first draft.
const RETURNS: f64 = 0.03;

/// An agent at work.
pub(crate) struct Worker {
    office: Arc<Office>,
    member: Member,
    /// Name in the signature of replies.
    name: String,
    rng: Rng,
    presence: &'static str,
    /// Offers left to time out.
    ignored: BTreeSet<u64>,
    /// When each conversation in progress is handled next.
    due: HashMap<String, Timestamp>,
    /// When the agent notices that they are *not responding*.
    back_at: Option<Timestamp>,
}

impl Worker {
    pub(crate) fn new(office: Arc<Office>, member: Member) -> Worker {
        let mut name = member.id.clone();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let rng = seeded_rng((&office.company, &member.id));
        Worker {
            office,
            member,
            name,
            rng,
            presence: "offline",
            ignored: BTreeSet::new(),
            due: HashMap::new(),
            back_at: None,
        }
    }

    /// Work until the end of the day.
    pub(crate) async fn work(mut self) {
        let office = Arc::clone(&self.office);
        let day = office.day;
        while !day.is_over() {
            self.update_presence().await;
            if self.presence != "offline" {
                self.read_desk().await;
                self.handle_due().await;
            }
            let next = self.next_moment();
            tokio::select! {
                () = office.wait_for_entry(&self.member.id) => {}
                () = day.wait_until(next) => {}
            }
        }
        // The desk closes: no new offers, conversations stay with their agents.
        if self.presence == "available" {
            self.set_presence("away").await;
        }
    }

    fn next_moment(&self) -> Timestamp {
        let day = &self.office.day;
        let change = self.member.next_change(day);
        if self.presence == "offline" {
            return change;
        }
        let due = self.due.values().min().copied();
        let soon = [due, self.back_at, Some(day.now() + ROUND)];
        soon.into_iter().flatten().fold(change, Timestamp::min)
    }

    async fn update_presence(&mut self) {
        let day = self.office.day;
        let wanted = self.member.presence(&day);
        let is_back = self.back_at.is_some_and(|at| at <= day.now());
        if wanted == self.presence && !is_back {
            return;
        }
        if wanted == "offline" {
            self.due.clear();
        }
        self.back_at = None;
        self.presence = wanted;
        self.set_presence(wanted).await;
    }

    async fn set_presence(&self, presence: &str) {
        let path = format!("agents/{}/presence", self.member.id);
        let body = json!({"presence": presence});
        let _ = self.office.api.put(&path, &body).await;
    }

    /// Read offers and conversations in progress.
    async fn read_desk(&mut self) {
        let path = format!("agents/{}", self.member.id);
        let Ok(me) = self.office.api.get(&path).await else {
            return;
        };
        let now = self.office.day.now();
        if me["not_responding"] == true && self.back_at.is_none() {
            self.back_at = Some(now + random_minutes(&mut self.rng, 8.0, 20.0));
        }
        for offer in list(&me["offers"]) {
            self.answer_offer(offer).await;
        }
        let held: BTreeSet<&str> = list(&me["conversations"])
            .filter(|holding| holding["hold"] == "active")
            .filter_map(|holding| holding["conversation"].as_str())
            .collect();
        self.due.retain(|id, _| held.contains(id.as_str()));
        if self.member.shows(Habit::Silent, &self.office.day) {
            return;
        }
        for id in held {
            if !self.due.contains_key(id) {
                let due = now + random_minutes(&mut self.rng, 3.0, 10.0);
                self.due.insert(id.to_owned(), due);
            }
        }
    }

    async fn answer_offer(&mut self, offer: &Value) {
        let Some(id) = offer["id"].as_u64() else {
            return;
        };
        if self.ignored.contains(&id) {
            return;
        }
        let day = &self.office.day;
        let luck = self.rng.f64();
        if self.member.shows(Habit::Sleepy, day) && luck < SLEEPY {
            self.ignored.insert(id);
            return;
        }
        let declines = self.member.shows(Habit::Picky, day) && luck < PICKY;
        let verb = if declines { "decline" } else { "accept" };
        let body = json!({"by": self.member.id});
        let path = format!("offers/{id}/{verb}");
        // The offer may have gone to another agent: then the server rejects it.
        let _ = self.office.api.post(&path, &body).await;
    }

    /// Handle every conversation that is due.
    async fn handle_due(&mut self) {
        let now = self.office.day.now();
        let due = self.due.iter().filter(|(_, at)| **at <= now);
        let due: Vec<String> = due.map(|(id, _)| id.clone()).collect();
        for id in due {
            self.due.remove(&id);
            if let Some(again) = self.handle(&id).await {
                self.due.insert(id, again);
            }
        }
    }

    /// Handle a conversation; returns when to handle it again.
    async fn handle(&mut self, id: &str) -> Option<Timestamp> {
        let path = format!("conversations/{id}");
        let conversation = self.office.api.get(&path).await.ok()?;
        if conversation["owner"] != self.member.id.as_str() {
            return None;
        }
        let later = self.office.day.now() + random_minutes(&mut self.rng, 2.0, 6.0);
        match conversation["state"].as_str() {
            Some("on-hold") => {
                self.act(id, "resume").await;
                return Some(later);
            }
            Some("active") => {}
            _ => return None,
        }
        let progress = Progress::of(&conversation);
        if !progress.needs_answer {
            if progress.is_answered {
                self.act(id, "wait").await;
            }
            return None;
        }
        if progress.drafted == 0 {
            let luck = self.rng.f64();
            if luck < HOLDS {
                self.act(id, "hold").await;
                return Some(later);
            }
            if luck < HOLDS + RETURNS {
                self.act(id, "return").await;
                return None;
            }
        }
        let text = self.text(&progress);
        let then = match self.rng.u8(..10) {
            0..5 => "wait",
            5..9 => "resolve",
            _ => "wrap-up",
        };
        let reply = json!({
            "by": self.member.id,
            "id": format!("{}-{}", self.member.id, self.rng.u64(..)),
            "text": text,
            "then": then,
        });
        let path = format!("conversations/{id}/replies");
        match self.office.api.post(&path, &reply).await {
            Ok(done) => match done["reply"]["status"].as_str() {
                Some("revise" | "blocked") => Some(later),
                _ => None,
            },
            // Too long for the channel: write a shorter reply.
            Err(rejection) if rejection.kind == "too-long" => {
                let text =
                    self.office
                        .words
                        .good_reply(&progress.language, &self.name, &mut self.rng);
                let mut reply = reply;
                reply["text"] = json!(text);
                let _ = self.office.api.post(&path, &reply).await;
                None
            }
            Err(_) => None,
        }
    }

    async fn act(&self, id: &str, action: &str) {
        let body = json!({"by": self.member.id, "action": action});
        let path = format!("conversations/{id}/actions");
        let _ = self.office.api.post(&path, &body).await;
    }

    /// The next draft for the interaction, or a phrase; a rude agent's first
    /// phrase may be rude.
    fn text(&mut self, progress: &Progress) -> String {
        let office = &self.office;
        let drafted = office.drafts.get(&progress.row(&office.networks));
        if let Some(draft) = drafted.and_then(|drafts| drafts.get(progress.drafted)) {
            return draft.clone();
        }
        let (words, rng) = (&office.words, &mut self.rng);
        let is_rude = self.member.shows(Habit::Rude, &office.day);
        if is_rude && progress.drafted == 0 && rng.bool() {
            return words.rude_reply(&progress.language, &self.name, rng);
        }
        words.good_reply(&progress.language, &self.name, rng)
    }
}

/// How far a conversation is, from its history.
struct Progress {
    /// Id of the customer's newest message.
    interaction: String,
    /// The network's own id of it.
    provider_id: Option<String>,
    /// The customer's language, as classified.
    language: String,
    /// Replies drafted since that message.
    drafted: usize,
    /// Whether the agent has to write.
    needs_answer: bool,
    /// Whether the channel accepted the answer.
    is_answered: bool,
}

impl Progress {
    fn of(conversation: &Value) -> Progress {
        let mut progress = Progress {
            interaction: String::new(),
            provider_id: None,
            language: "en".to_owned(),
            drafted: 0,
            needs_answer: false,
            is_answered: false,
        };
        for entry in list(&conversation["history"]) {
            let kind = entry["kind"].as_str().unwrap_or_default();
            match kind {
                "received" | "edited" => {
                    let data = &entry["data"];
                    if let Some(id) = data["interaction"].as_str() {
                        id.clone_into(&mut progress.interaction);
                    }
                    if let Some(language) = data["classification"]["language"].as_str() {
                        language.clone_into(&mut progress.language);
                    }
                    progress.drafted = 0;
                }
                "reply-drafted" => progress.drafted += 1,
                _ => {}
            }
            match kind {
                "received"
                | "edited"
                | "reply-revise"
                | "reply-blocked"
                | "reply-rejected"
                | "reply-stale"
                | "reply-taken-back"
                | "reply-undeliverable" => {
                    (progress.needs_answer, progress.is_answered) = (true, false);
                }
                "reply-published" | "reply-held" => {
                    (progress.needs_answer, progress.is_answered) = (false, false);
                }
                "reply-delivered" if !progress.needs_answer => progress.is_answered = true,
                _ => {}
            }
        }
        let newest = list(&conversation["said"]).map(|said| &said["interaction"]);
        let newest = newest.filter(|said| said["id"] == progress.interaction.as_str());
        let provider_id = newest.last().map(|said| &said["attributes"]["provider_id"]);
        progress.provider_id = provider_id.and_then(Value::as_str).map(str::to_owned);
        progress
    }

    /// Id of the row that became the newest message.
    fn row(&self, networks: &Networks) -> String {
        let row = self.provider_id.as_deref();
        let row = row.and_then(|id| networks.row_of(id));
        row.unwrap_or_else(|| self.interaction.clone())
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(kinds: &[&str]) -> Progress {
        let history: Vec<Value> = kinds
            .iter()
            .map(|kind| json!({"kind": kind, "data": {"interaction": "m"}}))
            .collect();
        Progress::of(&json!({ "history": history }))
    }

    #[test]
    fn a_message_needs_an_answer_until_a_reply_is_sent() {
        assert!(progress(&["received"]).needs_answer);
        let sent = progress(&["received", "reply-drafted", "reply-published"]);
        assert!(!sent.needs_answer && !sent.is_answered);
        let again = progress(&["received", "reply-published", "reply-delivered", "received"]);
        assert!(again.needs_answer);
    }

    #[test]
    fn a_reply_sent_back_needs_another_draft() {
        let back = progress(&["received", "reply-drafted", "reply-revise"]);
        assert!(back.needs_answer);
        assert_eq!(back.drafted, 1);
    }
}
