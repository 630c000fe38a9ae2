//! Parts of a generation, built from a company file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use patchbay_company::{Articles, CompanyFile, PluginEntry, Webhook};
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_model::bound::BoundSettings;
use patchbay_model::channel::CHANNELS;
use patchbay_model::decision::stage::Stage;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::knowledge::Knowledge;
use patchbay_model::name_suggestion::suggest;
use patchbay_model::situation::Surroundings;
use patchbay_model::web_address::WebAddress;
use patchbay_pack::settings::{Reference, ReferenceKind, SettingsProblem};
use patchbay_pack::source::Pack;
use serde_json::Value;

use super::source::Source;
use crate::{Publishers, SigningKeyProblem, TargetSettings};

/// A plugin's settings, completed with the defaults of the pack's schema.
pub(super) fn settings(
    name: &str,
    entry: &PluginEntry,
    pack: &Pack,
    bounds: &BoundSettings,
) -> Result<Value, Vec<FileProblem>> {
    let values = serde_json::to_value(entry.settings.get_ref()).unwrap_or_default();
    pack.complete_settings_within(values, bounds)
        .map_err(|problems| {
            let problem = |problem: SettingsProblem| {
                let message = format!("settings of plugin {name:?}: {problem}");
                let located = FileProblem::at(entry.settings.span(), message);
                match problem.exceeded {
                    Some((limit, value)) => located.exceeds(limit, value),
                    None => located,
                }
            };
            problems.into_iter().map(problem).collect()
        })
}

/// References in a plugin's settings that name nothing of the company: those of
/// the file are problems. Agents, teams and skills also come from the roster, so
/// that an unknown one is a warning.
pub(super) fn check_references(
    name: &str,
    entry: &PluginEntry,
    references: &[Reference],
    file: &CompanyFile,
    problems: &mut Vec<FileProblem>,
    warnings: &mut Vec<String>,
) {
    for reference in references {
        let kind = reference.kind;
        let known = known_names(file, kind);
        if known.contains(&reference.name) {
            continue;
        }
        let advice = suggest(&reference.name, plural(kind), &known);
        let (path, named) = (&reference.path, &reference.name);
        let message = format!("settings of plugin {name:?}: {path}: unknown {kind} {named:?}");
        match kind {
            ReferenceKind::Agent | ReferenceKind::Team | ReferenceKind::Skill => {
                warnings.push(format!("{message} in the company file; {advice}"));
            }
            _ => {
                // A default of the schema stands nowhere in the file.
                let span = Some(entry.settings.span()).filter(|span| !span.is_empty());
                let span = span.unwrap_or_else(|| entry.pack.span());
                problems.push(FileProblem::at(span, message).help(advice));
            }
        }
    }
}

/// Names of the company file that a reference may have, sorted, each once.
fn known_names(file: &CompanyFile, kind: ReferenceKind) -> Vec<String> {
    let agents = || file.agent.values().map(|agent| agent.get_ref());
    let names: BTreeSet<String> = match kind {
        ReferenceKind::Queue => file.queues().map(|(id, _)| id.clone()).collect(),
        ReferenceKind::Agent => file.agent.keys().cloned().collect(),
        ReferenceKind::Team => agents().flat_map(|agent| agent.teams.clone()).collect(),
        ReferenceKind::Skill => {
            let of_queues = file.queues().map(|(_, queue)| &queue.get_ref().skills);
            let skills = agents().map(|agent| &agent.skills).chain(of_queues);
            skills.flat_map(|skills| skills.keys().cloned()).collect()
        }
        ReferenceKind::Target => file.target.keys().cloned().collect(),
        ReferenceKind::Hours => file.hours.keys().cloned().collect(),
        ReferenceKind::Channel => {
            let known = CHANNELS.iter().map(|channel| channel.code.to_owned());
            known.chain(file.channel.keys().cloned()).collect()
        }
    };
    names.into_iter().collect()
}

fn plural(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::Queue => "queues",
        ReferenceKind::Agent => "agents",
        ReferenceKind::Team => "teams",
        ReferenceKind::Skill => "skills",
        ReferenceKind::Target => "targets",
        ReferenceKind::Hours => "business hours",
        ReferenceKind::Channel => "channels",
    }
}

/// The targets that publish replies, by channel.
pub(super) fn publishers(file: &CompanyFile) -> Publishers {
    let channels = file.channel.iter().filter_map(|(channel, entry)| {
        let target = entry.publish.as_ref()?;
        Some((channel.clone(), target.get_ref().clone()))
    });
    Publishers {
        default: file.publish.as_ref().map(|name| name.get_ref().clone()),
        channels: channels.collect(),
    }
}

fn target_settings(url: WebAddress, webhook: &Webhook) -> TargetSettings {
    let secret = webhook.secret.as_ref();
    TargetSettings {
        url,
        secret_env: secret.map(|secret| secret.env.clone()),
        previous_secret_env: secret.and_then(|secret| secret.previous_env.clone()),
    }
}

/// Signing keys of a company file on this machine that are set to something that
/// is no key. One that is not set is a warning of [`targets`].
pub(super) fn signing_key_problems(file: &CompanyFile) -> Vec<FileProblem> {
    let targets = file.target.iter().filter_map(|(name, entry)| {
        let url = &entry.webhook.url;
        let target = target_settings(WebAddress::parse(url.get_ref()).ok()?, &entry.webhook);
        match target.signing_keys() {
            Ok(_) | Err(SigningKeyProblem::NotSet(_)) => None,
            Err(problem) => {
                let message = format!("target {name:?}: {problem}");
                Some(FileProblem::at(url.span(), message))
            }
        }
    });
    targets.collect()
}

/// The targets; warns where a signing key is not set or cannot be used.
pub(super) fn targets(
    file: &CompanyFile,
    warnings: &mut Vec<String>,
) -> BTreeMap<String, TargetSettings> {
    let mut targets = BTreeMap::new();
    for (name, entry) in &file.target {
        let webhook = &entry.webhook;
        // Reading the file reported an invalid address.
        let Ok(url) = WebAddress::parse(webhook.url.get_ref()) else {
            continue;
        };
        let target = target_settings(url, webhook);
        if let Err(problem) = target.signing_keys() {
            warnings.push(format!(
                "deliveries to target {name:?} will fail: {problem}"
            ));
        }
        targets.insert(name.clone(), target);
    }
    targets
}

/// The data every decision of the company reads.
pub(super) fn surroundings(
    file: &CompanyFile,
    source: &Source,
    problems: &mut Vec<FileProblem>,
) -> Surroundings {
    let directory = file.directory().unwrap_or_else(|problem| {
        problems.push(problem);
        Default::default()
    });
    let articles = match &file.knowledge {
        None => Vec::new(),
        Some(entry) => match entry.articles.get_ref() {
            Articles::List(articles) => articles.clone(),
            // `None` where they cannot be read, which is a problem already.
            Articles::Directory(_) => source.articles.clone().unwrap_or_default(),
        },
    };
    let knowledge = Knowledge::new(articles).unwrap_or_else(|error| {
        let span = file.knowledge.as_ref().map(|entry| entry.articles.span());
        problems.push(FileProblem::at(span.unwrap_or_default(), error.to_string()));
        Knowledge::default()
    });
    Surroundings {
        directory: Arc::new(directory),
        knowledge: Arc::new(knowledge),
        hours: Arc::new(file.hours.clone()),
        targets: Arc::new(file.target.keys().cloned().collect()),
        lengths: Arc::new(
            file.channel
                .iter()
                .filter_map(|(code, channel)| Some((code.clone(), channel.length_rule(code)?)))
                .collect(),
        ),
    }
}

/// The plugins of each stage; the engine runs at most `most` instances.
pub(super) fn pipelines(
    file: &CompanyFile,
    plugins: &HashMap<&str, Arc<Plugin>>,
    most: u32,
    problems: &mut Vec<FileProblem>,
    warnings: &mut Vec<String>,
) -> Pipelines {
    let mut pipelines = Pipelines::new(file.default_queue().unwrap_or_default());
    for stage in Stage::ALL {
        for name in file.pipeline.of(stage) {
            let Some(plugin) = plugins.get(name) else {
                continue;
            };
            if plugin.decides(stage) {
                pipelines.push(stage, Arc::clone(plugin));
                continue;
            }
            let span = file.pipeline.span_of(stage, name).unwrap_or_default();
            let stages = plugin.component().stages.iter();
            let stages: Vec<_> = stages.map(|stage| stage.as_str()).collect();
            let message = format!("plugin {name:?} has no {stage} stage");
            let help = format!("its stages: {}", stages.join(", "));
            problems.push(FileProblem::at(span, message).help(help));
        }
        if file.pipeline.of(stage).next().is_none() {
            warnings.push(format!("no plugin decides at stage {stage}"));
        }
    }
    let used = pipelines.plugins().len();
    if used > most as usize {
        let message = format!(
            "the pipelines use {used} plugins, each with an instance for every decision; the engine runs at most {most} instances"
        );
        let help =
            "use fewer plugins, or have the operator raise [engine] instances in patchbay.toml";
        problems.push(FileProblem::whole(message).help(help));
    }
    let is_used = |name: &str| {
        let mut stages = Stage::ALL.into_iter();
        stages.any(|stage| file.pipeline.of(stage).any(|used| used == name))
    };
    let unused = file.plugin.keys().filter(|name| !is_used(name));
    warnings.extend(unused.map(|name| format!("plugin {name:?} is in no pipeline")));
    pipelines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(kind: ReferenceKind, name: &str) -> (Vec<FileProblem>, Vec<String>) {
        let text = "company = \"a\"\n[plugin.care]\npack = \"care\"\n[queue.fraud]\ndefault = true\nskills = { tax = 1 }\n[agent.ana]\nteams = [\"legal\"]\n[hours.office]\nzone = \"Europe/Lisbon\"\n[channel.our-forum]\n";
        let file = CompanyFile::parse(text).expect("valid");
        let reference = Reference {
            kind,
            name: name.to_owned(),
            path: "/a".to_owned(),
        };
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        let entry = &file.plugin["care"];
        check_references(
            "care",
            entry,
            &[reference],
            &file,
            &mut problems,
            &mut warnings,
        );
        (problems, warnings)
    }

    #[test]
    fn a_reference_to_what_the_company_file_lacks_is_told_with_the_nearest_name() {
        use ReferenceKind::{Agent, Channel, Hours, Queue, Skill, Target, Team};
        for (kind, name) in [
            (Queue, "fraud"),
            (Agent, "ana"),
            (Team, "legal"),
            (Skill, "tax"),
            (Hours, "office"),
            (Channel, "our-forum"),
            (Channel, "telegram"),
        ] {
            assert_eq!(
                checked(kind, name),
                (Vec::new(), Vec::new()),
                "{kind} {name}"
            );
        }
        let (problems, _) = checked(Queue, "fruad");
        assert!(
            problems[0].message.contains("/a: unknown queue \"fruad\""),
            "{problems:?}"
        );
        let help = problems[0].help.as_deref().unwrap_or_default();
        assert!(help.contains("did you mean \"fraud\""), "{help}");
        assert_eq!(problems[0].line_column(text_of_plugin()), Some((3, 8)));
        for (kind, name) in [(Hours, "offce"), (Target, "press"), (Channel, "telegrm")] {
            assert_eq!(checked(kind, name).0.len(), 1, "{kind} {name}");
        }
        // The roster may know agents, teams and skills that the file lacks.
        for (kind, name) in [(Agent, "bo"), (Team, "legla"), (Skill, "vat")] {
            let (problems, warnings) = checked(kind, name);
            assert_eq!((problems.len(), warnings.len()), (0, 1), "{kind} {name}");
        }
    }

    fn text_of_plugin() -> &'static str {
        "company = \"a\"\n[plugin.care]\npack = \"care\"\n"
    }
}
