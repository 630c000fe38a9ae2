//! Arguments of `demo`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::BuildFlags;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay demo --once
  patchbay demo --once --seconds 300 --keep /tmp/day
  patchbay demo --once --input tweets.jsonl --map airline
  patchbay demo --once --input rows.jsonl --map 'text=body,author.address=user'

The demo builds the reference pack, serves the companies on a free port of
loopback, and plays their customers, agents and supervisors over the HTTP API.

Maps: `airline` reads rows {id, handle, text, created_at}. Any other map is a
list of `field=key` (the field's value is the row's key) and `field=:literal`,
separated by commas.")]
pub struct DemoArgs {
    /// Exit after the day; without it the server runs until Ctrl-C
    #[arg(long)]
    pub once: bool,
    /// Play the interactions of this file (one JSON object a line) to one company
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// How the rows of --input become interactions (see below)
    #[arg(long, value_name = "MAP", requires = "input")]
    pub map: Option<String>,
    /// Channel of rows without a channel
    #[arg(long, default_value = "x", requires = "input")]
    pub channel: String,
    /// Company that receives the interactions of --input
    #[arg(long, value_enum, default_value_t = DemoCompany::Airline, requires = "input")]
    pub company: DemoCompany,
    /// Length of the simulated day, in real seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// Directory for the journal; the demo replaces one that an earlier demo wrote
    #[arg(long, value_name = "DIR", default_value = "patchbay-demo")]
    pub keep: PathBuf,
    /// Directory of the social-care pack [default: plugins/social-care of the repository]
    #[arg(long, value_name = "DIR")]
    pub pack: Option<PathBuf>,
    #[command(flatten)]
    pub build: BuildFlags,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DemoCompany {
    /// Meridian Air, an airline
    Airline,
    /// Harbour Bank
    Bank,
    /// Northwind, an online shop
    Shop,
}
