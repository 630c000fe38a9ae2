//! Completes a changed company file with the parts of a stored generation.

use patchbay_company::{Articles, CompanyFile};
use patchbay_journal::JournalError;

use super::{ChangeError, GenerationService};
use crate::assemble::source::SourceDocument;

impl GenerationService {
    /// The document with the packs, own data and articles that its file names and that it
    /// does not have, from a stored generation of the company. What that one does not
    /// have either stays missing, and a file that is not valid stays as it is.
    ///
    /// # Errors
    /// The company has no such generation, or it cannot be read.
    pub fn completed(
        &self,
        company: &str,
        mut document: SourceDocument,
        base: u64,
    ) -> Result<SourceDocument, ChangeError> {
        let company = self.journal().find_company(company)?;
        let company = company.ok_or(JournalError::NoGeneration(base))?;
        let base = self.store.document(company, base)?;
        let Ok(file) = CompanyFile::parse(&document.document) else {
            return Ok(document);
        };
        let named = |name: &String| file.plugin.values().any(|it| it.pack.get_ref() == name);
        for (name, bundle) in base.packs {
            if named(&name) {
                document.packs.entry(name).or_insert(bundle);
            }
        }
        for (plugin, parts) in base.data {
            if file.plugin.contains_key(&plugin) {
                let data = document.data.entry(plugin).or_default();
                for (name, part) in parts {
                    data.entry(name).or_insert(part);
                }
            }
        }
        let knowledge = file.knowledge.as_ref();
        let is_directory = knowledge
            .is_some_and(|entry| matches!(entry.articles.get_ref(), Articles::Directory(_)));
        if document.articles.is_none() && is_directory {
            document.articles = base.articles;
        }
        Ok(document)
    }
}
