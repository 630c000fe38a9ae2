//! The company file: what `apply` and `serve` take. Reading it checks
//! everything that can be checked without the packs, and points at the line.

mod problems;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::decision::stage::Stage;
use crate::desk::DeskRules;
use crate::directory::{Agent, Directory, Presence, Queue};
use crate::duration::Seconds;
use crate::hours::Hours;
use crate::knowledge::Article;
use crate::limits::LimitsFile;
use crate::located::Located;
use crate::on_failure::OnFailure;
use crate::record::RecordRules;

pub use reading::Reading;

/// What a company lets a plugin use beyond what every plugin has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Grants {
    /// Earlier interactions.
    pub interactions: bool,
    /// Agents and queues.
    pub agents: bool,
    /// Approved answers.
    pub knowledge: bool,
    /// Scopes of state: `conversation`, `contact`, `company`.
    pub state: BTreeSet<crate::state::Scope>,
}

impl Grants {
    /// What `needs` asks for and these grants do not give, in words.
    pub fn missing(&self, needs: &Grants) -> Vec<String> {
        let mut missing = Vec::new();
        for (name, needed, granted) in [
            ("interactions", needs.interactions, self.interactions),
            ("agents", needs.agents, self.agents),
            ("knowledge", needs.knowledge, self.knowledge),
        ] {
            if needed && !granted {
                missing.push(name.to_owned());
            }
        }
        for scope in needs.state.difference(&self.state) {
            missing.push(format!("state \"{}\"", scope.as_str()));
        }
        missing
    }
}

/// Plugins of each stage, in order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Pipeline {
    classify: Vec<Spanned<String>>,
    route: Vec<Spanned<String>>,
    tone: Vec<Spanned<String>>,
    escalate: Vec<Spanned<String>>,
}

impl Pipeline {
    /// Names of a stage's plugins.
    pub fn of(&self, stage: Stage) -> impl Iterator<Item = &str> {
        self.spanned(stage)
            .iter()
            .map(|name| name.get_ref().as_str())
    }

    /// Where a stage names a plugin.
    pub fn span_of(&self, stage: Stage, plugin: &str) -> Option<Range<usize>> {
        self.spanned(stage)
            .iter()
            .find(|name| name.get_ref() == plugin)
            .map(Spanned::span)
    }

    fn spanned(&self, stage: Stage) -> &[Spanned<String>] {
        match stage {
            Stage::Classify => &self.classify,
            Stage::Route => &self.route,
            Stage::Tone => &self.tone,
            Stage::Escalate => &self.escalate,
        }
    }
}

/// One plugin: a pack with a company's settings, grants and limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PluginEntry {
    /// `name@version`, a path to a pack directory or component, or a digest.
    pub pack: Spanned<String>,
    /// What it may use.
    #[serde(default)]
    pub grants: Grants,
    /// Its settings, checked against the pack's schema.
    #[serde(default = "no_settings")]
    pub settings: Spanned<toml::Table>,
    /// Its limits.
    #[serde(default = "no_limits")]
    pub limits: Spanned<LimitsFile>,
    /// What happens when it fails.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How many decisions an instance makes before it is thrown away, the
    /// decisions about one interaction being finished first; 0: every
    /// interaction starts fresh.
    #[serde(default)]
    pub reuse: u32,
}

fn no_settings() -> Spanned<toml::Table> {
    Spanned::new(0..0, toml::Table::new())
}

fn no_limits() -> Spanned<LimitsFile> {
    Spanned::new(0..0, LimitsFile::default())
}

/// Targets of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sla {
    /// From creation to the first reply.
    pub first_response: Option<Seconds>,
    /// From the oldest unanswered message.
    pub next_response: Option<Seconds>,
    /// From creation to resolved.
    pub resolution: Option<Seconds>,
    /// Business hours they are counted in; absent: round the clock.
    pub hours: Option<String>,
}

/// A queue as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct QueueEntry {
    /// Whether conversations without a route go here.
    pub default: bool,
    /// Least proficiency of its members.
    pub skills: BTreeMap<String, u8>,
    /// Its targets.
    pub sla: Sla,
    /// Priority of its conversations unless a policy says, 0 to 100.
    pub priority: u8,
    /// The queue is no more: what still waits in it goes to this one.
    pub moved_to: Option<String>,
}

/// An agent as written: the roster a server starts with.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentEntry {
    /// Display name.
    #[serde(default)]
    pub name: Option<String>,
    /// Proficiency, 1 to 5, by skill.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Queues worked; empty: every queue whose skills are met.
    #[serde(default)]
    pub queues: Vec<String>,
    /// Teams.
    #[serde(default)]
    pub teams: Vec<String>,
    /// Site.
    #[serde(default)]
    pub site: Option<String>,
    /// Presence at the start.
    #[serde(default)]
    pub presence: Presence,
    /// Capacity in units.
    #[serde(default = "hundred")]
    pub capacity: u32,
    /// Capacity in use at the start.
    #[serde(default)]
    pub load: u32,
    /// How long idle at the start.
    #[serde(default)]
    pub idle: Option<Seconds>,
}

fn hundred() -> u32 {
    100
}

/// A channel as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ChannelEntry {
    /// The company's account on it.
    pub account: Option<String>,
    /// Keep the old limit of 140 characters (X).
    pub legacy_140: bool,
    /// Name of the target replies on it are given to; absent: the company's
    /// `publish`.
    pub publish: Option<Spanned<String>>,
}

/// Where a secret comes from; never written in the file itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Secret {
    /// Name of an environment variable.
    pub env: String,
}

/// A webhook that is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Webhook {
    /// An https address; an http one is reached only within ranges the
    /// operator lists.
    pub url: Spanned<String>,
    /// Key its bodies are signed with.
    #[serde(default)]
    pub secret: Option<Secret>,
}

/// A named target of escalations and replies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetEntry {
    /// How it is told.
    pub webhook: Webhook,
}

/// Where approved answers come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Articles {
    /// A directory of Markdown files, one article each.
    Directory(String),
    /// A list in the file itself.
    List(Vec<Article>),
}

/// Approved answers as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KnowledgeEntry {
    /// The articles.
    pub articles: Spanned<Articles>,
}

/// A whole company file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CompanyFile {
    /// Name of the company: a code.
    pub company: Spanned<String>,
    /// Name of the target replies are given to, on every channel that names
    /// none of its own; absent: such replies go nowhere.
    #[serde(default)]
    pub publish: Option<Spanned<String>>,
    /// Plugins of each stage.
    #[serde(default)]
    pub pipeline: Pipeline,
    /// Plugins by name.
    #[serde(default)]
    pub plugin: BTreeMap<String, PluginEntry>,
    /// Queues by id.
    #[serde(default)]
    pub queue: BTreeMap<String, Spanned<QueueEntry>>,
    /// Agents by id.
    #[serde(default)]
    pub agent: BTreeMap<String, Spanned<AgentEntry>>,
    /// Business hours by name.
    #[serde(default)]
    pub hours: BTreeMap<String, Hours>,
    /// Channels by code.
    #[serde(default)]
    pub channel: BTreeMap<String, ChannelEntry>,
    /// Targets of escalations and replies by name.
    #[serde(default)]
    pub target: BTreeMap<String, TargetEntry>,
    /// Approved answers.
    #[serde(default)]
    pub knowledge: Option<KnowledgeEntry>,
    /// How conversations are handled between a route and an answer.
    #[serde(default = "usual_rules")]
    pub desk: Spanned<DeskRules>,
    /// How much of its decisions is kept.
    #[serde(default = "usual_record")]
    pub record: Spanned<RecordRules>,
}

fn usual_record() -> Spanned<RecordRules> {
    Spanned::new(0..0, RecordRules::default())
}

fn usual_rules() -> Spanned<DeskRules> {
    Spanned::new(0..0, DeskRules::default())
}

impl CompanyFile {
    /// Read a company file and check what needs nothing but the file.
    ///
    /// # Errors
    /// Every problem found, each with its place.
    pub fn parse(text: &str) -> Result<CompanyFile, Vec<Located>> {
        let Reading { file, problems, .. } = CompanyFile::read(text)?;
        match problems.is_empty() {
            true => Ok(file),
            false => Err(problems),
        }
    }

    /// Queues there are.
    pub fn queues(&self) -> impl Iterator<Item = (&String, &Spanned<QueueEntry>)> {
        let all = self.queue.iter();
        all.filter(|(_, entry)| entry.get_ref().moved_to.is_none())
    }

    /// Whether there is a queue.
    pub fn has_queue(&self, id: &str) -> bool {
        let entry = self.queue.get(id);
        entry.is_some_and(|entry| entry.get_ref().moved_to.is_none())
    }

    /// Queues that are no more, each with where its conversations go.
    pub fn moved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.queue.iter().filter_map(|(id, entry)| {
            let to = entry.get_ref().moved_to.as_ref()?;
            Some((id.as_str(), to.as_str()))
        })
    }

    /// Id of the queue conversations fall back to.
    pub fn default_queue(&self) -> Option<&str> {
        self.queues()
            .find(|(_, queue)| queue.get_ref().default)
            .map(|(id, _)| id.as_str())
    }

    /// Name of the target that replies on a channel are given to, whether or
    /// not the file speaks of the channel.
    pub fn publish_target(&self, channel: &str) -> Option<&str> {
        self.channel
            .get(channel)
            .and_then(|entry| entry.publish.as_ref())
            .or(self.publish.as_ref())
            .map(|name| name.get_ref().as_str())
    }

    /// The agents and queues the file defines.
    ///
    /// # Errors
    /// What the directory refuses.
    pub fn directory(&self) -> Result<Directory, Located> {
        let queues = self
            .queues()
            .map(|(id, entry)| Queue {
                id: id.clone(),
                is_default: entry.get_ref().default,
                skills: entry.get_ref().skills.clone(),
                waiting: 0,
                longest_wait: None,
                open: true,
                hours: entry.get_ref().sla.hours.clone(),
            })
            .collect();
        let agents = self
            .agent
            .iter()
            .map(|(id, entry)| {
                let entry = entry.get_ref().clone();
                Agent {
                    id: id.clone(),
                    name: entry.name,
                    skills: entry.skills,
                    languages: entry.languages,
                    presence: entry.presence,
                    load: entry.load,
                    capacity: entry.capacity,
                    idle: entry.idle.map(|idle| idle.0),
                    queues: entry.queues,
                    teams: entry.teams,
                    site: entry.site,
                }
            })
            .collect();
        Directory::new(agents, queues).map_err(|error| Located::whole(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
