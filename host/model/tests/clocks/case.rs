//! A case as written.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use patchbay_config::duration::{Millis, Seconds};
use patchbay_config::file_problem::FileProblem;
use patchbay_model::hours::Hours;
use patchbay_model::sla::{AtRisk, Clock, ClockState, DueKind, Sla, Targets};
use serde::Deserialize;

use crate::moment::{Calendar, Maybe, Moment};

/// A conversation's life, step by step, and what its clocks say.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Case {
    /// For the reader; required, because a name alone says too little.
    #[serde(rename = "about")]
    _about: String,
    zone: Option<String>,
    pub(crate) created: Moment,
    pub(crate) received: Option<Moment>,
    pub(crate) hours: Option<Hours>,
    #[serde(default)]
    pub(crate) sla: SlaTable,
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

/// Targets as written: one key for each clock, and `at-risk`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct SlaTable {
    at_risk: AtRisk,
    #[serde(flatten)]
    targets: BTreeMap<Clock, Seconds>,
}

/// Something that happens, and what is so afterwards.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) at: Moment,
    pub(crate) does: Option<Does>,
    pub(crate) received: Option<Moment>,
    pub(crate) sla: Option<SlaTable>,
    pub(crate) hours: Option<Hours>,
    #[serde(default)]
    pub(crate) fires: Vec<Firing>,
    pub(crate) refused: Option<Refusal>,
    #[serde(default)]
    pub(crate) states: BTreeMap<Clock, Maybe<ClockState>>,
    #[serde(default)]
    pub(crate) deadlines: BTreeMap<Deadline, Maybe<Moment>>,
    #[serde(default)]
    pub(crate) elapsed: BTreeMap<Clock, Maybe<Millis>>,
    #[serde(default)]
    pub(crate) misses: BTreeMap<Clock, u32>,
    pub(crate) unanswered: Option<Maybe<Moment>>,
    pub(crate) next: Option<Maybe<Firing>>,
}

/// What happens: a message, a reply, a change of targets, or a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Does {
    Message,
    MessageWithoutReply,
    Reply,
    Retarget,
    Queued,
    Reserved,
    Active,
    WaitingOnCustomer,
    OnHold,
    AwaitingApproval,
    Wrapping,
    Resolved,
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refusal {
    Unanswered,
}

/// Whose deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deadline {
    /// The nearest of all clocks.
    Conversation,
    #[serde(untagged)]
    Clock(Clock),
}

/// `first-response at-risk 2026-03-06T16:48`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Firing {
    pub(crate) clock: Clock,
    pub(crate) what: DueKind,
    pub(crate) at: Moment,
}

impl TryFrom<String> for Firing {
    type Error = String;

    fn try_from(text: String) -> Result<Firing, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let form = || {
            format!(
                "\"{}\" is not something due; write clock, what and moment, such as \
                 \"first-response at-risk 2026-03-06T16:48\"",
                text.escape_debug()
            )
        };
        let [clock, what, at] = words.as_slice() else {
            return Err(form());
        };
        let clock = Clock::ALL
            .into_iter()
            .find(|known| known.as_str() == *clock);
        let what = [DueKind::AtRisk, DueKind::Breached]
            .into_iter()
            .find(|known| known.as_str() == *what);
        let (clock, what) = clock.zip(what).ok_or_else(form)?;
        let at = Moment::try_from((*at).to_owned())?;
        Ok(Firing { clock, what, at })
    }
}

impl Case {
    /// Reads a case.
    pub(crate) fn parse(text: &str) -> Result<Case, FileProblem> {
        let case: Case = toml::from_str(text)?;
        if case.steps.is_empty() {
            return Err(FileProblem::whole("there is no step"));
        }
        if !case.steps.iter().any(Step::checks_something) {
            return Err(FileProblem::whole("no step checks anything"));
        }
        let calendar = case.calendar().map_err(FileProblem::whole)?;
        for (step, number) in case.steps.iter().zip(1..) {
            step.check(&calendar)
                .map_err(|error| FileProblem::whole(format!("step {number}: {error}")))?;
        }
        Ok(case)
    }

    /// What its moments mean.
    pub(crate) fn calendar(&self) -> Result<Calendar, String> {
        let hours = self.hours.as_ref().map(Hours::zone);
        let name = self.zone.as_deref().or(hours).unwrap_or("UTC");
        let zone =
            TimeZone::get(name).map_err(|_| format!("zone: {name:?} is not a known time zone"))?;
        let mut calendar = Calendar {
            zone,
            created_ms: 0,
        };
        calendar.created_ms = calendar
            .ms(self.created)
            .map_err(|error| format!("created: {error}"))?;
        Ok(calendar)
    }
}

impl Step {
    fn check(&self, calendar: &Calendar) -> Result<(), String> {
        let is_message = matches!(self.does, Some(Does::Message | Does::MessageWithoutReply));
        if self.received.is_some() && !is_message {
            return Err("received belongs to a message".to_owned());
        }
        match (self.does, &self.sla, &self.hours) {
            (Some(Does::Retarget), None, _) => return Err("a retarget needs sla".to_owned()),
            (Some(Does::Retarget), Some(_), _) | (_, None, None) => {}
            _ => return Err("sla and hours belong to a retarget".to_owned()),
        }
        let deadlines = self.deadlines.values().chain(&self.unanswered);
        let next = self.next.and_then(|next| next.0);
        let moments = [Some(self.at), self.received, next.map(|next| next.at)];
        let fires = self.fires.iter().map(|firing| firing.at);
        let expected = deadlines.filter_map(|moment| moment.0);
        for moment in moments.into_iter().flatten().chain(fires).chain(expected) {
            calendar.ms(moment)?;
        }
        Ok(())
    }

    fn checks_something(&self) -> bool {
        !self.fires.is_empty()
            || self.refused.is_some()
            || !self.states.is_empty()
            || !self.deadlines.is_empty()
            || !self.elapsed.is_empty()
            || !self.misses.is_empty()
            || self.unanswered.is_some()
            || self.next.is_some()
    }
}

impl SlaTable {
    /// As the clocks take them; hours come beside them in a case.
    pub(crate) fn targets(&self) -> Targets {
        let plan = self.targets.iter();
        let plan = plan.map(|(clock, target)| (clock.plan_key().to_owned(), *target));
        Targets::merged(&Sla::default(), &plan.collect()).at_risk(self.at_risk)
    }
}
