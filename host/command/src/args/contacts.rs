//! `patchbay contacts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::{CompanyFlag, ServerFlags};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay contacts export 4f0c… --company northwind
  patchbay contacts erase 4f0c… --yes --company northwind
  patchbay contacts merge 4f0c… 91ab… --company northwind
  patchbay contacts import people.csv --dry-run --company northwind

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

/// Import records of people.
#[derive(Debug, Args)]
#[command(after_help = "A row of NDJSON:
  {\"id\": \"C-1007\", \"verified\": true, \"addresses\": [{\"channel\": \"email\", \"address\": \"jo@example.org\"}],
   \"attributes\": {\"tier\": \"gold\"}}
The same as CSV:
  id,verified,address.email,attribute.tier
  C-1007,true,jo@example.org,gold
A row with `deleted` true deletes the record of its id. Addresses of people who
have written before make them one person only if the row is verified.")]
pub struct ContactImportArgs {
    /// File with records: *.ndjson, *.jsonl or *.csv
    pub file: PathBuf,
    /// Format of the file [default: by its name]
    #[arg(long, value_enum)]
    pub format: Option<ContactFileFormat>,
    /// Say what would happen; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take records of people who were erased
    #[arg(long)]
    pub restore_erased: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContactFileFormat {
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values, the first line names the columns
    Csv,
}

#[derive(Debug, Subcommand)]
pub enum ContactsVerb {
    /// Import what the company's CRM says about people: addresses and attributes
    Import(ContactImportArgs),
    /// Say who takes no messages of the company
    #[command(subcommand)]
    OptOut(OptOutVerb),
    #[command(flatten)]
    Contact(ContactVerb),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  patchbay contacts opt-out add sms +41791234567 --source letter --company northwind
  patchbay contacts opt-out import stop.csv --company northwind

A row of a list, as CSV; only channel and address are required:
  channel,address,account,purpose,opted_out,source,at
  sms,+41791234567,,any,true,letter,2026-03-02T10:15:00Z
A reply to a customer who opted out of `any` message is not sent. What customers
said themselves is taken back with --override only.")]
pub enum OptOutVerb {
    /// Record that a customer takes no messages
    Add(OptOutEntryArgs),
    /// Record that a customer takes messages again
    Remove {
        #[command(flatten)]
        entry: OptOutEntryArgs,
        /// Also if the customer opted out themselves
        #[arg(long = "override")]
        overrides: bool,
    },
    /// List opt-outs by contact, without addresses
    List,
    /// Import a list of opt-outs
    Import {
        /// File with opt-outs: *.ndjson, *.jsonl or *.csv
        file: PathBuf,
        /// Format of the file [default: by its name]
        #[arg(long, value_enum)]
        format: Option<ContactFileFormat>,
        /// Say what would happen; change nothing
        #[arg(long)]
        dry_run: bool,
        /// Take back opt-outs that customers made themselves
        #[arg(long = "override")]
        overrides: bool,
    },
}

/// What a customer said about messages to an address.
#[derive(Debug, Args)]
pub struct OptOutEntryArgs {
    /// Code of the channel, such as sms
    pub channel: String,
    /// Address of the customer
    pub address: String,
    /// The company's account [default: all accounts]
    #[arg(long)]
    pub account: Option<String>,
    /// any message, or marketing
    #[arg(long, default_value = "any")]
    pub purpose: String,
    /// How the company knows, such as letter or call
    #[arg(long, default_value = "hand")]
    pub source: String,
    /// When the customer said so (RFC 3339) [default: now]
    #[arg(long)]
    pub at: Option<Timestamp>,
}

/// What is done to one contact.
#[derive(Debug, Subcommand)]
pub enum ContactVerb {
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
