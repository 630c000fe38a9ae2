//! Parts of a generation, built from a company file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use patchbay_company::{Articles, CompanyFile, MessageTemplate, PluginEntry, SettingsPlaces};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion::suggest;
use patchbay_config::toml_place::Part;
use patchbay_engine::CancelSignal;
use patchbay_engine::component::LoadError;
use patchbay_engine::data_layer::DataSet;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::channel::{self, CHANNELS};
use patchbay_model::decision::stage::Stage;
use patchbay_model::knowledge::Knowledge;
use patchbay_model::limits::Limits;
use patchbay_model::situation::Surroundings;
use patchbay_pack::Pack;
use patchbay_pack::settings::{Reference, ReferenceKind};
use patchbay_pack_cases::sandbox_advice;
use serde_json::Value;

use super::connections::located_connections;
use super::findings::Findings;
use super::source::Source;
use crate::Publishers;

/// Most unknown names in the settings of a plugin that are reported at once.
const MOST_UNKNOWN: usize = 50;
/// Most problems that a policy reports of its settings at once.
const MOST_REJECTED: usize = 50;

/// References in a plugin's settings that name nothing of the company: those of
/// the file are problems. Agents, teams and skills also come from the roster, so
/// that an unknown one is a warning.
pub(super) fn check_references(
    name: &str,
    references: &[Reference],
    (file, places): (&CompanyFile, &SettingsPlaces<'_>),
    findings: &mut Findings,
) {
    let mut known: BTreeMap<ReferenceKind, Vec<String>> = BTreeMap::new();
    let (mut unknown, mut has_problem) = (0, false);
    for reference in references {
        let kind = reference.kind;
        let known = known.entry(kind).or_insert_with(|| known_names(file, kind));
        if known.binary_search(&reference.name).is_ok() {
            continue;
        }
        let is_warning = matches!(
            kind,
            ReferenceKind::Agent | ReferenceKind::Team | ReferenceKind::Skill
        );
        unknown += 1;
        has_problem |= !is_warning;
        if unknown > MOST_UNKNOWN {
            continue;
        }
        let advice = suggest(&reference.name, plural(kind), known);
        let place = (reference.path.as_str(), reference.part);
        let message = format!("{}: unknown {kind} {:?}", reference.path, reference.name);
        if is_warning {
            let message = format!("{message} in the company file; {advice}");
            let warning = places.problem_text(name, place, message);
            findings.warnings.push(warning);
        } else {
            let problem = places.problem(name, place, message).help(advice);
            findings.problems.push(problem);
        }
    }
    if unknown > MOST_UNKNOWN {
        let more = unknown - MOST_UNKNOWN;
        let message = format!("and {more} more unknown names");
        let whole = ("", Part::Value);
        match has_problem {
            true => findings.problems.push(places.problem(name, whole, message)),
            false => findings
                .warnings
                .push(places.problem_text(name, whole, message)),
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

/// The targets that publish replies, by channel: the one the channel names, else its
/// connections where one of them sends replies.
pub(super) fn publishers(file: &CompanyFile) -> Publishers {
    let connections = located_connections(file).map(|(connection, _)| connection);
    let connected = connections.filter(|it| it.adapter.can_send(&it.settings));
    let connected = connected.flat_map(|connection| {
        let kind = connection.adapter;
        let target = channel::adapter_target(kind.name);
        kind.channels
            .iter()
            .map(move |code| ((*code).to_owned(), target.clone()))
    });
    let mut channels: BTreeMap<String, String> = connected.collect();
    channels.extend(file.channel.iter().filter_map(|(channel, entry)| {
        let target = entry.publish.as_ref()?;
        Some((channel.clone(), target.get_ref().clone()))
    }));
    Publishers {
        default: file.publish.as_ref().map(|name| name.get_ref().clone()),
        channels,
    }
}

/// The messages that providers approved, by channel and id; the file was checked.
pub(super) fn templates(file: &CompanyFile) -> BTreeMap<String, BTreeMap<String, MessageTemplate>> {
    let channels = file.channel.iter().map(|(code, entry)| {
        let templates = entry.template.iter().filter_map(|(id, entry)| {
            let template = entry.get_ref().template(id).ok()?;
            Some((id.clone(), template))
        });
        (code.clone(), templates.collect())
    });
    channels.collect()
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

/// A part of a plugin, or what is wrong with it in the company file.
type PartResult<T> = Result<T, Vec<FileProblem>>;

/// A plugin, with its instances prepared.
pub(super) fn plugin(
    engine: &Engine,
    (name, entry, places): (&str, &PluginEntry, &SettingsPlaces<'_>),
    (pack, settings, data): (&Pack, PartResult<Value>, PartResult<DataSet>),
    cancel: &CancelSignal,
) -> Result<Plugin, Vec<FileProblem>> {
    let at_pack = |message: String| FileProblem::at(entry.pack.span(), message);
    let mut problems = Vec::new();
    let missing = entry.grants.missing(&pack.needs);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let message = format!("pack {} needs {missing}, which is not granted", pack.name);
        let help = format!("grant it under [plugin.{name}] grants, or choose another pack");
        problems.push(at_pack(message).help(help));
    }
    let data = data.unwrap_or_else(|all| {
        problems.extend(all);
        DataSet::new()
    });
    let ceiling = &engine.settings().ceiling;
    let limits = Limits::resolve(ceiling, &pack.limits, entry.limits.get_ref());
    let (settings, limits) = match (settings, limits) {
        (Ok(settings), Ok(limits)) if problems.is_empty() => (settings, limits),
        (settings, limits) => {
            problems.extend(settings.err().into_iter().flatten());
            problems.extend(limits.err().into_iter().flatten().map(|above| {
                FileProblem::at(entry.limits.span(), format!("plugin {name:?}: {above}"))
                    .help("lower it, or have the operator raise [limits] in patchbay.toml")
            }));
            return Err(problems);
        }
    };
    let spec = PluginSpec {
        name: name.to_owned(),
        pack: pack.name.clone(),
        version: pack.version.to_string(),
        component: pack.component.clone(),
        settings,
        data,
        grants: entry.grants.clone(),
        limits,
        state_version: pack.state_version,
        reuse: entry.reuse,
        on_failure: entry.on_failure,
    };
    Plugin::activate_until(engine, spec, cancel).map_err(|error| match error {
        LoadError::Settings(all) => {
            let more = all.len().saturating_sub(MOST_REJECTED);
            let first = all.iter().take(MOST_REJECTED);
            let problems = first.map(|problem| {
                let place = (problem.path.as_str(), Part::Value);
                with_advice(places.problem(name, place, problem))
            });
            let more = (more > 0).then(|| {
                let message = format!("and {more} more problems");
                places.problem(name, ("", Part::Value), message)
            });
            problems.chain(more).collect()
        }
        LoadError::AtLimit { limit, value, .. } => {
            let problem = at_pack(format!("plugin {name:?}: {error}"));
            vec![problem.exceeds(limit, value)]
        }
        other => vec![with_advice(at_pack(format!("plugin {name:?}: {other}")))],
    })
}

/// Adds what an author can do about a policy that uses what the sandbox lacks.
fn with_advice(problem: FileProblem) -> FileProblem {
    match sandbox_advice([problem.message.as_str()]) {
        Some(advice) => problem.help(advice),
        None => problem,
    }
}

/// The plugins of each stage; the engine runs at most `most` instances.
pub(super) fn pipelines(
    file: &CompanyFile,
    plugins: &HashMap<&str, Arc<Plugin>>,
    most: u32,
    findings: &mut Findings,
) -> Pipelines {
    let Findings { problems, warnings } = findings;
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

    fn checked(kind: ReferenceKind, name: &str) -> Findings {
        let text = "company = \"a\"\n[plugin.care]\npack = \"care\"\n[queue.fraud]\ndefault = true\nskills = { tax = 1 }\n[agent.ana]\nteams = [\"legal\"]\n[hours.office]\nzone = \"Europe/Lisbon\"\n[channel.our-forum]\n";
        let file = CompanyFile::parse(text).expect("valid");
        let reference = Reference {
            kind,
            name: name.to_owned(),
            path: "/a".to_owned(),
            part: Part::Value,
        };
        let mut findings = Findings::default();
        let places = SettingsPlaces::of(text);
        check_references("care", &[reference], (&file, &places), &mut findings);
        findings
    }

    #[test]
    fn replies_go_to_a_channels_connections_if_one_of_them_sends() {
        let publisher = |connections: &str| {
            let text = format!(
                "company = \"a\"\npublish = \"desk\"\n[queue.general]\ndefault = true\n[target.desk.webhook]\nurl = \"https://desk.example\"\n{connections}"
            );
            let file = CompanyFile::parse(&text).expect("valid");
            let publishers = publishers(&file);
            let of_mail = publishers.channels.get("email").cloned();
            (of_mail, publishers.default)
        };
        let connection = |name: &str, submission: &str| {
            format!(
                "[channel.email.connection.{name}]\nsettings = {{ accounts = [\"{name}@a.example\"], message-domain = \"a.example\"{submission} }}\n"
            )
        };
        let desk = Some("desk".to_owned());
        let receives = connection("help", "");
        let sends = connection("sales", ", submission = \"smtps://mail.example\"");
        assert_eq!(publisher(&receives), (None, desk.clone()));
        let by_connection = Some(channel::adapter_target("email"));
        for connections in [sends.clone(), format!("{receives}{sends}")] {
            assert_eq!(
                publisher(&connections),
                (by_connection.clone(), desk.clone())
            );
        }
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
            assert_eq!(checked(kind, name), Findings::default(), "{kind} {name}");
        }
        let problems = checked(Queue, "fruad").problems;
        assert!(
            problems[0].message.contains("/a: unknown queue \"fruad\""),
            "{problems:?}"
        );
        let help = problems[0].help.as_deref().unwrap_or_default();
        assert!(help.contains("did you mean \"fraud\""), "{help}");
        // A default of the schema stands nowhere in the file.
        assert_eq!(problems[0].line_column(text_of_plugin()), Some((2, 1)));
        for (kind, name) in [(Hours, "offce"), (Target, "press"), (Channel, "telegrm")] {
            assert_eq!(checked(kind, name).problems.len(), 1, "{kind} {name}");
        }
        // The roster may know agents, teams and skills that the file lacks.
        for (kind, name) in [(Agent, "bo"), (Team, "legla"), (Skill, "vat")] {
            let Findings { problems, warnings } = checked(kind, name);
            assert_eq!((problems.len(), warnings.len()), (0, 1), "{kind} {name}");
            let place = "settings of plugin \"care\" (line 2, column 1): /a: unknown";
            assert!(warnings[0].starts_with(place), "{warnings:?}");
        }
    }

    #[test]
    fn of_very_many_unknown_names_the_first_are_told() {
        let text =
            "company = \"a\"\n[plugin.care]\npack = \"care\"\n[queue.fraud]\ndefault = true\n";
        let file = CompanyFile::parse(text).expect("valid");
        let places = SettingsPlaces::of(text);
        for kind in [ReferenceKind::Queue, ReferenceKind::Agent] {
            let reference = |number| Reference {
                kind,
                name: format!("x{number}"),
                path: format!("/{number}"),
                part: Part::Value,
            };
            let references: Vec<Reference> = (0..MOST_UNKNOWN + 9).map(reference).collect();
            let mut findings = Findings::default();
            check_references("care", &references, (&file, &places), &mut findings);
            let Findings { problems, warnings } = findings;
            assert_eq!(problems.len() + warnings.len(), MOST_UNKNOWN + 1, "{kind}");
            let last = problems.last().map(|problem| problem.message.clone());
            let last = last
                .or_else(|| warnings.last().cloned())
                .unwrap_or_default();
            assert!(last.ends_with("and 9 more unknown names"), "{last}");
        }
    }

    fn text_of_plugin() -> &'static str {
        "company = \"a\"\n[plugin.care]\npack = \"care\"\n"
    }
}
