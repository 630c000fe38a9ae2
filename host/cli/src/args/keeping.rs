//! How what is kept is looked after: the journal, people, the outbox.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use patchbay_model::duration::Seconds;

use super::OfCompany;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay journal status
  patchbay journal backup /backups/monday.db
  patchbay journal check --json
  patchbay journal compact --older-than 400d
  patchbay journal restore /backups/monday.db --force

They work while a server runs too: then they ask it; only `restore` needs the
journal for itself. A backup is of use only with the master key, which is not in
it.")]
pub(crate) struct JournalArgs {
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) verb: JournalVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalVerb {
    /// What it holds and what waits in it.
    Status,
    /// Copy it into a new file, and check the copy.
    Backup {
        /// The file to make; nothing is overwritten.
        to: PathBuf,
    },
    /// Look for damage.
    Check,
    /// Put a backup in the journal's place, after looking through it. No
    /// server may be running.
    Restore {
        /// The backup.
        from: PathBuf,
        /// Where to; the journal's own path unless given.
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
        /// Even if a journal is there: it is set aside under another name.
        #[arg(long)]
        force: bool,
    },
    /// Let go resolved conversations, and what else is done, beyond an age.
    Compact {
        /// How old, such as 90d: counted from when it was last touched.
        #[arg(long, value_name = "AGE")]
        older_than: Seconds,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay contacts export 4f0c… --company northwind
  patchbay contacts erase 4f0c… --yes --company northwind
  patchbay contacts merge 4f0c… 91ab… --company northwind

A contact is 32 hexadecimal digits; a conversation's document and every event
name it. An erasure destroys the key under which everything the person wrote is
sealed, here and in every backup made afterwards.")]
pub(crate) struct ContactsArgs {
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    #[command(subcommand)]
    pub(crate) verb: ContactsVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContactsVerb {
    /// Print everything that is kept of the person, as JSON.
    Export {
        /// The contact.
        contact: String,
    },
    /// Destroy the key of everything personal.
    Erase {
        /// The contact.
        contact: String,
        /// Yes, for good.
        #[arg(long)]
        yes: bool,
    },
    /// Make two contacts one person.
    Merge {
        /// The contact to join.
        contact: String,
        /// The contact that stands for both afterwards.
        into: String,
    },
    /// Part a contact from the one it was joined to.
    Split {
        /// The contact to part.
        contact: String,
    },
    /// Take a merge or a split back.
    Undo {
        /// Its number.
        change: u64,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay agents import agents.jsonl --company northwind
  patchbay agents list --company northwind

A file holds a JSON array of agents, or one agent a line:
  {\"id\": \"ana\", \"skills\": {\"billing\": 4}, \"languages\": [\"pt\", \"en\"], \"queues\": [\"billing\"]}
Whoever is new is offline until their presence is set.")]
pub(crate) struct AgentsArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    #[command(subcommand)]
    pub(crate) verb: AgentsVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentsVerb {
    /// Add agents, or change what the roster says of them.
    Import {
        /// File of agents.
        file: PathBuf,
    },
    /// List the roster, with presence and load.
    List,
    /// Take an agent off the roster; what they hold returns to its queue.
    Remove {
        /// Id of the agent.
        agent: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay outbox list --company northwind
  patchbay outbox list --state waiting --company northwind
  patchbay outbox retry reply-3f…-12 --company northwind

While a server holds the journal this asks the server.")]
pub(crate) struct OutboxArgs {
    /// The server's settings, which name the journal and where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    #[command(subcommand)]
    pub(crate) verb: OutboxVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxVerb {
    /// List what goes out.
    List {
        /// Which items.
        #[arg(long, value_enum, default_value_t = WhichItems::Dead)]
        state: WhichItems,
    },
    /// Send an item after all, with its attempts counted from 0.
    Retry {
        /// Its key.
        key: String,
    },
}

/// Items of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichItems {
    /// Given up.
    Dead,
    /// Still to go out.
    Waiting,
    /// Delivered.
    Done,
}
