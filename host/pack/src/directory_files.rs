//! Files of a pack's directory: bounded in number, depth and size, without symbolic links.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Most entries below a directory of a pack.
pub const MOST_ENTRIES: usize = 20_000;
/// Most levels of directories below it.
pub const MOST_LEVELS: usize = 16;
/// Most bytes of one text file of a pack.
pub const MOST_BYTES: u64 = 4 << 20;

/// Why the files of a pack cannot be listed or read.
#[derive(Debug, Error)]
pub enum DirectoryFileError {
    /// A directory or file cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// A pack contains a symbolic link.
    #[error("{path} is a symbolic link{}; a pack must not contain any: copy the file or remove the link", to_text(.to))]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it points to.
        to: Option<PathBuf>,
    },
    /// A pack has too many files.
    #[error("{path} has more than {MOST_ENTRIES} entries; keep only the cases of this pack there")]
    TooMany {
        /// The directory.
        path: PathBuf,
    },
    /// A pack has too many levels of directories.
    #[error("{path} is more than {MOST_LEVELS} levels deep; move the files up")]
    TooDeep {
        /// The directory.
        path: PathBuf,
    },
    /// A file is neither a file nor a directory, or too large.
    #[error("{path} {problem}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

fn to_text(to: &Option<PathBuf>) -> String {
    to.as_ref()
        .map(|to| format!(" to {}", to.display()))
        .unwrap_or_default()
}

/// Files below a directory, each list sorted by path.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FoundFiles {
    /// Those with one of the extensions.
    pub used: Vec<PathBuf>,
    /// The others, without notes for readers (`.md`, `.txt`) and hidden files.
    pub unused: Vec<PathBuf>,
}

/// Every file below a directory with one of these extensions, in upper or lower case, and the
/// files that have none of them and may have been meant.
///
/// # Errors
/// [`DirectoryFileError`] for a symbolic link, too many entries or levels, or a directory that cannot be
/// read.
pub(crate) fn find_files(
    directory: &Path,
    extensions: &[&str],
) -> Result<FoundFiles, DirectoryFileError> {
    find_files_of(MOST_ENTRIES, directory, extensions)
}

fn find_files_of(
    most_entries: usize,
    directory: &Path,
    extensions: &[&str],
) -> Result<FoundFiles, DirectoryFileError> {
    let mut found = FoundFiles::default();
    let mut directories = vec![(directory.to_owned(), 0)];
    let mut entries = 0_usize;
    refuse_link(directory)?;
    while let Some((below, level)) = directories.pop() {
        if level > MOST_LEVELS {
            return Err(DirectoryFileError::TooDeep { path: below });
        }
        let failed = |error| DirectoryFileError::Io {
            path: below.clone(),
            error,
        };
        for entry in std::fs::read_dir(&below).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries += 1;
            if entries > most_entries {
                let path = directory.to_owned();
                return Err(DirectoryFileError::TooMany { path });
            }
            let path = entry.path();
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                directories.push((path, level + 1));
            } else if kind.is_symlink() {
                refuse_link(&path)?;
            } else if has_extension(&path, extensions) {
                found.used.push(path);
            } else if may_be_meant(&path, extensions) {
                found.unused.push(path);
            }
        }
    }
    found.used.sort();
    found.unused.sort();
    Ok(found)
}

/// Whether the author of a file may believe that it is used.
fn may_be_meant(path: &Path, extensions: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.strip_prefix('.') {
        // `.json` is a name without an extension.
        Some(rest) => extensions.iter().any(|one| rest.eq_ignore_ascii_case(one)),
        None => !has_extension(path, &["md", "txt"]),
    }
}

/// Reads a text file by its path below a pack's directory.
///
/// # Errors
/// Those of [`read_text`], also for a directory of the path that is a symbolic link.
pub(crate) fn read_text_below(directory: &Path, file: &Path) -> Result<String, DirectoryFileError> {
    refuse_links_below(directory, file)?;
    read_text(&directory.join(file))
}

/// Refuses a path below a pack's directory that is, or leads through, a symbolic link.
pub(crate) fn refuse_links_below(directory: &Path, file: &Path) -> Result<(), DirectoryFileError> {
    let mut path = directory.to_owned();
    file.iter().try_for_each(|part| {
        path.push(part);
        refuse_link(&path)
    })
}

/// Reads a text file of a pack.
///
/// # Errors
/// [`DirectoryFileError`] for a symbolic link, something that is no file, more than [`MOST_BYTES`], or
/// text that is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, DirectoryFileError> {
    refuse_link(path)?;
    let failed = |error| DirectoryFileError::Io {
        path: path.to_owned(),
        error,
    };
    let unreadable = |problem: String| DirectoryFileError::Unreadable {
        path: path.to_owned(),
        problem,
    };
    let found = std::fs::symlink_metadata(path).map_err(failed)?;
    if found.is_dir() || !found.is_file() {
        return Err(unreadable("is not a file".to_owned()));
    }
    if found.len() > MOST_BYTES {
        let size = found.len();
        return Err(unreadable(format!(
            "is {size} bytes long; the limit is {MOST_BYTES}"
        )));
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn refuse_link(path: &Path) -> Result<(), DirectoryFileError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(DirectoryFileError::Link {
            path: path.to_owned(),
            to: std::fs::read_link(path).ok(),
        }),
        _ => Ok(()),
    }
}

/// Whether the name of a file ends in one of these, in upper or lower case.
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|own| {
        extensions
            .iter()
            .any(|extension| own.eq_ignore_ascii_case(extension))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(place.path().join("cases/classify")).expect("directories");
        std::fs::write(place.path().join("cases/classify/a.json"), "{}").expect("a file");
        place
    }

    #[test]
    fn a_link_round_or_out_of_a_pack_is_an_error_that_names_it() {
        for to in [".", "..", "/", "/etc/hostname", "missing.json"] {
            let place = place();
            let cases = place.path().join("cases");
            let link = cases.join("classify/link.json");
            symlink(to, &link).expect("a link");
            let error = find_files(&cases, &["json"]).expect_err(to).to_string();
            let shown = link.display().to_string();
            assert!(error.contains(&shown) && error.contains(to), "{error}");
        }
    }

    #[test]
    fn a_linked_cases_directory_or_file_is_an_error() {
        let place = place();
        let linked = place.path().join("linked");
        symlink("cases", &linked).expect("a link");
        let found = find_files(&linked, &["json"]);
        assert!(
            matches!(found, Err(DirectoryFileError::Link { .. })),
            "{found:?}"
        );
        let file = place.path().join("pack.toml");
        symlink("cases/classify/a.json", &file).expect("a link");
        let read = read_text(&file);
        assert!(
            matches!(read, Err(DirectoryFileError::Link { .. })),
            "{read:?}"
        );
    }

    #[test]
    fn a_file_in_a_linked_directory_is_an_error() {
        let place = place();
        symlink("cases", place.path().join("linked")).expect("a link");
        let read = |file: &str| read_text_below(place.path(), Path::new(file));
        assert_eq!(read("cases/classify/a.json").expect("a file"), "{}");
        let linked = read("linked/classify/a.json");
        assert!(
            matches!(linked, Err(DirectoryFileError::Link { .. })),
            "{linked:?}"
        );
    }

    #[test]
    fn files_with_another_ending_are_listed_apart() {
        let place = place();
        let cases = place.path().join("cases");
        let names = |files: &[PathBuf]| -> Vec<String> {
            let names = files.iter().map(|path| path.file_name().expect("a name"));
            names
                .map(|name| name.to_string_lossy().into_owned())
                .collect()
        };
        for name in [
            "b.JSON",
            "c.Toml",
            "d.json5",
            "e.jsonl",
            "f.yaml",
            "g.json~",
            "h",
            ".json",
            "i.json.bak",
            "README.md",
            "note.TXT",
            ".gitignore",
            ".DS_Store",
            ".k.json.swp",
        ] {
            std::fs::write(cases.join(name), "{}").expect("a file");
        }
        std::fs::create_dir(cases.join("l.json")).expect("a directory");
        std::fs::write(cases.join("l.json/m.json"), "{}").expect("a file");
        let found = find_files(&cases, &["json", "toml"]).expect("found");
        assert_eq!(names(&found.used), ["b.JSON", "c.Toml", "a.json", "m.json"]);
        let unused = [
            ".json",
            "d.json5",
            "e.jsonl",
            "f.yaml",
            "g.json~",
            "h",
            "i.json.bak",
        ];
        assert_eq!(names(&found.unused), unused);
    }

    #[test]
    fn the_depth_is_bounded() {
        let place = place();
        let cases = place.path().join("cases");
        assert_eq!(find_files(&cases, &["json"]).expect("found").used.len(), 1);
        let deep = cases.join("a/".repeat(MOST_LEVELS + 1));
        std::fs::create_dir_all(deep).expect("directories");
        let found = find_files(&cases, &["json"]);
        assert!(matches!(found, Err(DirectoryFileError::TooDeep { .. })));
    }

    #[test]
    fn the_number_of_files_is_bounded_and_those_of_all_directories_count() {
        let place = place();
        let cases = place.path().join("cases");
        let more = cases.join("more");
        std::fs::create_dir(&more).expect("a directory");
        std::fs::write(more.join("b.json"), "{}").expect("a file");
        // With two directories, four entries.
        assert!(find_files_of(4, &cases, &["json"]).is_ok());
        let found = find_files_of(3, &cases, &["json"]);
        let error = found.expect_err("one too many");
        assert!(
            matches!(error, DirectoryFileError::TooMany { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("cases"), "{error}");
    }
}
