//! What each company stores.

use crate::CompanyId;

/// Bytes that a company stores, and how many it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredBytes {
    /// Bytes of its rows in every table: their texts and contents, and a fixed
    /// amount for the rest of a row and its index entries. Close to what the
    /// rows take in the database.
    pub used: u64,
    /// At this size no further input is accepted.
    pub limit: u64,
    /// How many more the company's agents may store.
    pub reserve: u64,
}

impl StoredBytes {
    /// Whether the company stores as much as it may: arrivals and contacts for
    /// them are refused.
    pub fn is_full(&self) -> bool {
        self.used >= self.limit
    }

    /// Whether the reserve is used up too, so that agents' actions are to be
    /// refused.
    pub fn is_reserve_full(&self) -> bool {
        self.used >= self.limit.saturating_add(self.reserve)
    }
}

/// Tells what companies store.
pub trait Usage {
    /// What a company stores, as of the last commit. Never blocks.
    fn stored_bytes(&self, company: CompanyId) -> StoredBytes;
}
