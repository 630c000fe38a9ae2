//! The table of SLA clocks, and the targets they run against.

use std::collections::BTreeMap;

use patchbay_config::duration::Seconds;
use serde::{Deserialize, Serialize};

use crate::codes;

macro_rules! clocks {
    ($( $(#[doc = $doc:literal])+ $case:ident = $code:literal, $field:ident, $target:literal; )+) => {
        codes! {
            /// An SLA clock.
            pub enum Clock {
                $( $(#[doc = $doc])+ $case = $code, )+
            }
        }

        impl Clock {
            /// The key in a route plan's `sla`, as in JSON: `first_response`.
            pub const fn plan_key(self) -> &'static str {
                match self { $( Clock::$case => stringify!($field), )+ }
            }

            /// The clock of a route plan's key; `None` for an unknown key.
            pub fn from_plan_key(key: &str) -> Option<Clock> {
                Clock::ALL.into_iter().find(|clock| clock.plan_key() == key)
            }
        }

        /// Targets of a queue, as a company file has them.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct Sla {
            $( #[doc = $target] pub $field: Option<Seconds>, )+
            /// Business hours they are counted in; absent: round the clock.
            pub hours: Option<String>,
        }

        /// Targets of a conversation, in working time. A clock without a
        /// target is never due; its time is counted all the same, so that a
        /// target can be set later.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", default)]
        pub struct Targets {
            $(
                #[doc = $target]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<Seconds>,
            )+
            /// Business hours they are counted in; absent: round the clock.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub hours: Option<String>,
            /// Share of a target after which it is at risk.
            pub at_risk: AtRisk,
        }

        impl Targets {
            /// A queue's targets, each replaced by the one in `plan` where
            /// that has one; `plan` is
            /// [`RoutePlan::sla`](crate::decision::route::RoutePlan). Hours
            /// are the queue's. Keys that name no clock are ignored: a
            /// validated plan has none.
            pub fn merged(queue: &Sla, plan: &BTreeMap<String, Seconds>) -> Targets {
                Targets {
                    $( $field: plan.get(stringify!($field)).copied().or(queue.$field), )+
                    hours: queue.hours.clone(),
                    at_risk: AtRisk::default(),
                }
            }

            /// A clock's target.
            pub fn of(&self, clock: Clock) -> Option<Seconds> {
                match clock { $( Clock::$case => self.$field, )+ }
            }
        }
    };
}

clocks! {
    /// From creation to the first reply to the customer. Where no reply was
    /// expected at first, from the first message that expects one.
    FirstResponse = "first-response", first_response, "From creation to the first reply.";
    /// From the oldest unanswered customer message after the first reply to
    /// the next reply: one *run* for each.
    NextResponse = "next-response", next_response, "From the oldest unanswered message.";
    /// From creation to resolved, without the time in `waiting-on-customer`,
    /// `on-hold` and `resolved`. One run, however often it is reopened.
    Resolution = "resolution", resolution, "From creation to resolved.";
}

impl Targets {
    /// The same targets, at risk after another share.
    #[must_use]
    pub fn at_risk(mut self, at_risk: AtRisk) -> Targets {
        self.at_risk = at_risk;
        self
    }

    pub(super) fn of_ms(&self, clock: Clock) -> Option<u64> {
        Some(u64::from(self.of(clock)?.0) * 1_000)
    }
}

/// The share of a target after which it is at risk: 1 to 100 %, 80 unless
/// set. At 100 it is at risk at the moment it is breached, and both fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct AtRisk(u8);

/// The share is not 1 to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at risk after {0} % of a target; it must be 1 to 100")]
pub struct AtRiskError(u8);

impl AtRisk {
    /// The share, in percent.
    pub const fn percent(self) -> u8 {
        self.0
    }

    /// The share of some milliseconds; at most those of `u32::MAX` seconds.
    pub(super) fn of(self, target_ms: u64) -> u64 {
        target_ms * u64::from(self.0) / 100
    }
}

impl Default for AtRisk {
    fn default() -> AtRisk {
        AtRisk(80)
    }
}

impl TryFrom<u8> for AtRisk {
    type Error = AtRiskError;

    fn try_from(percent: u8) -> Result<AtRisk, AtRiskError> {
        match percent {
            1..=100 => Ok(AtRisk(percent)),
            _ => Err(AtRiskError(percent)),
        }
    }
}

impl From<AtRisk> for u8 {
    fn from(at_risk: AtRisk) -> u8 {
        at_risk.0
    }
}

codes! {
    /// State of a clock.
    pub enum ClockState {
        /// Runs or is paused, nothing missed.
        Active = "active",
        /// Runs or is paused, with a miss in this run or an earlier one.
        ActiveWithMisses = "active-with-misses",
        /// Stopped, never late. Final once the conversation is resolved for
        /// good.
        Hit = "hit",
        /// Stopped, late at least once. Final once the conversation is
        /// resolved for good; for the first response, once it was given.
        Missed = "missed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_plan_overrides_the_targets_it_has() {
        let queue = Sla {
            first_response: Some(Seconds(600)),
            resolution: Some(Seconds(86_400)),
            hours: Some("office".to_owned()),
            ..Sla::default()
        };
        let plan = [
            ("first_response", 300),
            ("next_response", 900),
            ("nonsense", 1),
        ];
        let plan = plan.map(|(key, seconds)| (key.to_owned(), Seconds(seconds)));
        let targets = Targets::merged(&queue, &plan.into());
        assert_eq!(targets.of(Clock::FirstResponse), Some(Seconds(300)));
        assert_eq!(targets.of(Clock::NextResponse), Some(Seconds(900)));
        assert_eq!(targets.of(Clock::Resolution), Some(Seconds(86_400)));
        assert_eq!(targets.hours.as_deref(), Some("office"));
    }

    #[test]
    fn a_share_at_risk_is_a_percentage_and_not_nothing() {
        assert_eq!(AtRisk::default().percent(), 80);
        for percent in [0, 101, 255] {
            let error = AtRisk::try_from(percent).expect_err("refused");
            assert!(error.to_string().contains(&percent.to_string()), "{error}");
        }
        assert!(serde_json::from_str::<AtRisk>("101").is_err());
        assert_eq!(
            serde_json::from_str::<AtRisk>("100").ok(),
            Some(AtRisk(100))
        );
    }
}
