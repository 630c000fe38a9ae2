//! Which transcripts a company stores: the `[record]` section of its file.

use patchbay_config::duration::ByteSize;
use serde::{Deserialize, Serialize};

use crate::outcome::OutcomeKind;

/// Smallest transcript limit.
pub const MIN_TRANSCRIPT: ByteSize = ByteSize(4 << 10);
/// Largest transcript limit.
pub const MAX_TRANSCRIPT: ByteSize = ByteSize(4 << 20);

/// Rules for transcripts. Stamp, outcome, answer and reason of a decision are
/// always stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RecordRules {
    /// Decisions whose host calls are stored, so that they can be replayed;
    /// `failures` by default.
    pub transcripts: Transcripts,
    /// Longest transcript, [`MIN_TRANSCRIPT`] to [`MAX_TRANSCRIPT`]; 256 KiB by default. A longer
    /// one is dropped and counted.
    pub limit: ByteSize,
}

impl Default for RecordRules {
    fn default() -> RecordRules {
        RecordRules {
            transcripts: Transcripts::default(),
            limit: ByteSize(256 << 10),
        }
    }
}

/// Decisions whose transcript is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transcripts {
    /// Every decision.
    All,
    /// Decisions in which a policy failed.
    #[default]
    Failures,
    /// None.
    Off,
    /// This share, 0 to 1. A repeated decision gets the same result.
    Sampled(f64),
}

impl RecordRules {
    /// Problems, without a full stop.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Transcripts::Sampled(share) = self.transcripts
            && !(0.0..=1.0).contains(&share)
        {
            problems.push(format!(
                "transcripts sampled = {share} is not a share; write a number from 0 to 1"
            ));
        }
        if !(MIN_TRANSCRIPT..=MAX_TRANSCRIPT).contains(&self.limit) {
            problems.push(format!(
                "limit {} is out of range: {MIN_TRANSCRIPT} to {MAX_TRANSCRIPT}",
                self.limit
            ));
        }
        problems
    }

    /// Whether to record the host calls of a decision; `chance` is its evenly
    /// distributed number.
    pub fn should_record(&self, chance: u64) -> bool {
        match self.transcripts {
            Transcripts::All | Transcripts::Failures => true,
            Transcripts::Off => false,
            // A share of 1 is all, whatever the number rounds to.
            Transcripts::Sampled(share) => share >= 1.0 || (chance as f64) < share * 2f64.powi(64),
        }
    }

    /// Whether to store the transcript, by the outcomes of the policies.
    pub fn should_store(&self, outcomes: impl IntoIterator<Item = OutcomeKind>) -> bool {
        match self.transcripts {
            Transcripts::Failures => outcomes
                .into_iter()
                .any(|outcome| !matches!(outcome, OutcomeKind::Ok | OutcomeKind::Declined)),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> RecordRules {
        toml::from_str(text).expect(text)
    }

    #[test]
    fn every_form_of_transcripts_is_parsed() {
        for (text, expected) in [
            ("", Transcripts::Failures),
            ("transcripts = \"all\"", Transcripts::All),
            ("transcripts = \"failures\"", Transcripts::Failures),
            ("transcripts = \"off\"", Transcripts::Off),
            ("transcripts = { sampled = 0.1 }", Transcripts::Sampled(0.1)),
        ] {
            assert_eq!(rules(text).transcripts, expected, "{text}");
        }
        for wrong in [
            "transcripts = true",
            "transcripts = \"some\"",
            "transcripts = { sampled = \"a\" }",
            "transcripts = { all = 1, sampled = 1 }",
            "transcript = \"all\"",
            "limit = 10",
        ] {
            assert!(toml::from_str::<RecordRules>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_out_of_range_are_problems() {
        for wrong in [
            "transcripts = { sampled = -0.1 }",
            "transcripts = { sampled = 1.1 }",
            "transcripts = { sampled = nan }",
            "limit = \"1KiB\"",
            "limit = \"5MiB\"",
        ] {
            assert_eq!(rules(wrong).problems().len(), 1, "{wrong}");
        }
        assert_eq!(rules("limit = \"4MiB\"").problems(), [""; 0]);
    }

    #[test]
    fn a_sample_has_the_size_of_its_share() {
        let stored = |share: f64| {
            let rules = RecordRules {
                transcripts: Transcripts::Sampled(share),
                ..RecordRules::default()
            };
            let chances = (0..1000u64).map(|index| index * (u64::MAX / 999));
            chances
                .filter(|chance| rules.should_record(*chance))
                .count()
        };
        assert_eq!((stored(0.0), stored(1.0)), (0, 1000));
        assert!((240..=260).contains(&stored(0.25)), "{}", stored(0.25));
    }

    #[test]
    fn by_default_only_failures_are_stored() {
        let failures = RecordRules::default();
        assert!(!failures.should_store([OutcomeKind::Ok, OutcomeKind::Declined]));
        assert!(failures.should_store([OutcomeKind::Ok, OutcomeKind::Trapped]));
        let all = rules("transcripts = \"all\"");
        assert!(all.should_store([OutcomeKind::Ok]));
    }
}
