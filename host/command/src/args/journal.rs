//! Arguments of `journal` and `outbox`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use patchbay_config::duration::Seconds;

use super::{CompanyFlag, ServerFlags};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay journal status
  patchbay journal backup /backups/monday.db
  patchbay journal check --json
  patchbay journal compact --older-than 400d
  patchbay journal restore /backups/monday.db --force

All but `restore` also work while the server runs. A backup does not contain the
master key, and cannot be read without it: store a copy of the key file in
another place.")]
pub struct JournalArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(subcommand)]
    pub verb: JournalVerb,
}

#[derive(Debug, Subcommand)]
pub enum JournalVerb {
    /// Show size, number of accepted interactions and pending work
    Status,
    /// Copy the journal into a new file and verify the copy
    Backup {
        /// File to write; it must not exist
        to: PathBuf,
    },
    /// Check the journal for damage
    Check,
    /// Replace the journal by a backup, after verifying it; stop the server first
    Restore {
        /// File written by `journal backup`
        from: PathBuf,
        /// Restore to this path [default: the path of the journal]
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
        /// Rename an existing journal and put the backup in its place
        #[arg(long)]
        force: bool,
    },
    /// Delete resolved conversations and finished items older than an age
    Compact {
        /// Time since the last change, such as 90d; at least 1h while a server runs
        #[arg(long, value_name = "AGE")]
        older_than: Seconds,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay outbox list --company northwind
  patchbay outbox list --state waiting --company northwind
  patchbay outbox retry reply-3f…-12 --company northwind")]
pub struct OutboxArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: OutboxVerb,
}

#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// List failed deliveries, or those of another state
    List {
        /// Which deliveries to list
        #[arg(long, value_enum, default_value_t = OutboxItems::Dead)]
        state: OutboxItems,
    },
    /// Send a failed delivery again at once, and count its attempts from 0
    Retry {
        /// Key of the delivery, as `list` prints it
        key: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutboxItems {
    /// Failed for good; the server does not retry them
    Dead,
    /// Pending: not sent yet, or waiting for the next attempt
    Waiting,
    /// Accepted by their target
    Done,
}
