//! The command line of `decisions` and `replay`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::Seconds;
use patchbay_model::outcome::OutcomeKind;

use super::{BuildFlags, OfCompany};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay decisions list --since 24h --outcome timeout --company northwind
  patchbay decisions explain 1841 --company northwind
  patchbay decisions export-case 1841 --output cases/recorded/1841.json --company northwind

A decision is known by a number; `list` tells it, and so does every event. What is shown is masked;
--unseal shows what the customer wrote. docs/decisions.md says what is kept.")]
pub(crate) struct DecisionsArgs {
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    #[command(subcommand)]
    pub(crate) verb: DecisionsVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DecisionsVerb {
    /// List decisions, newest first.
    List {
        /// Made within this span before now, such as 24h.
        #[arg(long, value_name = "SPAN")]
        since: Option<Seconds>,
        /// With a plugin asked at this stage: classify, route, tone or escalate.
        #[arg(long)]
        stage: Option<Stage>,
        /// Ended this way, such as ok, trapped or timeout.
        #[arg(long, value_parser = outcome)]
        outcome: Option<OutcomeKind>,
        /// With this plugin asked.
        #[arg(long)]
        plugin: Option<String>,
        /// At most as many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        limit: u64,
    },
    /// Print everything that is kept of a decision, as JSON.
    Show {
        /// Its number.
        decision: u64,
        /// With what the customer wrote, and who they are.
        #[arg(long)]
        unseal: bool,
    },
    /// Tell in words what each plugin read and said, and what the host did with it.
    Explain {
        /// Its number.
        decision: u64,
        /// With what the customer wrote, and who they are.
        #[arg(long)]
        unseal: bool,
    },
    /// Write a plugin's part in it as a case, which `patchbay test` runs. It holds what the customer wrote.
    ExportCase {
        /// Its number.
        decision: u64,
        /// Whose part, where several plugins took part.
        #[arg(long)]
        plugin: Option<String>,
        /// File to write; standard output unless given.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
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

Without --with, recorded decisions are run again from their transcripts: the same plugins must ask
for the same and answer the same bytes. With it, the company file decides about what had been
decided about, and every difference is told. Exit code 1: more decisions differ or fail than
--max-differences, or none could be compared.")]
pub(crate) struct ReplayArgs {
    /// Number of the decision.
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    pub(crate) decision: Option<u64>,
    /// All decisions made within this span before now, such as 24h.
    #[arg(long, value_name = "SPAN")]
    pub(crate) since: Option<Seconds>,
    /// Company file to try.
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Option<PathBuf>,
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    /// Whose decisions.
    #[arg(long)]
    pub(crate) company: String,
    /// Threads that decide; 0: one for each core.
    #[arg(long, short, default_value_t = 0)]
    pub(crate) jobs: usize,
    /// Decisions that may differ or fail without the exit code 1.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pub(crate) max_differences: u64,
    /// Also write a report as one HTML file.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Show differences with what the customer wrote, instead of masked.
    #[arg(long)]
    pub(crate) unseal: bool,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
