//! From the records of one contract version to the types of the model.

use jiff::Timestamp;
use patchbay_config::duration::Seconds;
use patchbay_model::decision::classification::{Classification, Intent, PersonalData};
use patchbay_model::decision::escalation::{Escalation, EscalationAction};
use patchbay_model::decision::route::{Preference, RoutePlan, Step, Target};
use patchbay_model::decision::tone::{Finding, Review, Severity, Verdict};

use crate::contract::{classification, escalation, routing, tone};

/// Builds `$to` from `$from`: fields of the same name and type, then the others.
macro_rules! record {
    ($from:ident => $to:ident { $($same:ident)* $(; $($field:ident: $value:expr),+)? }) => {
        $to { $( $same: $from.$same, )* $($( $field: $value, )+)? }
    };
}

/// Builds a list of records by the same rule.
macro_rules! records {
    ($list:expr, $from:ident => $to:ident $fields:tt) => {
        $list.into_iter().map(|$from| record!($from => $to $fields)).collect()
    };
}

/// Maps an enum to one with the same cases.
macro_rules! cases {
    ($value:expr, $module:ident::$to:ident { $($case:ident)+ }) => {
        match $value { $( $module::$to::$case => $to::$case, )+ }
    };
}

pub(super) fn classification(answer: classification::Classification) -> Classification {
    record! { answer => Classification {
        topics sentiment urgency language spam abuse reply_expected why;
        intents: records!(answer.intents, it => Intent { name confidence }),
        personal_data: records!(answer.personal_data, it => PersonalData { kind start end })
    }}
}

pub(super) fn routing(answer: routing::RoutePlan) -> RoutePlan {
    let target = answer.target;
    let steps = answer.steps.into_iter().map(|step| {
        let skills = step.skills.into_iter();
        record! { step => Step {
            languages minimum_agents;
            skills: skills.map(|skill| (skill.name, skill.proficiency)).collect(),
            expires: step.expires_after.map(Seconds)
        }}
    });
    let sla = answer.sla.into_iter();
    record! { answer => RoutePlan {
        excluded priority tags why;
        target: record! { target => Target {
            id queue;
            kind: target.kind.into(),
            until: target.until.map(timestamp),
            while_away: target.while_away.unwrap_or(false)
        }},
        steps: steps.collect(),
        preferences: records!(answer.preferences, it => Preference { agent score }),
        offer_timeout: answer.offer_timeout.map(Seconds),
        sla: sla.map(|target| (target.clock.replace('-', "_"), Seconds(target.seconds))).collect()
    }}
}

pub(super) fn tone(answer: tone::Review) -> Review {
    record! { answer => Review {
        approvers why;
        verdict: cases!(answer.verdict, tone::Verdict { Approve Revise Hold Block }),
        findings: records!(answer.findings, it => Finding {
            code start end message suggestion;
            severity: cases!(it.severity, tone::Severity { Info Low Medium High Critical })
        })
    }}
}

pub(super) fn escalation(answer: escalation::Escalation) -> Escalation {
    record! { answer => Escalation {
        why;
        actions: records!(answer.actions, it => EscalationAction {
            target message priority;
            kind: it.kind.into(),
            at: it.at.map(timestamp)
        })
    }}
}

/// Milliseconds since 1970; beyond the last moment a calendar has, that moment.
fn timestamp(ms: u64) -> Timestamp {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}
