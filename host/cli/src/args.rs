//! The command line, as clap sees it.

mod access;
mod day;
mod decisions;
mod generations;
mod keeping;
mod packs;
mod rollout;
mod watching;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit::{Exit, Failure};

pub(crate) use access::{AuditArgs, AuditVerb, NewToken, TokenArgs, TokenVerb};
pub(crate) use day::{
    BypassArgs, BypassVerb, ConversationsArgs, ConversationsVerb, DrainArgs, WhichConversations,
};
pub(crate) use decisions::{DecisionsArgs, DecisionsVerb, ReplayArgs};
pub(crate) use generations::{
    ApplyArgs, ChangeFlags, GenerationsArgs, GenerationsVerb, RollbackArgs,
};
pub(crate) use keeping::{
    AgentsArgs, AgentsVerb, ContactsArgs, ContactsVerb, JournalArgs, JournalVerb, OutboxArgs,
    OutboxVerb, WhichItems,
};
pub(crate) use packs::{
    BenchArgs, BuildArgs, ContractArgs, InspectArgs, NewArgs, RunArgs, TestArgs, WithFlags,
};
pub(crate) use rollout::{CanaryArgs, CanaryVerb, ShadowArgs, ShadowVerb, TrialFlags};
pub(crate) use watching::{StatusArgs, TopArgs};

const EXIT_CODES: &str = "Exit codes:
  0  everything is as it should be
  1  what was looked at is not right: a case fails, a line was refused,
     a decision failed, a company file is rejected
  2  the command line is wrong
  3  a pack cannot be built or loaded
  4  the machine refuses: a file (also one that is not there), a port,
     a server that does not answer, the toolchain

The environment variable RUST_LOG sets what the host logs to stderr; PATCHBAY_TOKEN
holds the token a server is shown: one of `patchbay token`, or of its issuer.";

/// A WebAssembly plugin host for customer care.
///
/// Policies, compiled to sandboxed components, classify every interaction,
/// route it, check the tone of the reply and escalate what others must know.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Say more of what happens, on stderr.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// File with the token to show a server; else the environment's PATCHBAY_TOKEN.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificate (PEM) to show a server that asks clients for one.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "client_key",
        env = "PATCHBAY_CLIENT_CERTIFICATE"
    )]
    pub(crate) client_certificate: Option<PathBuf>,
    /// Key (PEM) of that certificate.
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
    /// Build the reference pack, serve three invented companies and play a day of their messages.
    Demo(DemoArgs),
    /// Serve companies over HTTP.
    Serve(ServeArgs),
    /// Begin a policy: a project that compiles and passes its tests.
    New(NewArgs),
    /// Build a pack directory into a component.
    Build(BuildArgs),
    /// Run a pack's cases in the sandbox.
    Test(TestArgs),
    /// Decide about interactions from a file, one JSON line each.
    Run(RunArgs),
    /// Measure how long decisions take.
    Bench(BenchArgs),
    /// Show what a component exports, imports and asks for.
    Inspect(InspectArgs),
    /// Write out the contract (WIT) this host speaks.
    Contract(ContractArgs),
    /// Have a company decide by another setup, while its customers write.
    Apply(ApplyArgs),
    /// Setups a company decides by, decided by, and could.
    Generations(GenerationsArgs),
    /// Go back to an earlier setup, with the same checks as going forward.
    Rollback(RollbackArgs),
    /// Ask another setup too, beside the one that decides, and compare their answers.
    Shadow(ShadowArgs),
    /// Have another setup decide for a share of the conversations.
    Canary(CanaryArgs),
    /// How a running server and its companies fare.
    Status(StatusArgs),
    /// What a running server does, as it does it.
    Top(TopArgs),
    /// What was decided, on what, and why.
    Decisions(DecisionsArgs),
    /// Run recorded decisions again, with the same plugins or with a company file to try.
    Replay(ReplayArgs),
    /// Take a stage or a plugin out of the decisions for a while.
    Bypass(BypassArgs),
    /// Take nothing in, while what is at hand is finished.
    Drain(DrainArgs),
    /// Conversations that are not resolved: list them, have them routed anew.
    Conversations(ConversationsArgs),
    /// Look after the journal: its state, backups, checks, retention.
    Journal(JournalArgs),
    /// What is kept of a person: export it, erase it, say who is whom.
    Contacts(ContactsArgs),
    /// The roster of a running server: import, list, remove.
    Agents(AgentsArgs),
    /// What waits to go out and what was given up; send it after all.
    Outbox(OutboxArgs),
    /// Tokens: who may ask a server, and for what.
    Token(TokenArgs),
    /// The audit trail: who did what to the host.
    Audit(AuditArgs),
    /// Check this machine, and say what each finding costs.
    Doctor(DoctorArgs),
}

/// The company a verb is about; said before what to do or after it.
#[derive(Clone, Debug, Args)]
pub(crate) struct OfCompany {
    /// The company it is about.
    #[arg(long = "company", value_name = "NAME", global = true)]
    name: Option<String>,
}

impl OfCompany {
    /// Its name.
    pub(crate) fn name(&self) -> Result<&str, Failure> {
        self.name.as_deref().ok_or_else(|| {
            Failure::advised(Exit::Usage, "which company is meant?", "say --company NAME")
        })
    }
}

/// Who has something done: not nobody.
fn somebody(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err("say who has it done: it stands in the record".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// How sources are built.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BuildFlags {
    /// Build with what cargo has already fetched, without the network.
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay serve --config patchbay.toml
  patchbay serve --config patchbay.toml --check

Without tokens (`patchbay token`, or [oidc]) the server listens on loopback only. It ends on
SIGINT or SIGTERM, after finishing what it began.")]
pub(crate) struct ServeArgs {
    /// The server's settings.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    /// Load everything, say what is wrong, and end.
    #[arg(long)]
    pub(crate) check: bool,
    /// Apply company files whenever they change, as if the settings said `watch`.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Do not start where a company's kept setup cannot be built; else that company is
    /// answered 503 and the others are served.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How log lines are written, whatever the settings say.
    #[arg(long, value_enum)]
    pub(crate) log_format: Option<LogLines>,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLines {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay demo --once
  patchbay demo --once --seconds 300 --keep /tmp/day
  patchbay demo --once --input tweets.jsonl --map airline
  patchbay demo --once --input rows.jsonl --map 'text=body,author.address=user'

Maps: `airline` reads rows {id, handle, text, created_at}; any other is a list of
`field=key` or `field=:literal`, separated by commas.")]
pub(crate) struct DemoArgs {
    /// End after the table; without it the server goes on until interrupted.
    #[arg(long)]
    pub(crate) once: bool,
    /// Play this file, one JSON object a line, to the company of --company.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// How the file's rows become interactions.
    #[arg(long, value_name = "MAP", requires = "input")]
    pub(crate) map: Option<String>,
    /// Channel of rows that do not name one.
    #[arg(long, default_value = "x", requires = "input")]
    pub(crate) channel: String,
    /// Which of the demo's companies the file is played to.
    #[arg(long, value_enum, default_value_t = DemoCompany::Airline, requires = "input")]
    pub(crate) company: DemoCompany,
    /// How long the day takes, in seconds.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
    /// Where the journal is kept; a demo's before this one is replaced.
    #[arg(long, value_name = "DIR", default_value = "patchbay-demo")]
    pub(crate) keep: PathBuf,
    /// Another copy of the social-care pack, instead of the repository's.
    #[arg(long, value_name = "DIR")]
    pub(crate) pack: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DemoCompany {
    /// Meridian Air.
    Airline,
    /// Harbour Bank.
    Bank,
    /// Northwind, an online shop.
    Shop,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  patchbay doctor

A finding that costs speed is a warning; one without which nothing works is an error and gives
exit code 4.")]
pub(crate) struct DoctorArgs {
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
