//! How it is said who may ask, and looked at who did what.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_journal::AuditHash;
use patchbay_model::access::Role;
use patchbay_model::duration::Seconds;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay token create --role operator --name olga > olga.token
  patchbay token create --company northwind --role agent --agent ana
  patchbay token create --company northwind --role integrator --name crm --expires 30d
  patchbay token list
  patchbay token revoke 4f0c…

The secret is printed once and kept nowhere. From the first token on a server asks
everybody for one: begin with an operator's for the whole host (no --company), who
can make the others. While a server runs this asks it, with the token of
PATCHBAY_TOKEN or --token-file. docs/access.md says which role may do what.")]
pub(crate) struct TokenArgs {
    /// The server's settings, which name the journal and where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) verb: TokenVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenVerb {
    /// Make a token, and print its secret.
    Create(NewToken),
    /// List all there ever were, without their secrets.
    List,
    /// Take a token back, at once and for good.
    Revoke {
        /// Its id.
        id: String,
    },
}

/// A token to be made.
#[derive(Clone, Debug, Args)]
pub(crate) struct NewToken {
    /// Whose; absent: the whole host, for an operator or auditor.
    #[arg(long)]
    pub(crate) company: Option<String>,
    /// What its holder is: integrator, operator, agent, supervisor or auditor.
    #[arg(long)]
    pub(crate) role: Role,
    /// The agent of the roster whose token it is; with --role agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Under which name its holder acts; an agent acts under their id.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How long it is good, such as 30d; 90 days unless given.
    #[arg(long, value_name = "SPAN", conflicts_with = "never_expires")]
    pub(crate) expires: Option<Seconds>,
    /// It is good until it is revoked.
    #[arg(long)]
    pub(crate) never_expires: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay audit list
  patchbay audit list --company northwind
  patchbay audit verify
  patchbay audit verify --expect 9d3e…

Each act is chained to the one before by its hash: whatever is changed later is
found, and exit code 1 says so. Keep the head `verify` prints elsewhere and give it
as --expect next time: that also finds acts taken off the end.")]
pub(crate) struct AuditArgs {
    /// The server's settings, which name the journal and where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) verb: AuditVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// List what was done, oldest first.
    List {
        /// Only what was done to this company.
        #[arg(long)]
        company: Option<String>,
    },
    /// Walk along the whole trail, and name the first act that is not right.
    Verify {
        /// A head printed earlier, which must still be there.
        #[arg(long, value_name = "HASH")]
        expect: Option<AuditHash>,
    },
}
