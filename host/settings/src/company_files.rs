//! The company files that exist, up to the host's bound.

use std::ffi::OsStr;
use std::path::PathBuf;

use patchbay_config::bound::{Bound, Scope};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion::nearest;
use patchbay_generations::assemble::InvalidFile;

use crate::ServerSettings;

/// The company files that exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyFiles {
    /// Those that the server reads and watches.
    pub used: Vec<PathBuf>,
    /// Those beyond [`Bound::CompanyFiles`], which it does not read.
    pub beyond: Vec<PathBuf>,
    /// Files of the directories whose names are nearly those of company files.
    pub unused: Vec<PathBuf>,
}

impl CompanyFiles {
    /// Why files are not used, at the first of them.
    pub fn ignored(&self) -> Option<InvalidFile> {
        let first = self.beyond.first()?;
        let problem = FileProblem::whole(format!(
            "{} company files are not used, this one and those after it: the host uses at most {}",
            self.beyond.len(),
            self.used.len()
        ));
        let problem = problem.help("raise `company-files` under [bounds] in the settings");
        Some(InvalidFile::of_problem(first, String::new(), problem))
    }
}

/// What a log says of a file of [`CompanyFiles::unused`].
pub const NOT_A_COMPANY_FILE: &str =
    "the file is not used: the name of a company file ends in .toml";

/// Endings that are written instead of `.toml`; `nearest` knows those that are one
/// typing error away.
const OTHER_ENDINGS: [&str; 4] = ["json", "yaml", "yml", "conf"];

fn is_nearly_company_file(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_near = |ending: &str| {
        OTHER_ENDINGS.contains(&ending)
            || ending.starts_with("toml")
            || nearest(ending, ["toml"]).is_some()
    };
    !name.starts_with('.') && !name.ends_with('~') && ending.is_some_and(is_near)
}

impl ServerSettings {
    /// The company files that exist now, a directory's sorted by name. A
    /// directory that cannot be listed is itself in the list: reading it gives
    /// the error.
    pub fn company_files(&self) -> CompanyFiles {
        let mut used = Vec::new();
        let mut unused = Vec::new();
        for named in &self.companies {
            match named.is_dir().then(|| std::fs::read_dir(named)) {
                Some(Ok(entries)) => {
                    let mut within: Vec<_> = entries.filter_map(Result::ok).collect();
                    within.sort_by_key(std::fs::DirEntry::file_name);
                    for entry in within {
                        let name = entry.file_name();
                        if super::is_company_file(&name) {
                            used.push(entry.path());
                        } else if is_nearly_company_file(&name) {
                            unused.push(entry.path());
                        }
                    }
                }
                _ => used.push(named.clone()),
            }
        }
        let most = self.bounds.count(Bound::CompanyFiles, Scope::Host);
        let beyond = used.split_off(most.min(used.len()));
        CompanyFiles {
            used,
            beyond,
            unused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_nearly_company_files_are_listed_apart() {
        let place = tempfile::tempdir().expect("a place");
        for name in [
            "a.toml",
            "b.TOML",
            "c.Toml",
            "d.tml",
            "e.tomll",
            "f.yaml",
            "g.json",
            "h.toml~",
            "i.toml.bak",
            ".j.toml",
            ".k.toml.swp",
            "README.md",
            "l",
        ] {
            std::fs::write(place.path().join(name), "").expect("written");
        }
        let settings = ServerSettings {
            companies: vec![place.path().to_owned()],
            ..ServerSettings::default()
        };
        let files = settings.company_files();
        let names = |paths: &[PathBuf]| -> Vec<String> {
            let names = paths.iter().filter_map(|path| path.file_name());
            names
                .map(|name| name.to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(names(&files.used), ["a.toml", "b.TOML", "c.Toml"]);
        assert_eq!(
            names(&files.unused),
            ["d.tml", "e.tomll", "f.yaml", "g.json"]
        );
    }

    #[test]
    fn files_beyond_the_bound_are_not_used_and_one_problem_counts_them() {
        let place = tempfile::tempdir().expect("a place");
        for name in ["a", "b", "c", "d"] {
            let path = place.path().join(format!("{name}.toml"));
            std::fs::write(path, "").expect("written");
        }
        let mut settings = ServerSettings {
            companies: vec![place.path().to_owned()],
            ..ServerSettings::default()
        };
        assert_eq!(settings.company_files().used.len(), 4);
        assert!(settings.company_files().ignored().is_none());
        settings.bounds.set(Bound::CompanyFiles, Scope::Host, 2);
        let files = settings.company_files();
        assert_eq!((files.used.len(), files.beyond.len()), (2, 2));
        let ignored = files.ignored().expect("a problem");
        assert!(ignored.path.ends_with("c.toml"));
        let text = ignored.to_string();
        assert!(text.contains("2 company files are not used"), "{text}");
    }
}
