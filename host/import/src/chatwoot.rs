//! Chatwoot: its automation rules, with the agents, teams, inboxes and custom attributes they name.
//!
//! The export is what `GET automation_rules` of the vendor's API returns, or an object with
//! `automation_rules`, `agents`, `teams`, `inboxes` and `custom_attribute_definitions`, each as the API
//! returns it.

mod company_file;
mod export;
mod names;
mod rules;

use crate::{Construct, Import, ImportError, ImportedFile, MAX_BYTES, Options};

use company_file::CompanyText;
use export::Export;
use names::Names;

/// Name of the plugin in the company file.
const PLUGIN: &str = "automation";
/// The queue of conversations without a team.
const DEFAULT_QUEUE: &str = "general";
/// Most unsupported constructs that are listed.
const MAX_CONSTRUCTS: usize = 200;
/// Most notes that are listed.
const MAX_NOTES: usize = 200;

/// Reads an export.
///
/// # Errors
/// It is not JSON, or another document.
pub fn import(text: &str, options: &Options) -> Result<Import, ImportError> {
    if text.len() > MAX_BYTES {
        let message = format!("the export has more than {MAX_BYTES} bytes");
        return Err(ImportError::Document(message));
    }
    let document = serde_json::from_str(text).map_err(|error| ImportError::syntax(&error))?;
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
    let found = import.unsupported.len();
    if found > MAX_CONSTRUCTS {
        import.unsupported.truncate(MAX_CONSTRUCTS);
        import.unsupported.push(Construct::new(
            "",
            format!("{} more are not listed", found - MAX_CONSTRUCTS),
        ));
    }
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
