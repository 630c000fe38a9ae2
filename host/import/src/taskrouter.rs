//! Twilio TaskRouter: a workflow with its task queues and workers.
//!
//! The export is a workflow configuration, a workflow as the vendor's API returns it, or an object with
//! `workflow`, `task_queues` and `workers`.

mod attributes;
mod company_file;
mod export;
mod languages;
mod levels;
mod queues;
mod settings;
mod workers;
mod workflow;

use crate::systems::read_export;
use crate::{Import, ImportError, ImportedFile, Options};

use company_file::CompanyText;
use export::Export;

/// Name of the plugin in the company file.
const PLUGIN: &str = "workflow";

/// Reads an export.
///
/// # Errors
/// It is not JSON, or another document.
pub fn import(text: &str, options: &Options) -> Result<Import, ImportError> {
    let document = read_export(text)?;
    let mut import = Import::default();
    let export = Export::read(&document, &mut import.unsupported)?;
    let (mut configuration, mut workflow) = workflow::read(&export, &mut import.unsupported);
    let mut used = attributes::used(&workflow, &export.queues, &mut import.unsupported);
    let mut settings = settings::Settings::new(&export.workers);
    attributes::translate(&used, &export.workers, &mut settings);
    let scales = levels::rescale(
        &mut configuration,
        &mut workflow,
        &mut used,
        &export.workers,
        &settings.facts,
    );
    import
        .notes
        .extend(scales.iter().map(|(name, scale)| scale.note(name)));
    workflow::remove_unknown_attributes(
        &mut configuration,
        &export.path,
        &workflow,
        &settings,
        &mut import.unsupported,
    );
    let mut agents = workers::agents(
        &export.workers,
        &used,
        &scales,
        &mut settings,
        &mut import.unsupported,
    );
    let queues = queues::queues(
        &export,
        &workflow,
        &used,
        &mut agents,
        &mut settings,
        &mut import,
    );
    settings.set_priorities(&export.path, &workflow, &mut import);
    let company = CompanyText {
        options,
        configuration: &configuration,
        queues: &queues,
        settings: &settings,
        offer_timeout: export.reservation_timeout,
    };
    import.files.push(ImportedFile {
        name: "company.toml",
        what: format!(
            "the company file: {} queues, and the workflow as settings",
            queues.len()
        ),
        text: company.write(),
    });
    if !agents.is_empty() {
        import.files.push(ImportedFile {
            name: "agents.jsonl",
            what: format!("{} agents, for `patchbay agents import`", agents.len()),
            text: workers::lines(&agents),
        });
    }
    import.limit_unsupported();
    Ok(import)
}

#[cfg(test)]
mod tests;
