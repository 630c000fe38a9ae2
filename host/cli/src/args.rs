//! The command line, as clap sees it.

mod day;
mod decisions;
mod generations;
mod rollout;
mod watching;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use patchbay_journal::AuditHash;
use patchbay_model::access::Role;
use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::Seconds;

pub(crate) use day::{
    BypassArgs, BypassVerb, ConversationsArgs, ConversationsVerb, DrainArgs, WhichConversations,
};
pub(crate) use decisions::{DecisionsArgs, DecisionsVerb, ReplayArgs};
pub(crate) use generations::{
    ApplyArgs, ChangeFlags, GenerationsArgs, GenerationsVerb, RollbackArgs,
};
pub(crate) use rollout::{CanaryArgs, CanaryVerb, ShadowArgs, ShadowVerb, TrialFlags};
pub(crate) use watching::{StatusArgs, TopArgs};

const EXIT_CODES: &str = "Exit codes:
  0  everything is as it should be
  1  what was looked at is not right: a case fails, a line was refused,
     a decision failed, a company file is rejected
  2  the command line is wrong
  3  a pack cannot be built or loaded
  4  the machine refuses: a file, a port, the toolchain

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

/// How sources are built.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BuildFlags {
    /// Build with what cargo has already fetched, without the network.
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay new my-care
  cd my-care && patchbay test

The SDK and the contract are written into the project's vendor/ directory; the
first build fetches a few crates of cargo's and needs the network for that,
later ones work with --offline.")]
pub(crate) struct NewArgs {
    /// Directory to make; its last part is the pack's name (lower-case letters, digits, hyphens).
    pub(crate) name: PathBuf,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay build my-care
  patchbay build my-care --output my-care.wasm")]
pub(crate) struct BuildArgs {
    /// Pack directory.
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Also copy the component here.
    #[arg(long, short)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay inspect my-care
  patchbay inspect my-care.wasm --json")]
pub(crate) struct InspectArgs {
    /// Component file, or pack directory (which is built).
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay test my-care
  patchbay test my-care --filter tone/

Cases run on the metered engine: a budget of fuel instead of time, the same on
every machine. docs/cases.md describes the files.")]
pub(crate) struct TestArgs {
    /// Pack directory.
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Only cases whose path contains this.
    #[arg(long)]
    pub(crate) filter: Option<String>,
    /// Test this component instead of building the directory's.
    #[arg(long)]
    pub(crate) component: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a pack is run with.
#[derive(Clone, Debug, Args)]
pub(crate) struct WithFlags {
    /// Company file to decide with: its pipelines, settings, grants, queues, agents and articles.
    #[arg(long, value_name = "FILE")]
    pub(crate) company: Option<PathBuf>,
    /// Settings as a JSON file, or as JSON itself.
    #[arg(long, value_name = "FILE|JSON", conflicts_with = "company")]
    pub(crate) settings: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay run plugins/social-care --stage classify interactions.jsonl
  cat drafts.jsonl | patchbay run my-care --stage tone -
  patchbay run my-care --stage classify --map 'text=body,author.address=from,channel=:email' mails.jsonl

Input: one JSON object a line. An interaction needs `text`; a row without `id` gets its line's
number, one without `channel` the channel of --channel. At the stages route and escalate the
interaction is classified first. A row may also be the body of the server's `decide` ({\"interaction\":
…, \"agents\": …}) or, at the stage tone, of its `tone` ({\"draft\": …, \"interaction\": …}).

Output: one decision a line, in the order of the input. A line that is no interaction gives
{\"line\": N, \"error\": …}, and the exit code is 1 in the end.")]
pub(crate) struct RunArgs {
    /// Pack directory (which is built) or component file.
    pub(crate) dir: PathBuf,
    /// What to decide: classify, route, tone or escalate.
    #[arg(long)]
    pub(crate) stage: Stage,
    /// File with one JSON object a line; - for standard input.
    pub(crate) input: PathBuf,
    /// Threads that decide; 0: one for each core.
    #[arg(long, short, default_value_t = 0)]
    pub(crate) jobs: usize,
    /// Channel of rows that do not name one.
    #[arg(long, default_value = "x")]
    pub(crate) channel: String,
    /// Where an interaction's fields come from: `field=key` or `field=:literal`, separated by commas.
    #[arg(long, value_name = "MAP")]
    pub(crate) map: Option<String>,
    /// The moment of the decisions (RFC 3339) where an interaction says no `received_at`; now unless
    /// given.
    #[arg(long)]
    pub(crate) now: Option<jiff::Timestamp>,
    /// Keep every host call in the output.
    #[arg(long)]
    pub(crate) transcript: bool,
    /// Decisions an instance makes before it is thrown away; 0: every decision starts fresh.
    #[arg(long, default_value_t = 0, conflicts_with = "company")]
    pub(crate) reuse: u32,
    #[command(flatten)]
    pub(crate) with: WithFlags,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay bench plugins/social-care
  patchbay bench my-care interactions.jsonl --json

One thread decides, with fresh instances and with reused ones. Times are of one machine at one
moment: compare rows of one run. `docs/measuring.md` says what each row means.")]
pub(crate) struct BenchArgs {
    /// Pack directory (which is built) or component file.
    pub(crate) dir: PathBuf,
    /// File with one interaction a line; the demo's unless given.
    pub(crate) input: Option<PathBuf>,
    /// Decisions to measure in each mode.
    #[arg(long, default_value_t = 5000)]
    pub(crate) decisions: u32,
    /// Channel of rows that do not name one.
    #[arg(long, default_value = "x")]
    pub(crate) channel: String,
    #[command(flatten)]
    pub(crate) with: WithFlags,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay contract            # to stdout
  patchbay contract --output wit/
  patchbay contract --released 0.1.0

Policies compiled against a released version work on every host of the same
track (0.1.x).")]
pub(crate) struct ContractArgs {
    /// A released version, as it was released, instead of this host's own.
    #[arg(long, value_name = "VERSION")]
    pub(crate) released: Option<String>,
    /// Directory to write the packages into, one directory each.
    #[arg(long, short)]
    pub(crate) output: Option<PathBuf>,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
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
  patchbay contacts --company northwind export 4f0c…
  patchbay contacts --company northwind erase 4f0c… --yes
  patchbay contacts --company northwind merge 4f0c… 91ab…

A contact is 32 hexadecimal digits; a conversation's document and every event
name it. An erasure destroys the key under which everything the person wrote is
sealed, here and in every backup made afterwards.")]
pub(crate) struct ContactsArgs {
    /// The server's settings, which name the journal.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    /// Whose contacts.
    #[arg(long)]
    pub(crate) company: String,
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
  patchbay agents --company northwind import agents.jsonl
  patchbay agents --company northwind list

A file holds a JSON array of agents, or one agent a line:
  {\"id\": \"ana\", \"skills\": {\"billing\": 4}, \"languages\": [\"pt\", \"en\"], \"queues\": [\"billing\"]}
Whoever is new is offline until their presence is set.")]
pub(crate) struct AgentsArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    /// Whose agents.
    #[arg(long)]
    pub(crate) company: String,
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
  patchbay outbox --company northwind list
  patchbay outbox --company northwind list --state waiting
  patchbay outbox --company northwind retry reply-3f…-12

While a server holds the journal this asks the server.")]
pub(crate) struct OutboxArgs {
    /// The server's settings, which name the journal and where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    /// Whose outbox.
    #[arg(long)]
    pub(crate) company: String,
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
