//! How a setup is tried on live traffic.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_model::rollout::Share;

use super::{ChangeFlags, OfCompany, somebody};

/// Where it is tried, and how it is shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct TrialFlags {
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    /// Who asks for it, for the record; `operator` unless said, and with a
    /// token whoever it is of.
    #[arg(long, value_name = "NAME", value_parser = somebody, global = true)]
    pub(crate) by: Option<String>,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    subcommand_negates_reqs = true,
    after_help = "Examples:
  patchbay apply companies/northwind.toml --keep-only
  patchbay shadow 8 --company northwind --sample 10%
  patchbay shadow report --company northwind
  patchbay shadow stop --company northwind

What a shadow answers is compared and has no effect; what it remembers it
forgets with the trial. It needs a running server."
)]
pub(crate) struct ShadowArgs {
    /// Number of a generation that is kept.
    #[arg(required = true)]
    pub(crate) generation: Option<u64>,
    /// Of which share of the conversations it is asked, too.
    #[arg(long, value_name = "SHARE", default_value = "10%")]
    pub(crate) sample: Share,
    #[command(flatten)]
    pub(crate) trial: TrialFlags,
    #[command(subcommand)]
    pub(crate) verb: Option<ShadowVerb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ShadowVerb {
    /// How its answers compare, so far.
    Report,
    /// Ask it no more.
    Stop {
        /// Why, for the record.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(
    subcommand_negates_reqs = true,
    after_help = "Examples:
  patchbay canary 8 --company northwind --share 5%
  patchbay canary 8 --company northwind --share 25%
  patchbay canary report --company northwind
  patchbay canary promote --company northwind
  patchbay canary abort --company northwind --reason \"routes too much to billing\"

A conversation is in the share or not for as long as the canary lasts; a greater
share takes all a smaller one took. Beyond a bound the canary is taken back by
itself, with an alert. It needs a running server."
)]
pub(crate) struct CanaryArgs {
    /// Number of a generation that is kept.
    #[arg(required = true)]
    pub(crate) generation: Option<u64>,
    /// For which share of the conversations it decides; at most 90%.
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    pub(crate) share: Share,
    /// Judge it after so many of its decisions; 200 unless said. This and the
    /// bounds below stay as they are where it is tried already.
    #[arg(long, value_name = "DECISIONS")]
    pub(crate) after: Option<u64>,
    /// Take it back where its decisions fail more often than the others by
    /// this share, 1% unless said; `off`: never.
    #[arg(long, value_name = "SHARE", value_parser = bound)]
    pub(crate) max_failures: Option<Limit>,
    /// Take it back where its p99 is more than so many times that of the
    /// others, 2 unless said, and by a millisecond; `off`: never.
    #[arg(long, value_name = "TIMES", value_parser = times)]
    pub(crate) max_p99: Option<Limit>,
    /// Take it back where more than this share of its decisions are not what
    /// they would have been; `off`, as it is unless said: never.
    #[arg(long, value_name = "SHARE", value_parser = bound)]
    pub(crate) max_disagreement: Option<Limit>,
    #[command(flatten)]
    pub(crate) trial: TrialFlags,
    #[command(subcommand)]
    pub(crate) verb: Option<CanaryVerb>,
}

/// A bound, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) Option<f64>);

fn bound(text: &str) -> Result<Limit, String> {
    if text == "off" {
        return Ok(Limit(None));
    }
    let number = text
        .strip_suffix('%')
        .and_then(|text| text.trim_end().parse::<f64>().ok());
    match number {
        Some(number) if (0.0..=100.0).contains(&number) => Ok(Limit(Some(number / 100.0))),
        _ => Err("write a percentage from 0% to 100%, or off".to_owned()),
    }
}

fn times(text: &str) -> Result<Limit, String> {
    if text == "off" {
        return Ok(Limit(None));
    }
    match text.parse::<f64>() {
        Ok(number) if (1.0..=1000.0).contains(&number) => Ok(Limit(Some(number))),
        _ => Err("write a number from 1 to 1000, or off".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum CanaryVerb {
    /// How it does beside the others, so far.
    Report,
    /// Have it decide for everybody.
    Promote {
        #[command(flatten)]
        change: PromoteFlags,
    },
    /// Have it decide for nobody.
    Abort {
        /// Why, for the record.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// How it is promoted.
#[derive(Clone, Debug, Args)]
pub(crate) struct PromoteFlags {
    /// Only say what would happen.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change nothing if the company decides by another generation than this
    /// by now.
    #[arg(long, value_name = "GENERATION")]
    pub(crate) expect: Option<u64>,
}

impl PromoteFlags {
    /// The same as of any change.
    pub(crate) fn change(&self, by: Option<String>) -> ChangeFlags {
        ChangeFlags {
            dry_run: self.dry_run,
            expect: self.expect,
            moved: Vec::new(),
            by,
        }
    }
}
