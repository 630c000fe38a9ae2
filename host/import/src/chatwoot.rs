//! Chatwoot: its automation rules, with the agents, teams, inboxes and custom attributes they name.
//!
//! The export is what `GET automation_rules` of the vendor's API returns, or an object with
//! `automation_rules`, `agents`, `teams`, `inboxes` and `custom_attribute_definitions`, each as the API
//! returns it.

mod company_file;
mod export;
mod names;
mod rules;

use crate::systems::read_export;
use crate::{Import, ImportError, ImportedFile, Options};

use company_file::CompanyText;
use export::Export;
use names::Names;

/// Name of the plugin in the company file.
const PLUGIN: &str = "automation";
/// The queue of conversations without a team.
const DEFAULT_QUEUE: &str = "general";
/// Most notes that are listed.
const MAX_NOTES: usize = 200;

/// Reads an export.
///
/// # Errors
/// It is not JSON, or another document.
pub fn import(text: &str, options: &Options) -> Result<Import, ImportError> {
    let document = read_export(text)?;
    let mut import = Import::default();
    let mut export = Export::read(&document, &mut import.unsupported)?;
    rules::limit(&mut export, &mut import);
    let names = Names::new(&export, &mut import);
    let rules = rules::rules(&export, &names, &mut import);
    let inactive = rules.iter().filter(|rule| !rule.reasons.is_empty()).count();
    if inactive > 0 {
        import.notes.push(format!(
            "{inactive} of {} rules are written with `active = false`, because half a rule is another rule; \
             change them and take that line out",
            rules.len()
        ));
    }
    let company = CompanyText {
        options,
        names: &names,
        rules: &rules,
    };
    import.files.push(ImportedFile {
        name: "company.toml",
        what: format!(
            "the company file: {} queues, {} agents, and {} rules as settings",
            names.queues().count(),
            names.agents.len(),
            rules.len()
        ),
        text: company.write(),
    });
    import.limit_unsupported();
    let more = import.notes.len().saturating_sub(MAX_NOTES);
    if more > 0 {
        // What is said about the whole export stands last.
        import.notes.drain(..more);
        import
            .notes
            .push(format!("{more} more notes are not listed"));
    }
    Ok(import)
}

#[cfg(test)]
mod tests;
