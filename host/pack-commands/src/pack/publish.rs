//! `patchbay pack publish`.

use std::path::Path;

use patchbay_command::args::PackPublishArgs;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_engine::component::Digest;
use patchbay_pack::pack_file::PackFile;
use patchbay_pack::release::{ReleaseChange, check_version, least_version, level_of};
use semver::Version;
use serde_json::json;

use super::release::{all_changes, change_documents, change_lines};
use super::release_place::{ReleasePlace, ReleaseTarget};

pub(super) fn run(args: &PackPublishArgs, as_json: bool) -> Outcome {
    let place = ReleasePlace::open(&args.to)?;
    // Nothing is written before every file was checked.
    let mut releases = Vec::new();
    for path in &args.files {
        let release = Release::check(path, &place)?;
        let is_twice = |other: &Release| {
            other.file.pack().name == release.file.pack().name
                && other.file.pack().version == release.file.pack().version
        };
        if releases.iter().any(is_twice) {
            return Err(Failure::new(
                Exit::Usage,
                format!("{} is given twice", release.name()),
            ));
        }
        releases.push(release);
    }
    if !args.dry_run {
        for release in &releases {
            place.write(&release.file, &release.target)?;
        }
    }
    let documents: Vec<_> = releases.iter().map(Release::document).collect();
    output::result(as_json, &json!({"published": documents}), || {
        for release in &releases {
            for line in release.lines(args.dry_run) {
                output::line(line)?;
            }
            if release.file.signatures().is_empty() {
                let name = release.name();
                output::note(format!(
                    "{name} is not signed: a host with a trust policy refuses it; `patchbay pack sign` adds a signature"
                ));
            }
        }
        Ok(())
    })
}

/// A pack file that may be published.
struct Release {
    file: PackFile,
    /// Where it goes.
    target: ReleaseTarget,
    /// The version before.
    before: Option<Version>,
    changes: Vec<ReleaseChange>,
    /// Whether the same pack is there already.
    is_known: bool,
}

impl Release {
    /// Reads a pack file and compares it with the version before that is published.
    fn check(path: &Path, place: &ReleasePlace) -> Result<Release, Failure> {
        let file = super::open(path)?;
        let (name, version) = (file.pack().name.clone(), file.pack().version.clone());
        let published = place.releases(&name)?;
        let before = published
            .iter()
            .filter(|one| one.version.cmp_precedence(&version).is_lt())
            .max_by(|one, other| one.version.cmp(&other.version));
        let before = match before {
            Some(before) => Some(place.open_release(before)?.into_pack()),
            None => None,
        };
        let changes = match &before {
            Some(before) => all_changes(before, file.pack())?,
            None => Vec::new(),
        };
        let mut published = published.into_iter();
        let same = published.find(|one| one.version.cmp_precedence(&version).is_eq());
        let mut release = Release {
            target: place.target(&file, same.as_ref())?,
            before: before.map(|before| before.version),
            changes,
            is_known: same.is_some(),
            file,
        };
        if let Some(same) = same {
            release.require_same(&same.version, place.digest(&same)?)?;
            release.changes.clear();
            return Ok(release);
        }
        release.require_version(path)?;
        Ok(release)
    }

    fn name(&self) -> String {
        format!("{} {}", self.file.pack().name, self.file.pack().version)
    }

    /// Refuses to change a version that is there; signatures may be added.
    fn require_same(&self, published: &Version, digest: Digest) -> Result<(), Failure> {
        let version = &self.file.pack().version;
        if digest == self.file.digest() && published == version {
            return Ok(());
        }
        let least = least_version(version, level_of(&self.changes));
        Err(Failure::advised(
            Exit::NotRight,
            format!(
                "{} is published with another content: digest {} there, {} here",
                self.name(),
                digest,
                self.file.digest()
            ),
            format!(
                "a version never changes once it is published; set version = \"{least}\" or a higher one in pack.toml, and build the pack again"
            ),
        ))
    }

    /// Refuses a version that promises more than the release keeps.
    fn require_version(&self, path: &Path) -> Result<(), Failure> {
        let Some(before) = &self.before else {
            return Ok(());
        };
        let version = &self.file.pack().version;
        let Err(problem) = check_version(before, version, &self.changes) else {
            return Ok(());
        };
        let level = level_of(&self.changes);
        let reasons: Vec<ReleaseChange> = self
            .changes
            .iter()
            .filter(|change| change.level == level)
            .cloned()
            .collect();
        let reasons = change_lines(&reasons).into_iter();
        let reasons: String = reasons.map(|line| format!("\n  {line}")).collect();
        Err(Failure::advised(
            Exit::NotRight,
            format!("{}: {problem}{reasons}", path.display()),
            format!(
                "set version = \"{}\" in pack.toml and build the pack again, or undo the change",
                least_version(before, level)
            ),
        ))
    }

    fn document(&self) -> serde_json::Value {
        let (file, reference) = match &self.target {
            ReleaseTarget::File(path) => (Some(path), None),
            ReleaseTarget::Registry(reference) => (None, Some(reference.to_string())),
        };
        json!({
            "name": self.file.pack().name,
            "version": self.file.pack().version,
            "digest": self.file.digest(),
            "file": file,
            "reference": reference,
            "before": self.before,
            "level": level_of(&self.changes),
            "changes": change_documents(&self.changes),
        })
    }

    fn lines(&self, dry_run: bool) -> Vec<String> {
        let (name, target) = (self.name(), &self.target);
        let first = match (self.is_known, dry_run) {
            (true, _) => format!("{name} is published already: {target}"),
            (false, true) => format!("{name} would be published: {target}"),
            (false, false) => format!("{name} is published: {target}"),
        };
        let compared = match &self.before {
            None => "  it is the first version".to_owned(),
            Some(before) => format!("  a {} release after {before}", level_of(&self.changes)),
        };
        let changes = change_lines(&self.changes).into_iter();
        [first]
            .into_iter()
            .chain((!self.is_known).then_some(compared))
            .chain(changes.map(|line| format!("  {line}")))
            .collect()
    }
}
