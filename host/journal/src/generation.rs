//! Generations of a company's setup, as the store keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::entry::Note;
use crate::id::CompanyId;

/// A setup, before it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGeneration {
    /// Its number: one more than the company's newest, 1 for its first.
    pub number: u64,
    /// What it is built from, at most 16 MiB. Not read here.
    pub source: Vec<u8>,
    /// Digest of that, 32 bytes.
    pub digest: [u8; 32],
    /// Large parts it refers to, by their digests; kept once, whoever uses
    /// them. Each at most 64 MiB.
    pub parts: BTreeMap<[u8; 32], Vec<u8>>,
    /// Who made it; at most 256 bytes.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// That a company decides by a generation from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activation {
    /// Which.
    pub number: u64,
    /// The one it decided by so far, as far as the caller knows; absent: none.
    pub expected: Option<u64>,
    /// State that is copied: what a plugin remembers under an older version
    /// becomes what it remembers under a newer, where it remembers nothing
    /// there yet.
    pub copies: Vec<StateCopy>,
    /// Where what waits in queues that are gone goes, beside what the setup
    /// itself says. Replaces what was said at an earlier activation.
    pub moved: BTreeMap<String, String>,
    /// What the company's feed says of it.
    pub notes: Vec<Note>,
}

/// What one version of a plugin's state begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCopy {
    /// Name of the plugin.
    pub plugin: String,
    /// The version that is copied.
    pub from: u32,
    /// The version that is begun.
    pub to: u32,
}

/// By which generation a company decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveGeneration {
    /// Which company.
    pub company: CompanyId,
    /// Its name.
    pub name: String,
    /// The generation's number.
    pub number: u64,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// A generation that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationRow {
    /// Its number.
    pub number: u64,
    /// Digest of what it is built from.
    pub digest: [u8; 32],
    /// Who made it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When the company last began to decide by it; absent: it never did.
    pub activated_at: Option<Timestamp>,
    /// Where what waits in queues that are gone goes, said at that.
    pub moved: BTreeMap<String, String>,
}
