//! What an operator does on the day: bypass, drain, requeue.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_model::duration::Seconds;

use super::{OfCompany, somebody};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay bypass tone --company northwind --for 30m --reason 'holds everything'
  patchbay bypass translate --company northwind --let-through
  patchbay bypass list --company northwind
  patchbay bypass lift tone --company northwind

From the next decision on the stage, or the plugin at every stage, is not asked,
without a new generation; at the end of its time it is asked again by itself. The
stage's on-failure rule decides meanwhile, as for a plugin that fails: replies
that are not checked are held for approval. A word that is the name of a stage
means the stage.")]
pub(crate) struct BypassArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    /// What is not asked: classify, route, tone, escalate, or a plugin.
    #[arg(value_name = "STAGE|PLUGIN")]
    pub(crate) target: Option<String>,
    /// For how long: 1s to 1d. Unless said, an hour; what is bypassed already
    /// stays so until when it is.
    #[arg(long = "for", value_name = "SPAN", requires = "target")]
    pub(crate) lasting: Option<Seconds>,
    /// Why, for the list and the audit trail.
    #[arg(long, requires = "target")]
    pub(crate) reason: Option<String>,
    /// Decide as if it were not in the pipeline: replies go out unchecked.
    #[arg(long, requires = "target")]
    pub(crate) let_through: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<BypassVerb>,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BypassVerb {
    /// List what is bypassed now, and until when.
    List,
    /// Ask a stage or a plugin again before its time.
    Lift {
        /// The stage, or the plugin.
        #[arg(value_name = "STAGE|PLUGIN")]
        target: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay drain                       # the whole host, before it is stopped
  patchbay drain --company northwind --reason 'moves to another host'
  patchbay drain --status
  patchbay drain --undo

New interactions and decisions are answered 503 with a Retry-After; what is at
hand is decided, agents go on working, the outbox goes on sending. Of the whole
host /readyz says so too, and a restart ends it; a company's holds until it is
undone.")]
pub(crate) struct DrainArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml")]
    pub(crate) config: PathBuf,
    /// Only this company's; the whole host's unless given.
    #[arg(long)]
    pub(crate) company: Option<String>,
    /// Why, for the audit trail.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Do not wait until everything that was taken in is decided.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Take in again.
    #[arg(long, conflicts_with_all = ["reason", "no_wait", "status"])]
    pub(crate) undo: bool,
    /// Only say whether it is drained, and what is left.
    #[arg(long, conflicts_with_all = ["reason", "no_wait"])]
    pub(crate) status: bool,
    /// Print a JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay conversations list --queue billing --company northwind
  patchbay conversations list --agent ana --company northwind
  patchbay conversations show 4f0c… --company northwind
  patchbay conversations requeue 4f0c… 91ab… --company northwind
  patchbay conversations requeue --agent ana --all --dry-run --company northwind

Whoever holds a conversation that is requeued does not any more; it is routed
anew by the policies and keeps its age. A reply of it that waits for approval
goes stale.")]
pub(crate) struct ConversationsArgs {
    /// The server's settings, which say where it listens.
    #[arg(long, default_value = "patchbay.toml", global = true)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) company: OfCompany,
    #[command(subcommand)]
    pub(crate) verb: ConversationsVerb,
    /// Print a JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConversationsVerb {
    /// List those that are not resolved.
    List(WhichConversations),
    /// Show one, with what happened to it; not what was said in it.
    Show {
        /// Its id.
        id: String,
    },
    /// Have some routed anew, wherever they are.
    Requeue {
        /// Their ids.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<String>,
        #[command(flatten)]
        which: WhichConversations,
        /// All of --queue or --agent: those that wait in the queue, those the
        /// agent holds or has an offer of.
        #[arg(long)]
        all: bool,
        /// Only say which, and where they stand.
        #[arg(long)]
        dry_run: bool,
        /// Who has it done, for the record, where no token says so.
        #[arg(long, value_name = "NAME", default_value = "operator", value_parser = somebody)]
        by: String,
    },
}

/// Some of the conversations that are not resolved.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WhichConversations {
    /// Those of a queue.
    #[arg(long)]
    pub(crate) queue: Option<String>,
    /// Those an agent holds, or has an offer of.
    #[arg(long)]
    pub(crate) agent: Option<String>,
}
