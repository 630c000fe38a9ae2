//! A generation and the settings it holds for queues, targets and channels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_adapter::{CompanyKey, FileRules, ReplyWindow};
use patchbay_company::{MessageTemplate, Sla};
use patchbay_config::name_suggestion::nearest;
use patchbay_engine::pipeline::Pipelines;
use patchbay_model::channel;
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::Directory;
use patchbay_model::record::RecordRules;
use patchbay_model::situation::Surroundings;

use crate::assemble::{Findings, connection_warning, delivery_warning};
use crate::connection_settings::ConnectionSettings;
use crate::environment::Environment;
use crate::target_settings::TargetSettings;

/// An immutable version of a company's configuration, with its plugins
/// compiled.
#[derive(Debug)]
pub struct Generation {
    /// Counts from 1 in each company; stamped on every decision.
    pub number: u64,
    /// Name of the company.
    pub company: String,
    /// The plugins of each stage.
    pub pipelines: Pipelines,
    /// Settings by queue.
    pub queues: BTreeMap<String, QueueSettings>,
    /// Rules for conversations between a route and a reply.
    pub desk: DeskRules,
    /// Which decisions and transcripts are recorded.
    pub record: RecordRules,
    /// Targets by name.
    pub targets: BTreeMap<String, TargetSettings>,
    /// Connections to providers.
    pub connections: Vec<ConnectionSettings>,
    /// Codes of the channels with a table in the company file.
    pub channels: BTreeSet<String>,
    /// Targets that publish replies.
    pub publishers: Publishers,
    /// Target that turns voice messages into text.
    pub transcribe: Option<String>,
    /// Messages that providers approved, by channel and id.
    pub templates: BTreeMap<String, BTreeMap<String, MessageTemplate>>,
    /// Data that every decision reads.
    pub surroundings: Arc<Surroundings>,
    /// By plugin: older state versions it can read.
    pub state_from: BTreeMap<String, Vec<u32>>,
    /// Removed queue → queue that takes its waiting conversations.
    pub moved: BTreeMap<String, String>,
    /// Valid settings that are probably a mistake. Secrets are not among them:
    /// see [`secret_warnings`](Generation::secret_warnings).
    pub warnings: Vec<String>,
}

/// Defaults for the conversations of a queue; a policy may override them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueSettings {
    /// SLA targets.
    pub sla: Sla,
    /// 0 to 100.
    pub priority: u8,
}

/// The targets that publish replies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishers {
    /// For channels that name none; `None`: replies on those are refused.
    pub default: Option<String>,
    /// By channel.
    pub channels: BTreeMap<String, String>,
}

impl Publishers {
    /// The target that publishes replies on a channel.
    pub fn for_channel(&self, channel: &str) -> Option<&str> {
        let target = self.channels.get(channel).or(self.default.as_ref());
        target.map(String::as_str)
    }
}

impl Generation {
    /// The queue whose conversations those of `queue` are: itself, or the one
    /// that took them when it was removed.
    pub fn present_queue<'a>(&'a self, queue: &'a str) -> &'a str {
        if self.queues.contains_key(queue) {
            return queue;
        }
        let to = self.moved.get(queue).map(String::as_str);
        to.unwrap_or_else(|| self.pipelines.default_queue())
    }

    /// IANA name of the time zone of the company's days: that of the business hours of the
    /// default queue, else that of all its business hours where they have one; else `UTC`.
    pub fn time_zone(&self) -> &str {
        let hours = &self.surroundings.hours;
        let default_queue = self.queues.get(self.pipelines.default_queue());
        let of_default = default_queue.and_then(|queue| hours.get(queue.sla.hours.as_ref()?));
        let zones: BTreeSet<&str> = hours.values().map(|hours| hours.zone()).collect();
        let only = zones.first().copied().filter(|_| zones.len() == 1);
        of_default
            .map(|hours| hours.zone())
            .or(only)
            .unwrap_or("UTC")
    }

    /// A warning for each secret that this process cannot use now.
    pub fn secret_warnings(&self) -> Vec<String> {
        let targets = self.targets.iter();
        let targets = targets.flat_map(|(name, target)| {
            let problems = target.key_problems().into_iter();
            problems.map(move |problem| delivery_warning(name, &problem))
        });
        let connections = self.connections.iter().filter_map(|connection| {
            let problem = connection
                .open(&Environment::default(), CompanyKey::new([0; 32]))
                .err()?;
            Some(connection_warning(connection, &problem))
        });
        targets.chain(connections).collect()
    }

    /// A connection by the name of its adapter and its own.
    pub fn connection(&self, adapter: &str, name: &str) -> Option<&ConnectionSettings> {
        let mut connections = self.connections.iter();
        connections.find(|it| it.adapter.name == adapter && it.name == name)
    }

    /// The connections of an adapter.
    pub fn connections_of(&self, adapter: &str) -> impl Iterator<Item = &ConnectionSettings> {
        let connections = self.connections.iter();
        connections.filter(move |it| it.adapter.name == adapter)
    }

    /// The target of a reply from an account: where connections send, the one that has the
    /// account, or the only one.
    pub fn target_of_account(&self, target: &str, account: Option<&str>) -> String {
        let Some(adapter) = channel::adapter_of_target(target) else {
            return target.to_owned();
        };
        let all: Vec<_> = self.connections_of(adapter).collect();
        let has_account = |it: &&&ConnectionSettings| {
            account.is_some_and(|account| it.accounts().contains(&account))
        };
        let found = match &all[..] {
            [only] => Some(only),
            all => all.iter().find(has_account),
        };
        match found {
            Some(connection) => channel::connection_target(adapter, &connection.name),
            None => target.to_owned(),
        }
    }

    /// What is wrong with the code of a channel, and the nearest known one: the host does not
    /// know it, and the company file has no table for it. `None` where either does. Such a
    /// channel works, with the rules of one of the company's own: the code may be a mistake.
    pub fn channel_problem(&self, code: &str) -> Option<String> {
        if channel::find(code).is_some() || self.channels.contains(code) {
            return None;
        }
        let known = channel::CHANNELS.iter().map(|channel| channel.code);
        let known = known.chain(self.channels.iter().map(String::as_str));
        let meant = nearest(code, known).map(|meant| format!("; did you mean {meant:?}?"));
        Some(format!(
            "is no channel that the host knows, and the company file has no [channel] table for it{}",
            meant.unwrap_or_default()
        ))
    }

    /// What replies on a channel may have of files; `None`: none.
    pub fn file_rules(&self, channel: &str) -> Option<&'static FileRules> {
        let target = self.publishers.for_channel(channel)?;
        let adapter = channel::adapter_of_target(target)?;
        let mut connections = self.connections_of(adapter);
        let sends = connections.find(|it| it.adapter.channels.contains(&channel))?;
        sends.adapter.sends_files
    }

    /// Until when the channel of a conversation takes a free reply; `None`: at any time. Of
    /// a customer who never wrote, when the conversation began.
    pub fn reply_window_ends(
        &self,
        channel: &str,
        last_inbound: Option<Timestamp>,
        began: Timestamp,
    ) -> Option<Timestamp> {
        let sends = |it: &&ConnectionSettings| it.adapter.channels.contains(&channel);
        let connection = self.connections.iter().find(sends)?;
        match connection.reply_window(channel, last_inbound) {
            ReplyWindow::Unlimited => None,
            ReplyWindow::Until(end) => Some(end),
            ReplyWindow::Closed => Some(began),
        }
    }

    /// The target of what is decided about conversations of a channel; `None` where no help
    /// desk keeps them.
    pub fn decision_target(&self, channel: &str, account: Option<&str>) -> Option<String> {
        let keeps = |it: &&ConnectionSettings| {
            it.adapter.takes_decisions && it.adapter.channels.contains(&channel)
        };
        let adapter = self.connections.iter().find(keeps)?.adapter;
        Some(self.target_of_account(&channel::adapter_target(adapter.name), account))
    }

    /// Names of everything that an outbox item can be sent to: targets, and adapters with
    /// a connection.
    pub fn destinations(&self) -> BTreeSet<String> {
        let connections = self.connections.iter();
        let connections = connections.map(|it| channel::adapter_target(it.adapter.name));
        self.targets.keys().cloned().chain(connections).collect()
    }

    /// The findings of a generation without problems.
    pub(crate) fn into_findings(self) -> Findings {
        Findings {
            warnings: self.warnings,
            ..Findings::default()
        }
    }

    /// State version of a plugin; `None` when the generation has no such
    /// plugin.
    pub fn state_version(&self, plugin: &str) -> Option<u32> {
        let mut plugins = self.pipelines.plugins().into_iter();
        let plugin = plugins.find(|other| other.name() == plugin);
        plugin.map(|plugin| plugin.state_version())
    }

    /// The generation's data with other agents and queues.
    pub(crate) fn surroundings_with(&self, directory: Arc<Directory>) -> Arc<Surroundings> {
        let own = &self.surroundings;
        Arc::new(Surroundings {
            directory,
            knowledge: Arc::clone(&own.knowledge),
            hours: Arc::clone(&own.hours),
            targets: Arc::clone(&own.targets),
            lengths: Arc::clone(&own.lengths),
        })
    }
}
