//! Whether the packs that decide are still trusted. A host goes on deciding with a pack that is not
//! any more, because conversations go on; its operator must know.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_engine::component::Digest;
use patchbay_generations::Generation;
use patchbay_generations::assemble::UntrustedPack;
use patchbay_generations::service::GenerationService;
use patchbay_pack::trust::{PolicyReading, TrustSource};

/// Most generations that are checked at once; the others follow at the next time.
const MOST_AT_ONCE: usize = 200;

/// What is known of the packs of each company's active generation. It is checked again when the
/// text of the trust policy changes, when a key of it expires, and for each new generation.
#[derive(Debug, Default)]
pub struct TrustMonitor(Mutex<Knowledge>);

#[derive(Debug, Default)]
struct Knowledge {
    /// Digest of the policy's text; `None` before the first reading, and without a policy.
    policy: Option<Digest>,
    /// When the next key of the policy expires.
    expires: Option<Timestamp>,
    /// Counts the changes of the policy.
    edition: u64,
    /// Why the policy cannot be read.
    problem: Option<String>,
    companies: HashMap<String, Verdict>,
}

#[derive(Debug)]
struct Verdict {
    generation: u64,
    edition: u64,
    untrusted: Arc<Vec<UntrustedPack>>,
}

impl TrustMonitor {
    /// Reads the trust policy, and checks the packs of active generations as far as that is needed.
    /// Reads the policy's file and the journal.
    pub fn refresh(
        &self,
        trust: &TrustSource,
        service: &GenerationService,
        generations: &[Arc<Generation>],
        now: Timestamp,
    ) {
        let reading = trust.read_policy();
        self.0.lock().take_policy(&reading, now);
        let Ok(policy) = reading.policy else {
            // What was known before stays: the policy itself is the concern.
            return;
        };
        let (edition, stale) = self.stale(generations);
        let mut failure = None;
        // Readers of alerts do not wait for the journal.
        for generation in stale {
            let company = &generation.company;
            match service.untrusted_packs(company, generation.number, &policy, now) {
                Ok(untrusted) => {
                    let verdict = Verdict {
                        generation: generation.number,
                        edition,
                        untrusted: Arc::new(untrusted),
                    };
                    let mut known = self.0.lock();
                    known.companies.insert(company.clone(), verdict);
                }
                Err(error) => failure = Some((company.clone(), error)),
            }
        }
        // One line, not one for each company.
        if let Some((company, error)) = failure {
            tracing::warn!(company, %error, "cannot read the packs of an active generation; the next check tries again");
        }
    }

    /// The edition of the policy, and some generations that were not checked against it.
    fn stale(&self, generations: &[Arc<Generation>]) -> (u64, Vec<Arc<Generation>>) {
        let known = self.0.lock();
        let edition = known.edition;
        let stale = generations.iter().filter(|generation| {
            let verdict = known.companies.get(&generation.company);
            verdict.is_none_or(|verdict| {
                verdict.edition != edition || verdict.generation != generation.number
            })
        });
        (edition, stale.take(MOST_AT_ONCE).cloned().collect())
    }

    /// The packs of a company's active generation that are not trusted, as far as they are checked.
    pub fn untrusted(&self, generation: &Generation) -> Arc<Vec<UntrustedPack>> {
        let known = self.0.lock();
        let verdict = known.companies.get(&generation.company);
        let verdict = verdict.filter(|verdict| verdict.generation == generation.number);
        verdict
            .map(|one| Arc::clone(&one.untrusted))
            .unwrap_or_default()
    }

    /// Why the trust policy cannot be read.
    pub fn problem(&self) -> Option<String> {
        self.0.lock().problem.clone()
    }

    /// Forget companies without an active generation.
    pub fn keep_only(&self, generations: &[Arc<Generation>]) {
        let mut known = self.0.lock();
        if known.companies.len() > generations.len() {
            let names: std::collections::HashSet<&String> =
                generations.iter().map(|one| &one.company).collect();
            known.companies.retain(|company, _| names.contains(company));
        }
    }
}

impl Knowledge {
    fn take_policy(&mut self, reading: &PolicyReading, now: Timestamp) {
        self.problem = reading.policy.as_ref().err().cloned();
        let has_expired = self.expires.is_some_and(|at| at <= now);
        if reading.digest == self.policy && !has_expired {
            return;
        }
        if let Ok(policy) = &reading.policy {
            self.policy = reading.digest;
            self.expires = policy.next_expiry(now);
            self.edition += 1;
        }
    }
}
