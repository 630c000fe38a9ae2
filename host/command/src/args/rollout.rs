//! Arguments of `shadow` and `canary`.

use clap::{Args, Subcommand};
use patchbay_model::rollout::Share;

use super::{ChangeFlags, CompanyFlag, ServerFlags, actor};

/// Where a candidate runs, and in whose name.
#[derive(Clone, Debug, Args)]
pub struct RolloutFlags {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    /// Name for the audit trail [default: operator, or the token's owner]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = actor,
        global = true,
        display_order = 101
    )]
    pub by: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    subcommand_negates_reqs = true,
    after_help = "Examples:
  patchbay apply companies/northwind.toml --keep-only
  patchbay shadow 8 --company northwind --sample 10%
  patchbay shadow report --company northwind
  patchbay shadow stop --company northwind

The answers of the candidate are compared and have no effect; state it writes is
discarded when the shadow run ends. Needs a running server."
)]
pub struct ShadowArgs {
    /// Number of a stored generation
    #[arg(required = true)]
    pub generation: Option<u64>,
    /// Share of the conversations in which the candidate also runs
    #[arg(long, value_name = "SHARE", default_value = "10%")]
    pub sample: Share,
    #[command(flatten)]
    pub rollout: RolloutFlags,
    #[command(subcommand)]
    pub verb: Option<ShadowVerb>,
}

#[derive(Debug, Subcommand)]
pub enum ShadowVerb {
    /// Show how often the answers agree and where they differ
    Report,
    /// End the shadow run
    Stop {
        /// Reason, for the audit trail
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

Each conversation stays inside or outside the share for the whole canary; a
larger share includes every conversation of a smaller one. When a limit is
exceeded, the host aborts the canary and raises an alert. Limits that are not
given keep their value while the same canary runs. Needs a running server."
)]
pub struct CanaryArgs {
    /// Number of a stored generation
    #[arg(required = true)]
    pub generation: Option<u64>,
    /// Share of the conversations for which the candidate decides, at most 90%
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    pub share: Share,
    /// Decisions of the candidate before the limits below apply [default: 200]
    #[arg(long, value_name = "DECISIONS")]
    pub after: Option<u64>,
    /// Abort if the candidate's share of failed decisions exceeds the active generation's by more
    /// than this; `off` for no limit [default: 1%]
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    pub max_failures: Option<Limit>,
    /// Abort if the candidate's p99 latency is more than so many times the active generation's, and
    /// at least 1 ms longer; `off` for no limit [default: 2]
    #[arg(long, value_name = "TIMES", value_parser = factor)]
    pub max_p99: Option<Limit>,
    /// Abort if more than this share of compared decisions differ; `off` for no limit [default: off]
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    pub max_disagreement: Option<Limit>,
    #[command(flatten)]
    pub rollout: RolloutFlags,
    #[command(subcommand)]
    pub verb: Option<CanaryVerb>,
}

/// A limit, or `off`.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub Option<f64>);

fn percentage(text: &str) -> Result<Limit, String> {
    let number = text
        .strip_suffix('%')
        .and_then(|text| text.trim_end().parse::<f64>().ok());
    match number {
        _ if text == "off" => Ok(Limit(None)),
        Some(number) if (0.0..=100.0).contains(&number) => Ok(Limit(Some(number / 100.0))),
        _ => Err("expected a percentage from 0% to 100%, or off".to_owned()),
    }
}

fn factor(text: &str) -> Result<Limit, String> {
    match text.parse::<f64>() {
        _ if text == "off" => Ok(Limit(None)),
        Ok(number) if (1.0..=1000.0).contains(&number) => Ok(Limit(Some(number))),
        _ => Err("expected a number from 1 to 1000, or off".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub enum CanaryVerb {
    /// Show failures, latency and agreement of both generations
    Report,
    /// Activate the candidate for all conversations
    Promote {
        #[command(flatten)]
        change: PromoteFlags,
    },
    /// End the canary; the active generation decides for all conversations
    Abort {
        /// Reason, for the audit trail
        #[arg(long)]
        reason: Option<String>,
    },
}

/// How the candidate is activated.
#[derive(Clone, Debug, Args)]
pub struct PromoteFlags {
    /// Check everything and show what would change; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Fail if another generation than this one is active
    #[arg(long, value_name = "GENERATION")]
    pub expect: Option<u64>,
}

impl PromoteFlags {
    /// The flags of any other change.
    pub fn change(&self, by: Option<String>) -> ChangeFlags {
        ChangeFlags {
            dry_run: self.dry_run,
            expect: self.expect,
            moved: Vec::new(),
            by,
        }
    }
}
