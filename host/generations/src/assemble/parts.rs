//! What of a company file needs no engine, as a generation has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_model::company::{Articles, CompanyFile, PluginEntry, QueueEntry};
use patchbay_model::knowledge::Knowledge;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::situation::Surroundings;
use patchbay_model::web_address::WebAddress;
use patchbay_pack::source::Pack;
use serde_json::Value;

use crate::source::Source;
use crate::{Publishers, QueueTerms, TargetTerms};

/// A plugin's settings with the schema's defaults, or what is wrong with them.
pub(super) fn settings(
    name: &str,
    entry: &PluginEntry,
    pack: &Pack,
) -> Result<Value, Vec<FileProblem>> {
    let given = serde_json::to_value(entry.settings.get_ref()).unwrap_or_default();
    pack.complete_settings(given).map_err(|wrong| {
        let located = wrong.into_iter().map(|problem| {
            FileProblem::at(
                entry.settings.span(),
                format!("settings of plugin {name:?}: {problem}"),
            )
        });
        located.collect()
    })
}

/// What a queue promises.
pub(super) fn terms(entry: &QueueEntry) -> QueueTerms {
    QueueTerms {
        sla: entry.sla.clone(),
        priority: entry.priority,
    }
}

/// Who publishes replies.
pub(super) fn publishers(file: &CompanyFile) -> Publishers {
    let own = file.channel.iter().filter_map(|(channel, entry)| {
        let target = entry.publish.as_ref()?;
        Some((channel.clone(), target.get_ref().clone()))
    });
    Publishers {
        default: file.publish.as_ref().map(|name| name.get_ref().clone()),
        channels: own.collect(),
    }
}

/// Who can be told, and how.
pub(super) fn targets(
    file: &CompanyFile,
    warnings: &mut Vec<String>,
) -> BTreeMap<String, TargetTerms> {
    let mut targets = BTreeMap::new();
    for (name, entry) in &file.target {
        let webhook = &entry.webhook;
        // One that does not parse was a problem of the file.
        let Ok(url) = WebAddress::parse(webhook.url.get_ref()) else {
            continue;
        };
        let secret_env = webhook.secret.as_ref().map(|secret| secret.env.clone());
        if let Some(variable) = &secret_env
            && std::env::var_os(variable).is_none()
        {
            warnings.push(format!(
                "the environment variable {variable} is not set: nothing can be sent to target {name:?}"
            ));
        }
        targets.insert(name.clone(), TargetTerms { url, secret_env });
    }
    targets
}

/// What a company has, whoever writes.
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
            // Where they cannot be read, that was told.
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
