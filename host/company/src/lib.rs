//! The company file, as `apply` and `serve` read it. Parsing checks everything
//! that needs no pack and locates each problem in the file.

mod duplicate_keys;
mod message_template;
mod partial_file;
mod problems;
mod secret;
mod settings_place;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use patchbay_config::duration::Seconds;
use patchbay_config::file_problem::FileProblem;
use patchbay_model::channel;
use patchbay_model::decision::stage::Stage;
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::{Agent, Directory, Presence, Queue};
use patchbay_model::hours::Hours;
use patchbay_model::knowledge::Article;
use patchbay_model::length::{LengthRule, LengthUnit};
use patchbay_model::limits::LimitsFile;
use patchbay_model::on_failure::OnFailure;
use patchbay_model::record::RecordRules;
use serde::{Deserialize, Serialize};
use toml::Spanned;

pub use message_template::{MessageTemplate, TemplateEntry, TemplateError};
pub use partial_file::PartialCompanyFile;
pub use patchbay_model::sla::Sla;
pub use secret::Secret;
pub use settings_place::SettingsPlaces;

/// Host interfaces a company grants a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Grants {
    /// Earlier interactions.
    pub interactions: bool,
    /// Agents and queues.
    pub agents: bool,
    /// Approved answers.
    pub knowledge: bool,
    /// What the company's CRM says about contacts.
    pub contacts: bool,
    /// Scopes of state: `conversation`, `contact`, `company`.
    pub state: BTreeSet<patchbay_model::state::Scope>,
}

impl Grants {
    /// What is granted, as an operator writes it.
    pub fn names(&self) -> Vec<String> {
        Grants::default().missing(self)
    }

    /// The parts of `needs` that these grants lack, as an operator writes them.
    pub fn missing(&self, needs: &Grants) -> Vec<String> {
        let mut missing = Vec::new();
        for (name, needed, granted) in [
            ("interactions", needs.interactions, self.interactions),
            ("agents", needs.agents, self.agents),
            ("knowledge", needs.knowledge, self.knowledge),
            ("contacts", needs.contacts, self.contacts),
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

    /// Byte range in the file where a stage names a plugin.
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
    /// `name@version`, a path to a pack directory, pack file or component, a digest, or
    /// `oci://HOST/PATH:TAG`.
    pub pack: Spanned<String>,
    /// Granted host interfaces.
    #[serde(default)]
    pub grants: Grants,
    /// Its settings, checked against the pack's schema.
    #[serde(default = "no_settings")]
    pub settings: Spanned<toml::Table>,
    /// Its limits.
    #[serde(default = "no_limits")]
    pub limits: Spanned<LimitsFile>,
    /// Fallback rule per stage.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How many decisions an instance makes before it is discarded; the
    /// decisions about one interaction are finished first. 0: a fresh instance
    /// per interaction.
    #[serde(default)]
    pub reuse: u32,
    /// What takes the place of the pack's own data, by the name of the data: files, whose relative
    /// paths start at the company file, or `sha256:…` of data that the pack or a stored generation of
    /// the company has.
    #[serde(default)]
    pub data: BTreeMap<String, Spanned<String>>,
    /// Names of keys of the host's trust policy that must have signed the pack,
    /// besides what the policy asks for.
    #[serde(default)]
    pub signed_by: Vec<String>,
}

fn no_settings() -> Spanned<toml::Table> {
    Spanned::new(0..0, toml::Table::new())
}

fn no_limits() -> Spanned<LimitsFile> {
    Spanned::new(0..0, LimitsFile::default())
}

/// A `[queue.ID]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct QueueEntry {
    /// Whether conversations without a route go here.
    pub default: bool,
    /// Least proficiency of its members.
    pub skills: BTreeMap<String, u8>,
    /// Its targets.
    pub sla: Sla,
    /// Default priority of its conversations, 0 to 100; a policy may set
    /// another.
    pub priority: u8,
    /// Most of its conversations that one agent holds at once; absent: as many
    /// as fit.
    pub agent_capacity: Option<u32>,
    /// The queue is removed: its waiting conversations move to this queue. No
    /// other key may be set.
    pub moved_to: Option<String>,
}

/// An `[agent.ID]` table: the roster a server starts with.
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
    /// Queues the agent serves; empty: every queue whose skills the agent
    /// meets.
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
    /// Most conversations at once by channel.
    #[serde(default)]
    pub channel_capacity: BTreeMap<String, u32>,
    /// Most conversations at once by queue.
    #[serde(default)]
    pub queue_capacity: BTreeMap<String, u32>,
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

/// A `[channel.CODE]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ChannelEntry {
    /// The company's account on it.
    pub account: Option<String>,
    /// Whether X counts by its limit of 140 characters.
    pub legacy_140: bool,
    /// Most of `length-unit` that a text on it has; for `sms`, segments.
    /// Default the channel's own limit; absent for a channel the host does not
    /// know.
    pub length_limit: Option<Spanned<u32>>,
    /// What `length-limit` counts. Default the channel's own unit, `characters`
    /// for a channel the host does not know.
    pub length_unit: Option<Spanned<LengthUnit>>,
    /// Target of replies on this channel; absent: the channel's connection, else
    /// the company's `publish`.
    pub publish: Option<Spanned<String>>,
    /// Connections to the channel's provider by name, a code. The name is the last
    /// part of the webhook's URL.
    pub connection: BTreeMap<String, Spanned<ConnectionEntry>>,
    /// Messages that the provider approved, by the id that agents send them by, a code.
    pub template: BTreeMap<String, Spanned<TemplateEntry>>,
}

/// A `[channel.CODE.connection.NAME]` table: how the host receives from a provider
/// and sends to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConnectionEntry {
    /// Settings of the adapter.
    #[serde(default = "no_settings")]
    pub settings: Spanned<toml::Table>,
    /// Secrets by their role.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
}

impl ChannelEntry {
    /// The company's own length rule for the channel of this code; `None` where
    /// the channel's applies.
    pub fn length_rule(&self, code: &str) -> Option<LengthRule> {
        let own = channel::length_rule(code);
        let limit = self.length_limit.as_ref().map(|limit| *limit.get_ref());
        let unit = self.length_unit.as_ref().map(|unit| *unit.get_ref());
        match (unit, limit) {
            (None, None) => self.legacy_140.then_some(LengthRule::X_2017),
            (unit, limit) => Some(LengthRule {
                unit: unit.unwrap_or(own.unit),
                limit: limit.or(own.limit),
            }),
        }
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Webhook {
    /// An https URL. An http URL works only within ranges the operator allows.
    pub url: Spanned<String>,
    /// Key that signs the request bodies.
    #[serde(default)]
    pub secret: Option<Secret>,
}

/// A named target of escalations and replies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetEntry {
    /// Where the host delivers.
    pub webhook: Webhook,
}

/// Source of the approved answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Articles {
    /// A directory of Markdown files, one article each.
    Directory(String),
    /// A list in the file itself.
    List(Vec<Article>),
}

/// The `[knowledge]` table.
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
    /// Name of the company, a code.
    pub company: Spanned<String>,
    /// Target of replies on channels without a target of their own; absent: the
    /// host cannot send them.
    #[serde(default)]
    pub publish: Option<Spanned<String>>,
    /// Target that turns voice messages into text; absent: none does.
    #[serde(default)]
    pub transcribe: Option<Spanned<String>>,
    /// URL at which providers reach the host, without the path of a webhook:
    /// `https://care.northwind.example`. Needed by channels that sign the URL.
    #[serde(default)]
    pub public_url: Option<Spanned<String>>,
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
    /// Rules between a route and an answer.
    #[serde(default = "usual_rules")]
    pub desk: Spanned<DeskRules>,
    /// Which transcripts are stored.
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
    /// Parse a company file.
    ///
    /// # Errors
    /// Every problem found, each with its place.
    pub fn parse(text: &str) -> Result<CompanyFile, Vec<FileProblem>> {
        let PartialCompanyFile { file, problems, .. } = CompanyFile::read(text)?;
        match problems.is_empty() {
            true => Ok(file),
            false => Err(problems),
        }
    }

    /// Queues that are not removed.
    pub fn queues(&self) -> impl Iterator<Item = (&String, &Spanned<QueueEntry>)> {
        let all = self.queue.iter();
        all.filter(|(_, entry)| entry.get_ref().moved_to.is_none())
    }

    /// Whether a queue exists and is not removed.
    pub fn has_queue(&self, id: &str) -> bool {
        let entry = self.queue.get(id);
        entry.is_some_and(|entry| entry.get_ref().moved_to.is_none())
    }

    /// Removed queues, each with the queue its conversations move to.
    pub fn moved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.queue.iter().filter_map(|(id, entry)| {
            let to = entry.get_ref().moved_to.as_ref()?;
            Some((id.as_str(), to.as_str()))
        })
    }

    /// Id of the default queue.
    pub fn default_queue(&self) -> Option<&str> {
        self.queues()
            .find(|(_, queue)| queue.get_ref().default)
            .map(|(id, _)| id.as_str())
    }

    /// Name of the target of replies on a channel, also for channels without a
    /// table.
    pub fn publish_target(&self, channel: &str) -> Option<&str> {
        self.channel
            .get(channel)
            .and_then(|entry| entry.publish.as_ref())
            .or(self.publish.as_ref())
            .map(|name| name.get_ref().as_str())
    }

    /// Directory of the agents and queues in the file.
    ///
    /// # Errors
    /// What the directory refuses.
    pub fn directory(&self) -> Result<Directory, FileProblem> {
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
                agent_capacity: entry.get_ref().agent_capacity,
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
                    channel_capacity: entry.channel_capacity,
                    queue_capacity: entry.queue_capacity,
                    idle: entry.idle.map(|idle| idle.0),
                    queues: entry.queues,
                    teams: entry.teams,
                    site: entry.site,
                }
            })
            .collect();
        Directory::new(agents, queues).map_err(|error| FileProblem::whole(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
