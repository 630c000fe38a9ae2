//! Parts of a generation, built from a company file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_model::company::{Articles, CompanyFile, PluginEntry};
use patchbay_model::decision::stage::Stage;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::knowledge::Knowledge;
use patchbay_model::situation::Surroundings;
use patchbay_model::web_address::WebAddress;
use patchbay_pack::source::Pack;
use serde_json::Value;

use super::source::Source;
use crate::{Publishers, TargetSettings};

/// A plugin's settings, completed with the defaults of the pack's schema.
pub(super) fn settings(
    name: &str,
    entry: &PluginEntry,
    pack: &Pack,
) -> Result<Value, Vec<FileProblem>> {
    let values = serde_json::to_value(entry.settings.get_ref()).unwrap_or_default();
    pack.complete_settings(values).map_err(|problems| {
        let problem = |problem| {
            let message = format!("settings of plugin {name:?}: {problem}");
            FileProblem::at(entry.settings.span(), message)
        };
        problems.into_iter().map(problem).collect()
    })
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

/// The targets; warns where the variable of a signing key is not set.
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
        let secret_env = webhook.secret.as_ref().map(|secret| secret.env.clone());
        if let Some(variable) = &secret_env
            && std::env::var_os(variable).is_none()
        {
            warnings.push(format!(
                "the environment variable {variable} is not set: deliveries to target {name:?} will fail"
            ));
        }
        targets.insert(name.clone(), TargetSettings { url, secret_env });
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
        legacy_140: Arc::new(
            file.channel
                .iter()
                .filter(|(_, channel)| channel.legacy_140)
                .map(|(code, _)| code.clone())
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
