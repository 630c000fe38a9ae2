//! Generations: from a company file to something that decides. A generation is
//! an immutable snapshot of a company's setup; whatever is wrong with it is
//! found while it is built, and all of it is told at once.

pub mod activation;
pub mod activation_conflicts;
pub mod assemble;
pub mod candidate_replay;
pub mod case_export;
pub mod cases;
pub mod decide;
pub mod difference;
pub mod inquiry;
pub mod knowledge;
pub mod live_desk;
pub mod rollout;
pub mod service;
pub mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_engine::pipeline::Pipelines;
use patchbay_model::company::Sla;
use patchbay_model::desk::DeskRules;
use patchbay_model::record::RecordRules;
use patchbay_model::situation::Surroundings;
use patchbay_model::web_address::WebAddress;

/// What holds for the conversations of a queue where no policy says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueTerms {
    /// Its targets.
    pub sla: Sla,
    /// 0 to 100.
    pub priority: u8,
}

/// Where a configured target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTerms {
    /// Its address.
    pub url: WebAddress,
    /// Environment variable that holds the key its bodies are signed with;
    /// absent: they are not signed.
    pub secret_env: Option<String>,
}

/// Which configured target sends replies on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishers {
    /// For channels that name none; absent: those cannot be replied on.
    pub default: Option<String>,
    /// By channel.
    pub channels: BTreeMap<String, String>,
}

impl Publishers {
    /// The target that sends replies on a channel.
    pub fn of(&self, channel: &str) -> Option<&str> {
        let own = self.channels.get(channel).or(self.default.as_ref());
        own.map(String::as_str)
    }
}

/// A company's setup, ready to decide.
#[derive(Debug)]
pub struct Generation {
    /// Its number; stamped on every decision.
    pub number: u64,
    /// Name of the company.
    pub company: String,
    /// Which plugins decide.
    pub pipelines: Pipelines,
    /// What each queue promises.
    pub queues: BTreeMap<String, QueueTerms>,
    /// How conversations are handled between a route and an answer.
    pub desk: DeskRules,
    /// How much of its decisions is kept.
    pub record: RecordRules,
    /// Targets by name.
    pub targets: BTreeMap<String, TargetTerms>,
    /// Who sends replies on.
    pub publishers: Publishers,
    /// What the company has, whoever writes.
    pub surroundings: Arc<Surroundings>,
    /// By plugin, the older meanings of stored state it reads as they are.
    pub state_from: BTreeMap<String, Vec<u32>>,
    /// Queues that are no more, each with where what waits in it goes.
    pub moved: BTreeMap<String, String>,
    /// What is allowed, but probably not meant.
    pub warnings: Vec<String>,
}

impl Generation {
    /// The meaning of what a plugin of this name keeps as state; none: there is
    /// no such plugin.
    pub fn state_version(&self, plugin: &str) -> Option<u32> {
        let plugins = self.pipelines.plugins();
        let mut named = plugins.into_iter().filter(|known| known.name() == plugin);
        named.next().map(|known| known.state_version())
    }
}
