//! Arguments of `serve` and `doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{BuildFlags, ServerFlags};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay serve --config patchbay.toml
  patchbay serve --config patchbay.toml --check

Without tokens (`patchbay token`, or [oidc] in the settings) the server listens
on loopback only. SIGINT and SIGTERM stop it after it has finished what is in
progress.")]
pub struct ServeArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    /// Load the settings, companies and packs, print every problem, and exit
    #[arg(long)]
    pub check: bool,
    /// Apply company files whenever they change (like `watch = true` in the settings)
    #[arg(long)]
    pub watch: bool,
    /// Do not start if a company's stored generation cannot be built [default: serve the other
    /// companies, and answer 503 for this one]
    #[arg(long)]
    pub strict: bool,
    /// Start at the machine's time although the journal has seen a later one, after a wrong clock
    /// was set right
    #[arg(long)]
    pub accept_clock: bool,
    /// Format of log lines [default: `log.format` of the settings]
    #[arg(long, value_enum)]
    pub log_format: Option<LogLineFormat>,
    #[command(flatten)]
    pub build: BuildFlags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLineFormat {
    /// Text for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  patchbay doctor
  patchbay doctor --config patchbay.toml

With --config it also checks the settings of a server: their values, the paths
that they name, and what a start would fail at. A warning means that something is slower than it could be. An error means that
policies cannot run on this machine; the exit code is then 4.")]
pub struct DoctorArgs {
    /// Check these settings of a server too, with their number of instances and connections
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}
