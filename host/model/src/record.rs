//! How much of its decisions a company keeps: the `[record]` section of its
//! file.

use serde::{Deserialize, Serialize};

use crate::duration::ByteSize;
use crate::outcome::OutcomeKind;

/// Least room of a record.
pub const LEAST: ByteSize = ByteSize(4 << 10);
/// Most room of a record.
pub const MOST: ByteSize = ByteSize(4 << 20);

/// What is kept of every decision beside its stamp, outcome, answer and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RecordRules {
    /// Of which decisions every host call is kept, so that they can be
    /// replayed; `failures` by default.
    pub transcripts: Transcripts,
    /// Most bytes of a transcript, [`LEAST`] to [`MOST`]; 256 KiB by default.
    /// One that is longer is not kept, and counted.
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

/// Of which decisions a transcript is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transcripts {
    /// Of every one.
    All,
    /// Of those in which a policy failed.
    #[default]
    Failures,
    /// Of none.
    Off,
    /// Of this share, 0 to 1, chosen by what they are about: a decision that is
    /// made again is chosen again.
    Sampled(f64),
}

impl RecordRules {
    /// What is wrong with them, each in a sentence without a full stop.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Transcripts::Sampled(share) = self.transcripts
            && !(0.0..=1.0).contains(&share)
        {
            problems.push(format!(
                "transcripts sampled = {share} is no share: write a number from 0 to 1"
            ));
        }
        if !(LEAST..=MOST).contains(&self.limit) {
            problems.push(format!(
                "limit {} is out of range: {LEAST} to {MOST}",
                self.limit
            ));
        }
        problems
    }

    /// Whether host calls are written down while it is decided about something;
    /// `chance` is its number, evenly spread.
    pub fn records(&self, chance: u64) -> bool {
        match self.transcripts {
            Transcripts::All | Transcripts::Failures => true,
            Transcripts::Off => false,
            // A share of 1 is all, whatever the number rounds to.
            Transcripts::Sampled(share) => share >= 1.0 || (chance as f64) < share * 2f64.powi(64),
        }
    }

    /// Whether what was written down is kept, by how the policies ended.
    pub fn keeps(&self, outcomes: impl IntoIterator<Item = OutcomeKind>) -> bool {
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
    fn the_file_says_of_which_decisions_a_transcript_is_kept() {
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
    fn numbers_out_of_range_are_problems() {
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
    fn a_share_is_that_share_and_its_ends_are_all_and_nothing() {
        let kept = |share: f64| {
            let rules = RecordRules {
                transcripts: Transcripts::Sampled(share),
                ..RecordRules::default()
            };
            let chances = (0..1000u64).map(|index| index * (u64::MAX / 999));
            chances.filter(|chance| rules.records(*chance)).count()
        };
        assert_eq!((kept(0.0), kept(1.0)), (0, 1000));
        assert!((240..=260).contains(&kept(0.25)), "{}", kept(0.25));
    }

    #[test]
    fn of_failures_alone_a_good_decision_keeps_none() {
        let failures = RecordRules::default();
        assert!(!failures.keeps([OutcomeKind::Ok, OutcomeKind::Declined]));
        assert!(failures.keeps([OutcomeKind::Ok, OutcomeKind::Trapped]));
        let all = rules("transcripts = \"all\"");
        assert!(all.keeps([OutcomeKind::Ok]));
    }
}
