//! How setups are changed, and looked at.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BuildFlags, OfCompany, somebody};

/// How a setup is changed.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChangeFlags {
    /// Only say what would happen.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change nothing if the company decides by another generation than this
    /// by now.
    #[arg(long, value_name = "GENERATION")]
    pub(crate) expect: Option<u64>,
    /// Where conversations of a queue that is gone go, beside what the company
    /// file says (`moved-to`); may be given several times.
    #[arg(long = "move", value_name = "QUEUE=QUEUE", value_parser = moved)]
    pub(crate) moved: Vec<(String, String)>,
    /// Who asks for it, for the record; `operator` unless said, and with a
    /// token whoever it is of.
    #[arg(long, value_name = "NAME", value_parser = somebody)]
    pub(crate) by: Option<String>,
}

fn moved(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => {
            Ok((from.to_owned(), to.to_owned()))
        }
        _ => Err("write the queue that is gone, =, and where its conversations go".to_owned()),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay apply companies/northwind.toml --dry-run
  patchbay apply companies/northwind.toml --expect 7
  patchbay apply companies/eastwind.toml --new

The setup is built, its packs' own cases are run, and work at hand is looked at,
all off the path of any interaction. Then the company decides by it from one
decision to the next. If anything is wrong, every reason is listed and nothing
changes; so it is of a company the host does not know, unless --new says that it
begins. Through a running server, or on the journal itself where none runs.")]
pub(crate) struct ApplyArgs {
    /// The company file.
    pub(crate) file: PathBuf,
    /// The server's settings, which name the journal and the packs.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) change: ChangeFlags,
    /// Begin the company, if the host does not know it yet.
    #[arg(long)]
    pub(crate) new: bool,
    /// Keep it, and decide by it later (`patchbay generations activate`).
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) keep_only: bool,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay generations list --company northwind
  patchbay generations show 7 --company northwind
  patchbay generations diff 6 7 --company northwind
  patchbay generations activate 7 --company northwind --dry-run")]
pub(crate) struct GenerationsArgs {
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    #[command(subcommand)]
    pub(crate) verb: GenerationsVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GenerationsVerb {
    /// All of them, newest first.
    List,
    /// What one is built from.
    Show {
        /// Its number.
        generation: u64,
    },
    /// What is different between two.
    Diff {
        /// From which.
        from: u64,
        /// To which; the one that decides unless said.
        to: Option<u64>,
    },
    /// Decide by one that is kept.
    Activate {
        /// Its number.
        generation: u64,
        #[command(flatten)]
        change: ChangeFlags,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay rollback --company northwind
  patchbay rollback --company northwind 5 --dry-run")]
pub(crate) struct RollbackArgs {
    /// The generation; unless said, of those before the present one the one
    /// that decided last.
    pub(crate) generation: Option<u64>,
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    /// Whose.
    #[arg(long)]
    pub(crate) company: String,
    #[command(flatten)]
    pub(crate) change: ChangeFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
