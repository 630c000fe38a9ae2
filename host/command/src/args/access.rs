//! Arguments of `token` and `audit`.

use clap::{Args, Subcommand};
use patchbay_config::duration::Seconds;
use patchbay_journal::AuditHash;
use patchbay_model::access::Role;

use super::ServerFlags;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay token create --role operator --name olga > olga.token
  patchbay token create --company northwind --role agent --agent ana
  patchbay token create --company northwind --role integrator --name crm --expires 30d
  patchbay token link --company northwind --role agent --agent ana
  patchbay token list
  patchbay token revoke 4f0c…

`create` prints the secret once; the journal stores only its hash. Once a token
exists, the server requires one for every request. Create the first one for an
operator of the whole host (without --company), who can then create others
through the running server with PATCHBAY_TOKEN or --token-file. docs/access.md
lists what each role may do.

`link` needs a running server. It prints an address that opens the console for one
person, signed in. Revoking the token that it names signs them out.")]
pub struct TokenArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(subcommand)]
    pub verb: TokenVerb,
}

#[derive(Debug, Subcommand)]
pub enum TokenVerb {
    /// Create a token and print its secret
    Create(NewToken),
    /// Create an address that signs a person in to the console, once, within 10 minutes
    Link(NewLink),
    /// List all tokens, also expired and revoked ones, without their secrets
    List,
    /// Revoke a token, at once and for good
    Revoke {
        /// Id of the token, as `list` prints it
        id: String,
    },
}

/// The token to create.
#[derive(Clone, Debug, Args)]
pub struct NewToken {
    /// Company of the token [default: the whole host, for an operator or auditor]
    #[arg(long)]
    pub company: Option<String>,
    /// What the holder may do: integrator, operator, agent, supervisor or auditor
    #[arg(long)]
    pub role: Role,
    /// Id of the agent, for --role agent
    #[arg(long)]
    pub agent: Option<String>,
    /// Name of the owner for the audit trail; an agent's is their id
    #[arg(long)]
    pub name: Option<String>,
    /// Lifetime, 1m to 3650d, such as 30d [default: 90d]
    #[arg(long, value_name = "SPAN", conflicts_with = "never_expires")]
    pub expires: Option<Seconds>,
    /// Valid until it is revoked
    #[arg(long)]
    pub never_expires: bool,
}

/// The link to create.
#[derive(Clone, Debug, Args)]
pub struct NewLink {
    /// Company of the person [default: the whole host, for an operator or auditor]
    #[arg(long)]
    pub company: Option<String>,
    /// What the person may do: integrator, operator, agent, supervisor or auditor
    #[arg(long)]
    pub role: Role,
    /// Id of the agent, for --role agent
    #[arg(long)]
    pub agent: Option<String>,
    /// Name of the person for the audit trail; an agent's is their id
    #[arg(long)]
    pub name: Option<String>,
    /// How long the person stays signed in at most, 1m to 12h [default: 12h]
    #[arg(long, value_name = "SPAN")]
    pub expires: Option<Seconds>,
    /// Address of the server as the person's browser reaches it [default: where it listens]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay audit list
  patchbay audit list --company northwind
  patchbay audit verify
  patchbay audit verify --expect 9d3e…

Each entry contains the hash of the entry before, so `verify` finds entries that
were changed later (exit code 1). Store the head hash that `verify` prints
outside this machine, and pass it to --expect next time: that also finds entries
removed from the end.")]
pub struct AuditArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(subcommand)]
    pub verb: AuditVerb,
}

#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// List administrative actions, oldest first
    List {
        /// Only actions on this company
        #[arg(long)]
        company: Option<String>,
    },
    /// Verify the hash chain and show the first entry that does not match
    Verify {
        /// Head hash of an earlier `verify`, which must still be in the log
        #[arg(long, value_name = "HASH")]
        expect: Option<AuditHash>,
    },
}
