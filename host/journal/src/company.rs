//! Companies by name.

use crate::{CompanyId, Result};

/// Assigns each company name a number.
pub trait Companies {
    /// A company's number. Creates the company if the name is new, which
    /// writes; known names are answered from memory.
    ///
    /// # Errors
    /// `JournalError::Invalid` for a name of more than 256 bytes.
    fn company(&self, name: &str) -> Result<CompanyId>;

    /// A company's number, if the company exists. Never writes.
    fn find_company(&self, name: &str) -> Result<Option<CompanyId>>;
}
