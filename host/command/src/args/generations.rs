//! Arguments of `apply`, `generations` and `rollback`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BuildFlags, CompanyFlag, ServerFlags, actor};

/// How the active generation is changed.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangeFlags {
    /// Check everything and show what would change; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Fail if another generation than this one is active
    #[arg(long, value_name = "GENERATION")]
    pub expect: Option<u64>,
    /// Move the conversations of a removed queue to another one; repeatable [default: `moved-to`
    /// of the company file]
    #[arg(long = "move", value_name = "QUEUE=QUEUE", value_parser = moved)]
    pub moved: Vec<(String, String)>,
    /// Name for the audit trail [default: operator, or the token's owner]
    #[arg(long, value_name = "NAME", value_parser = actor)]
    pub by: Option<String>,
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

The server builds the new generation, runs the test cases of its packs, and
checks open conversations against it, while the active generation decides. From
the next decision on the new one decides. If anything is wrong, the command
lists every reason and changes nothing. A company that the host does not know is
an error without --new. Without a running server, the command opens the journal
itself; with --new it also creates it. Packs that the file names as oci://HOST/PATH:TAG are pulled first, and
shown with their digests; with --offline, they must be in the local store.")]
pub struct ApplyArgs {
    /// The company file
    pub file: PathBuf,
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub change: ChangeFlags,
    /// Create the company if the host does not know it
    #[arg(long)]
    pub new: bool,
    /// Store the generation without activating it, for `shadow`, `canary` or `generations activate`
    #[arg(long, conflicts_with = "dry_run")]
    pub keep_only: bool,
    /// Accept packs of a lower version than the active generation has, where there is a trust policy
    #[arg(long)]
    pub allow_downgrade: bool,
    #[command(flatten)]
    pub build: BuildFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay generations list --company northwind
  patchbay generations show 7 --company northwind
  patchbay generations diff 6 7 --company northwind
  patchbay generations activate 7 --company northwind --dry-run
  patchbay generations delete 3 --company northwind")]
pub struct GenerationsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: GenerationsVerb,
}

#[derive(Debug, Subcommand)]
pub enum GenerationsVerb {
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
    /// Delete a stored generation that is not active, and components no other one uses
    Delete {
        /// Number of the generation
        generation: u64,
        /// Name for the audit trail [default: operator, or the token's owner]
        #[arg(long, value_name = "NAME", value_parser = actor)]
        by: Option<String>,
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
pub struct RollbackArgs {
    /// Number of the generation [default: the earlier one that was active last]
    pub generation: Option<u64>,
    #[command(flatten)]
    pub server: ServerFlags,
    /// Name of the company
    #[arg(long)]
    pub company: String,
    #[command(flatten)]
    pub change: ChangeFlags,
}
