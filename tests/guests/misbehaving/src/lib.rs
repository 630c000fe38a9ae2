//! A policy that misbehaves as the interaction's text requests: a word, for some
//! with a number. Only `ok` gives a normal answer.

mod again;
mod answers;
mod reach;
mod resources;

use std::sync::atomic::{AtomicU32, Ordering};

use patchbay_sdk::prelude::*;

settings! {
    pub struct Settings {
        /// What `prepare` does.
        #[serde(default)]
        prepare: String,
        /// Identifies a company's settings.
        #[serde(default)]
        marker: String,
    }
}

/// Decisions made by this instance.
static DECISIONS: AtomicU32 = AtomicU32::new(0);
/// How often `prepare` ran in this memory.
static PREPARED: AtomicU32 = AtomicU32::new(0);

struct Misbehaving {
    marker: String,
    /// A random number from `prepare`; the same in all instances of a snapshot.
    drawn: u64,
}

impl Policy for Misbehaving {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        PREPARED.fetch_add(1, Ordering::Relaxed);
        match settings.prepare.as_str() {
            "" => {}
            "refuse" => {
                let mut problems = Problems::at("/queues/0/name", "is not a queue");
                problems.add("", "has no words");
                return Err(problems);
            }
            "agents" => {
                agents::get("ana");
            }
            "hours" => {
                clock::is_open("office", clock::now());
            }
            other => resources::waste(other),
        }
        Ok(Self {
            marker: settings.marker,
            drawn: random::next(),
        })
    }
}

impl Misbehaving {
    /// The `why` of good answers: shows a test which memory gave it.
    fn report(&self) -> String {
        format!(
            "decision={} prepared={} marker={} drawn={:x}",
            DECISIONS.load(Ordering::Relaxed),
            PREPARED.load(Ordering::Relaxed),
            self.marker,
            self.drawn,
        )
    }
}

/// A word and its number; 0 without one.
fn command(text: &str) -> (&str, usize) {
    let (word, number) = text.split_once(' ').unwrap_or((text, "0"));
    let number = number
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    (word, number.unwrap_or(0))
}

impl Classify for Misbehaving {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        DECISIONS.fetch_add(1, Ordering::Relaxed);
        let (word, number) = command(interaction.text());
        if word == "ok" || again::is_greeting(word) {
            return Ok(Some(
                Classification::because(self.report()).intent("greeting", 0.9),
            ));
        }
        if word == "spin" {
            resources::spin(number);
            return Ok(Some(Classification::because(self.report())));
        }
        if word == "marker" {
            let why = Classification::because(self.report());
            return Ok(Some(why.intent(&self.marker, 0.9)));
        }
        if word == "as-set" {
            resources::waste(&self.marker);
            return Ok(Some(Classification::because("").intent(&self.marker, 0.9)));
        }
        if word == "count" {
            let amount = if self.marker == "twice" { 2 } else { 1 };
            state::add(state::Scope::Conversation, "counted", amount);
            let counted = state::counter(state::Scope::Conversation, "counted");
            let urgency = u8::try_from(counted).unwrap_or(100);
            return Ok(Some(Classification::because("").urgency(urgency)));
        }
        if word == "fail" {
            return Err(Error::new("no\u{1b}[2J idea"));
        }
        if word == "decline" {
            return Ok(None);
        }
        if let Some(answer) = answers::classification(word, number, interaction.text()) {
            return Ok(Some(answer));
        }
        if let Some(why) = resources::hoard(word, number, interaction) {
            return Ok(Some(Classification::because(why)));
        }
        if let Some(why) = reach::out(word, number) {
            return Ok(Some(Classification::because(why)));
        }
        resources::waste(word);
        Err(Error::new(format_args!("unknown command {word:?}")))
    }
}

impl Route for Misbehaving {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        DECISIONS.fetch_add(1, Ordering::Relaxed);
        let latest = conversation.latest();
        let (word, number) = command(latest.text());
        if let Some(plan) = again::route_plan(word, conversation) {
            return Ok(Some(plan));
        }
        if let Some(plan) = answers::route_plan(word, number) {
            return Ok(Some(plan));
        }
        resources::waste(word);
        Ok(Some(RoutePlan::to_queue("general").because(self.report())))
    }
}

impl CheckTone for Misbehaving {
    fn check(&self, draft: &Draft) -> Answer<Review> {
        DECISIONS.fetch_add(1, Ordering::Relaxed);
        let (word, number) = command(draft.text());
        if let Some(review) = answers::review(word, number) {
            return Ok(Some(review));
        }
        if word == "attachments" {
            let files = draft.attachments();
            let names: Vec<_> = files
                .iter()
                .map(|file| (String::from(file.kind()), file.name()))
                .collect();
            return Ok(Some(Review::approve().because(format!("{names:?}"))));
        }
        if word == "remember" {
            state::add(state::Scope::Contact, "checked", 1);
        }
        resources::waste(word);
        Ok(Some(Review::approve().because(self.report())))
    }
}

impl Escalate for Misbehaving {
    fn escalate(&self, trigger: &Trigger) -> Answer<Escalation> {
        DECISIONS.fetch_add(1, Ordering::Relaxed);
        let subject = trigger.subject().unwrap_or_default();
        let (word, number) = command(&subject);
        if word == "read" {
            let incident = trigger.conversation().and_then(|it| it.incident());
            let read = (trigger.agent(), trigger.window_seconds(), incident);
            return Ok(Some(Escalation::because(format!("{read:?}"))));
        }
        if let Some(escalation) = again::escalation(trigger) {
            return Ok(Some(escalation));
        }
        if let Some(escalation) = answers::escalation(word, number) {
            return Ok(Some(escalation));
        }
        resources::waste(word);
        Ok(Some(Escalation::because(self.report())))
    }
}

export!(Misbehaving: classify, route, tone, escalate);
