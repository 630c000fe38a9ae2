//! Keys of companies, derived from the master key. Unlike the keys of contacts
//! they cannot be destroyed.

use blake3::Hasher;
use zeroize::Zeroizing;

use super::{LAYOUT, NotAuthentic, SealingKeys, Vault};
use crate::{CompanyId, Purpose};

/// Seals what belongs to a company and to no contact.
pub struct CompanyKey {
    company: CompanyId,
    keys: SealingKeys,
}

impl Vault {
    /// A key of a company for a use that `context` names: the same in every
    /// process, and another for each company and context.
    pub fn derive_company_key(&self, company: CompanyId, context: &str) -> Zeroizing<[u8; 32]> {
        self.derive("patchbay journal 2026 key of a company", company, context)
    }

    /// The key under which a company's data is sealed.
    pub fn company_key(&self, company: CompanyId) -> CompanyKey {
        let key = self.derive("patchbay journal 2026 sealing for a company", company, "");
        CompanyKey {
            company,
            keys: SealingKeys::derive(key.as_slice()),
        }
    }

    fn derive(&self, class: &str, company: CompanyId, context: &str) -> Zeroizing<[u8; 32]> {
        let hash = Hasher::new_derive_key(class)
            .update(self.companies.as_slice())
            .update(&company.0.to_le_bytes())
            .update(context.as_bytes())
            .finalize();
        Zeroizing::new(*hash.as_bytes())
    }
}

impl CompanyKey {
    /// Seals bytes for a purpose, in their own memory.
    ///
    /// # Errors
    /// The cipher takes no more bytes than 256 GiB.
    pub fn seal(&self, purpose: Purpose, plain: Vec<u8>) -> Result<Vec<u8>, NotAuthentic> {
        let data = self.associated_data(purpose);
        self.keys.seal_in_place(&data, plain)
    }

    /// Opens bytes.
    ///
    /// # Errors
    /// They were not sealed for this company and purpose.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
        self.keys.open(&self.associated_data(purpose), sealed)
    }

    fn associated_data(&self, purpose: Purpose) -> [u8; 6] {
        let [a, b, c, d] = self.company.0.to_le_bytes();
        [LAYOUT, purpose as u8, a, b, c, d]
    }
}
