//! Somebody who answers customers: takes what is offered, writes, and has
//! habits.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::crew::{Habit, Member};
use super::day::{chance_for, minutes};
use super::office::Office;

/// How often an agent looks up without being told that something happened.
const LOOK_UP: SignedDuration = SignedDuration::from_mins(15);
/// Shares of what somebody with a habit does not take.
const PICKY: f64 = 0.5;
const SLEEPY: f64 = 0.15;
/// Shares of what is put on hold or given back before it is answered.
const HOLDS: f64 = 0.05;
const GIVES_BACK: f64 = 0.03;

/// An agent at work.
pub(crate) struct Worker {
    office: Arc<Office>,
    member: Member,
    /// As the texts are signed.
    name: String,
    rng: Rng,
    presence: &'static str,
    /// Offers that were let go by.
    ignored: BTreeSet<u64>,
    /// When what they hold will be dealt with.
    writing: HashMap<String, Timestamp>,
    /// When they notice that they are not responding.
    back_at: Option<Timestamp>,
}

impl Worker {
    pub(crate) fn new(office: Arc<Office>, member: Member) -> Worker {
        let mut name = member.id.clone();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let rng = chance_for((&office.company, &member.id));
        Worker {
            office,
            member,
            name,
            rng,
            presence: "offline",
            ignored: BTreeSet::new(),
            writing: HashMap::new(),
            back_at: None,
        }
    }

    /// Work through the day.
    pub(crate) async fn work(mut self) {
        let office = Arc::clone(&self.office);
        let day = office.day;
        while !day.is_over() {
            self.come_and_go().await;
            if self.presence != "offline" {
                self.look().await;
                self.write().await;
            }
            let next = self.next();
            tokio::select! {
                () = office.woken(&self.member.id) => {}
                () = day.wait_until(next) => {}
            }
        }
        // The desk closes: what is in hand stays there, nothing more comes.
        if self.presence == "available" {
            self.set_presence("away").await;
        }
    }

    fn next(&self) -> Timestamp {
        let day = &self.office.day;
        let change = self.member.next_change(day);
        if self.presence == "offline" {
            return change;
        }
        let due = self.writing.values().min().copied();
        let soon = [due, self.back_at, Some(day.now() + LOOK_UP)];
        soon.into_iter().flatten().fold(change, Timestamp::min)
    }

    async fn come_and_go(&mut self) {
        let day = self.office.day;
        let wanted = self.member.presence(&day);
        let is_back = self.back_at.is_some_and(|at| at <= day.now());
        if wanted == self.presence && !is_back {
            return;
        }
        if wanted == "offline" {
            self.writing.clear();
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

    /// Look what there is: offers, and conversations in hand.
    async fn look(&mut self) {
        let path = format!("agents/{}", self.member.id);
        let Ok(me) = self.office.api.get(&path).await else {
            return;
        };
        let now = self.office.day.now();
        if me["not_responding"] == true && self.back_at.is_none() {
            self.back_at = Some(now + minutes(&mut self.rng, 8.0, 20.0));
        }
        for offer in list(&me["offers"]) {
            self.consider(offer).await;
        }
        let held: BTreeSet<&str> = list(&me["conversations"])
            .filter(|holding| holding["hold"] == "active")
            .filter_map(|holding| holding["conversation"].as_str())
            .collect();
        self.writing.retain(|id, _| held.contains(id.as_str()));
        if self.member.is(Habit::Silent, &self.office.day) {
            return;
        }
        for id in held {
            if !self.writing.contains_key(id) {
                let due = now + minutes(&mut self.rng, 3.0, 10.0);
                self.writing.insert(id.to_owned(), due);
            }
        }
    }

    async fn consider(&mut self, offer: &Value) {
        let Some(id) = offer["id"].as_u64() else {
            return;
        };
        if self.ignored.contains(&id) {
            return;
        }
        let day = &self.office.day;
        let luck = self.rng.f64();
        if self.member.is(Habit::Sleepy, day) && luck < SLEEPY {
            self.ignored.insert(id);
            return;
        }
        let declines = self.member.is(Habit::Picky, day) && luck < PICKY;
        let verb = if declines { "decline" } else { "accept" };
        let body = json!({"by": self.member.id});
        // Over by now, perhaps: then it is another's.
        let _ = self
            .office
            .api
            .post(&format!("offers/{id}/{verb}"), &body)
            .await;
    }

    /// Deal with what is due.
    async fn write(&mut self) {
        let now = self.office.day.now();
        let due = self.writing.iter().filter(|(_, at)| **at <= now);
        let due: Vec<String> = due.map(|(id, _)| id.clone()).collect();
        for id in due {
            self.writing.remove(&id);
            if let Some(again) = self.deal_with(&id).await {
                self.writing.insert(id, again);
            }
        }
    }

    /// Deal with a conversation; when to do so again, if there is more to do.
    async fn deal_with(&mut self, id: &str) -> Option<Timestamp> {
        let path = format!("conversations/{id}");
        let conversation = self.office.api.get(&path).await.ok()?;
        if conversation["owner"] != self.member.id.as_str() {
            return None;
        }
        let later = self.office.day.now() + minutes(&mut self.rng, 2.0, 6.0);
        match conversation["state"].as_str() {
            Some("on-hold") => {
                self.act(id, "resume").await;
                return Some(later);
            }
            Some("active") => {}
            _ => return None,
        }
        let standing = Standing::of(&conversation);
        if !standing.is_to_answer {
            // Delivered, and still in hand: its customer is next.
            if standing.is_answered {
                self.act(id, "wait").await;
            }
            return None;
        }
        if standing.drafted == 0 {
            let luck = self.rng.f64();
            if luck < HOLDS {
                self.act(id, "hold").await;
                return Some(later);
            }
            if luck < HOLDS + GIVES_BACK {
                self.act(id, "return").await;
                return None;
            }
        }
        let text = self.text(&standing);
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
            // The channel does not take so much: in other words, then.
            Err(refused) if refused.kind == "too-long" => {
                let text = self
                    .office
                    .words
                    .good(&standing.language, &self.name, &mut self.rng);
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

    /// What to write: what was drafted for it, or the agent's own words; rude
    /// ones at first, for some.
    fn text(&mut self, standing: &Standing) -> String {
        let office = &self.office;
        let drafted = office.drafts.get(&standing.interaction);
        if let Some(draft) = drafted.and_then(|drafts| drafts.get(standing.drafted)) {
            return draft.clone();
        }
        let (words, rng) = (&office.words, &mut self.rng);
        let is_rude = self.member.is(Habit::Rude, &office.day);
        if is_rude && standing.drafted == 0 && rng.bool() {
            return words.rude(&standing.language, &self.name, rng);
        }
        words.good(&standing.language, &self.name, rng)
    }
}

/// How a conversation stands, as its history tells.
struct Standing {
    /// Its newest message from the customer.
    interaction: String,
    /// The customer's language, as it was found.
    language: String,
    /// Replies drafted since that message.
    drafted: usize,
    /// Whether somebody has to write.
    is_to_answer: bool,
    /// Whether the channel has the answer.
    is_answered: bool,
}

impl Standing {
    fn of(conversation: &Value) -> Standing {
        let mut standing = Standing {
            interaction: String::new(),
            language: "en".to_owned(),
            drafted: 0,
            is_to_answer: false,
            is_answered: false,
        };
        for entry in list(&conversation["history"]) {
            let kind = entry["kind"].as_str().unwrap_or_default();
            match kind {
                "received" | "edited" => {
                    let data = &entry["data"];
                    if let Some(id) = data["interaction"].as_str() {
                        id.clone_into(&mut standing.interaction);
                    }
                    if let Some(language) = data["classification"]["language"].as_str() {
                        language.clone_into(&mut standing.language);
                    }
                    standing.drafted = 0;
                }
                "reply-drafted" => standing.drafted += 1,
                _ => {}
            }
            match kind {
                "received"
                | "edited"
                | "reply-revise"
                | "reply-blocked"
                | "reply-rejected"
                | "reply-stale"
                | "reply-undeliverable" => {
                    (standing.is_to_answer, standing.is_answered) = (true, false);
                }
                "reply-published" | "reply-held" => {
                    (standing.is_to_answer, standing.is_answered) = (false, false);
                }
                "reply-delivered" if !standing.is_to_answer => standing.is_answered = true,
                _ => {}
            }
        }
        standing
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(kinds: &[&str]) -> Standing {
        let history: Vec<Value> = kinds
            .iter()
            .map(|kind| json!({"kind": kind, "data": {"interaction": "m"}}))
            .collect();
        Standing::of(&json!({ "history": history }))
    }

    #[test]
    fn what_the_customer_wrote_is_to_be_answered_until_a_reply_is_on_its_way() {
        assert!(standing(&["received"]).is_to_answer);
        let sent = standing(&["received", "reply-drafted", "reply-published"]);
        assert!(!sent.is_to_answer && !sent.is_answered);
        let again = standing(&["received", "reply-published", "reply-delivered", "received"]);
        assert!(again.is_to_answer);
    }

    #[test]
    fn what_was_sent_back_is_written_anew() {
        let back = standing(&["received", "reply-drafted", "reply-revise"]);
        assert!(back.is_to_answer);
        assert_eq!(back.drafted, 1);
    }
}
