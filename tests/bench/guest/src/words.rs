//! The policy without an engine: phrases, words and arithmetic. Every contender
//! computes exactly this.

use std::collections::HashMap;

/// The settings, indexed.
#[derive(Debug)]
pub struct Words {
    /// Intents and their queues.
    pub rules: Vec<Rule>,
    /// Phrases that make a message urgent.
    pub urgent: Vec<String>,
    /// Weight of a word, -4 to 4.
    pub mood: HashMap<String, i64>,
    /// Queue without an intent.
    pub default_queue: String,
}

/// One intent.
#[derive(Debug)]
pub struct Rule {
    /// Its code.
    pub name: String,
    /// Phrases; each occurrence raises the confidence.
    pub phrases: Vec<String>,
    /// Its queue.
    pub queue: String,
    /// Required skill.
    pub skill: String,
    /// Proficiency of the first step.
    pub proficiency: u8,
}

/// Result of reading a text.
#[derive(Debug)]
pub struct Reading<'a> {
    /// Intents and confidence, best first.
    pub intents: Vec<(&'a str, f64)>,
    /// Sentiment, -1 to 1.
    pub sentiment: f64,
    /// 0 to 100.
    pub urgency: u8,
    /// Why.
    pub why: String,
}

/// Route of a message with an intent.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The best intent.
    pub rule: &'a Rule,
    /// Duration of the first step in seconds.
    pub expires: u32,
    /// 0 to 100.
    pub priority: u8,
    /// Tags to add.
    pub tags: Vec<&'static str>,
    /// Why.
    pub why: String,
}

impl Words {
    /// Reads a text.
    pub fn read(&self, text: &str) -> Reading<'_> {
        let text = text.to_lowercase();
        let mut intents: Vec<(&str, f64)> = Vec::new();
        for rule in &self.rules {
            let hits = rule
                .phrases
                .iter()
                .filter(|phrase| text.contains(phrase.as_str()))
                .count();
            if hits > 0 {
                intents.push((&rule.name, (40 + 20 * hits).min(95) as f64 / 100.0));
            }
        }
        intents.sort_by(|a, b| b.1.total_cmp(&a.1));
        let urgent = self
            .urgent
            .iter()
            .filter(|phrase| text.contains(phrase.as_str()))
            .count();
        let mood: i64 = text
            .split(|c: char| !c.is_ascii_lowercase())
            .filter_map(|word| self.mood.get(word))
            .sum();
        let names: Vec<&str> = intents.iter().map(|(name, _)| *name).collect();
        Reading {
            sentiment: (mood as f64 / 10.0).clamp(-1.0, 1.0),
            urgency: (10 + 25 * urgent).min(100) as u8,
            why: format!("found {}", names.join(", ")),
            intents,
        }
    }

    /// The route of an intent; `None` for an unknown one.
    pub fn terms(&self, intent: &str, sentiment: f64, urgency: u8) -> Option<Terms<'_>> {
        let rule = self.rules.iter().find(|rule| rule.name == intent)?;
        let mut tags = Vec::new();
        if sentiment < -0.5 {
            tags.push("unhappy");
        }
        if urgency >= 60 {
            tags.push("urgent");
        }
        Some(Terms {
            rule,
            expires: if urgency >= 60 { 60 } else { 180 },
            priority: (urgency + if sentiment < -0.3 { 15 } else { 0 }).min(100),
            tags,
            why: format!("asks for {intent}"),
        })
    }
}

/// Preference of an agent, 0 to 100; `None` at full capacity.
pub fn preference(proficiency: u8, load: u32) -> Option<u8> {
    (load < 90).then(|| (u32::from(proficiency) * 15 + (100 - load) / 4).min(100) as u8)
}
