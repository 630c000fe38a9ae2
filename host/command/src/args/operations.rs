//! Arguments of `bypass`, `drain`, `conversations` and `agents`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use patchbay_config::duration::Seconds;

use super::{CompanyFlag, ServerFlags, actor};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay bypass tone --company northwind --for 30m --reason 'holds every reply'
  patchbay bypass translate --company northwind --let-through
  patchbay bypass list --company northwind
  patchbay bypass lift tone --company northwind

The bypass takes effect with the next decision, without a new generation, and
ends when its time is over. Until then the stage's on-failure rule applies, as
if the plugin failed: unchecked replies are held for approval. A name that is
both a stage and a plugin means the stage.")]
pub struct BypassArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    /// Stage (classify, route, tone or escalate) or plugin to suspend
    #[arg(value_name = "STAGE|PLUGIN")]
    pub target: Option<String>,
    /// How long, 1s to 1d [default: 1h, or the remaining time of a bypass that exists]
    #[arg(long = "for", value_name = "SPAN", requires = "target")]
    pub duration: Option<Seconds>,
    /// Reason, for `bypass list` and the audit trail
    #[arg(long, requires = "target")]
    pub reason: Option<String>,
    /// Act as if the plugin were not in the pipeline: replies go out unchecked
    #[arg(long, requires = "target")]
    pub let_through: bool,
    #[command(subcommand)]
    pub verb: Option<BypassVerb>,
}

#[derive(Debug, Subcommand)]
pub enum BypassVerb {
    /// List active bypasses and when they end
    List,
    /// End a bypass before its time
    Lift {
        /// The stage or plugin
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

The server answers new interactions and decision requests with 503 and
Retry-After. It decides the interactions it has accepted; agents continue to
work, and the outbox continues to send. While the whole host drains, /readyz
also answers 503. A restart ends the drain of the host, and only --undo ends the
drain of a company.")]
pub struct DrainArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    /// Drain this company only [default: the whole host]
    #[arg(long)]
    pub company: Option<String>,
    /// Reason, for the audit trail
    #[arg(long)]
    pub reason: Option<String>,
    /// Return at once [default: wait until every accepted interaction is decided]
    #[arg(long)]
    pub no_wait: bool,
    /// Accept interactions again
    #[arg(long, conflicts_with_all = ["reason", "no_wait", "status"])]
    pub undo: bool,
    /// Show whether the host or a company drains, and how much is left
    #[arg(long, conflicts_with_all = ["reason", "no_wait"])]
    pub status: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay conversations list --queue billing --company northwind
  patchbay conversations list --agent ana --company northwind
  patchbay conversations list --clock missed --sort deadline --company northwind
  patchbay conversations show 4f0c… --company northwind
  patchbay conversations requeue 4f0c… 91ab… --company northwind
  patchbay conversations requeue --agent ana --all --dry-run --company northwind

`requeue` takes conversations from their agents. The policies route them again,
and they keep their age. Replies that wait for approval become stale: the next
agent writes new ones.")]
pub struct ConversationsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: ConversationsVerb,
}

#[derive(Debug, Subcommand)]
pub enum ConversationsVerb {
    /// List conversations; those that are not resolved, unless --state says otherwise
    List(ConversationListFilter),
    /// Show the state and history of a conversation, without message texts
    Show {
        /// Id of the conversation
        id: String,
    },
    /// Route conversations again that are not resolved
    Requeue {
        /// Ids of the conversations
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<String>,
        #[command(flatten)]
        filter: ConversationFilter,
        /// All conversations that wait in --queue, or that --agent owns or is offered
        #[arg(long)]
        all: bool,
        /// List the conversations; change nothing
        #[arg(long)]
        dry_run: bool,
        /// Name for the audit trail, on a server without tokens
        #[arg(long, value_name = "NAME", default_value = "operator", value_parser = actor)]
        by: String,
    },
}

/// Which conversations.
#[derive(Clone, Debug, Default, Args)]
pub struct ConversationFilter {
    /// Only conversations of this queue
    #[arg(long)]
    pub queue: Option<String>,
    /// Only conversations this agent owns or is offered
    #[arg(long)]
    pub agent: Option<String>,
}

/// Which conversations are listed.
#[derive(Clone, Debug, Default, Args)]
pub struct ConversationListFilter {
    #[command(flatten)]
    pub filter: ConversationFilter,
    /// Only conversations in these states, separated by commas: queued, reserved, active,
    /// waiting-on-customer, on-hold, awaiting-approval, wrapping, resolved [default: all but
    /// resolved]
    #[arg(long, value_name = "STATES")]
    pub state: Option<String>,
    /// Only conversations with an SLA clock that is at-risk or missed; both, separated by a comma
    #[arg(long, value_name = "CLOCKS")]
    pub clock: Option<String>,
    /// Only conversations that this agent owns
    #[arg(long, value_name = "AGENT")]
    pub owner: Option<String>,
    /// Only conversations of this channel
    #[arg(long)]
    pub channel: Option<String>,
    /// Only conversations with this tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Only conversations of this incident, by its subject
    #[arg(long, value_name = "SUBJECT")]
    pub incident: Option<String>,
    /// Only conversations of the person behind this contact, by its id
    #[arg(long)]
    pub contact: Option<String>,
    /// Order: id, deadline, age, priority or activity [default: id]
    #[arg(long, value_name = "ORDER")]
    pub sort: Option<String>,
}

impl ConversationListFilter {
    /// The filters by the names of their query parameters.
    pub fn parameters(&self) -> Vec<(&'static str, &str)> {
        let own = [
            ("state", &self.state),
            ("clock", &self.clock),
            ("owner", &self.owner),
            ("channel", &self.channel),
            ("tag", &self.tag),
            ("incident", &self.incident),
            ("contact", &self.contact),
            ("sort", &self.sort),
        ];
        let own = own.into_iter();
        let own = own.filter_map(|(name, value)| Some((name, value.as_deref()?)));
        self.filter.parameters().into_iter().chain(own).collect()
    }
}

impl ConversationFilter {
    /// The filters by the names of their query parameters.
    pub fn parameters(&self) -> Vec<(&'static str, &str)> {
        let all = [("queue", &self.queue), ("agent", &self.agent)];
        let all = all.into_iter();
        all.filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect()
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay agents import agents.jsonl --company northwind
  patchbay agents list --company northwind

The file is a JSON array of agents, or holds one agent a line:
  {\"id\": \"ana\", \"skills\": {\"billing\": 4}, \"languages\": [\"pt\", \"en\"], \"queues\": [\"billing\"]}
New agents are offline until their presence is set.")]
pub struct AgentsArgs {
    #[command(flatten)]
    pub server: ServerFlags,
    #[command(flatten)]
    pub company: CompanyFlag,
    #[command(subcommand)]
    pub verb: AgentsVerb,
}

#[derive(Debug, Subcommand)]
pub enum AgentsVerb {
    /// Add agents, or update agents of the same id
    Import {
        /// File with agents, as JSON
        file: PathBuf,
    },
    /// List agents with presence and load
    List,
    /// Remove an agent; their conversations return to the queue
    Remove {
        /// Id of the agent
        agent: String,
    },
}
