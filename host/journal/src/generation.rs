//! Generations of a company's configuration.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{AuditEntry, CompanyId, Note, Result};

/// A generation, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGeneration {
    /// Its number: one more than the company's newest, 1 for the first.
    pub number: u64,
    /// What it is built from, at most 16 MiB; the journal does not read it.
    pub source: Vec<u8>,
    /// Digest of the source.
    pub digest: [u8; 32],
    /// Large parts it refers to, by digest; stored once for all companies.
    /// Each at most 64 MiB.
    pub parts: BTreeMap<[u8; 32], Vec<u8>>,
    /// Its creator; at most 256 bytes.
    pub by: String,
    /// When it was created.
    pub at: Timestamp,
}

/// Switch of a company to a generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activation {
    /// Number of the generation.
    pub number: u64,
    /// The generation that the caller believes is active; `None`: none.
    pub expected: Option<u64>,
    /// Policy memory to carry over to new state versions.
    pub copies: Vec<StateCopy>,
    /// Removed queues, and where their waiting conversations move, in addition
    /// to the moves in the source. Replaces those of an earlier activation. At
    /// most 1000.
    pub moved: BTreeMap<String, String>,
    /// Notes for the company's feed.
    pub notes: Vec<Note>,
}

/// Copies the memory of a plugin's old state version to a new one that has no
/// memory yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCopy {
    /// Name of the plugin.
    pub plugin: String,
    /// The version to copy.
    pub from: u32,
    /// The version to fill.
    pub to: u32,
}

/// The active generation of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveGeneration {
    /// The company.
    pub company: CompanyId,
    /// The company's name.
    pub name: String,
    /// The generation's number.
    pub number: u64,
    /// When it was activated.
    pub since: Option<Timestamp>,
}

/// A stored generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationRow {
    /// Its number.
    pub number: u64,
    /// Digest of its source.
    pub digest: [u8; 32],
    /// Its creator.
    pub by: String,
    /// When it was created.
    pub at: Timestamp,
    /// When it was last activated; `None`: never.
    pub activated_at: Option<Timestamp>,
    /// [`Activation::moved`] of its last activation.
    pub moved: BTreeMap<String, String>,
}

/// What a company's generations take up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GenerationUsage {
    /// Number of generations.
    pub count: u64,
    /// Bytes of their sources and parts; a part that several use counts once.
    pub bytes: u64,
    /// Highest number that was ever assigned; 0 before the first.
    pub newest: u64,
}

/// Stores generations, and which one is active.
pub trait Generations {
    /// Store a generation, activate one, or both, in one transaction with the
    /// audit entry about it. An activation ends a rollout.
    ///
    /// # Errors
    /// `JournalError::GenerationTaken` when the number is not the next one,
    /// `JournalError::GenerationMoved` when another generation than expected
    /// is active, `JournalError::NoGeneration`.
    fn put_generation(
        &self,
        company: CompanyId,
        new: Option<NewGeneration>,
        activation: Option<Activation>,
        at: Timestamp,
        audit: Option<AuditEntry>,
    ) -> Result<()>;

    /// Delete a generation that is not in use, and the parts that no other
    /// generation refers to. Its number is not assigned again. Returns the bytes
    /// that became free.
    ///
    /// # Errors
    /// `JournalError::NoGeneration`, `JournalError::GenerationInUse`.
    fn delete_generation(
        &self,
        company: CompanyId,
        number: u64,
        audit: Option<AuditEntry>,
    ) -> Result<u64>;

    /// What a company's generations take up.
    fn generation_usage(&self, company: CompanyId) -> Result<GenerationUsage>;

    /// Number of a company's active generation.
    fn active_generation(&self, company: CompanyId) -> Result<Option<u64>>;

    /// A company's generations below a number, newest first; at most `limit`.
    fn generations(
        &self,
        company: CompanyId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<GenerationRow>>;

    /// A generation and its source.
    fn generation(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<(GenerationRow, Vec<u8>)>>;

    /// A part of generations, by its digest.
    fn generation_part(&self, digest: [u8; 32]) -> Result<Option<Vec<u8>>>;

    /// Whether a stored generation of the company has the part with this digest.
    fn has_generation_part(&self, company: CompanyId, digest: [u8; 32]) -> Result<bool>;

    // Host-wide.

    /// The active generation of every company that has one, by company name.
    fn active_generations(&self) -> Result<Vec<ActiveGeneration>>;
}
