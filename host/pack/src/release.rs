//! What the version of a release must be: how far it differs from the one before, and the least
//! version that [semantic versioning](https://semver.org/spec/v2.0.0.html) allows for that.
//!
//! A company file names a pack by a range such as `care@1.2`, which takes every later version that
//! promises to be compatible. So a version makes two promises to a company: a patch release decides
//! as before, and a minor release accepts the settings and grants that were valid before. Before
//! 1.0.0 the number after the zero makes both, as in Cargo.

mod data_changes;
mod pack_changes;

use std::fmt;

use patchbay_model::codes;
use semver::{BuildMetadata, Prerelease, Version};
use serde::Serialize;
use thiserror::Error;

pub use pack_changes::{behaviour_change, changes};

codes! {
    /// How far a release differs from the one before.
    pub enum ChangeLevel {
        /// It decides as before.
        Patch = "patch",
        /// It decides otherwise or can do more, and everything that was valid before still is.
        Minor = "minor",
        /// Something that was valid before no longer is.
        Major = "major",
    }
}

codes! {
    /// What part of a pack changes.
    pub enum ChangeArea {
        /// What a setting may be, and its default.
        Settings = "settings",
        /// The grants that the policy needs.
        Grants = "grants",
        /// The limits that the pack suggests.
        Limits = "limits",
        /// The stages that the policy decides.
        Stages = "stages",
        /// The format of stored state.
        State = "state",
        /// The names, kinds, keys and columns of its data, and their content.
        Data = "data",
        /// What the policy decides.
        Behaviour = "behaviour",
        /// Who publishes the pack, and under which licence.
        Origin = "origin",
    }
}

/// One difference from the release before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseChange {
    /// How far it goes.
    pub level: ChangeLevel,
    /// What part of the pack it is about.
    pub area: ChangeArea,
    /// What changes, as a sentence without a full stop.
    pub what: String,
}

impl fmt::Display for ReleaseChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.area, self.level, self.what)
    }
}

/// Why a release must not have its version.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VersionProblem {
    /// It is not above the one before.
    #[error("version {next} is not above {before}; the least version for its changes is {least}")]
    NotAbove {
        /// The one before.
        before: Version,
        /// That of the release.
        next: Version,
        /// The least version that is right.
        least: Version,
    },
    /// It promises more than the release keeps.
    #[error(
        "version {next} promises that this is a {promised} release after {before}, but it changes what needs a {needed} release; the least version for its changes is {least}"
    )]
    TooSmall {
        /// The one before.
        before: Version,
        /// That of the release.
        next: Version,
        /// What the version says that the release is.
        promised: ChangeLevel,
        /// What the release is.
        needed: ChangeLevel,
        /// The least version that is right.
        least: Version,
    },
}

/// The furthest of some changes; a release without one is a patch.
pub fn level_of(changes: &[ReleaseChange]) -> ChangeLevel {
    let levels = changes.iter().map(|change| change.level);
    levels.max().unwrap_or(ChangeLevel::Patch)
}

/// The least version of a release that differs so far from the one before.
pub fn least_version(before: &Version, level: ChangeLevel) -> Version {
    let Version {
        major,
        minor,
        patch,
        ..
    } = *before;
    if !before.pre.is_empty() {
        // A pre-release promises nothing: its own version may follow.
        return Version::new(major, minor, patch);
    }
    match (level, major, minor) {
        (ChangeLevel::Patch, ..) | (_, 0, 0) => Version::new(major, minor, patch + 1),
        (_, 0, _) => Version::new(0, minor + 1, 0),
        (ChangeLevel::Minor, ..) => Version::new(major, minor + 1, 0),
        (ChangeLevel::Major, ..) => Version::new(major + 1, 0, 0),
    }
}

/// Checks the version of a release that differs by these changes from the one before. A
/// pre-release is checked as the version it leads to.
///
/// # Errors
/// [`VersionProblem`], with the least version that is right.
pub fn check_version(
    before: &Version,
    next: &Version,
    changes: &[ReleaseChange],
) -> Result<(), VersionProblem> {
    let needed = level_of(changes);
    let least = least_version(before, needed);
    if next.cmp_precedence(before).is_le() {
        return Err(VersionProblem::NotAbove {
            before: before.clone(),
            next: next.clone(),
            least,
        });
    }
    let leads_to = Version {
        pre: Prerelease::EMPTY,
        build: BuildMetadata::EMPTY,
        ..next.clone()
    };
    if leads_to >= least {
        return Ok(());
    }
    Err(VersionProblem::TooSmall {
        before: before.clone(),
        next: next.clone(),
        promised: promised_level(before, &leads_to),
        needed,
        least,
    })
}

/// What a version says of a release that follows another.
fn promised_level(before: &Version, next: &Version) -> ChangeLevel {
    match () {
        () if before.major != next.major => ChangeLevel::Major,
        () if before.minor != next.minor => ChangeLevel::Minor,
        () => ChangeLevel::Patch,
    }
}

#[cfg(test)]
mod tests {
    use super::ChangeLevel::{Major, Minor, Patch};
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect(text)
    }

    fn checked(before: &str, next: &str, level: ChangeLevel) -> Result<(), VersionProblem> {
        let change = ReleaseChange {
            level,
            area: ChangeArea::Behaviour,
            what: "a case decides otherwise".to_owned(),
        };
        check_version(&version(before), &version(next), &[change])
    }

    // Expected by semver 2.0.0, points 6 to 11, and for 0.x (point 4 leaves it open) by Cargo's
    // reading, which the ranges of company files follow.
    #[test]
    fn each_change_has_a_least_version() {
        for (before, patch, minor, major) in [
            ("1.2.3", "1.2.4", "1.3.0", "2.0.0"),
            ("1.0.0", "1.0.1", "1.1.0", "2.0.0"),
            ("10.0.9", "10.0.10", "10.1.0", "11.0.0"),
            ("0.2.3", "0.2.4", "0.3.0", "0.3.0"),
            ("0.0.3", "0.0.4", "0.0.4", "0.0.4"),
            ("1.2.3+build.7", "1.2.4", "1.3.0", "2.0.0"),
            ("1.0.0-rc.1", "1.0.0", "1.0.0", "1.0.0"),
        ] {
            for (level, least) in [(Patch, patch), (Minor, minor), (Major, major)] {
                let found = least_version(&version(before), level).to_string();
                assert_eq!(found, least, "{before} {level}");
            }
        }
    }

    #[test]
    fn a_version_must_promise_no_more_than_the_release_keeps() {
        for (before, level, right, wrong) in [
            ("1.2.3", Patch, &["1.2.4", "1.3.0", "2.0.0"][..], &[][..]),
            (
                "1.2.3",
                Minor,
                &["1.3.0", "1.4.0", "2.0.0"],
                &["1.2.4", "1.2.9"],
            ),
            (
                "1.2.3",
                Major,
                &["2.0.0", "3.1.4"],
                &["1.2.4", "1.3.0", "1.99.0"],
            ),
            ("0.2.3", Patch, &["0.2.4", "0.3.0", "1.0.0"], &[]),
            ("0.2.3", Minor, &["0.3.0", "1.0.0"], &["0.2.4"]),
            ("0.2.3", Major, &["0.3.0", "1.0.0"], &["0.2.4"]),
            ("0.0.3", Major, &["0.0.4", "0.1.0"], &[]),
            // A pre-release leads to a version, which must be right.
            ("1.2.3", Major, &["2.0.0-rc.1"], &["1.3.0-rc.1"]),
            ("1.2.3", Minor, &["1.3.0-alpha"], &["1.2.4-alpha"]),
            ("1.0.0-rc.1", Major, &["1.0.0-rc.2", "1.0.0"], &[]),
        ] {
            for next in right {
                assert_eq!(
                    checked(before, next, level),
                    Ok(()),
                    "{before} {next} {level}"
                );
            }
            for next in wrong {
                let problem = checked(before, next, level).expect_err(next);
                let is_too_small = matches!(problem, VersionProblem::TooSmall { .. });
                assert!(is_too_small, "{before} {next} {level}: {problem}");
            }
        }
    }

    #[test]
    fn a_version_must_be_above_the_one_before() {
        for (before, next) in [
            ("1.2.3", "1.2.3"),
            ("1.2.3", "1.2.2"),
            ("1.2.3", "0.9.0"),
            ("1.0.0", "1.0.0-rc.1"),
            ("1.0.0-rc.2", "1.0.0-rc.1"),
            // The build takes no part in the order (point 10).
            ("1.2.3+a", "1.2.3+b"),
        ] {
            let problem = checked(before, next, Patch).expect_err(next);
            let is_not_above = matches!(problem, VersionProblem::NotAbove { .. });
            assert!(is_not_above, "{before} {next}: {problem}");
        }
    }

    #[test]
    fn a_refusal_says_which_version_is_right() {
        let problem = checked("1.2.3", "1.2.4", Minor).expect_err("refused");
        assert_eq!(
            problem.to_string(),
            "version 1.2.4 promises that this is a patch release after 1.2.3, but it changes what needs a minor release; the least version for its changes is 1.3.0"
        );
    }

    #[test]
    fn the_furthest_change_counts() {
        let change = |level| ReleaseChange {
            level,
            area: ChangeArea::Settings,
            what: String::new(),
        };
        assert_eq!(level_of(&[]), Patch);
        assert_eq!(level_of(&[change(Minor), change(Patch)]), Minor);
        assert_eq!(level_of(&[change(Minor), change(Major)]), Major);
    }
}
