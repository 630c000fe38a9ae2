//! Which packs a host trusts: the keys of publishers, what each may sign, and how many signatures
//! a pack needs.

mod origin;
mod policy_edit;
mod policy_file;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_engine::component::Digest;
use semver::Version;
use thiserror::Error;

use crate::image::{ImageManifest, VENDOR};
use crate::pack::Pack;
use crate::signature::{KeyId, PublicKey, Signature, SignatureError};

pub use origin::PackOrigin;
pub use policy_edit::{EditError, KeyToTrust, PolicyText};
pub use source::{PolicyReading, TrustSource};

/// What a host trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Whether packs without a signature are accepted.
    pub unsigned: Unsigned,
    /// Keys by their name in the policy.
    keys: BTreeMap<String, TrustedKey>,
    /// The first that fits a pack's name counts.
    rules: Vec<Rule>,
    /// Digests of packs and of components that are refused, with the reason.
    revoked: BTreeMap<Digest, String>,
    /// By name of a pack: the lowest version that is accepted.
    least_version: BTreeMap<String, Version>,
}

/// What becomes of packs without a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsigned {
    /// They are accepted, as before there is a policy.
    #[default]
    Allow,
    /// They are refused: the default of a policy file.
    Refuse,
}

/// A key and what it may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TrustedKey {
    public: PublicKey,
    /// Publisher that it speaks for; `None`: it counts only where a rule names it.
    publisher: Option<String>,
    /// Names of the packs; empty: every one.
    packs: Vec<NamePattern>,
    /// From then on its signatures do not count.
    not_after: Option<Timestamp>,
    /// Why its signatures do not count any more.
    revoked: Option<String>,
}

/// A key of a policy, and what it may sign.
#[derive(Clone, Debug)]
pub struct KeyTerms<'a> {
    /// Its name in the policy.
    pub name: &'a str,
    /// Its number. Another key may have the same.
    pub id: KeyId,
    /// The key itself.
    pub public: &'a PublicKey,
    /// Publisher that it speaks for; `None`: it counts only where a rule names it.
    pub publisher: Option<&'a str>,
    /// Names of the packs; empty: every one.
    pub packs: Vec<&'a str>,
    /// From then on its signatures do not count.
    pub not_after: Option<Timestamp>,
    /// Why its signatures do not count any more.
    pub revoked: Option<&'a str>,
}

/// What the signatures of some packs must be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    packs: Vec<NamePattern>,
    /// Signatures of these count; empty: of every key of the pack's publisher.
    any_of: BTreeSet<String>,
    /// Each of these must have signed.
    all_of: BTreeSet<String>,
    /// Signatures needed, those of `all_of` included; at least 1.
    minimum: usize,
}

/// A name, or the beginning of names, with `*` at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NamePattern(String);

impl NamePattern {
    fn fits(&self, name: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == self.0,
        }
    }
}

/// Why a pack is not trusted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TrustError {
    /// Its digest, or that of its component, is revoked.
    #[error("{digest} is revoked: {reason}")]
    Revoked {
        /// The digest.
        digest: Digest,
        /// Reason in the policy.
        reason: String,
    },
    /// Its version is below the lowest that is accepted.
    #[error("its version {version} is below {least}, the lowest that is accepted")]
    Downgrade {
        /// Its version.
        version: Version,
        /// The lowest that is accepted.
        least: Version,
    },
    /// It has no signature.
    #[error("it is not signed")]
    Unsigned,
    /// A signature is malformed, or by a trusted key of other bytes.
    #[error("a signature is not valid: {0}")]
    Signature(#[from] SignatureError),
    /// The signatures that count are too few.
    #[error("{}", not_enough(.missing, .counted, .ignored))]
    NotEnough {
        /// What is missing, as half a sentence.
        missing: String,
        /// Names of the keys that count.
        counted: Vec<String>,
        /// Why the other signatures do not count.
        ignored: Vec<String>,
    },
}

fn not_enough(missing: &str, counted: &[String], ignored: &[String]) -> String {
    let mut text = missing.to_owned();
    if !counted.is_empty() {
        text.push_str(&format!("; signed by {}", counted.join(", ")));
    }
    for reason in ignored {
        text.push_str("; ");
        text.push_str(reason);
    }
    text
}

/// Who signed a pack that is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustReport {
    /// Names of the keys whose signatures count; empty for a pack without one.
    pub signed_by: Vec<String>,
    /// Why other signatures do not count, a sentence each.
    pub ignored: Vec<String>,
}

impl TrustPolicy {
    /// Whether it has keys. Without one, no signature can count.
    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The keys, by name.
    pub fn keys(&self) -> impl Iterator<Item = KeyTerms<'_>> {
        self.keys.iter().map(|(name, key)| KeyTerms {
            name,
            id: key.public.id(),
            public: &key.public,
            publisher: key.publisher.as_deref(),
            packs: key.packs.iter().map(|pattern| &*pattern.0).collect(),
            not_after: key.not_after,
            revoked: key.revoked.as_deref(),
        })
    }

    /// When the next of its keys expires after a time.
    pub fn next_expiry(&self, after: Timestamp) -> Option<Timestamp> {
        let expiries = self.keys.values().filter_map(|key| key.not_after);
        expiries.filter(|expiry| *expiry > after).min()
    }

    /// Whether a pack is trusted at a time; `also` are names of keys that must have signed it
    /// whatever the policy says.
    ///
    /// # Errors
    /// [`TrustError`], with every reason why a signature does not count.
    pub fn check(
        &self,
        pack: &Pack,
        now: Timestamp,
        also: &[String],
    ) -> Result<TrustReport, TrustError> {
        self.check_origin(&PackOrigin::of(pack), now, also)
    }

    /// [`check`](TrustPolicy::check) of a pack whose component is not read.
    ///
    /// # Errors
    /// [`TrustError`], with every reason why a signature does not count.
    pub fn check_origin(
        &self,
        pack: &PackOrigin<'_>,
        now: Timestamp,
        also: &[String],
    ) -> Result<TrustReport, TrustError> {
        let provenance = pack.provenance;
        let image = provenance.map(|provenance| provenance.digest());
        for digest in image.into_iter().chain([pack.component]) {
            if let Some(reason) = self.revoked.get(&digest) {
                let reason = reason.clone();
                return Err(TrustError::Revoked { digest, reason });
            }
        }
        if let Some(least) = self.least_version.get(pack.name)
            && pack.version < *least
        {
            return Err(TrustError::Downgrade {
                version: pack.version.clone(),
                least: least.clone(),
            });
        }
        let signed = provenance.filter(|provenance| !provenance.signatures.is_empty());
        let Some(provenance) = signed else {
            // A pack that a rule is for needs its signatures, or to remove them would be a way
            // around the rule.
            return match self.unsigned {
                Unsigned::Allow if also.is_empty() && self.rule_of(pack).is_none() => {
                    Ok(TrustReport::default())
                }
                _ => Err(TrustError::Unsigned),
            };
        };
        if !self.has_keys() && self.unsigned == Unsigned::Allow && also.is_empty() {
            // No policy: a signature says no more than none.
            return Ok(TrustReport::default());
        }
        let mut counted = BTreeSet::new();
        let mut ignored = Vec::new();
        for text in &provenance.signatures {
            let signature = Signature::parse(text)?;
            match self.key_of(&signature) {
                None => ignored.push(format!(
                    "the key {} is not in the trust policy",
                    signature.key()
                )),
                Some((name, key)) => {
                    key.public.verify(&signature, provenance.image.as_bytes())?;
                    match key.objection(name, pack, now) {
                        Some(reason) => ignored.push(reason),
                        None => {
                            counted.insert(name);
                        }
                    }
                }
            }
        }
        ignored.sort();
        ignored.dedup();
        let missing = self.missing(pack, &counted, also);
        let signed_by = counted.into_iter().map(str::to_owned).collect();
        match missing {
            None => Ok(TrustReport { signed_by, ignored }),
            Some(missing) => Err(TrustError::NotEnough {
                missing,
                counted: signed_by,
                ignored,
            }),
        }
    }

    fn key_of(&self, signature: &Signature) -> Option<(&str, &TrustedKey)> {
        let id = signature.key();
        let key = self.keys.iter().find(|(_, key)| key.public.id() == id)?;
        Some((key.0, key.1))
    }

    /// The rule for a pack's name.
    fn rule_of(&self, pack: &PackOrigin<'_>) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.packs.iter().any(|one| one.fits(pack.name)))
    }

    /// What signatures are missing, as half a sentence.
    fn missing(
        &self,
        pack: &PackOrigin<'_>,
        counted: &BTreeSet<&str>,
        also: &[String],
    ) -> Option<String> {
        let rule = self.rule_of(pack);
        let all_of = rule.map(|rule| &rule.all_of);
        let all_of = all_of.into_iter().flatten().chain(also);
        let absent: Vec<&str> = all_of
            .map(String::as_str)
            .filter(|name| !counted.contains(name))
            .collect();
        if !absent.is_empty() {
            return Some(format!(
                "it needs a signature by {}",
                absent.join(" and by ")
            ));
        }
        let publisher = publisher(pack);
        let counts = |name: &&&str| match rule {
            Some(rule) if !rule.any_of.is_empty() => {
                rule.any_of.contains(**name) || rule.all_of.contains(**name)
            }
            Some(rule) if rule.all_of.contains(**name) => true,
            _ => {
                let key = self.keys.get(**name);
                key.is_some_and(|key| key.publisher.is_some() && key.publisher == publisher)
            }
        };
        let minimum = rule.map_or(1, |rule| rule.minimum);
        let found = counted.iter().filter(counts).count();
        let signatures = match minimum {
            1 => "a signature".to_owned(),
            _ => format!("{minimum} signatures"),
        };
        (found < minimum).then(|| match rule {
            Some(rule) if !rule.any_of.is_empty() => {
                let names: Vec<&str> = rule.any_of.iter().map(String::as_str).collect();
                format!(
                    "it needs {signatures} by keys of its rule ({}), and {found} count",
                    names.join(", ")
                )
            }
            _ => match &publisher {
                Some(publisher) => format!(
                    "it needs {signatures} by keys of its publisher {publisher:?}, and {found} count"
                ),
                None => "it names no publisher, for whom a key could speak".to_owned(),
            },
        })
    }
}

impl TrustedKey {
    /// Why a signature by this key does not count for a pack.
    fn objection(&self, name: &str, pack: &PackOrigin<'_>, now: Timestamp) -> Option<String> {
        if let Some(reason) = &self.revoked {
            return Some(format!("the key {name} is revoked: {reason}"));
        }
        if let Some(not_after) = self.not_after.filter(|not_after| now >= *not_after) {
            return Some(format!("the key {name} expired at {not_after}"));
        }
        if !self.packs.is_empty() && !self.packs.iter().any(|one| one.fits(pack.name)) {
            return Some(format!(
                "the key {name} may not sign packs named {}",
                pack.name
            ));
        }
        match (&self.publisher, publisher(pack)) {
            (Some(own), theirs) if theirs.as_deref() != Some(own) => Some(format!(
                "the key {name} speaks for the publisher {own:?}, not for {:?}",
                theirs.unwrap_or_default()
            )),
            _ => None,
        }
    }
}

/// The publisher in the image, which is that of pack.toml.
fn publisher(pack: &PackOrigin<'_>) -> Option<String> {
    let provenance = pack.provenance?;
    let image = ImageManifest::read(provenance.image.as_bytes()).ok()?;
    image.annotations.get(VENDOR).cloned()
}

#[cfg(test)]
mod tests;
