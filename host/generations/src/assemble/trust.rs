//! Whether the packs of a generation are trusted.

use std::fmt;

use jiff::Timestamp;
use patchbay_company::{CompanyFile, PluginEntry};
use patchbay_config::file_problem::FileProblem;
use patchbay_pack::Pack;
use patchbay_pack::trust::{PackOrigin, TrustError, TrustPolicy, TrustSource};

use super::Assembler;
use super::source::{Source, SourceDocument};

/// What to do about a pack without a signature.
const SIGN: &str = "sign it with `patchbay pack sign`, and add the key to the trust policy with `patchbay keys trust`";

/// What to do where no signature can count.
const NO_POLICY: &str =
    "name a trust policy in the server settings, under [trust] policy; docs/packs.md describes it";

/// A pack of a stored generation that is not trusted.
#[derive(Clone, Debug)]
pub struct UntrustedPack {
    /// The plugin that uses it.
    pub plugin: String,
    /// Name and version.
    pub pack: String,
    /// Why not.
    pub error: TrustError,
}

impl UntrustedPack {
    /// Whether its digest is revoked.
    pub fn is_revoked(&self) -> bool {
        matches!(self.error, TrustError::Revoked { .. })
    }
}

impl fmt::Display for UntrustedPack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UntrustedPack {
            plugin,
            pack,
            error,
        } = self;
        write!(f, "{pack} of plugin {plugin:?}: {error}")
    }
}

/// The packs of a stored generation that a policy does not trust at a time.
pub(crate) fn untrusted_in_document(
    document: &SourceDocument,
    policy: &TrustPolicy,
    now: Timestamp,
) -> Vec<UntrustedPack> {
    let Ok(file) = CompanyFile::parse(&document.document) else {
        return Vec::new();
    };
    let entries = file.plugin.iter();
    let untrusted = entries.filter_map(|(plugin, entry)| {
        let bundle = document.packs.get(entry.pack.get_ref())?;
        let origin = PackOrigin::of_bundle(bundle);
        let error = policy.check_origin(&origin, now, &entry.signed_by).err()?;
        Some(UntrustedPack {
            plugin: plugin.clone(),
            pack: format!("{} {}", origin.name, origin.version),
            error,
        })
    });
    untrusted.collect()
}

impl Assembler {
    /// Set which packs are trusted. Default: all.
    #[must_use]
    pub fn with_trust(self, trust: TrustSource) -> Assembler {
        Assembler { trust, ..self }
    }

    /// Where the trust policy is.
    pub fn trust(&self) -> &TrustSource {
        &self.trust
    }

    /// Why packs of a source are not trusted now. To be called before anything of them is compiled.
    pub fn untrusted(&self, source: &Source) -> Vec<FileProblem> {
        match CompanyFile::read(&source.document) {
            Ok(reading) => self.untrusted_in(&reading.file, source),
            // The build reports what is wrong with an invalid file.
            Err(_) => Vec::new(),
        }
    }

    /// [`untrusted`](Assembler::untrusted) for a company file that is read already.
    pub(super) fn untrusted_in(&self, file: &CompanyFile, source: &Source) -> Vec<FileProblem> {
        let policy = match self.trust.policy() {
            Ok(policy) => policy,
            Err(problem) => {
                // Its path and text are for the operator of the host.
                tracing::error!("{problem}");
                let message = "the trust policy of the host cannot be used, so that no pack is trusted; its operator sees why in `patchbay status`";
                return vec![FileProblem::whole(message)];
            }
        };
        let now = Timestamp::now();
        let entries = file.plugin.iter();
        let problems = entries.filter_map(|(name, entry)| {
            let pack = source.packs.get(entry.pack.get_ref())?;
            problem(&policy, (name, entry), pack, now)
        });
        let mut problems: Vec<FileProblem> = problems.collect();
        let is_used = |name: &str| {
            let mut entries = file.plugin.values();
            entries.any(|entry| entry.pack.get_ref() == name)
        };
        // Such as those of entries that are invalid.
        let others = source.packs.iter().filter(|(name, _)| !is_used(name));
        problems.extend(others.filter_map(|(name, pack)| {
            let error = policy.check(pack, now, &[]).err()?;
            Some(FileProblem::whole(format!(
                "the pack {name:?} is not trusted: {error}"
            )))
        }));
        problems
    }
}

fn problem(
    policy: &TrustPolicy,
    (name, entry): (&str, &PluginEntry),
    pack: &Pack,
    now: Timestamp,
) -> Option<FileProblem> {
    let error = policy.check(pack, now, &entry.signed_by).err()?;
    let message = format!(
        "plugin {name:?}: the pack {} {} is not trusted: {error}",
        pack.name, pack.version
    );
    let problem = FileProblem::at(entry.pack.span(), message);
    Some(match error {
        TrustError::Unsigned if policy.has_keys() => problem.help(SIGN),
        TrustError::Unsigned | TrustError::NotEnough { .. } if !policy.has_keys() => {
            problem.help(NO_POLICY)
        }
        _ => problem,
    })
}
