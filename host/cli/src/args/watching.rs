//! Flags of the verbs that watch a running server.

use std::path::PathBuf;

use clap::Args;
use patchbay_model::duration::Millis;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay status
  patchbay status --company northwind
  patchbay status --check && echo all is well

It asks the running server. With a token it takes an operator's or auditor's; a company's token
sees that company.")]
pub(crate) struct StatusArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    /// This company alone.
    #[arg(long)]
    pub(crate) company: Option<String>,
    /// Exit code 1 where somebody should look at something.
    #[arg(long)]
    pub(crate) check: bool,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay top
  patchbay top --company northwind --interval 5s
  patchbay top --once --json

Rates and times are those of the last interval, counts those since the server was started. It ends
on q and on Ctrl-C.")]
pub(crate) struct TopArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    /// This company alone.
    #[arg(long)]
    pub(crate) company: Option<String>,
    /// How often to look.
    #[arg(long, default_value = "2s", value_parser = interval)]
    pub(crate) interval: Millis,
    /// Look for one interval, print that, and end.
    #[arg(long)]
    pub(crate) once: bool,
    /// Print a JSON document instead of text.
    #[arg(long, requires = "once")]
    pub(crate) json: bool,
}

fn interval(text: &str) -> Result<Millis, String> {
    let interval: Millis = text.parse().map_err(|error| format!("{error}"))?;
    match (Millis(50)..=Millis(3_600_000)).contains(&interval) {
        true => Ok(interval),
        false => Err("must be 50ms to 1h".to_owned()),
    }
}
