//! Rules for conversations between a route and an answer: the `[desk]` section
//! of a company file.

use patchbay_config::duration::Seconds;
use serde::{Deserialize, Serialize};

use crate::capacity::Capacity;

/// Longest of these durations: 366 days.
pub const LONGEST: Seconds = Seconds(31_622_400);
/// Longest offer timeout: a day.
pub const LONGEST_OFFER: Seconds = Seconds(86_400);
/// Longest wait before a reply is sent.
pub const LONGEST_SEND_AFTER: Seconds = Seconds(60);
/// Most steps of an approval.
pub const MOST_APPROVAL_STEPS: usize = 8;

/// Rules for conversations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DeskRules {
    /// Weights and maxima; see [`Capacity`] for the default.
    pub capacity: Capacity,
    /// Offer timeout, 1 s to [`LONGEST_OFFER`]; 120 s by default.
    pub offer_timeout: Seconds,
    /// When an agent who refused a conversation may get it again.
    pub back_off: BackOff,
    /// How long a conversation transferred to one agent waits for that agent
    /// before its queue gets it; 15 minutes by default.
    pub wait_for_agent: Seconds,
    /// How long after their last answer to a customer an agent is preferred for
    /// that customer, where the policy has no preference; 7 days by default, 0:
    /// never.
    pub same_agent: Seconds,
    /// How long after it was resolved a new message reopens a conversation;
    /// later messages start another. 72 hours by default.
    pub reopen_within: Seconds,
    /// How long a conversation waits on its customer before it releases
    /// capacity; 10 minutes by default.
    pub park_after: Seconds,
    /// Longest wrap-up; 2 minutes by default.
    pub wrap_up: Seconds,
    /// How long a customer message may stay unanswered before escalation is
    /// called; 15 minutes by default.
    pub silent_after: Seconds,
    /// How long after an agent went offline their conversations return to the
    /// queue; 2 minutes by default, so that a page reload loses none.
    pub return_after: Seconds,
    /// How long a reply that may go out waits before it is sent, so that its author can
    /// take it back: at most [`LONGEST_SEND_AFTER`]; 0 by default: at once.
    pub send_after: Seconds,
    /// Whether every reply needs an approval, whatever the policies answer;
    /// false by default.
    pub approve_all: bool,
    /// Approvers of a held reply, step by step; empty: any supervisor.
    #[serde(rename = "approval")]
    pub approvals: Vec<ApprovalStep>,
    /// Whether running SLA clocks follow changed targets.
    pub running_clocks: RunningClocks,
    /// Detection of surges.
    pub surge: SurgeRules,
}

/// What a change of SLA targets does to running clocks. Changed business hours
/// always apply, to the time from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunningClocks {
    /// They follow: a removed target is not due, a shorter one is due earlier.
    #[default]
    Follow,
    /// They keep the targets they started with until the next route.
    Keep,
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
            send_after: Seconds(0),
            approve_all: false,
            approvals: Vec::new(),
            running_clocks: RunningClocks::Follow,
            surge: SurgeRules::default(),
        }
    }
}

impl DeskRules {
    /// Problems, without a full stop.
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
        if self.send_after > LONGEST_SEND_AFTER {
            problems.push(format!(
                "send-after is {}; the most is {LONGEST_SEND_AFTER}",
                self.send_after
            ));
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

/// A step of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApprovalStep {
    /// Ids of the approvers.
    pub approvers: Vec<String>,
    /// How many must approve; `any` by default.
    #[serde(default)]
    pub need: Need,
}

/// How many approvers must approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// One of them.
    #[default]
    Any,
    /// Each of them.
    All,
}

/// Detection of many interactions about one subject.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SurgeRules {
    /// Window that is compared with earlier windows; 10 minutes by default, at
    /// most a day.
    pub within: Seconds,
    /// Fewest interactions in the window; 20 by default, 0: volume is ignored.
    pub least: u32,
    /// Least multiple of the usual number, at least 1; 3 by default.
    pub times: f64,
    /// Least reach of the authors of public posts in the window; 100,000 by
    /// default, 0: reach is ignored.
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

/// How long an agent who refused a conversation does not get it again while no
/// other agent fits. Doubles with each refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BackOff {
    /// After the first refusal; 30 s by default.
    pub first: Seconds,
    /// Upper bound; 15 minutes by default.
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
    /// Back-off after so many refusals, at least 1.
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
    fn the_defaults_are_valid() {
        assert_eq!(problems(""), Vec::<String>::new());
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (text, said) in [
            ("offer-timeout = \"0s\"", "offer-timeout is 0s"),
            ("offer-timeout = \"2d\"", "it must be 1s to 1d"),
            ("return-after = \"9999d\"", "return-after is 9999d"),
            ("send-after = \"61s\"", "send-after is 1m1s; the most is 1m"),
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
