//! What a company's stored generations may take up, and deleting them.

use std::collections::BTreeMap;

use patchbay_config::bound::{Bound, Scope};
use patchbay_engine::component::Digest;
use patchbay_journal::{CompanyId, GenerationUsage};
use serde_json::json;

use super::{ChangeError, ChangeRequest, GenerationService};
use crate::assemble::source::Source;

impl GenerationService {
    /// Delete a stored generation, and components that no other generation uses.
    /// Returns the bytes that became free. Decisions of the generation can no
    /// longer be replayed.
    ///
    /// # Errors
    /// The generation does not exist, is active, or is a rollout's candidate.
    pub fn delete(
        &self,
        company: &str,
        number: u64,
        request: &ChangeRequest,
    ) -> Result<u64, ChangeError> {
        let id = self.find_company(company)?;
        let details = json!({"generation": number, "by": request.by});
        let audit = request.audit_entry(company, "generation.deleted", &details);
        let freed = self.journal().delete_generation(id, number, Some(audit))?;
        self.store.forget(id, number);
        Ok(freed)
    }

    /// Refuse a source that is too large.
    pub(super) fn check_size(&self, source: &Source) -> Result<(), ChangeError> {
        let size =
            source.document().to_bytes().len() as u64 + part_sizes(source).values().sum::<u64>();
        self.check_bound(Bound::GenerationSize, Scope::Item, size, |limit| {
            format!("the generation has {size} bytes; at most {limit} are allowed")
        })
    }

    /// Refuse another generation of a company that has as many as it may.
    pub(super) fn check_quota(
        &self,
        company: Option<CompanyId>,
        source: &Source,
    ) -> Result<GenerationUsage, ChangeError> {
        let Some(company) = company else {
            return Ok(GenerationUsage::default());
        };
        let usage = self.journal().generation_usage(company)?;
        let help = "delete some with `patchbay generations delete`";
        self.check_bound(
            Bound::Generations,
            Scope::Company,
            usage.count + 1,
            |limit| format!("the company has {limit} generations, as many as it may; {help}"),
        )?;
        // Parts that the company has cost nothing more. Those of other companies do: they
        // count for each, and the size does not tell that the host has them.
        let added = part_sizes(source).into_iter();
        let added = added.filter(|(digest, _)| !self.store.has_part_of(company, digest));
        let added: u64 = added.map(|(_, bytes)| bytes).sum();
        let bytes = usage.bytes + added + source.document().to_bytes().len() as u64;
        self.check_bound(Bound::GenerationBytes, Scope::Company, bytes, |limit| {
            format!(
                "the company's generations would have {bytes} bytes, of at most {limit}; {help}"
            )
        })?;
        Ok(usage)
    }

    fn check_bound(
        &self,
        bound: Bound,
        scope: Scope,
        size: u64,
        message: impl FnOnce(u64) -> String,
    ) -> Result<(), ChangeError> {
        let value = self.assembler().bounds().get(bound, scope);
        match bound.limit(scope) {
            Some(limit) if size > value => Err(ChangeError::AtBound {
                limit,
                value,
                message: message(value),
            }),
            _ => Ok(()),
        }
    }
}

/// Bytes of each component and layer of data.
fn part_sizes(source: &Source) -> BTreeMap<Digest, u64> {
    let components = source.components().into_iter();
    let components = components.map(|(digest, bytes)| (digest, bytes.len() as u64));
    let layers = source.layers().into_iter();
    let layers = layers.map(|(digest, layer)| (digest, layer.bytes().len() as u64));
    components.chain(layers).collect()
}
