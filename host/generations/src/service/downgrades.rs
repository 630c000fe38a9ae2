//! With a trust policy, a company's packs do not become older unnoticed: an older version was
//! signed too, and may have the fault that a newer one corrects.

use std::collections::BTreeMap;

use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_journal::CompanyId;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::trust::TrustSource;
use semver::Version;

use super::{ChangeError, ChangeRequest, GenerationService};
use crate::assemble::source::{Source, SourceDocument};

impl GenerationService {
    /// Refuse packs of a lower version than the active generation has, where there is a trust
    /// policy and the request does not allow it.
    pub(super) fn check_downgrades(
        &self,
        company: Option<CompanyId>,
        active: Option<u64>,
        source: &Source,
        request: &ChangeRequest,
    ) -> Result<(), ChangeError> {
        let is_checked = matches!(self.assembler().trust(), TrustSource::File(_));
        let (Some(id), Some(active)) = (company, active) else {
            return Ok(());
        };
        if !is_checked || request.allow_downgrade {
            return Ok(());
        }
        // A generation that cannot be read does not block its replacement.
        let Ok(document) = self.store.document(id, active) else {
            return Ok(());
        };
        let problems = downgrades(&versions(&document), source);
        match problems.is_empty() {
            true => Ok(()),
            false => self.check(company, source, Err(&problems.into()), request),
        }
    }
}

/// The highest version of each pack, by its name.
fn versions(document: &SourceDocument) -> BTreeMap<String, Version> {
    let mut highest = BTreeMap::new();
    let texts = document.packs.values();
    let texts = texts.filter_map(|bundle| bundle.manifest.as_deref());
    for manifest in texts.filter_map(|text| Manifest::parse(text).ok()) {
        let known = highest.entry(manifest.name().to_owned());
        let known = known.or_insert_with(|| manifest.pack.version.clone());
        if *known < manifest.pack.version {
            *known = manifest.pack.version;
        }
    }
    highest
}

fn downgrades(active: &BTreeMap<String, Version>, source: &Source) -> Vec<FileProblem> {
    let Ok(file) = CompanyFile::parse(&source.document) else {
        return Vec::new();
    };
    let entries = file.plugin.iter();
    let problems = entries.filter_map(|(name, entry)| {
        let pack = source.packs.get(entry.pack.get_ref())?;
        let before = active.get(&pack.name).filter(|before| pack.version < **before)?;
        let message = format!(
            "plugin {name:?}: version {} of the pack {} is older than {before}, which is active",
            pack.version, pack.name
        );
        let problem = FileProblem::at(entry.pack.span(), message);
        Some(problem.help(
            "`patchbay rollback` returns to an earlier generation; --allow-downgrade accepts the older version in a new one",
        ))
    });
    problems.collect()
}
