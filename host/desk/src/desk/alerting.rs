//! What an operator should look at that happened to a company and to none of
//! its conversations; and companies that are known and cannot be worked for.

use std::sync::PoisonError;

use patchbay_journal::{CompanyId, Note};
use serde_json::{Value, json};

use super::{Desk, DeskError};
use patchbay_records::history::EntryKind;

impl Desk {
    /// Have an alert stand in a company's feed: its code, and what it is about.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn alert(&self, company: &str, code: &str, about: &Value) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let head = json!({"alert": code, "about": about});
        let note = Note {
            kind: EntryKind::Alerted as u16,
            at: self.inner.now(),
            head: head.to_string(),
        };
        self.inner.journal.note(id, vec![note])?;
        self.inner.tell_of(id, false);
        Ok(())
    }

    /// A company is known by name although nothing decides for it yet: what it
    /// has kept can be looked at, and a setup be given to it.
    pub fn expect(&self, name: &str, company: CompanyId) {
        let names = self.inner.names.write();
        let mut names = names.unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned(), company);
    }
}
