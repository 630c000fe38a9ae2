//! How policies are written, built, tried and measured.

use std::path::PathBuf;

use clap::Args;
use patchbay_model::decision::stage::Stage;

use super::BuildFlags;

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
