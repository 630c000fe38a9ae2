//! Arguments of `new`, `build`, `inspect`, `test`, `run`, `bench` and `contract`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_document_schema::DocumentKind;
use patchbay_model::decision::stage::Stage;
use patchbay_pack::manifest::Language;

/// How sources are built.
#[derive(Clone, Debug, Default, Args)]
pub struct BuildFlags {
    /// Use no network: build from crates that cargo has downloaded (other languages than Rust never
    /// need it), and find packs of registries in the local store
    #[arg(long)]
    pub offline: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay new my-care
  patchbay new my-router --stages route,escalate
  patchbay new my-hours --language typescript
  cd my-care && patchbay test

The SDK and the contract are copied into vendor/ of the project. The first build
in Rust downloads a few crates; later builds work with --offline.")]
pub struct NewArgs {
    /// Directory to create; its last part is the name of the pack (a-z, 0-9 and hyphens)
    pub name: PathBuf,
    /// Language of the policy: rust, typescript, python
    #[arg(long, default_value = "rust")]
    pub language: Language,
    /// Stages that the policy decides, separated by commas: classify, route, tone, escalate
    #[arg(long, value_delimiter = ',', default_value = "classify,tone")]
    pub stages: Vec<Stage>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay update --dry-run
  patchbay update my-care
  patchbay update my-care --replace

The files that `patchbay new` wrote into vendor/ become those of this binary, and
Cargo.toml, Cargo.lock, package.json, package-lock.json or requirements.txt name
the new SDK. A file of the SDK that was changed by hand stays: the new one is
written beside it, as FILE.new. All files are written, or none.

Exit codes: 0 the project has the SDK of this binary; 1 files that were changed by
hand are left to you, or the project is refused; 2 the directory is no project; 4 a
file cannot be read or written.")]
pub struct UpdateArgs {
    /// Directory of the project, with pack.toml
    #[arg(default_value = ".")]
    pub directory: PathBuf,
    /// Show what differs, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also replace files of the SDK that were changed by hand
    #[arg(long)]
    pub replace: bool,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay build my-care
  patchbay build my-care --output my-care.wasm")]
pub struct BuildArgs {
    /// Pack directory, with pack.toml
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Also write the component to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the settings schema file again, from the settings type
    #[arg(long)]
    pub update_schema: bool,
    #[command(flatten)]
    pub build: BuildFlags,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay inspect my-care
  patchbay inspect my-care.wasm --json")]
pub struct InspectArgs {
    /// Component file (.wasm), or pack directory to build
    pub file: PathBuf,
    #[command(flatten)]
    pub build: BuildFlags,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay test my-care
  patchbay test my-care --filter tone/
  patchbay test my-care --watch

Cases run with a limit of fuel (instructions) instead of time, so that results
are the same on every machine. docs/cases.md describes the files in cases/.")]
pub struct TestArgs {
    /// Pack directory, with pack.toml and cases/
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Run only cases whose path contains this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Run again whenever a file of the pack changes
    #[arg(long, conflicts_with_all = ["json", "component"])]
    pub watch: bool,
    /// Test this component instead of building the directory
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    #[command(flatten)]
    pub build: BuildFlags,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Configuration that a pack decides with.
#[derive(Clone, Debug, Args)]
pub struct PolicyFlags {
    /// Company file: pipelines, settings, grants, queues, agents and articles
    #[arg(long, value_name = "FILE")]
    pub company: Option<PathBuf>,
    /// Settings of the pack, as JSON or a JSON file
    #[arg(long, value_name = "FILE|JSON", conflicts_with = "company")]
    pub settings: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay run plugins/social-care --stage classify interactions.jsonl
  cat drafts.jsonl | patchbay run my-care --stage tone -
  patchbay run my-care --stage classify --map 'text=body,channel=:email' mails.jsonl

Input: one JSON object a line, either an interaction (at the stage tone, a draft)
or the body of a request to the server: of `decide`
({\"interaction\": …, \"agents\": …}), or at the stage tone of `tone`
({\"draft\": …, \"interaction\": …}). Only `text` is required: `id` defaults to
the line number and `channel` to --channel. At the stages route and escalate,
the pack classifies the interaction first.

Output: one decision a line, in the order of the input: text in a terminal, JSON
where the output is a pipe or a file. An invalid line gives an error in its
place, in JSON {\"line\": N, \"error\": …}, and the exit code is 1.")]
pub struct RunArgs {
    /// Component file (.wasm), or pack directory to build
    pub dir: PathBuf,
    /// Stage to run: classify, route, tone or escalate
    #[arg(long)]
    pub stage: Stage,
    /// File with one JSON object a line; - for standard input
    pub input: PathBuf,
    /// Threads that decide; 0: one for each core
    #[arg(long, short, default_value_t = 0)]
    pub jobs: usize,
    /// Channel of interactions without a channel
    #[arg(long, default_value = "x")]
    pub channel: String,
    /// Source of interaction fields: `field=key` or `field=:literal`, separated by commas
    #[arg(long, value_name = "MAP")]
    pub map: Option<String>,
    /// Time of decisions about interactions without `received_at` (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    /// Print JSON, also in a terminal
    #[arg(long)]
    pub json: bool,
    /// Print text, also where the output is no terminal
    #[arg(long, conflicts_with = "json")]
    pub text: bool,
    /// Include every host call of the plugins in the output, as JSON
    #[arg(long, conflicts_with = "text")]
    pub transcript: bool,
    /// Decisions per plugin instance before it is discarded; 0: a fresh instance for each
    #[arg(
        long,
        default_value_t = 0,
        conflicts_with = "company",
        value_name = "DECISIONS"
    )]
    pub reuse: u32,
    #[command(flatten)]
    pub policy: PolicyFlags,
    #[command(flatten)]
    pub build: BuildFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay bench plugins/social-care
  patchbay bench my-care interactions.jsonl --json

One thread decides, with fresh and with reused instances. Compare only rows of
one run: times depend on the machine and its load. docs/measuring.md explains
each column.")]
pub struct BenchArgs {
    /// Component file (.wasm), or pack directory to build
    pub dir: PathBuf,
    /// File with one interaction a line [default: the interactions of the demo]
    pub input: Option<PathBuf>,
    /// Decisions to measure for each stage and mode
    #[arg(long, default_value_t = 5000)]
    pub decisions: u32,
    /// Channel of interactions without a channel
    #[arg(long, default_value = "x")]
    pub channel: String,
    #[command(flatten)]
    pub policy: PolicyFlags,
    #[command(flatten)]
    pub build: BuildFlags,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay schema case --output case.schema.json
  patchbay schema company --output company.schema.json

Name the file in the first line of a document, so that editors complete and check it:
  TOML  #:schema company.schema.json
  JSON  { \"$schema\": \"case.schema.json\", …")]
pub struct SchemaArgs {
    /// Document: company, pack, case or decision
    #[arg(value_parser = document_kind)]
    pub name: DocumentKind,
    /// File to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

fn document_kind(text: &str) -> Result<DocumentKind, String> {
    DocumentKind::from_code(text).ok_or_else(|| {
        let all = DocumentKind::ALL.map(DocumentKind::as_str);
        format!("expected one of {}", all.join(", "))
    })
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  patchbay contract            # to standard output
  patchbay contract --output wit/
  patchbay contract --released 0.1.0
  patchbay contract check my-care-0.1.0.pack

Policies compiled against a released version work on every host of the same
track (0.1.x).")]
pub struct ContractArgs {
    #[command(subcommand)]
    pub verb: Option<ContractVerb>,
    /// Print this released version [default: the version of this host]
    #[arg(long, value_name = "VERSION")]
    pub released: Option<String>,
    /// Write the packages into this directory, one subdirectory each
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum ContractVerb {
    /// Check which contract a policy was built for, and whether this host runs it
    Check(ContractCheckArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay contract check my-care-0.1.0.pack
  patchbay contract check my-care.wasm --json

Exit code 0: this host runs it. 3: it does not; the message names the item that
differs and what to do.")]
pub struct ContractCheckArgs {
    /// Component (.wasm), pack file (.pack), or pack directory to build
    pub file: PathBuf,
    #[command(flatten)]
    pub build: BuildFlags,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}
