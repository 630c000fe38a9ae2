//! Arguments of `status` and `top`.

use std::path::PathBuf;

use clap::Args;
use patchbay_config::duration::Millis;

use super::ServerFlags;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay status
  patchbay status --company northwind
  patchbay status --check && echo healthy

Needs a running server. A server with tokens requires the token of an operator
or auditor; the token of one company shows that company only.")]
pub struct StatusArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    /// Show this company only
    #[arg(long)]
    pub company: Option<String>,
    /// Exit with code 1 if something needs an operator
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay alerts
  patchbay alerts --company northwind
  patchbay alerts --json

Exits with code 1 if there is an alert. `patchbay status` contains the same alerts. Needs a running
server; the token of one company shows that company's alerts, and those of the host that affect it.")]
pub struct AlertsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    /// List alerts of the host and of this company only
    #[arg(long)]
    pub company: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay top
  patchbay top --company northwind --interval 5s
  patchbay top --once --json

Rates and latencies are those of the last interval; counts of outcomes are those
since the server started. Press q or Ctrl-C to exit.")]
pub struct TopArgs {
    /// Settings file of the server: its address, journal and packs
    #[arg(long, value_name = "FILE", default_value = "patchbay.toml")]
    pub config: PathBuf,
    /// Show this company only
    #[arg(long)]
    pub company: Option<String>,
    /// Time between two samples, 50ms to 1h
    #[arg(long, default_value = "2s", value_parser = interval)]
    pub interval: Millis,
    /// Print one interval and exit
    #[arg(long)]
    pub once: bool,
    /// Print JSON instead of text
    #[arg(long, requires = "once")]
    pub json: bool,
}

fn interval(text: &str) -> Result<Millis, String> {
    let interval: Millis = text.parse().map_err(|error| format!("{error}"))?;
    match (Millis(50)..=Millis(3_600_000)).contains(&interval) {
        true => Ok(interval),
        false => Err("must be between 50ms and 1h".to_owned()),
    }
}
