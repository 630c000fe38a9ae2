//! Applying what is stored already: nothing is stored or activated again.

use patchbay_journal::CompanyId;

use super::{ChangeError, ChangeRequest, GenerationService, PAGE};
use crate::assemble::difference::is_same;
use crate::assemble::source::SourceDocument;

impl GenerationService {
    /// The stored generation that a source would only repeat: the active one, from
    /// which nothing differs, or with `keep_only` one of the same text.
    pub(super) fn repeated(
        &self,
        company: Option<CompanyId>,
        source: &SourceDocument,
        request: &ChangeRequest,
    ) -> Result<Option<u64>, ChangeError> {
        let Some(company) = company else {
            return Ok(None);
        };
        // Queues are moved by an activation.
        if !request.moved.is_empty() {
            return Ok(None);
        }
        if let Some(active) = self.journal().active_generation(company)?
            && self.is_working(company, active)
            && let Ok(document) = self.store.document(company, active)
            && is_same(&document, source)
        {
            return Ok(Some(active));
        }
        match request.keep_only {
            true => self.find_digest(company, source.digest().bytes()),
            false => Ok(None),
        }
    }

    /// The newer stored generation that a source repeats after a rollback: it is activated
    /// again, and no other is made of the same file.
    pub(super) fn returned(
        &self,
        company: Option<CompanyId>,
        active: Option<u64>,
        source: &SourceDocument,
        request: &ChangeRequest,
    ) -> Result<Option<(CompanyId, u64)>, ChangeError> {
        let (Some(company), Some(active), false) = (company, active, request.keep_only) else {
            return Ok(None);
        };
        let found = self.find_digest(company, source.digest().bytes())?;
        let found = found.filter(|number| *number > active);
        // One that cannot be built any more is made again.
        let found = found.filter(|number| self.store.source(company, *number).is_ok());
        Ok(found.map(|number| (company, number)))
    }

    /// Whether the active generation decides. One that could not be built when the
    /// server started needs another activation.
    fn is_working(&self, company: CompanyId, active: u64) -> bool {
        match &self.desk {
            Some(desk) => desk.active(company).is_some_and(|it| it.number == active),
            None => self.store.source(company, active).is_ok(),
        }
    }

    /// The newest stored generation with this digest.
    fn find_digest(
        &self,
        company: CompanyId,
        digest: [u8; 32],
    ) -> Result<Option<u64>, ChangeError> {
        let mut before = u64::MAX;
        loop {
            let page = self.journal().generations(company, before, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            before = last.number;
            if let Some(found) = page.iter().find(|row| row.digest == digest) {
                return Ok(Some(found.number));
            }
        }
    }
}
