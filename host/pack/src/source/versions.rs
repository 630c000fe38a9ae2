//! Which versions of a pack are there.

use std::path::PathBuf;

use semver::Version;

use super::location::{PackPlaces, is_pack_file, name_and_version};

/// A version of a pack that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailablePack {
    /// Its version.
    pub version: Version,
    /// The pack file, or the directory of its sources.
    pub path: PathBuf,
    /// Whether it is a pack file.
    pub is_file: bool,
}

/// The versions of a pack in pack directories and the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AvailablePacks {
    /// Each version, the highest first.
    pub packs: Vec<AvailablePack>,
    /// Files and manifests of this name that cannot be read: one sentence each.
    pub broken: Vec<String>,
}

impl AvailablePacks {
    /// Finds the versions of a pack in these places, as a company file finds them by name.
    pub fn find(name: &str, places: &PackPlaces) -> AvailablePacks {
        let mut found = AvailablePacks::default();
        for path in places.candidates() {
            match name_and_version(&path, name) {
                Some(Ok((of, version, _))) if of == name => {
                    let is_file = is_pack_file(&path);
                    found.packs.push(AvailablePack {
                        version,
                        path,
                        is_file,
                    });
                }
                Some(Err(error)) => found.broken.push(error),
                _ => {}
            }
        }
        found
            .packs
            .sort_by(|one, other| other.version.cmp(&one.version));
        found
    }

    /// The highest version that is no pre-release.
    pub fn newest(&self) -> Option<&AvailablePack> {
        self.packs.iter().find(|pack| pack.version.pre.is_empty())
    }

    /// The highest version below another.
    pub fn before(&self, version: &Version) -> Option<&AvailablePack> {
        let mut packs = self.packs.iter();
        packs.find(|pack| pack.version.cmp_precedence(version).is_lt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::FILE_NAME;

    #[test]
    fn the_newest_version_is_no_pre_release_and_the_one_before_may_be() {
        let place = tempfile::tempdir().expect("a directory");
        for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"] {
            let path = place.path().join(version);
            std::fs::create_dir(&path).expect("a directory");
            let text = format!("[pack]\nname = \"care\"\nversion = \"{version}\"\n");
            std::fs::write(path.join(FILE_NAME), text).expect("a manifest");
        }
        std::fs::write(place.path().join("care-3.0.0.pack"), "cut").expect("a file");
        let places = PackPlaces {
            directories: vec![place.path().to_owned()],
            store: None,
        };
        let found = AvailablePacks::find("care", &places);
        let version = |pack: Option<&AvailablePack>| pack.map(|pack| pack.version.to_string());
        assert_eq!(version(found.newest()).as_deref(), Some("1.10.0"));
        let two = Version::new(2, 0, 0);
        assert_eq!(version(found.before(&two)).as_deref(), Some("2.0.0-rc.1"));
        assert_eq!(version(found.before(&Version::new(1, 0, 0))), None);
        assert_eq!(found.broken.len(), 1, "{:?}", found.broken);
        assert_eq!(AvailablePacks::find("other", &places).packs, []);
    }
}
