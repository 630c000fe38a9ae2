//! Arguments of `patchbay channels`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CompanyFlag, ServerFlags};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay channels list --company northwind
  patchbay channels check --company northwind
  patchbay channels test --all --company northwind
  patchbay channels retry whatsapp --company northwind
  patchbay channels setup whatsapp --company northwind
  patchbay channels quarantine list --company northwind")]
pub struct ChannelsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: ChannelsVerb,
}

#[derive(Debug, Subcommand)]
pub enum ChannelsVerb {
    /// List the connections of a company, and what each received
    List,
    /// Check that each connection works; exit code 1 if one does not
    Check,
    /// Ask providers whether connections work, without sending a customer anything; exit
    /// code 1 if something is wrong
    Test(TestedConnections),
    /// Send now what waits because an account could not send, after its access is renewed
    Retry {
        /// CHANNEL/NAME, or CHANNEL for all its connections
        channel: String,
    },
    /// Print how to connect a channel: settings, secrets, steps and URL
    Setup {
        /// Name of the channel; without it, the channels that can be connected
        channel: Option<String>,
        /// Name of the connection
        #[arg(long, value_name = "NAME", default_value = "main")]
        connection: String,
    },
    /// Show and retry deliveries that could not be decoded
    Quarantine {
        #[command(subcommand)]
        verb: QuarantineVerb,
    },
}

/// Connections to test.
#[derive(Debug, Args)]
pub struct TestedConnections {
    /// CHANNEL/NAME, or CHANNEL for all its connections
    #[arg(required_unless_present = "all")]
    pub connection: Option<String>,
    /// All connections of the company
    #[arg(long, conflicts_with = "connection")]
    pub all: bool,
}

#[derive(Debug, Subcommand)]
pub enum QuarantineVerb {
    /// List the deliveries, with the first problem of each
    List,
    /// Show a delivery as it came, with what customers wrote; the audit trail records it
    Show {
        /// Number of the delivery, as `list` prints it
        number: u64,
        /// Write the body to this new file, unchanged, instead of showing it
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Decode deliveries again, for example after an upgrade
    Retry(QuarantineItems),
    /// Delete deliveries: their content is lost
    Remove(QuarantineItems),
}

/// Deliveries in quarantine.
#[derive(Debug, Args)]
pub struct QuarantineItems {
    /// Numbers of the deliveries, as `list` prints them
    #[arg(required_unless_present = "all")]
    pub numbers: Vec<u64>,
    /// All deliveries
    #[arg(long, conflicts_with = "numbers")]
    pub all: bool,
}
