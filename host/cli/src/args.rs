//! Commands, arguments and flags.

mod access;
mod decisions;
mod demo;
#[cfg(test)]
mod documented_commands;
mod generations;
mod journal;
mod operations;
mod packs;
mod rollout;
mod serve;
mod status;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit::{Exit, Failure};

pub(crate) use access::{AuditArgs, AuditVerb, NewToken, TokenArgs, TokenVerb};
pub(crate) use decisions::{DecisionsArgs, DecisionsVerb, ReplayArgs};
pub(crate) use demo::DemoArgs;
pub(crate) use generations::{
    ApplyArgs, ChangeFlags, GenerationsArgs, GenerationsVerb, RollbackArgs,
};
pub(crate) use journal::{
    ContactsArgs, ContactsVerb, JournalArgs, JournalVerb, OutboxArgs, OutboxItems, OutboxVerb,
};
pub(crate) use operations::{
    AgentsArgs, AgentsVerb, BypassArgs, BypassVerb, ConversationFilter, ConversationsArgs,
    ConversationsVerb, DrainArgs,
};
pub(crate) use packs::{
    BenchArgs, BuildArgs, BuildFlags, ContractArgs, InspectArgs, NewArgs, PolicyFlags, RunArgs,
    TestArgs,
};
pub(crate) use rollout::{CanaryArgs, CanaryVerb, RolloutFlags, ShadowArgs, ShadowVerb};
pub(crate) use serve::{DoctorArgs, LogLineFormat, ServeArgs};
pub(crate) use status::{StatusArgs, TopArgs};

const EXIT_CODES: &str = "Exit codes:
  0  success
  1  negative result: a test case or a decision fails, an input line is invalid, a company
     file is rejected, the server refuses the request, a check finds a problem
  2  invalid command line
  3  a pack cannot be built or loaded
  4  the machine: a file is missing or not accessible, a port is in use, the server does
     not answer, the toolchain is missing

Environment:
  PATCHBAY_TOKEN  token for the server, from `patchbay token create` or the server's OIDC issuer
  RUST_LOG        log filter for stderr, such as `info` or `patchbay_desk=debug`";

/// A WebAssembly plugin host for customer care
///
/// Policies, compiled to sandboxed WebAssembly components, classify every interaction, route it
/// to a queue, check the tone of replies, and escalate what others must know.
///
/// A pack is the directory of one policy: source code, settings schema and test cases. A company
/// file assigns packs to a company and describes its queues and agents. Each version of it that
/// the server stores is a numbered generation; one generation is active.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Log more to stderr
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// File with the token for the server [default: the token in PATCHBAY_TOKEN]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Client certificate (PEM), for a server that requires one
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "client_key",
        env = "PATCHBAY_CLIENT_CERTIFICATE"
    )]
    pub(crate) client_certificate: Option<PathBuf>,
    /// Private key (PEM) of the client certificate
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "client_certificate",
        env = "PATCHBAY_CLIENT_KEY"
    )]
    pub(crate) client_key: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Play a working day at three invented companies, and show the figures
    Demo(DemoArgs),
    /// Run the server
    Serve(ServeArgs),
    /// Create a policy project that compiles and passes its tests
    New(NewArgs),
    /// Build a pack into a WebAssembly component
    Build(BuildArgs),
    /// Run the test cases of a pack in the sandbox
    Test(TestArgs),
    /// Decide interactions from a file (one JSON object a line) with a pack
    Run(RunArgs),
    /// Measure how long a pack's decisions take
    Bench(BenchArgs),
    /// Show stages, imports, exports and required grants of a component
    Inspect(InspectArgs),
    /// Print the plugin contract (WIT) of this host
    Contract(ContractArgs),
    /// Switch a company to a new generation (version of its configuration) without downtime
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
    /// Show rates, latencies and queues of a running server, continuously
    Top(TopArgs),
    /// List and explain recorded decisions
    Decisions(DecisionsArgs),
    /// Repeat recorded decisions, with the same plugins or with a candidate company file
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
    /// Create, list and revoke API tokens
    Token(TokenArgs),
    /// List and verify the audit log
    Audit(AuditArgs),
    /// Check whether this machine can run Patchbay at full speed
    Doctor(DoctorArgs),
}

/// The server or journal that a command works with, and the form of its output.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServerFlags {
    /// Settings file of the server: its address, journal and packs
    #[arg(
        long,
        value_name = "FILE",
        default_value = "patchbay.toml",
        global = true
    )]
    pub(crate) config: PathBuf,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Company of a command with subcommands: `--company` may precede or follow them.
#[derive(Clone, Debug, Args)]
pub(crate) struct CompanyFlag {
    /// Name of the company
    #[arg(long = "company", value_name = "NAME", global = true)]
    name: Option<String>,
}

impl CompanyFlag {
    /// The name. A required argument cannot be global, so its absence is an
    /// error here.
    pub(crate) fn name(&self) -> Result<&str, Failure> {
        self.name.as_deref().ok_or_else(|| {
            Failure::advised(
                Exit::Usage,
                "no company is given",
                "add --company NAME; `patchbay status` lists the companies",
            )
        })
    }
}

/// Parse the name of an actor for the audit log.
fn actor(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err("the name for the audit log must not be empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}
