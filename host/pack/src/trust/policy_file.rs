//! Reads a trust policy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_config::document_kind::DocumentKind;
use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion::nearest;
use patchbay_config::toml_document;
use patchbay_engine::component::Digest;
use semver::Version;
use serde::Deserialize;
use toml::Spanned;

use super::{NamePattern, Rule, TrustPolicy, TrustedKey, Unsigned};
use crate::manifest::is_pack_name;
use crate::signature::{KeyId, PublicKey};

/// Most bytes of a policy.
const MOST_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PolicyFile {
    #[serde(default = "refuse")]
    unsigned: UnsignedName,
    #[serde(default)]
    key: BTreeMap<String, KeyEntry>,
    #[serde(default)]
    rule: Vec<RuleEntry>,
    #[serde(default)]
    revoked: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    least_version: BTreeMap<Spanned<String>, Version>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UnsignedName {
    Allow,
    Refuse,
}

fn refuse() -> UnsignedName {
    UnsignedName::Refuse
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct KeyEntry {
    public: Spanned<String>,
    #[serde(default)]
    publisher: Option<String>,
    #[serde(default)]
    packs: Vec<Spanned<String>>,
    #[serde(default)]
    not_after: Option<Timestamp>,
    #[serde(default)]
    revoked: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleEntry {
    packs: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    any_of: Vec<Spanned<String>>,
    #[serde(default)]
    all_of: Vec<Spanned<String>>,
    #[serde(default)]
    minimum: Option<Spanned<usize>>,
}

impl TrustPolicy {
    /// Reads the text of a policy file.
    ///
    /// # Errors
    /// Every problem, with its place: an unknown key, a malformed public key, a name that does not
    /// exist, a rule that no pack can satisfy.
    pub fn parse(text: &str) -> Result<TrustPolicy, Vec<FileProblem>> {
        if text.len() > MOST_BYTES {
            let message = format!("the file has {} bytes; the limit is 1 MiB", text.len());
            return Err(vec![FileProblem::whole(message)]);
        }
        let file: PolicyFile = toml_document::read_as(DocumentKind::TrustPolicy, text)
            .map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        let keys = keys(&file, &mut problems);
        let names: BTreeSet<&str> = file.key.keys().map(String::as_str).collect();
        let rules = file.rule.iter();
        let rules = rules
            .map(|entry| rule(entry, &names, &file.key, &mut problems))
            .collect();
        let mut revoked = BTreeMap::new();
        for (digest, reason) in &file.revoked {
            match Digest::parse(digest.get_ref()) {
                Some(digest) => {
                    revoked.insert(digest, reason.clone());
                }
                None => problems.push(FileProblem::at(
                    digest.span(),
                    format!(
                        "{:?} is no digest: sha256: and 64 hexadecimal digits",
                        digest.get_ref()
                    ),
                )),
            }
        }
        let mut least_version = BTreeMap::new();
        for (name, version) in &file.least_version {
            if !is_pack_name(name.get_ref()) {
                let message = format!("{:?} is not a valid pack name", name.get_ref());
                problems.push(FileProblem::at(name.span(), message));
            }
            least_version.insert(name.get_ref().clone(), version.clone());
        }
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
            return Err(problems);
        }
        Ok(TrustPolicy {
            unsigned: match file.unsigned {
                UnsignedName::Allow => Unsigned::Allow,
                UnsignedName::Refuse => Unsigned::Refuse,
            },
            keys,
            rules,
            revoked,
            least_version,
        })
    }
}

fn keys(file: &PolicyFile, problems: &mut Vec<FileProblem>) -> BTreeMap<String, TrustedKey> {
    let mut keys = BTreeMap::new();
    let mut known: BTreeMap<KeyId, &str> = BTreeMap::new();
    for (name, entry) in &file.key {
        let public = match PublicKey::parse(entry.public.get_ref()) {
            Ok(public) => public,
            Err(error) => {
                let problem = FileProblem::at(entry.public.span(), error.to_string())
                    .help("copy the second line of the .pub file that `patchbay keys new` or `minisign -G` writes");
                problems.push(problem);
                continue;
            }
        };
        if let Some(other) = known.insert(public.id(), name) {
            let message = format!(
                "the keys {other} and {name} are the same key {}",
                public.id()
            );
            problems.push(FileProblem::at(entry.public.span(), message));
        }
        keys.insert(
            name.clone(),
            TrustedKey {
                public,
                publisher: entry.publisher.clone(),
                packs: patterns(&entry.packs, problems),
                not_after: entry.not_after,
                revoked: entry.revoked.clone(),
            },
        );
    }
    keys
}

fn rule(
    entry: &RuleEntry,
    names: &BTreeSet<&str>,
    keys: &BTreeMap<String, KeyEntry>,
    problems: &mut Vec<FileProblem>,
) -> Rule {
    let packs = entry.packs.get_ref();
    if packs.is_empty() {
        let message = "the rule is for no pack; name them, or use [\"*\"]";
        problems.push(FileProblem::at(entry.packs.span(), message));
    }
    let mut named = |list: &[Spanned<String>]| -> BTreeSet<String> {
        for name in list {
            let text = name.get_ref().as_str();
            if !names.contains(text) {
                let hint = nearest(text, names.iter().copied());
                let hint = hint.map(|near| format!("; did you mean {near:?}?"));
                let message = format!("there is no key {text:?}{}", hint.unwrap_or_default());
                problems.push(FileProblem::at(name.span(), message));
            }
        }
        list.iter().map(|name| name.get_ref().clone()).collect()
    };
    let (any_of, all_of) = (named(&entry.any_of), named(&entry.all_of));
    let minimum = entry
        .minimum
        .as_ref()
        .map_or(1, |minimum| *minimum.get_ref());
    // Without names, the keys of some publisher count.
    let possible = match any_of.is_empty() {
        false => any_of.union(&all_of).count(),
        true => keys.values().filter(|key| key.publisher.is_some()).count() + all_of.len(),
    };
    if let Some(stated) = &entry.minimum
        && !(1..=possible).contains(&minimum)
    {
        let message = match minimum {
            0 => "the minimum is at least 1; to accept packs without a signature, set unsigned = \"allow\"".to_owned(),
            _ => format!("the rule asks for {minimum} signatures, but only {possible} keys can count"),
        };
        problems.push(FileProblem::at(stated.span(), message));
    }
    Rule {
        packs: patterns(packs, problems),
        any_of,
        all_of,
        minimum: minimum.max(1),
    }
}

fn patterns(list: &[Spanned<String>], problems: &mut Vec<FileProblem>) -> Vec<NamePattern> {
    for pattern in list {
        let text = pattern.get_ref();
        let beginning = text.strip_suffix('*').unwrap_or(text);
        let is_valid = match text.ends_with('*') {
            // As far as it goes it must be the beginning of a name.
            true => beginning.is_empty() || is_pack_name(beginning),
            false => is_pack_name(text),
        };
        if !is_valid {
            let message = format!("{text:?} is neither the name of a pack nor its beginning and *");
            problems.push(FileProblem::at(pattern.span(), message));
        }
    }
    list.iter()
        .map(|pattern| NamePattern(pattern.get_ref().clone()))
        .collect()
}
