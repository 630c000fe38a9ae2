//! The business hours and SLA targets that the running clocks of a company
//! follow, and what changed in them.
//!
//! Each conversation stores the digest of the rules that its clocks follow.
//! Until a pass has moved it to the rules of the pass's generation, its clocks
//! count by the hours of those before.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_model::desk::RunningClocks;
use patchbay_records::snapshot::Calendars;

/// Most earlier rules whose hours are kept.
const MAX_EARLIER: usize = 8;

/// The rules of one pass.
#[derive(Clone, Debug)]
pub struct ClockRules {
    /// Digest of the rules of the pass's generation.
    pub digest: u64,
    /// When the active generation or the rollout last changed.
    pub changed_at: Timestamp,
    known: VecDeque<KnownRules>,
}

#[derive(Clone, Debug)]
struct KnownRules {
    digest: u64,
    hours: Arc<Calendars>,
}

impl ClockRules {
    /// The hours of rules that decided since the start; `None` for others.
    pub fn hours(&self, digest: u64) -> Option<&Calendars> {
        let known = self.known.iter().find(|known| known.digest == digest);
        known.map(|known| &*known.hours)
    }
}

/// The rules of a company since the start.
#[derive(Debug, Default)]
pub struct ClockRulesHistory {
    changed_at: Timestamp,
    /// Digests of the active generation and of a candidate that decides.
    deciding: BTreeSet<u64>,
    known: VecDeque<KnownRules>,
    /// Digests by generation. A weak reference keeps the address reserved.
    digests: VecDeque<(Weak<Generation>, u64)>,
}

impl ClockRulesHistory {
    /// Set the generations that decide from now on. Returns whether other rules
    /// than before apply to a conversation.
    pub fn set_deciding<'a>(
        &mut self,
        generations: impl Iterator<Item = &'a Arc<Generation>>,
        now: Timestamp,
    ) -> bool {
        let deciding: BTreeSet<u64> = generations.map(|one| self.digest_of(one)).collect();
        let before = std::mem::replace(&mut self.deciding, deciding);
        let changed = before != self.deciding;
        if changed {
            self.changed_at = self.changed_at.max(now);
        }
        changed
    }

    /// Whether clocks that follow these rules need others.
    pub fn is_outdated(&self, followed: Option<u64>) -> bool {
        self.deciding.len() > 1 || followed != self.deciding.first().copied()
    }

    /// The hours by which clocks that follow these rules count; `None` for rules
    /// that did not decide since the start.
    pub fn hours(&self, followed: Option<u64>) -> Option<Arc<Calendars>> {
        let known = self
            .known
            .iter()
            .find(|known| Some(known.digest) == followed);
        known.map(|known| Arc::clone(&known.hours))
    }

    /// The rules for a pass of this generation.
    pub fn rules_of(&mut self, generation: &Arc<Generation>) -> ClockRules {
        ClockRules {
            digest: self.digest_of(generation),
            changed_at: self.changed_at,
            known: self.known.clone(),
        }
    }

    /// The digest of a generation's rules; remembers its hours.
    fn digest_of(&mut self, generation: &Arc<Generation>) -> u64 {
        let weak = Arc::downgrade(generation);
        let known = self.digests.iter().find(|(known, _)| known.ptr_eq(&weak));
        if let Some((_, digest)) = known {
            return *digest;
        }
        let digest = digest(generation);
        self.digests.push_front((weak, digest));
        self.digests.truncate(MAX_EARLIER);
        self.known.retain(|known| known.digest != digest);
        let hours = Arc::clone(&generation.surroundings.hours);
        self.known.push_front(KnownRules { digest, hours });
        self.known.truncate(MAX_EARLIER);
        digest
    }
}

/// The same for generations whose hours, targets and setting for running clocks
/// are equal.
fn digest(generation: &Generation) -> u64 {
    let queues = generation.queues.iter();
    let targets: Vec<_> = queues.map(|(name, queue)| (name, &queue.sla)).collect();
    let keeps = generation.desk.running_clocks == RunningClocks::Keep;
    let rules = (&*generation.surroundings.hours, targets, keeps);
    let text = serde_json::to_vec(&rules).unwrap_or_default();
    let mut first = [0; 8];
    blake3::Hasher::new_derive_key("patchbay 2026 clock rules")
        .update(&text)
        .finalize_xof()
        .fill(&mut first);
    // JSON numbers hold 53 bits exactly.
    u64::from_le_bytes(first) >> 11
}
