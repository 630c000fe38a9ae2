//! From the contract's records to the model's: the edge knows a version of the
//! contract, the domain knows none.

use jiff::Timestamp;
use patchbay_model::decision::classification::{Classification, Intent, PersonalData};
use patchbay_model::decision::escalation::{Escalation, EscalationAction};
use patchbay_model::decision::route::{Preference, RoutePlan, Step, Target};
use patchbay_model::decision::tone::{Finding, Review, Severity, Verdict};
use patchbay_model::duration::Seconds;
use serde::Serialize;

use crate::contract::{classification, escalation, routing, tone};

pub(crate) fn classification(answer: classification::Classification) -> Classification {
    Classification {
        intents: answer
            .intents
            .into_iter()
            .map(|intent| Intent {
                name: intent.name,
                confidence: intent.confidence,
            })
            .collect(),
        topics: answer.topics,
        sentiment: answer.sentiment,
        urgency: answer.urgency,
        language: answer.language,
        spam: answer.spam,
        abuse: answer.abuse,
        reply_expected: answer.reply_expected,
        personal_data: answer
            .personal_data
            .into_iter()
            .map(|found| PersonalData {
                kind: found.kind,
                start: found.start,
                end: found.end,
            })
            .collect(),
        why: answer.why,
    }
}

pub(crate) fn route_plan(answer: routing::RoutePlan) -> RoutePlan {
    RoutePlan {
        target: Target {
            kind: answer.target.kind.into(),
            id: answer.target.id,
            queue: answer.target.queue,
            until: answer.target.until.map(moment),
            while_away: answer.target.while_away.unwrap_or(false),
        },
        steps: answer.steps.into_iter().map(step).collect(),
        preferences: answer
            .preferences
            .into_iter()
            .map(|preference| Preference {
                agent: preference.agent,
                score: preference.score,
            })
            .collect(),
        excluded: answer.excluded,
        priority: answer.priority,
        offer_timeout: answer.offer_timeout.map(Seconds),
        sla: answer
            .sla
            .into_iter()
            .map(|target| (target.clock.replace('-', "_"), Seconds(target.seconds)))
            .collect(),
        tags: answer.tags,
        why: answer.why,
    }
}

fn step(step: routing::Step) -> Step {
    Step {
        skills: step
            .skills
            .into_iter()
            .map(|skill| (skill.name, skill.proficiency))
            .collect(),
        languages: step.languages,
        minimum_agents: step.minimum_agents,
        expires: step.expires_after.map(Seconds),
    }
}

pub(crate) fn review(answer: tone::Review) -> Review {
    Review {
        verdict: match answer.verdict {
            tone::Verdict::Approve => Verdict::Approve,
            tone::Verdict::Revise => Verdict::Revise,
            tone::Verdict::Hold => Verdict::Hold,
            tone::Verdict::Block => Verdict::Block,
        },
        findings: answer.findings.into_iter().map(finding).collect(),
        approvers: answer.approvers,
        why: answer.why,
    }
}

fn finding(finding: tone::Finding) -> Finding {
    Finding {
        code: finding.code,
        severity: match finding.severity {
            tone::Severity::Info => Severity::Info,
            tone::Severity::Low => Severity::Low,
            tone::Severity::Medium => Severity::Medium,
            tone::Severity::High => Severity::High,
            tone::Severity::Critical => Severity::Critical,
        },
        start: finding.start,
        end: finding.end,
        message: finding.message,
        suggestion: finding.suggestion,
    }
}

pub(crate) fn escalation(answer: escalation::Escalation) -> Escalation {
    Escalation {
        actions: answer
            .actions
            .into_iter()
            .map(|action| EscalationAction {
                kind: action.kind.into(),
                target: action.target,
                message: action.message,
                priority: action.priority,
                at: action.at.map(moment),
            })
            .collect(),
        why: answer.why,
    }
}

/// A moment beyond what a calendar can tell is the last one it can.
fn moment(ms: u64) -> Timestamp {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}

/// What a plugin answered, as it stands in a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answered {
    /// At the stage classify.
    Classification(Classification),
    /// At the stage route.
    RoutePlan(RoutePlan),
    /// At the stage tone.
    Review(Review),
    /// At the stage escalate.
    Escalation(Escalation),
}

/// What every answer has in common.
pub(crate) trait Answer {
    /// The same, of whichever kind.
    fn answered(&self) -> Answered;
    /// Bytes of its texts: what the limit on output counts.
    fn bytes(&self) -> usize;
}

impl Answer for Classification {
    fn answered(&self) -> Answered {
        Answered::Classification(self.clone())
    }

    fn bytes(&self) -> usize {
        let intents: usize = self.intents.iter().map(|intent| intent.name.len()).sum();
        let topics: usize = self.topics.iter().map(String::len).sum();
        let kinds: usize = self
            .personal_data
            .iter()
            .map(|found| found.kind.len())
            .sum();
        intents + topics + kinds + self.why.len()
    }
}

impl Answer for RoutePlan {
    fn answered(&self) -> Answered {
        Answered::RoutePlan(self.clone())
    }

    fn bytes(&self) -> usize {
        let steps: usize = self
            .steps
            .iter()
            .map(|step| {
                step.skills.keys().map(String::len).sum::<usize>()
                    + step.languages.iter().map(String::len).sum::<usize>()
            })
            .sum();
        let tags: usize = self.tags.iter().map(String::len).sum();
        let preferred: usize = self.preferences.iter().map(|one| one.agent.len()).sum();
        let excluded: usize = self.excluded.iter().map(String::len).sum();
        steps + tags + preferred + excluded + self.why.len()
    }
}

impl Answer for Review {
    fn answered(&self) -> Answered {
        Answered::Review(self.clone())
    }

    fn bytes(&self) -> usize {
        let findings: usize = self
            .findings
            .iter()
            .map(|finding| {
                finding.code.len()
                    + finding.message.len()
                    + finding.suggestion.as_ref().map_or(0, String::len)
            })
            .sum();
        let approvers: usize = self.approvers.iter().map(String::len).sum();
        findings + approvers + self.why.len()
    }
}

impl Answer for Escalation {
    fn answered(&self) -> Answered {
        Answered::Escalation(self.clone())
    }

    fn bytes(&self) -> usize {
        let actions: usize = self
            .actions
            .iter()
            .map(|action| {
                action.kind.as_str().len()
                    + action.target.as_ref().map_or(0, String::len)
                    + action.message.as_ref().map_or(0, String::len)
            })
            .sum();
        actions + self.why.len()
    }
}
