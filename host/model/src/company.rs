//! The company file: what `apply` and `serve` take. Reading it checks
//! everything that can be checked without the packs, and points at the line.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::Spanned;

use crate::decision::stage::Stage;
use crate::directory::{Agent, Directory, Presence, Queue};
use crate::duration::Seconds;
use crate::hours::Hours;
use crate::input::is_code;
use crate::knowledge::Article;
use crate::limits::LimitsFile;

/// Something wrong with one of our files, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct Located {
    /// What is wrong.
    pub message: String,
    /// Bytes of the file it is about; absent where it is about the whole file.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Located {
    /// A problem at a place.
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Located {
        Located {
            message: message.into(),
            span: Some(span),
            help: None,
        }
    }

    /// A problem with the file as a whole.
    pub fn whole(message: impl Into<String>) -> Located {
        Located {
            message: message.into(),
            span: None,
            help: None,
        }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Located {
        self.help = Some(help.into());
        self
    }

    /// Line and column in the file's text, both from 1.
    pub fn line_column(&self, text: &str) -> Option<(usize, usize)> {
        let start = self.span.as_ref()?.start.min(text.len());
        let before = text.get(..start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Some((line, column))
    }
}

impl From<toml::de::Error> for Located {
    fn from(error: toml::de::Error) -> Located {
        Located {
            message: error.message().to_owned(),
            span: error.span(),
            help: None,
        }
    }
}

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

/// What happens when a plugin fails while classifying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassifyFailure {
    /// The other classifiers' answers are used.
    #[default]
    Continue,
}

/// What happens when a routing plugin fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteFailure {
    /// The conversation goes to the default queue.
    #[default]
    DefaultQueue,
    /// The next routing plugin is asked.
    Next,
}

/// What happens to a draft when a plugin fails while checking it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToneFailure {
    /// A supervisor must approve it.
    #[default]
    Hold,
    /// The agent should look again.
    Revise,
    /// It may not go out.
    Block,
}

/// What happens when an escalation plugin fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalateFailure {
    /// Operators are alerted.
    #[default]
    Alert,
}

/// What happens when a plugin fails, by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OnFailure {
    /// While classifying.
    pub classify: ClassifyFailure,
    /// While routing.
    pub route: RouteFailure,
    /// While checking a draft.
    pub tone: ToneFailure,
    /// While escalating.
    pub escalate: EscalateFailure,
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
#[derive(Clone, Debug, Default, Deserialize)]
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
}

/// Where a secret comes from; never written in the file itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Secret {
    /// Name of an environment variable.
    pub env: String,
}

/// A webhook an escalation may notify.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Webhook {
    /// An https address.
    pub url: Spanned<String>,
    /// Key its bodies are signed with.
    #[serde(default)]
    pub secret: Option<Secret>,
}

/// A named target of escalations.
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
    /// Targets of escalations by name.
    #[serde(default)]
    pub target: BTreeMap<String, TargetEntry>,
    /// Approved answers.
    #[serde(default)]
    pub knowledge: Option<KnowledgeEntry>,
}

impl CompanyFile {
    /// Read a company file and check what needs nothing but the file.
    ///
    /// # Errors
    /// Every problem found, each with its place.
    pub fn parse(text: &str) -> Result<CompanyFile, Vec<Located>> {
        let file: CompanyFile = toml::from_str(text).map_err(|error| vec![error.into()])?;
        let problems = file.problems();
        if problems.is_empty() {
            Ok(file)
        } else {
            Err(problems)
        }
    }

    fn problems(&self) -> Vec<Located> {
        let mut problems = Vec::new();
        if !is_code(self.company.get_ref()) {
            problems.push(
                Located::at(
                    self.company.span(),
                    format!("{:?} is no company name", self.company.get_ref()),
                )
                .help("use lower-case letters, digits and hyphens, at most 64"),
            );
        }
        for stage in Stage::ALL {
            let mut seen = BTreeSet::new();
            for name in self.pipeline.spanned(stage) {
                if !self.plugin.contains_key(name.get_ref()) {
                    problems.push(
                        Located::at(
                            name.span(),
                            format!(
                                "stage {stage} names plugin {:?}, which is not defined",
                                name.get_ref()
                            ),
                        )
                        .help(format!(
                            "add [plugin.{}] with its pack, or take it out",
                            name.get_ref()
                        )),
                    );
                }
                if !seen.insert(name.get_ref()) {
                    problems.push(Located::at(
                        name.span(),
                        format!("stage {stage} names plugin {:?} twice", name.get_ref()),
                    ));
                }
            }
        }
        self.queue_problems(&mut problems);
        for (name, target) in &self.target {
            let url = &target.webhook.url;
            if !url.get_ref().starts_with("https://") {
                problems.push(
                    Located::at(
                        url.span(),
                        format!("target {name:?} is not told over https"),
                    )
                    .help("only https addresses are called"),
                );
            }
        }
        problems
    }

    fn queue_problems(&self, problems: &mut Vec<Located>) {
        let defaults: Vec<_> = self
            .queue
            .iter()
            .filter(|(_, queue)| queue.get_ref().default)
            .collect();
        if self.queue.is_empty() {
            problems.push(
                Located::whole("no queue is defined")
                    .help("add [queue.general] with default = true"),
            );
        } else if defaults.is_empty() {
            problems.push(
                Located::whole("no queue is the default")
                    .help("add default = true to the queue conversations fall back to"),
            );
        } else if let Some((id, queue)) = defaults.get(1) {
            problems.push(Located::at(
                queue.span(),
                format!("queue {id:?} is a second default; only one can be"),
            ));
        }
        for (id, queue) in &self.queue {
            let entry = queue.get_ref();
            if !is_code(id) {
                problems.push(
                    Located::at(queue.span(), format!("{id:?} is no queue id"))
                        .help("use lower-case letters, digits and hyphens, at most 64"),
                );
            }
            if let Some(hours) = entry
                .sla
                .hours
                .as_ref()
                .filter(|hours| !self.hours.contains_key(*hours))
            {
                problems.push(
                    Located::at(
                        queue.span(),
                        format!("queue {id:?} counts in hours {hours:?}, which are not defined"),
                    )
                    .help(format!("add [hours.{hours}]")),
                );
            }
            for (skill, proficiency) in entry.skills.iter().filter(|(_, p)| !(1..=5).contains(*p)) {
                problems.push(Located::at(queue.span(), format!("queue {id:?} wants proficiency {proficiency} in {skill:?}; it must be 1 to 5")));
            }
            if entry.priority > 100 {
                problems.push(Located::at(
                    queue.span(),
                    format!(
                        "queue {id:?} has priority {}; it must be 0 to 100",
                        entry.priority
                    ),
                ));
            }
        }
        for (id, agent) in &self.agent {
            for queue in agent
                .get_ref()
                .queues
                .iter()
                .filter(|queue| !self.queue.contains_key(*queue))
            {
                problems.push(Located::at(
                    agent.span(),
                    format!("agent {id:?} works queue {queue:?}, which is not defined"),
                ));
            }
            for (skill, proficiency) in agent
                .get_ref()
                .skills
                .iter()
                .filter(|(_, p)| !(1..=5).contains(*p))
            {
                problems.push(Located::at(
                    agent.span(),
                    format!(
                        "agent {id:?} has proficiency {proficiency} in {skill:?}; it must be 1 to 5"
                    ),
                ));
            }
        }
    }

    /// Id of the queue conversations fall back to.
    pub fn default_queue(&self) -> Option<&str> {
        self.queue
            .iter()
            .find(|(_, queue)| queue.get_ref().default)
            .map(|(id, _)| id.as_str())
    }

    /// The agents and queues the file defines.
    ///
    /// # Errors
    /// What the directory refuses.
    pub fn directory(&self) -> Result<Directory, Located> {
        let queues = self
            .queue
            .iter()
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
