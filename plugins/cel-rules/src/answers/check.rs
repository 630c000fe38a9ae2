//! Checks the answers of the rules: ranges, codes, and values that exclude one another.

use patchbay_sdk::Problems;

use crate::settings::{Classify, Escalate, Route, Settings, Tone};

/// Adds what is wrong with the answers, each with its path.
pub(crate) fn check(settings: &Settings, problems: &mut Problems) {
    for (index, rule) in settings.classify.iter().enumerate() {
        classification(&format!("/classify/{index}/then"), &rule.then, problems);
    }
    for (index, rule) in settings.route.iter().enumerate() {
        route(&format!("/route/{index}/then"), &rule.then, problems);
    }
    for (index, rule) in settings.tone.iter().enumerate() {
        tone(&format!("/tone/{index}/then"), &rule.then, problems);
    }
    for (index, rule) in settings.escalate.iter().enumerate() {
        escalation(&format!("/escalate/{index}/then"), &rule.then, problems);
    }
}

fn classification(path: &str, then: &Classify, problems: &mut Problems) {
    let empty = then.intents.is_empty()
        && then.topics.is_empty()
        && then.sentiment.is_none()
        && then.urgency.is_none()
        && then.language.is_none()
        && then.spam.is_none()
        && then.abuse.is_none()
        && then.reply_expected.is_none();
    if empty {
        problems.add(path, "says nothing; give intents, topics or another value");
    }
    for (name, confidence) in &then.intents {
        let at = format!(
            "{path}/intents/{}",
            name.replace('~', "~0").replace('/', "~1")
        );
        code(&at, name, problems);
        share(&at, *confidence, problems);
    }
    codes(&format!("{path}/topics"), &then.topics, problems);
    for (name, score) in [("spam", then.spam), ("abuse", then.abuse)] {
        if let Some(score) = score {
            share(&format!("{path}/{name}"), score, problems);
        }
    }
    if then.sentiment.is_some_and(|it| !(-1.0..=1.0).contains(&it)) {
        problems.add(format!("{path}/sentiment"), "is from -1 to 1");
    }
    hundred(&format!("{path}/urgency"), then.urgency, problems);
    if then.language.as_ref().is_some_and(|it| !is_language(it)) {
        problems.add(
            format!("{path}/language"),
            "is a language tag such as `en` or `pt-BR`",
        );
    }
}

fn route(path: &str, then: &Route, problems: &mut Problems) {
    let ways = [then.close, then.hold.is_some(), then.agent.is_some()];
    match ways.iter().filter(|way| **way).count() {
        0 if then.queue.is_none() => problems.add(
            path,
            "goes nowhere; give `queue`, `agent`, `hold` or `close = true`",
        ),
        0 | 1 => {}
        _ => problems.add(path, "give only one of `agent`, `hold` and `close = true`"),
    }
    if then.close && then.queue.is_some() {
        problems.add(
            format!("{path}/queue"),
            "a conversation that is closed goes to no queue",
        );
    }
    if then.wait.is_some() && then.agent.is_none() {
        problems.add(format!("{path}/wait"), "is for a rule with `agent`");
    }
    if then.skills_for.is_some() && then.skills.is_empty() {
        problems.add(format!("{path}/skills-for"), "is for a rule with `skills`");
    }
    if then.skills.len() > 32 {
        problems.add(format!("{path}/skills"), "has more than 32 skills");
    }
    for (skill, proficiency) in &then.skills {
        if !(1..=5).contains(proficiency) {
            problems.add(
                format!("{path}/skills/{skill}"),
                "a proficiency is from 1 to 5",
            );
        }
    }
    hundred(&format!("{path}/priority"), then.priority, problems);
    codes(&format!("{path}/tags"), &then.tags, problems);
}

fn tone(path: &str, then: &Tone, problems: &mut Problems) {
    code(&format!("{path}/code"), &then.code, problems);
    bytes(&format!("{path}/message"), &then.message, 1024, problems);
    if let Some(suggestion) = &then.suggestion {
        bytes(&format!("{path}/suggestion"), suggestion, 4096, problems);
    }
    if !then.approvers.is_empty() && then.verdict != crate::settings::Judgement::Hold {
        problems.add(
            format!("{path}/approvers"),
            "are for the verdict `hold` only",
        );
    }
    if then.approvers.len() > 8 {
        problems.add(format!("{path}/approvers"), "are at most 8");
    }
}

fn escalation(path: &str, then: &Escalate, problems: &mut Problems) {
    let empty = then.raise_priority.is_none()
        && then.notify.is_none()
        && then.re_route.is_none()
        && !then.require_approval
        && then.require_approval_of.is_none()
        && then.open_incident.is_none()
        && then.wake_up_after.is_none();
    if empty {
        problems.add(
            path,
            "does nothing; give `notify`, `raise-priority` or another action",
        );
    }
    hundred(
        &format!("{path}/raise-priority"),
        then.raise_priority,
        problems,
    );
    let speaks = then.notify.is_some() || then.open_incident.is_some();
    match &then.message {
        Some(message) if speaks => {
            bytes(&format!("{path}/message"), message, 4096, problems);
        }
        Some(_) => problems.add(
            format!("{path}/message"),
            "is for `notify` and `open-incident`",
        ),
        None if speaks => problems.add(path, "needs a `message` for those who are told"),
        None => {}
    }
    if let Some(subject) = &then.open_incident {
        bytes(&format!("{path}/open-incident"), subject, 256, problems);
    }
    match (&then.wake_up_for, then.wake_up_after) {
        (Some(_), None) => problems.add(format!("{path}/wake-up-for"), "needs `wake-up-after`"),
        (Some(name), Some(_)) => code(&format!("{path}/wake-up-for"), name, problems),
        _ => {}
    }
}

fn codes(path: &str, all: &[String], problems: &mut Problems) {
    for (index, one) in all.iter().enumerate() {
        code(&format!("{path}/{index}"), one, problems);
    }
}

/// Codes are in kebab-case, dotted where they nest, with at most 64 bytes.
fn code(path: &str, code: &str, problems: &mut Problems) {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit())
    };
    let fits = code.len() <= 64
        && code
            .split('.')
            .all(|part| !part.is_empty() && part.split('-').all(word));
    if !fits {
        problems.add(
            path,
            format!(
                "`{code}` is not a code: lower case, digits, hyphens between words, such as `card-lost`"
            ),
        );
    }
}

fn share(path: &str, score: f64, problems: &mut Problems) {
    if !(0.0..=1.0).contains(&score) {
        problems.add(path, "is from 0 to 1");
    }
}

fn hundred(path: &str, value: Option<u8>, problems: &mut Problems) {
    if value.is_some_and(|value| value > 100) {
        problems.add(path, "is from 0 to 100");
    }
}

fn bytes(path: &str, text: &str, most: usize, problems: &mut Problems) {
    if text.trim().is_empty() || text.len() > most {
        problems.add(path, format!("has 1 to {most} bytes"));
    }
}

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|sign| sign.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|sign| sign.is_ascii_alphanumeric())
        })
}
