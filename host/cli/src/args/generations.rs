//! Arguments of `apply`, `generations` and `rollback`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BuildFlags, CompanyFlag, ServerFlags, actor};

/// How the active generation is changed.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChangeFlags {
    /// Check everything and show what would change; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change nothing unless this generation is active now
    #[arg(long, value_name = "GENERATION")]
    pub(crate) expect: Option<u64>,
    /// Move the conversations of a removed queue to another one; repeatable [default: `moved-to`
    /// of the company file]
    #[arg(long = "move", value_name = "QUEUE=QUEUE", value_parser = moved)]
    pub(crate) moved: Vec<(String, String)>,
    /// Name for the audit log [default: operator, or the token's owner]
    #[arg(long, value_name = "NAME", value_parser = actor)]
    pub(crate) by: Option<String>,
}

fn moved(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => {
            Ok((from.to_owned(), to.to_owned()))
        }
        _ => Err("expected REMOVED-QUEUE=OTHER-QUEUE, such as returns=general".to_owned()),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay apply companies/northwind.toml --dry-run
  patchbay apply companies/northwind.toml --expect 7
  patchbay apply companies/eastwind.toml --new

The generation is built, the test cases of its packs run, and work in progress is checked against it,
all beside the running decisions. Then the next decision uses it. If anything is wrong, every reason
is listed and nothing changes. A company the host does not know is an error unless --new is given.
Works through a running server, or directly on the journal when no server runs.")]
pub(crate) struct ApplyArgs {
    /// The company file
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
    #[command(flatten)]
    pub(crate) change: ChangeFlags,
    /// Create the company if the host does not know it
    #[arg(long)]
    pub(crate) new: bool,
    /// Store the generation without activating it (see `patchbay generations activate`)
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) keep_only: bool,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay generations list --company northwind
  patchbay generations show 7 --company northwind
  patchbay generations diff 6 7 --company northwind
  patchbay generations activate 7 --company northwind --dry-run")]
pub(crate) struct GenerationsArgs {
    #[command(flatten)]
    pub(crate) server: ServerFlags,
    #[command(flatten)]
    pub(crate) company: CompanyFlag,
    #[command(subcommand)]
    pub(crate) verb: GenerationsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GenerationsVerb {
    /// List all generations, newest first
    List,
    /// Show the company file and the packs of a generation
    Show {
        /// Number of the generation
        generation: u64,
    },
    /// Show the differences between two generations
    Diff {
        /// Number of the first generation
        from: u64,
        /// Number of the second generation [default: the active one]
        to: Option<u64>,
    },
    /// Activate a stored generation
    Activate {
        /// Number of the generation
        generation: u64,
        #[command(flatten)]
        change: ChangeFlags,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay rollback --company northwind
  patchbay rollback --company northwind 5 --dry-run

The same checks run as for `patchbay apply`.")]
pub(crate) struct RollbackArgs {
    /// Number of the generation [default: the earlier one that was active last]
    pub(crate) generation: Option<u64>,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
    /// Name of the company
    #[arg(long)]
    pub(crate) company: String,
    #[command(flatten)]
    pub(crate) change: ChangeFlags,
}
