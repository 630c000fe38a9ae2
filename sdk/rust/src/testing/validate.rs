//! Checks an answer as the host does.

use std::fmt::Display;

use crate::{
    Action, ActionKind, Classification, Conversation, Draft, Escalation, Interaction, Problems,
    Review, RoutePlan, SlaClock, Step, TargetKind, Timestamp, Trigger, Verdict, agents, clock,
};

/// Most bytes of a reason, of a message of a finding, of an identifier and of a code or language tag.
const PROSE_BYTES: usize = 4096;
const MESSAGE_BYTES: usize = 1024;
const ID_BYTES: usize = 256;
const CODE_BYTES: usize = 64;
const LANGUAGE_BYTES: usize = 35;
/// Most entries of most lists, and of the shorter ones.
const LIST_ENTRIES: usize = 64;
const SHORT_LIST_ENTRIES: usize = 32;
const STEPS: usize = 16;
const APPROVERS: usize = 8;
/// Longest step, SLA target, wait and offer, in seconds.
const STEP_SECONDS: u32 = 604_800;
const SLA_SECONDS: u32 = 31_622_400;
const WAIT_MILLISECONDS: u64 = 31_622_400_000;
const OFFER_SECONDS: u32 = 86_400;

/// An answer that [`validate`] checks.
pub trait Validate {
    /// What the policy was called with.
    type Subject;

    /// Adds what the host would reject.
    #[doc(hidden)]
    fn check(&self, subject: &Self::Subject, problems: &mut Problems);
}

/// Checks an answer as the host does: codes, ranges, lengths, spans on character boundaries of the
/// subject's text, and, within [`World::enter`](super::World::enter), that the queues and agents it names
/// exist. An answer the host rejects has the outcome `bad-output`. Named targets of notifications are not
/// known to a [`World`](super::World) and are checked by the host only.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// use patchbay_sdk::testing::*;
///
/// let message: Interaction = Interaction::example("x", "Money back!").into();
/// let answer = Classification::because("").intent("Refund", 0.9);
/// let problems = validate(&answer, &message).unwrap_err();
/// assert!(problems.to_string().starts_with("/intents/0/name"));
/// ```
///
/// # Errors
/// Everything that is wrong, each with its path in the answer.
pub fn validate<A: Validate>(answer: &A, subject: &A::Subject) -> Result<(), Problems> {
    let mut problems = Problems::new();
    answer.check(subject, &mut problems);
    problems.into_result(())
}

impl Validate for Classification {
    type Subject = Interaction;

    fn check(&self, subject: &Interaction, problems: &mut Problems) {
        count(problems, "/intents", self.intents.len(), LIST_ENTRIES);
        for (index, intent) in self.intents.iter().enumerate() {
            code(problems, format!("/intents/{index}/name"), &intent.name);
            let path = format!("/intents/{index}/confidence");
            range(problems, path, Some(intent.confidence), 0.0);
        }
        count(problems, "/topics", self.topics.len(), LIST_ENTRIES);
        for (index, topic) in self.topics.iter().enumerate() {
            code(problems, format!("/topics/{index}"), topic);
        }
        range(problems, "/sentiment", self.sentiment, -1.0);
        range(problems, "/spam", self.spam, 0.0);
        range(problems, "/abuse", self.abuse, 0.0);
        percent(problems, "/urgency", self.urgency);
        if let Some(tag) = &self.language {
            language(problems, "/language", tag);
        }
        count(
            problems,
            "/personal-data",
            self.personal_data.len(),
            LIST_ENTRIES,
        );
        for (index, found) in self.personal_data.iter().enumerate() {
            let path = format!("/personal-data/{index}");
            code(problems, format!("{path}/kind"), &found.kind);
            span(problems, path, subject.text(), found.start, found.end);
        }
        text(problems, "/why", &self.why, PROSE_BYTES);
    }
}

impl Validate for RoutePlan {
    type Subject = Conversation;

    fn check(&self, _: &Conversation, problems: &mut Problems) {
        self.check_target(problems);
        count(problems, "/steps", self.steps.len(), STEPS);
        for (index, step) in self.steps.iter().enumerate() {
            check_step(problems, &format!("/steps/{index}"), step);
        }
        count(
            problems,
            "/preferences",
            self.preferences.len(),
            LIST_ENTRIES,
        );
        for (index, preference) in self.preferences.iter().enumerate() {
            let path = format!("/preferences/{index}");
            percent(problems, format!("{path}/score"), Some(preference.score));
            agent(problems, format!("{path}/agent"), &preference.agent);
        }
        count(problems, "/excluded", self.excluded.len(), LIST_ENTRIES);
        for (index, excluded) in self.excluded.iter().enumerate() {
            let path = format!("/excluded/{index}");
            let to_agent = TargetKind::Agent == self.target.kind.as_str();
            if to_agent && self.target.id.as_ref() == Some(excluded) {
                problems.add(&*path, "is the agent it goes to");
            }
            text(problems, path, excluded, ID_BYTES);
        }
        percent(problems, "/priority", self.priority);
        seconds(
            problems,
            "/offer-timeout",
            self.offer_timeout,
            OFFER_SECONDS,
        );
        for (index, target) in self.sla.iter().enumerate() {
            let path = format!("/sla/{index}");
            if matches!(SlaClock::from(target.clock.as_str()), SlaClock::Other(_)) {
                problems.add(
                    format!("{path}/clock"),
                    format!("there is no clock {:?}", target.clock),
                );
            }
            seconds(
                problems,
                format!("{path}/seconds"),
                Some(target.seconds),
                SLA_SECONDS,
            );
        }
        count(problems, "/tags", self.tags.len(), LIST_ENTRIES);
        for (index, tag) in self.tags.iter().enumerate() {
            code(problems, format!("/tags/{index}"), tag);
        }
        text(problems, "/why", &self.why, PROSE_BYTES);
    }
}

impl RoutePlan {
    fn check_target(&self, problems: &mut Problems) {
        let target = &self.target;
        let kind = TargetKind::from(target.kind.as_str());
        let waits = matches!(kind, TargetKind::Agent | TargetKind::Hold);
        match (&kind, target.id.as_deref()) {
            (TargetKind::Queue, Some(id)) => queue(problems, "/target/id", id),
            (TargetKind::Agent, Some(id)) => agent(problems, "/target/id", id),
            (TargetKind::Queue | TargetKind::Agent, None) => {
                problems.add("/target/id", "is missing; it says which queue or agent");
            }
            (TargetKind::Hold | TargetKind::Close, _) => {}
            _ => problems.add(
                "/target/kind",
                format!("there is no kind {:?}", target.kind),
            ),
        }
        if !waits {
            for (path, given) in [
                ("/target/queue", target.queue.is_some()),
                ("/target/until", target.until.is_some()),
                ("/target/while-away", target.while_away == Some(true)),
            ] {
                if given {
                    problems.add(path, "is given; only the kinds `agent` and `hold` have it");
                }
            }
            return;
        }
        if let Some(id) = &target.queue {
            queue(problems, "/target/queue", id);
        }
        let waits_for_agent = kind == TargetKind::Agent && target.until.is_some();
        if target.while_away == Some(true) && !waits_for_agent {
            problems.add("/target/while-away", "is given, but it waits for no agent");
        }
        if let Some(until) = target.until {
            later(problems, "/target/until", until, WAIT_MILLISECONDS);
        }
    }
}

fn check_step(problems: &mut Problems, path: &str, step: &Step) {
    count(
        problems,
        format!("{path}/skills"),
        step.skills.len(),
        SHORT_LIST_ENTRIES,
    );
    for (index, skill) in step.skills.iter().enumerate() {
        let path = format!("{path}/skills/{index}");
        code(problems, format!("{path}/name"), &skill.name);
        if !(1..=5).contains(&skill.proficiency) {
            let message = format!("is {}; it must be 1 to 5", skill.proficiency);
            problems.add(format!("{path}/proficiency"), message);
        }
    }
    count(
        problems,
        format!("{path}/languages"),
        step.languages.len(),
        SHORT_LIST_ENTRIES,
    );
    for (index, tag) in step.languages.iter().enumerate() {
        language(problems, format!("{path}/languages/{index}"), tag);
    }
    seconds(
        problems,
        format!("{path}/expires-after"),
        step.expires_after,
        STEP_SECONDS,
    );
}

impl Validate for Review {
    type Subject = Draft;

    fn check(&self, subject: &Draft, problems: &mut Problems) {
        count(problems, "/findings", self.findings.len(), LIST_ENTRIES);
        for (index, finding) in self.findings.iter().enumerate() {
            let path = format!("/findings/{index}");
            code(problems, format!("{path}/code"), &finding.code);
            match (finding.start, finding.end) {
                (None, None) => {}
                (Some(start), Some(end)) => span(problems, &*path, subject.text(), start, end),
                _ => problems.add(
                    &*path,
                    "has one end only; give `start` and `end`, or neither",
                ),
            }
            text(
                problems,
                format!("{path}/message"),
                &finding.message,
                MESSAGE_BYTES,
            );
            let suggestion = finding.suggestion.as_deref().unwrap_or_default();
            text(
                problems,
                format!("{path}/suggestion"),
                suggestion,
                PROSE_BYTES,
            );
        }
        count(problems, "/approvers", self.approvers.len(), APPROVERS);
        for (index, team) in self.approvers.iter().enumerate() {
            let path = format!("/approvers/{index}");
            if team.is_empty() {
                problems.add(&*path, "is empty; it names a team");
            }
            text(problems, path, team, ID_BYTES);
        }
        if self.verdict != Verdict::Hold && !self.approvers.is_empty() {
            problems.add("/approvers", "are given, but the verdict is not `hold`");
        }
        text(problems, "/why", &self.why, PROSE_BYTES);
    }
}

impl Validate for Escalation {
    type Subject = Trigger;

    fn check(&self, _: &Trigger, problems: &mut Problems) {
        count(problems, "/actions", self.actions.len(), SHORT_LIST_ENTRIES);
        for (index, action) in self.actions.iter().enumerate() {
            check_action(problems, &format!("/actions/{index}"), action);
        }
        text(problems, "/why", &self.why, PROSE_BYTES);
    }
}

fn check_action(problems: &mut Problems, path: &str, action: &Action) {
    let target = action.target.as_deref();
    let is_missing = target.is_none_or(str::is_empty);
    match ActionKind::from(action.kind.as_str()) {
        ActionKind::Notify if target.is_none() => {
            problems.add(
                format!("{path}/target"),
                "is missing; it says whom to notify",
            );
        }
        ActionKind::ReRoute => {
            if let Some(id) = target {
                queue(problems, format!("{path}/target"), id);
            }
        }
        ActionKind::OpenIncident if is_missing => {
            problems.add(
                format!("{path}/target"),
                "is missing; it says what the incident is about",
            );
        }
        ActionKind::RaisePriority if action.priority.is_none() => {
            problems.add(
                format!("{path}/priority"),
                "is missing; it says the least priority",
            );
        }
        ActionKind::WakeUp => {
            match action.at {
                None => problems.add(
                    format!("{path}/at"),
                    "is missing; it says when to call again",
                ),
                Some(at) => later(problems, format!("{path}/at"), at, u64::MAX),
            }
            if let Some(name) = target {
                code(problems, format!("{path}/target"), name);
            }
        }
        ActionKind::RequireApproval if target == Some("") => {
            let message = "is empty; it names the team that approves, or is left out";
            problems.add(format!("{path}/target"), message);
        }
        ActionKind::Other(kind) => {
            problems.add(format!("{path}/kind"), format!("there is no kind {kind:?}"));
        }
        _ => {}
    }
    percent(problems, format!("{path}/priority"), action.priority);
    text(
        problems,
        format!("{path}/target"),
        target.unwrap_or_default(),
        ID_BYTES,
    );
    let message = action.message.as_deref().unwrap_or_default();
    text(problems, format!("{path}/message"), message, PROSE_BYTES);
}

fn queue(problems: &mut Problems, path: impl Into<String>, id: &str) {
    if agents::queue(id).is_none() {
        problems.add(path, format!("there is no queue {id:?}"));
    }
}

fn agent(problems: &mut Problems, path: impl Into<String>, id: &str) {
    if agents::get(id).is_none() {
        problems.add(path, format!("there is no agent {id:?}"));
    }
}

fn later(problems: &mut Problems, path: impl Into<String>, at: Timestamp, most: u64) {
    let now = clock::now();
    if at <= now || at - now > most {
        problems.add(
            path,
            format!("is {at}; it must be after {now}, by at most 366 days"),
        );
    }
}

fn count(problems: &mut Problems, path: impl Into<String>, size: usize, most: usize) {
    if size > most {
        problems.add(path, format!("has {size} entries; the limit is {most}"));
    }
}

fn text(problems: &mut Problems, path: impl Into<String>, text: &str, most: usize) {
    if text.len() > most {
        problems.add(
            path,
            format!("is {} bytes long; the limit is {most}", text.len()),
        );
    }
}

fn code(problems: &mut Problems, path: impl Into<String>, code: &str) {
    let is_letter = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    if code.is_empty() || code.len() > CODE_BYTES || !code.bytes().all(is_letter) {
        let message = format!(
            "is {code:?}; use 1 to {CODE_BYTES} lower-case letters, digits, hyphens and dots"
        );
        problems.add(path, message);
    }
}

fn language(problems: &mut Problems, path: impl Into<String>, tag: &str) {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    if tag.len() > LANGUAGE_BYTES || !tag.split(['-', '_']).all(is_part) {
        problems.add(
            path,
            format!("is {tag:?}, which is not a language tag (BCP 47)"),
        );
    }
}

fn range(problems: &mut Problems, path: impl Into<String>, value: Option<f64>, least: f64) {
    if let Some(value) = value.filter(|value| !(least..=1.0).contains(value)) {
        problems.add(path, format!("is {value}; it must be {least} to 1"));
    }
}

fn percent(problems: &mut Problems, path: impl Into<String>, value: Option<u8>) {
    if let Some(value) = value.filter(|value| *value > 100) {
        problems.add(path, format!("is {value}; it must be 0 to 100"));
    }
}

fn seconds(problems: &mut Problems, path: impl Into<String>, value: Option<u32>, most: u32) {
    if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
        problems.add(path, format!("is {value} s; it must be 1 to {most}"));
    }
}

fn span(problems: &mut Problems, path: impl Display, text: &str, start: u32, end: u32) {
    let fits = start < end && text.get(start as usize..end as usize).is_some();
    if !fits {
        let message = format!(
            "is bytes {start} to {end} of a text of {} bytes; a span must be non-empty, within the text \
             and on character boundaries",
            text.len()
        );
        problems.add(path.to_string(), message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::{Agent, Finding, Queue, Severity, Skill};

    fn paths<A: Validate>(answer: &A, subject: &A::Subject) -> Vec<String> {
        let world = World::new()
            .queue(Queue::example("general"))
            .agent(Agent::example("ana"));
        match world.enter(|| validate(answer, subject)) {
            Ok(()) => Vec::new(),
            Err(problems) => problems
                .iter()
                .map(|problem| problem.path.clone())
                .collect(),
        }
    }

    #[test]
    fn a_classification_is_checked_against_its_text() {
        let message: Interaction = Interaction::example("x", "né!").into();
        let good = Classification::because("")
            .intent("refund", 0.9)
            .language("pt-BR");
        assert_eq!(paths(&good, &message), Vec::<String>::new());
        let mut bad = good
            .clone()
            .intent("Re fund", 0.5)
            .topic("")
            .language("português");
        bad.spam = Some(f64::NAN);
        bad.urgency = Some(101);
        bad = bad
            .personal_data("email", 0..2)
            .personal_data("email", 1..9);
        assert_eq!(
            paths(&bad, &message),
            [
                "/intents/1/name",
                "/topics/0",
                "/spam",
                "/urgency",
                "/language",
                "/personal-data/0",
                "/personal-data/1"
            ]
        );
    }

    #[test]
    fn a_plan_names_existing_queues_and_agents() {
        let conversation: Conversation =
            Conversation::example(Interaction::example("x", "hi")).into();
        let good = RoutePlan::to_queue("general").prefer("ana", 90);
        assert_eq!(paths(&good, &conversation), Vec::<String>::new());
        let mut bad = RoutePlan::to_queue("nowhere").prefer("bo", 50).tag("a b");
        bad.offer_timeout = Some(0);
        bad.target.until = Some(1);
        let mut step = Step::new();
        step.skills.push(Skill {
            name: "fraud".to_owned(),
            proficiency: 9,
        });
        bad.steps.push(step);
        assert_eq!(
            paths(&bad, &conversation),
            [
                "/target/id",
                "/target/until",
                "/steps/0/skills/0/proficiency",
                "/preferences/0/agent",
                "/offer-timeout",
                "/tags/0"
            ]
        );
    }

    #[test]
    fn a_review_and_an_escalation_are_checked() {
        let draft: Draft = Draft::example("x", "é").into();
        let mut review =
            Review::approve().finding(Finding::new("Bad", Severity::Low, "").span(0..1));
        review.approvers.push(String::new());
        assert_eq!(
            paths(&review, &draft),
            [
                "/findings/0/code",
                "/findings/0",
                "/approvers/0",
                "/approvers"
            ]
        );
        let trigger: Trigger = Trigger::example("classified").into();
        let escalation = Escalation::because("").wake_up(1).re_route("nowhere");
        assert_eq!(
            paths(&escalation, &trigger),
            ["/actions/0/at", "/actions/1/target"]
        );
    }
}
