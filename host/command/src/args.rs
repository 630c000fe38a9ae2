//! Commands, arguments and flags.

mod access;
mod channels;
mod contacts;
mod decisions;
mod demo;
#[cfg(test)]
mod documented_commands;
mod generations;
mod journal;
mod keys;
mod operations;
mod pack;
mod packs;
mod rollout;
mod serve;
mod status;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use patchbay_model::identifier;

use crate::exit::{Exit, Failure, exit_codes_help};

pub use access::{AuditArgs, AuditVerb, NewLink, NewToken, TokenArgs, TokenVerb};
pub use channels::{
    ChannelsArgs, ChannelsVerb, QuarantineItems, QuarantineVerb, TestedConnections,
};
pub use contacts::{
    ContactFileFormat, ContactImportArgs, ContactVerb, ContactsArgs, ContactsVerb, OptOutEntryArgs,
    OptOutVerb,
};
pub use decisions::{DecisionsArgs, DecisionsVerb, ReplayArgs};
pub use demo::DemoArgs;
pub use generations::{ApplyArgs, ChangeFlags, GenerationsArgs, GenerationsVerb, RollbackArgs};
pub use journal::{JournalArgs, JournalVerb, OutboxArgs, OutboxItems, OutboxVerb};
pub use keys::{KeysArgs, KeysVerb, NewKeysArgs, RevokeArgs, RotateArgs, TrustArgs};
pub use operations::{
    AgentsArgs, AgentsVerb, BypassArgs, BypassVerb, ConversationFilter, ConversationListFilter,
    ConversationsArgs, ConversationsVerb, DrainArgs,
};
pub use pack::{
    HostFlag, PackArgs, PackBuildArgs, PackDiffArgs, PackGcArgs, PackImportArgs, PackListArgs,
    PackMigrateArgs, PackOutdatedArgs, PackPublishArgs, PackPullArgs, PackPushArgs, PackShowArgs,
    PackSignArgs, PackVerb, PackVerifyArgs, PasswordFlag, PrintedPart, PublishTarget,
};
pub use packs::{
    BenchArgs, BuildArgs, BuildFlags, ContractArgs, ContractCheckArgs, ContractVerb, InspectArgs,
    NewArgs, PolicyFlags, RunArgs, SchemaArgs, TestArgs, UpdateArgs,
};
pub use rollout::{CanaryArgs, CanaryVerb, RolloutFlags, ShadowArgs, ShadowVerb};
pub use serve::{DoctorArgs, LogLineFormat, ServeArgs};
pub use status::{AlertsArgs, StatusArgs, TopArgs};

const ENVIRONMENT: &str = "Environment:
  PATCHBAY_TOKEN  token for the server, from `patchbay token create` or the
                  server's OpenID Connect issuer
  RUST_LOG        log filter for stderr, such as `info` or `patchbay_desk=debug`";

/// What stands below the help of the program.
fn after_help() -> String {
    format!("{}\n\n{ENVIRONMENT}", exit_codes_help())
}

/// Heading of the flags that every command takes; they stand below its own.
const GLOBAL: &str = "Global options";

/// A WebAssembly plugin host for customer care
///
/// Policies, compiled to sandboxed WebAssembly components, classify every interaction, route it
/// to a queue, check the tone of replies, and escalate what others must know.
///
/// A pack is the directory of one policy: source code, settings schema and test cases. A company
/// file assigns packs to a company and describes its queues and agents. Each version of it that
/// the server stores is a numbered generation; one generation is active.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version, after_help = after_help(), max_term_width = 100)]
pub struct Cli {
    /// Log more to stderr
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub verbose: bool,
    /// File with the token for the server [default: the token in PATCHBAY_TOKEN]
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub token_file: Option<PathBuf>,
    /// Client certificate (PEM), for a server that requires one
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        value_name = "FILE",
        requires = "client_key",
        env = "PATCHBAY_CLIENT_CERTIFICATE",
        hide_env_values = true
    )]
    pub client_certificate: Option<PathBuf>,
    /// Private key (PEM) of the client certificate
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        value_name = "FILE",
        requires = "client_certificate",
        env = "PATCHBAY_CLIENT_KEY",
        hide_env_values = true
    )]
    pub client_key: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Play a working day at three invented companies, and show the figures
    Demo(DemoArgs),
    /// Run the server
    Serve(ServeArgs),
    /// Create a policy project that compiles and passes its tests
    New(NewArgs),
    /// Move a policy project to the SDK and contract of this binary
    Update(UpdateArgs),
    /// Build a pack into a WebAssembly component
    Build(BuildArgs),
    /// Build a pack and run its test cases in the sandbox
    Test(TestArgs),
    /// Decide the interactions of a file with a pack
    Run(RunArgs),
    /// Measure how long a pack's decisions take
    Bench(BenchArgs),
    /// Show what a component decides, imports and requests
    Inspect(InspectArgs),
    /// Build, sign, compare, publish, push, pull and upgrade pack files
    Pack(PackArgs),
    /// Make keys for packs, and decide which keys a host trusts
    Keys(KeysArgs),
    /// Print the JSON Schema of a document: company, pack, case or decision
    Schema(SchemaArgs),
    /// Print the contract between policies and host (WIT)
    Contract(ContractArgs),
    /// Activate a company file as the company's new generation, without downtime
    Apply(ApplyArgs),
    /// List, compare and activate generations
    Generations(GenerationsArgs),
    /// Return a company to an earlier generation
    Rollback(RollbackArgs),
    /// Run a candidate generation beside the active one and compare their answers
    Shadow(ShadowArgs),
    /// Let a candidate generation decide for a share of the conversations
    Canary(CanaryArgs),
    /// Show server and company health
    Status(StatusArgs),
    /// List what needs attention now, and what to do about it
    Alerts(AlertsArgs),
    /// Show rates, latencies and queues of a running server, continuously
    Top(TopArgs),
    /// List and explain recorded decisions
    Decisions(DecisionsArgs),
    /// Repeat recorded decisions, with the same plugins or with another company file
    Replay(ReplayArgs),
    /// Suspend a stage or a plugin for a while
    Bypass(BypassArgs),
    /// Stop accepting interactions and finish what is in progress
    Drain(DrainArgs),
    /// List open conversations and route them again
    Conversations(ConversationsArgs),
    /// Inspect, back up, check and clean up the journal
    Journal(JournalArgs),
    /// Export, erase, merge and split contacts
    Contacts(ContactsArgs),
    /// Import, list and remove agents
    Agents(AgentsArgs),
    /// List pending and failed deliveries, and retry them
    Outbox(OutboxArgs),
    /// Connect channels to their providers, and check the connections
    Channels(ChannelsArgs),
    /// Create, list and revoke API tokens
    Token(TokenArgs),
    /// List and verify the audit trail
    Audit(AuditArgs),
    /// Check whether this machine can run Patchbay at full speed
    Doctor(DoctorArgs),
}

/// The server or journal that a command works with, and the form of its output.
#[derive(Clone, Debug, Args)]
pub struct ServerFlags {
    /// Settings file of the server: its address, journal and packs
    #[arg(
        long,
        value_name = "FILE",
        default_value = "patchbay.toml",
        global = true,
        display_order = 200
    )]
    pub config: PathBuf,
    /// Print JSON instead of text
    #[arg(long, global = true, display_order = 201)]
    pub json: bool,
}

/// Company of a command with subcommands: `--company` may precede or follow them.
#[derive(Clone, Debug, Args)]
pub struct CompanyFlag {
    /// Name of the company
    #[arg(
        long = "company",
        value_name = "NAME",
        global = true,
        display_order = 100
    )]
    name: Option<String>,
}

impl CompanyFlag {
    /// The name. A required argument cannot be global, so its absence is an
    /// error here.
    pub fn name(&self) -> Result<&str, Failure> {
        self.name.as_deref().ok_or_else(|| {
            Failure::advised(
                Exit::Usage,
                "no company is given",
                "add --company NAME; `patchbay status` lists the companies",
            )
        })
    }
}

/// Parse the name of an actor for the audit trail.
fn actor(text: &str) -> Result<String, String> {
    let name = text.trim();
    match identifier::problem(name) {
        Some(problem) => Err(format!("the name for the audit trail {problem}")),
        None => Ok(name.to_owned()),
    }
}
