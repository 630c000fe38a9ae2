//! How a company's conversations are handled between a route and an answer:
//! the `[desk]` section of its file.

use serde::{Deserialize, Serialize};

use crate::capacity::Capacity;
use crate::duration::Seconds;

/// Longest any of these spans may be: 366 days.
pub const LONGEST: Seconds = Seconds(31_622_400);
/// Longest an offer may stand: a day.
pub const LONGEST_OFFER: Seconds = Seconds(86_400);
/// Most steps of an approval.
pub const MOST_APPROVAL_STEPS: usize = 8;

/// How conversations are handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DeskRules {
    /// Weights and maxima; see [`Capacity`] for the default.
    pub capacity: Capacity,
    /// How long an offer stands, 1 s to [`LONGEST_OFFER`]; 120 s by default.
    pub offer_timeout: Seconds,
    /// When whoever refused a conversation may be asked again.
    pub back_off: BackOff,
    /// How long a conversation that was sent to one agent by hand waits for
    /// them before anybody of its queue may have it; 15 minutes by default.
    pub wait_for_agent: Seconds,
    /// How long after their last answer an agent is preferred for the same
    /// customer, where the policy prefers nobody; 7 days by default, 0: never.
    pub same_agent: Seconds,
    /// How long after a conversation was resolved a new message reopens it;
    /// later ones start another. 72 hours by default.
    pub reopen_within: Seconds,
    /// How long a conversation waits on its customer before it stops holding
    /// capacity; 10 minutes by default.
    pub park_after: Seconds,
    /// Longest a conversation is wrapped up; then it is resolved. 2 minutes by
    /// default.
    pub wrap_up: Seconds,
    /// How long an agent may leave a customer's message unanswered before
    /// escalation is asked about it; 15 minutes by default.
    pub silent_after: Seconds,
    /// How long after an agent went offline their conversations return to
    /// their queues, with their age; 2 minutes by default: whoever reloads a
    /// page keeps theirs.
    pub return_after: Seconds,
    /// Whether every reply needs an approval, whatever the policies say of it;
    /// false by default.
    pub approve_all: bool,
    /// Who must approve a reply that is held, one step after the other; empty:
    /// any supervisor.
    #[serde(rename = "approval")]
    pub approvals: Vec<ApprovalStep>,
    /// When many write about the same thing.
    pub surge: SurgeRules,
}

impl Default for DeskRules {
    fn default() -> DeskRules {
        DeskRules {
            capacity: Capacity::default(),
            offer_timeout: Seconds(120),
            back_off: BackOff::default(),
            wait_for_agent: Seconds(900),
            same_agent: Seconds(7 * 86_400),
            reopen_within: Seconds(72 * 3_600),
            park_after: Seconds(600),
            wrap_up: Seconds(120),
            silent_after: Seconds(900),
            return_after: Seconds(120),
            approve_all: false,
            approvals: Vec::new(),
            surge: SurgeRules::default(),
        }
    }
}

impl DeskRules {
    /// What is wrong with them, in words.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.offer_timeout.0 == 0 || self.offer_timeout > LONGEST_OFFER {
            problems.push(format!(
                "offer-timeout is {}; it must be 1s to {LONGEST_OFFER}",
                self.offer_timeout
            ));
        }
        for (name, span) in [
            ("wait-for-agent", self.wait_for_agent),
            ("same-agent", self.same_agent),
            ("reopen-within", self.reopen_within),
            ("park-after", self.park_after),
            ("wrap-up", self.wrap_up),
            ("silent-after", self.silent_after),
            ("return-after", self.return_after),
        ] {
            if span > LONGEST {
                problems.push(format!("{name} is {span}; the most is {LONGEST}"));
            }
        }
        if self.approvals.len() > MOST_APPROVAL_STEPS {
            problems.push(format!(
                "an approval has {} steps; the most is {MOST_APPROVAL_STEPS}",
                self.approvals.len()
            ));
        }
        for (number, step) in self.approvals.iter().enumerate() {
            if step.approvers.is_empty() {
                let number = number + 1;
                problems.push(format!("step {number} of the approval names no approvers"));
            }
        }
        let surge = &self.surge;
        if surge.times < 1.0 || !surge.times.is_finite() {
            problems.push(format!(
                "surge.times is {}; it must be at least 1",
                surge.times
            ));
        }
        if surge.within.0 == 0 || surge.within > Seconds(86_400) {
            problems.push(format!(
                "surge.within is {}; it must be 1s to 1d",
                surge.within
            ));
        }
        problems
    }
}

/// One step of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApprovalStep {
    /// Whose approval counts, by id.
    pub approvers: Vec<String>,
    /// Whether one of them is enough; `any` where not said.
    #[serde(default)]
    pub need: Need,
}

/// How many of the approvers must approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// One of them.
    #[default]
    Any,
    /// Each of them.
    All,
}

/// When many write about the same thing at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SurgeRules {
    /// The span that is looked at, and compared with those before it; 10
    /// minutes by default, at most a day.
    pub within: Seconds,
    /// Fewest interactions about a thing within the span; 20 by default, 0:
    /// volume is not watched.
    pub least: u32,
    /// How many times as many as usual there must be, at least 1; 3 by
    /// default.
    pub times: f64,
    /// Fewest people who read about a thing within the span, by the reach of
    /// the authors of public posts; 100,000 by default, 0: reach is not
    /// watched.
    pub reach: u64,
}

impl Default for SurgeRules {
    fn default() -> SurgeRules {
        SurgeRules {
            within: Seconds(600),
            least: 20,
            times: 3.0,
            reach: 100_000,
        }
    }
}

/// How long somebody who declined a conversation, or let the offer time out,
/// is left alone with it while nobody else fits. It doubles with each refusal
/// of the same conversation by the same agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BackOff {
    /// After the first refusal; 30 s by default.
    pub first: Seconds,
    /// Longest; 15 minutes by default.
    pub longest: Seconds,
}

impl Default for BackOff {
    fn default() -> Self {
        BackOff {
            first: Seconds(30),
            longest: Seconds(900),
        }
    }
}

impl BackOff {
    /// How long after this many refusals, at least 1.
    pub fn after(self, refusals: u32) -> Seconds {
        let doublings = refusals.saturating_sub(1).min(31);
        let seconds = u64::from(self.first.0) << doublings;
        Seconds(u32::try_from(seconds).unwrap_or(u32::MAX)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let rules: DeskRules = toml::from_str(text).expect(text);
        rules.problems()
    }

    #[test]
    fn what_is_not_said_has_a_default_that_holds() {
        assert_eq!(problems(""), Vec::<String>::new());
    }

    #[test]
    fn what_is_outside_its_range_is_named() {
        for (text, said) in [
            ("offer-timeout = \"0s\"", "offer-timeout is 0s"),
            ("offer-timeout = \"2d\"", "it must be 1s to 1d"),
            ("return-after = \"9999d\"", "return-after is 9999d"),
            ("[[approval]]\napprovers = []", "step 1 of the approval"),
            ("[surge]\ntimes = 0.5", "surge.times is 0.5"),
            ("[surge]\nwithin = \"0s\"", "surge.within is 0s"),
        ] {
            let found = problems(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains(said), "{text}: {found:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<DeskRules>("ofer-timeout = \"2m\"").is_err());
    }
}
