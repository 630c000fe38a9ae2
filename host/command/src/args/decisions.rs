//! Arguments of `decisions` and `replay`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_config::duration::Seconds;
use patchbay_journal::ContactId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;

use super::{BuildFlags, CompanyFlag, ServerFlags};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay decisions list --since 24h --outcome timeout --company northwind
  patchbay decisions list --interaction 179310233 --company northwind
  patchbay decisions explain 1841 --company northwind
  patchbay decisions export-case 1841 --output cases/recorded/1841.json --company northwind

A decision has a number; `list` and every event show it. Personal data is masked
unless --unseal is given. docs/decisions.md describes what is recorded and for
how long.")]
pub struct DecisionsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: DecisionsVerb,
}

#[derive(Debug, Subcommand)]
pub enum DecisionsVerb {
    /// List decisions, newest first
    List {
        /// Only decisions of the last span of time, such as 24h
        #[arg(long, value_name = "SPAN")]
        since: Option<Seconds>,
        /// Only decisions in which a plugin ran at this stage: classify, route, tone or escalate
        #[arg(long)]
        stage: Option<Stage>,
        /// Only decisions with this outcome, such as ok, trapped or timeout
        #[arg(long, value_parser = outcome)]
        outcome: Option<OutcomeKind>,
        /// Only decisions in which this plugin ran
        #[arg(long)]
        plugin: Option<String>,
        /// Only decisions by this generation
        #[arg(long, value_name = "NUMBER")]
        generation: Option<u64>,
        /// Only decisions about this person, by the id of one of their contacts
        #[arg(long, value_name = "ID")]
        contact: Option<ContactId>,
        /// Only decisions of this conversation
        #[arg(long, value_name = "ID")]
        conversation: Option<String>,
        /// Only decisions about this interaction, by the channel's id
        #[arg(long, value_name = "ID")]
        interaction: Option<String>,
        /// Number of decisions at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        limit: u64,
    },
    /// Print the whole record of a decision, as JSON
    Show {
        /// Number of the decision
        decision: u64,
        /// Show personal data unmasked; the audit trail records it
        #[arg(long)]
        unseal: bool,
    },
    /// Explain what each plugin read and answered, and what the host did with it
    Explain {
        /// Number of the decision
        decision: u64,
        /// Show personal data unmasked; the audit trail records it
        #[arg(long)]
        unseal: bool,
    },
    /// Write one plugin's part of a decision as a test case, with the customer's text
    ExportCase {
        /// Number of the decision
        decision: u64,
        /// Plugin to export; required if several took part
        #[arg(long)]
        plugin: Option<String>,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Overwrite the file if it exists
        #[arg(long, requires = "output")]
        force: bool,
    },
}

fn outcome(text: &str) -> Result<OutcomeKind, String> {
    let mut all = OutcomeKind::ALL.iter();
    let known = all.find(|kind| kind.as_str() == text).copied();
    known.ok_or_else(|| {
        let all: Vec<_> = OutcomeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("expected one of {}", all.join(", "))
    })
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay replay --company northwind 1841
  patchbay replay --company northwind --since 24h
  patchbay replay --company northwind --since 24h --with northwind.toml --html report.html

Without --with, each decision is repeated from its transcript: the same plugins
must make the same host calls and give the same answer, byte for byte. With
--with, the candidate company file decides the same inputs, and every difference
is listed. The exit code is 1 if more than --max-differences decisions differ or
fail, or if no decision can be compared.")]
pub struct ReplayArgs {
    /// Number of the decision
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    pub decision: Option<u64>,
    /// All decisions of the last span of time, such as 24h
    #[arg(long, value_name = "SPAN")]
    pub since: Option<Seconds>,
    /// Decide with this company file [default: the generation that made the decision]
    #[arg(long, value_name = "FILE")]
    pub with: Option<PathBuf>,
    #[command(flatten)]
    pub server: ServerFlags,
    /// Name of the company
    #[arg(long)]
    pub company: String,
    /// Threads that decide; 0: one for each core
    #[arg(long, short, default_value_t = 0)]
    pub jobs: usize,
    /// Decisions that may differ or fail before the exit code is 1
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pub max_differences: u64,
    /// Also write a report as one HTML file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Show personal data in differences unmasked
    #[arg(long)]
    pub unseal: bool,
    #[command(flatten)]
    pub build: BuildFlags,
}
