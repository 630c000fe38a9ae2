//! Rollouts: a candidate generation on live traffic, beside the active one
//! (shadow run) or for a share of the conversations (canary).

use std::fmt;
use std::str::FromStr;

use crate::codes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Largest share of a canary: it is compared with the remaining conversations.
pub const MOST_CANARY: Share = Share(900_000);

codes! {
    /// Kind of rollout.
    pub enum RolloutKind {
        /// The candidate is called too; its answers are compared and discarded.
        Shadow = "shadow",
        /// The candidate decides for a share of the conversations.
        Canary = "canary",
    }
}

/// Share of all conversations, in millionths; above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "String")]
pub struct Share(u32);

/// Written form: a percentage, or a number from 0 to 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(f64),
}

/// The text is not a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareError(String);

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not a share; write a percentage above 0% and up to 100%, such as 5%",
            self.0
        )
    }
}

impl std::error::Error for ShareError {}

impl Share {
    /// All conversations.
    pub const ALL: Share = Share(1_000_000);

    /// The share as a number, above 0 and up to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// Whether the share includes a conversation with this evenly distributed
    /// number. A larger share includes all of a smaller one.
    pub fn includes(self, number: u64) -> bool {
        let bound = (u128::from(self.0) << 64) / 1_000_000;
        u128::from(number) < bound
    }

    fn of(fraction: f64, text: &str) -> Result<Share, ShareError> {
        let parts = (fraction * 1e6).round();
        match (1.0..=1e6).contains(&parts) {
            true => Ok(Share(parts as u32)),
            false => Err(ShareError(text.to_owned())),
        }
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Share, ShareError> {
        let number = text.strip_suffix('%').and_then(|number| {
            let number: f64 = number.trim_end().parse().ok()?;
            Some(number / 100.0)
        });
        Share::of(number.unwrap_or(f64::NAN), text)
    }
}

impl TryFrom<Value> for Share {
    type Error = ShareError;

    fn try_from(value: Value) -> Result<Share, ShareError> {
        match value {
            Value::Text(text) => text.parse(),
            Value::Number(number) => Share::of(number, &number.to_string()),
        }
    }
}

impl From<Share> for String {
    fn from(share: Share) -> String {
        share.to_string()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.0) / 1e4)
    }
}

/// Bounds of a canary, relative to the active generation over the same time.
/// The host aborts a canary that exceeds one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Decisions before the first comparison; 200 by default.
    pub after: u64,
    /// Allowed excess of the failure rate, 0 to 1; 0.01 by default. Absent:
    /// unbounded.
    pub failures: Option<f64>,
    /// Allowed multiple of the p99, from 1; 2 by default. Differences below a
    /// millisecond are ignored. Absent: unbounded.
    pub p99: Option<f64>,
    /// Allowed share of decisions that differ, 0 to 1. Absent, the default:
    /// unbounded.
    pub disagreement: Option<f64>,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            after: 200,
            failures: Some(0.01),
            p99: Some(2.0),
            disagreement: None,
        }
    }
}

codes! {
    /// What a canary is bounded in.
    pub enum Bound {
        /// Share of decisions in which a policy fails.
        Failures = "failures",
        /// Time of the slowest of a hundred decisions.
        P99 = "p99",
        /// Share of decisions that differ from the active generation's.
        Disagreement = "disagreement",
    }
}

/// A bound that a canary exceeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// Which bound.
    pub bound: Bound,
    /// Measured value: a share, or a multiple of the active generation's p99.
    pub measured: f64,
    /// Allowed value, in the same unit.
    pub allowed: f64,
    /// Decisions of the canary so far.
    pub decisions: u64,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach {
            bound,
            measured,
            allowed,
            decisions,
        } = self;
        let (measured_percent, allowed_percent) = (measured * 100.0, allowed * 100.0);
        match bound {
            Bound::Failures => write!(
                f,
                "a policy failed in {measured_percent:.1}% of {decisions} decisions; {allowed_percent:.1}% is allowed"
            ),
            Bound::P99 => write!(
                f,
                "p99 is {measured:.1} times the active generation's after {decisions} decisions; {allowed:.1} times is allowed"
            ),
            Bound::Disagreement => write!(
                f,
                "{measured_percent:.1}% of {decisions} decisions differ from the active generation's; {allowed_percent:.1}% is allowed"
            ),
        }
    }
}

/// Terms of a rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutTerms {
    /// Kind.
    pub kind: RolloutKind,
    /// Share of the conversations.
    pub share: Share,
    /// Bounds; used for canaries only.
    #[serde(default)]
    pub bounds: Bounds,
    /// Operator.
    pub by: String,
    /// Start.
    pub since: Timestamp,
}

impl RolloutTerms {
    /// Problems, without a full stop.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.kind == RolloutKind::Canary && self.share > MOST_CANARY {
            problems.push(format!(
                "a canary gets at most {MOST_CANARY}, so that the rest can be compared; promote the candidate instead"
            ));
        }
        let mut within = |name: &str, value: Option<f64>, least: f64, most: f64| {
            if let Some(value) = value
                && !(least..=most).contains(&value)
            {
                problems.push(format!(
                    "{name} = {value} is out of range: {least} to {most}"
                ));
            }
        };
        within("bounds.failures", self.bounds.failures, 0.0, 1.0);
        within("bounds.p99", self.bounds.p99, 1.0, 1000.0);
        within("bounds.disagreement", self.bounds.disagreement, 0.0, 1.0);
        if self.bounds.after == 0 {
            problems.push("bounds.after must be at least 1".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage() {
        for (text, shown) in [("5%", "5%"), ("0.5%", "0.5%"), ("100 %", "100%")] {
            let share: Share = text.parse().expect(text);
            assert_eq!(share.to_string(), shown);
        }
        for wrong in ["5", "0%", "101%", "-1%", "nan%", "%", "five", "0.00001%"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
        assert_eq!(
            serde_json::from_str::<Share>("0.05").ok(),
            "5%".parse().ok()
        );
        assert_eq!(
            serde_json::to_string(&Share::ALL).ok().as_deref(),
            Some("\"100%\"")
        );
        assert!(serde_json::from_str::<Share>("5").is_err());
    }

    #[test]
    fn a_larger_share_includes_all_of_a_smaller_one() {
        let shares =
            ["1%", "5%", "30%", "99%", "100%"].map(|text| text.parse::<Share>().expect(text));
        let mut taken = [0u32; 5];
        for step in 0..100_000u64 {
            let number = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let takes = shares.map(|share| share.includes(number));
            assert!(takes.is_sorted(), "{takes:?}");
            for (count, takes) in taken.iter_mut().zip(takes) {
                *count += u32::from(takes);
            }
        }
        for (count, expected) in taken
            .into_iter()
            .zip([1_000, 5_000, 30_000, 99_000, 100_000])
        {
            assert!(count.abs_diff(expected) <= 300, "{count} of {expected}");
        }
        assert!(Share::ALL.includes(u64::MAX));
    }

    #[test]
    fn terms_out_of_range_are_problems() {
        let terms = |text: &str| -> RolloutTerms {
            let mut all = serde_json::json!({"kind": "canary", "share": "5%", "by": "eva",
                "since": "2026-01-01T00:00:00Z"});
            let more: serde_json::Value = serde_json::from_str(text).expect(text);
            for (name, value) in more.as_object().expect("fields") {
                all[name] = value.clone();
            }
            serde_json::from_value(all).expect("terms")
        };
        assert_eq!(terms("{}").problems(), [""; 0]);
        for wrong in [
            r#"{"share": "95%"}"#,
            r#"{"bounds": {"after": 0}}"#,
            r#"{"bounds": {"failures": 1.5}}"#,
            r#"{"bounds": {"p99": 0.5}}"#,
            r#"{"bounds": {"disagreement": -0.1}}"#,
        ] {
            assert_eq!(terms(wrong).problems().len(), 1, "{wrong}");
        }
    }
}
