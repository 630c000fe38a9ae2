//! Problems of a company file that parses: undefined names, values out of
//! range.

use std::collections::BTreeSet;
use std::ops::Range;

use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion;
use patchbay_config::web_address::WebAddress;
use patchbay_model::channel;
use patchbay_model::decision::stage::Stage;
use patchbay_model::identifier::{self, LookAlikes};
use patchbay_model::input::is_code;

use super::partial_file::RemovedEntries;
use super::{CompanyFile, QueueEntry};

/// Limits that a company can give a channel.
const LENGTHS: std::ops::RangeInclusive<u32> = 1..=1_000_000;
const CODE_HELP: &str = "use lower-case letters, digits and hyphens, at most 64";

/// The problems found so far.
struct Problems<'a> {
    found: Vec<FileProblem>,
    /// A name that was removed with its entry is not reported as undefined.
    removed: &'a RemovedEntries,
}

impl Problems<'_> {
    fn at(&mut self, span: Range<usize>, message: String) {
        self.found.push(FileProblem::at(span, message));
    }

    fn help(&mut self, span: Range<usize>, message: String, help: impl Into<String>) {
        self.found.push(FileProblem::at(span, message).help(help));
    }

    /// A name that nothing defines: the nearest one that is defined, else what defines it.
    fn undefined<'k>(
        &mut self,
        span: Range<usize>,
        message: String,
        name: &str,
        known: impl IntoIterator<Item = &'k String>,
        definition: String,
    ) {
        let known = known.into_iter().map(String::as_str);
        let help = match name_suggestion::nearest(name, known) {
            Some(meant) => format!("did you mean {meant:?}? Otherwise {definition}"),
            None => definition,
        };
        self.help(span, message, help);
    }

    fn whole(&mut self, message: &str, help: &str) {
        self.found.push(FileProblem::whole(message).help(help));
    }
}

impl CompanyFile {
    /// Every problem that can be found without the packs. Names that only
    /// removed entries define are not reported.
    pub(super) fn problems(&self, removed: &RemovedEntries) -> Vec<FileProblem> {
        let found = Vec::new();
        let mut problems = Problems { found, removed };
        let name = self.company.get_ref();
        if !is_code(name) {
            let message = format!("{name:?} is not a valid company name");
            problems.help(self.company.span(), message, CODE_HELP);
        }
        self.check_pipeline(&mut problems);
        self.check_default_queue(&mut problems);
        self.check_queues(&mut problems);
        self.check_agents(&mut problems);
        for problem in self.desk.get_ref().problems() {
            problems.at(self.desk.span(), problem);
        }
        for problem in self.record.get_ref().problems() {
            problems.at(self.record.span(), problem);
        }
        self.check_targets(&mut problems);
        self.check_channels(&mut problems);
        self.check_connections(&mut problems);
        self.check_channel_limits(&mut problems);
        self.check_names(&mut problems);
        problems.found
    }

    fn check_pipeline(&self, problems: &mut Problems<'_>) {
        for stage in Stage::ALL {
            let mut seen = BTreeSet::new();
            for entry in self.pipeline.spanned(stage) {
                let name = entry.get_ref();
                if !self.plugin.contains_key(name) && !problems.removed.covers(&["plugin", name]) {
                    problems.undefined(
                        entry.span(),
                        format!("stage {stage} names plugin {name:?}, which is not defined"),
                        name,
                        self.plugin.keys(),
                        format!("add [plugin.{name}] with its pack, or remove it from the stage"),
                    );
                }
                if !seen.insert(name) {
                    let message = format!("stage {stage} names plugin {name:?} twice");
                    problems.at(entry.span(), message);
                }
            }
        }
    }

    fn check_targets(&self, problems: &mut Problems<'_>) {
        for (name, target) in &self.target {
            let url = &target.webhook.url;
            for (kept, of) in [
                (channel::CONNECTION_TARGET, "connections"),
                (channel::TRANSCRIPTION_TARGET, "voice messages"),
            ] {
                if name.starts_with(kept) {
                    let message = format!("target {name:?} has a name that is kept for {of}");
                    let help = format!("begin it with something other than {kept:?}");
                    problems.help(url.span(), message, help);
                }
            }
            if let Err(error) = WebAddress::parse(url.get_ref()) {
                let message = format!("the url of target {name:?} {error}");
                problems.help(url.span(), message, "write https://, a host and a path");
            }
        }
        if let Some(service) = &self.transcribe
            && !self.target.contains_key(service.get_ref())
            && !problems.removed.covers(&["target", service.get_ref()])
        {
            let name = service.get_ref();
            problems.undefined(
                service.span(),
                format!("transcribe names the target {name:?}, which is not defined"),
                name,
                self.target.keys(),
                format!("add [target.{name}] with its webhook, or remove transcribe"),
            );
        }
        let company = self.publish.iter().map(|to| ("the company".to_owned(), to));
        let channels = self.channel.iter().filter_map(|(channel, entry)| {
            Some((format!("channel {channel:?}"), entry.publish.as_ref()?))
        });
        for (source, publish) in company.chain(channels) {
            let name = publish.get_ref();
            if !self.target.contains_key(name) && !problems.removed.covers(&["target", name]) {
                problems.undefined(
                    publish.span(),
                    format!("{source} publishes to target {name:?}, which is not defined"),
                    name,
                    self.target.keys(),
                    format!("add [target.{name}] with its webhook, or remove publish"),
                );
            }
        }
    }

    fn check_names(&self, problems: &mut Problems<'_>) {
        let agents = self.agent.iter().map(|(id, agent)| (id, agent.span()));
        let targets = self.target.iter();
        let targets = targets.map(|(name, target)| (name, target.webhook.url.span()));
        let plugins = self.plugin.iter();
        let plugins = plugins.map(|(name, plugin)| (name, plugin.pack.span()));
        for (kind, names) in [
            ("agent", agents.collect::<Vec<_>>()),
            ("target", targets.collect()),
            ("plugin", plugins.collect()),
        ] {
            let mut known = LookAlikes::default();
            for (name, span) in names {
                if let Some(problem) = identifier::problem(name) {
                    let message = format!("the name {name:?} of the {kind} {problem}");
                    problems.at(span, message);
                } else if let Some(other) = known
                    .find(name)
                    .filter(|other| !(other.is_ascii() && name.is_ascii()))
                {
                    let message = format!("the {kind} {name:?} looks like the {kind} {other:?}");
                    problems.help(span, message, "choose a name that differs visibly");
                }
                known.add(name);
            }
        }
    }

    fn check_channels(&self, problems: &mut Problems<'_>) {
        for (code, entry) in &self.channel {
            let own = channel::length_rule(code);
            if let Some(limit) = &entry.length_limit
                && !LENGTHS.contains(limit.get_ref())
            {
                let message = format!(
                    "the length-limit of channel {code:?} is {}",
                    limit.get_ref()
                );
                let help = format!("it must be {} to {}", LENGTHS.start(), LENGTHS.end());
                problems.help(limit.span(), message, help);
            }
            if let (Some(unit), None) = (&entry.length_unit, &entry.length_limit)
                && *unit.get_ref() != own.unit
            {
                let message = format!(
                    "channel {code:?} has the length-unit {:?} without a length-limit",
                    unit.get_ref().as_str()
                );
                problems.help(
                    unit.span(),
                    message,
                    "add length-limit, counted in this unit",
                );
            }
            let length = entry.length_limit.as_ref().map(|limit| limit.span());
            let length = length.or_else(|| entry.length_unit.as_ref().map(|unit| unit.span()));
            if let (true, Some(span)) = (entry.legacy_140, length) {
                let message = format!("channel {code:?} has legacy-140 and a length of its own");
                problems.help(
                    span,
                    message,
                    "remove legacy-140, or length-limit and length-unit",
                );
            }
        }
    }

    /// Names of connections, templates, and the URL at which providers reach them. What an
    /// adapter needs is checked when the generation is assembled.
    fn check_connections(&self, problems: &mut Problems<'_>) {
        for (code, entry) in &self.channel {
            for (name, connection) in &entry.connection {
                if !is_code(name) {
                    let message =
                        format!("{name:?} is not a valid name of a connection of channel {code:?}");
                    problems.help(connection.span(), message, CODE_HELP);
                }
            }
        }
        for (code, entry) in &self.channel {
            for (id, template) in &entry.template {
                if !is_code(id) {
                    let message =
                        format!("{id:?} is not a valid id of a template of channel {code:?}");
                    problems.help(template.span(), message, CODE_HELP);
                } else if let Err(problem) = template.get_ref().template(id) {
                    let message = format!("the template {id:?} of channel {code:?} is not valid");
                    problems.help(template.span(), message, problem);
                }
            }
        }
        let Some(url) = &self.public_url else {
            return;
        };
        let problem = match WebAddress::parse(url.get_ref()) {
            Ok(address) if address.path_and_query().contains('?') => "has a query".to_owned(),
            Ok(_) => return,
            Err(error) => error.to_string(),
        };
        problems.help(
            url.span(),
            format!("the public-url {problem}"),
            "write the URL at which providers reach the host, such as \"https://care.example\"",
        );
    }

    /// Channels with a capacity limit whose name is misspelt.
    fn check_channel_limits(&self, problems: &mut Problems<'_>) {
        let capacity = &self.desk.get_ref().capacity;
        let mut check = |span: Range<usize>, limit: &str, channel: &str| {
            if let Some(meant) = capacity.meant_channel(channel, self.channel.keys()) {
                let message = format!("{limit} names the unknown channel {channel:?}");
                let help = format!(
                    "did you mean {meant:?}? A channel of your own has a table [channel.{channel}]"
                );
                problems.help(span, message, help);
            }
        };
        for channel in capacity.channels().keys() {
            check(self.desk.span(), "desk.capacity.channels", channel);
        }
        for (id, agent) in &self.agent {
            for channel in agent.get_ref().channel_capacity.keys() {
                let limit = format!("channel-capacity of agent {id:?}");
                check(agent.span(), &limit, channel);
            }
        }
    }

    fn check_default_queue(&self, problems: &mut Problems<'_>) {
        // A removed queue may be the default one.
        if problems.removed.contains(&["queue"]) {
            return;
        }
        let mut defaults = self.queues().filter(|(_, queue)| queue.get_ref().default);
        if self.queues().next().is_none() {
            let help = "add [queue.general] with default = true";
            problems.whole("no queue is defined", help);
        } else if defaults.next().is_none() {
            let help = "add default = true to the queue conversations fall back to";
            problems.whole("no queue is the default", help);
        } else if let Some((id, queue)) = defaults.next() {
            let message = format!("queue {id:?} is a second default; only one can be");
            problems.at(queue.span(), message);
        }
    }

    fn check_queues(&self, problems: &mut Problems<'_>) {
        for (id, queue) in &self.queue {
            let (entry, span) = (queue.get_ref(), queue.span());
            if !is_code(id) {
                let message = format!("{id:?} is not a valid queue id");
                problems.help(span.clone(), message, CODE_HELP);
            }
            if let Some(to) = &entry.moved_to {
                let moved = QueueEntry {
                    moved_to: Some(to.clone()),
                    ..QueueEntry::default()
                };
                if *entry != moved {
                    let message = format!("queue {id:?} has moved-to and other keys");
                    problems.help(span.clone(), message, "keep only moved-to, or remove it");
                }
                if !self.has_queue(to) && !problems.removed.covers(&["queue", to]) {
                    let message = format!("queue {id:?} moves to {to:?}, which is not a queue");
                    let queues = self.queues().map(|(id, _)| id);
                    let definition = "name a queue without moved-to".to_owned();
                    problems.undefined(span, message, to, queues, definition);
                }
                continue;
            }
            if let Some(hours) = &entry.sla.hours
                && !self.hours.contains_key(hours)
                && !problems.removed.covers(&["hours", hours])
            {
                let message = format!("queue {id:?} names hours {hours:?}, which are not defined");
                let definition = format!("add [hours.{hours}]");
                problems.undefined(span.clone(), message, hours, self.hours.keys(), definition);
            }
            for (skill, proficiency) in invalid_skills(&entry.skills) {
                problems.at(
                    span.clone(),
                    format!("queue {id:?} requires proficiency {proficiency} in {skill:?}; it must be 1 to 5"),
                );
            }
            if entry.priority > 100 {
                let priority = entry.priority;
                let message = format!("queue {id:?} has priority {priority}; it must be 0 to 100");
                problems.at(span, message);
            }
        }
    }

    fn check_agents(&self, problems: &mut Problems<'_>) {
        for (id, agent) in &self.agent {
            let (entry, span) = (agent.get_ref(), agent.span());
            for queue in &entry.queues {
                if !self.has_queue(queue) && !problems.removed.covers(&["queue", queue]) {
                    let message = format!("agent {id:?} has queue {queue:?}, which is not defined");
                    let queues = self.queues().map(|(id, _)| id);
                    let definition = format!("add [queue.{queue}], or remove it from the agent");
                    problems.undefined(span.clone(), message, queue, queues, definition);
                }
            }
            for queue in entry.queue_capacity.keys() {
                if !self.has_queue(queue) && !problems.removed.covers(&["queue", queue]) {
                    let queues: Vec<String> = self.queues().map(|(id, _)| id.clone()).collect();
                    problems.help(
                        span.clone(),
                        format!("queue-capacity of agent {id:?} names queue {queue:?}, which is not defined"),
                        name_suggestion::suggest(queue, "queues", &queues),
                    );
                }
            }
            for (skill, proficiency) in invalid_skills(&entry.skills) {
                problems.at(
                    span.clone(),
                    format!(
                        "agent {id:?} has proficiency {proficiency} in {skill:?}; it must be 1 to 5"
                    ),
                );
            }
        }
    }
}

type Skills = std::collections::BTreeMap<String, u8>;

fn invalid_skills(skills: &Skills) -> impl Iterator<Item = (&String, &u8)> {
    skills.iter().filter(|(_, level)| !(1..=5).contains(*level))
}
