//! Arguments of `journal`, `contacts` and `outbox`.

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
  patchbay contacts export 4f0c… --company northwind
  patchbay contacts erase 4f0c… --yes --company northwind
  patchbay contacts merge 4f0c… 91ab… --company northwind

The id of a contact has 32 hexadecimal digits; conversations and events show it.
`erase` destroys the encryption key of everything the person wrote, here and in
every later backup.")]
pub struct ContactsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: ContactsVerb,
}

#[derive(Debug, Subcommand)]
pub enum ContactsVerb {
    /// Print all data about a person, as JSON
    Export {
        /// Id of the contact
        contact: String,
    },
    /// Destroy the encryption key of a person's data, for good
    Erase {
        /// Id of the contact
        contact: String,
        /// Confirm: an erasure cannot be undone
        #[arg(long)]
        yes: bool,
    },
    /// Declare that two contacts are one person
    Merge {
        /// Id of the contact to merge
        contact: String,
        /// Id of the contact that represents both afterwards
        into: String,
    },
    /// Separate a contact from the one it was merged into
    Split {
        /// Id of the contact
        contact: String,
    },
    /// Undo a merge or split
    Undo {
        /// Number of the change, as `merge` and `split` print it
        change: u64,
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
