//! `patchbay new`: writes the project of a new policy, which compiles and passes its tests. The
//! SDK and the contract are embedded in the binary and become part of the project.

mod javascript_sdk;
mod json_place;
mod language;
mod python_sdk;
mod sdk_files;
mod sdk_record;
mod sections;
pub mod update;
mod zip_archive;

use std::io;
use std::path::{Path, PathBuf};

use include_dir::Dir;
use patchbay_model::decision::stage::Stage;
use patchbay_pack::manifest::{Language, NAME_RULE, is_pack_name};
use thiserror::Error;

pub use language::next_commands;
use patchbay_contract::Contract;
pub use python_sdk::Wheel;
use sdk_files::{sdk_files, sdk_version};
use sdk_record::{RECORD, SdkRecord};
use sections::select;

/// Why a project is not written.
#[derive(Debug, Error)]
pub enum ScaffoldError {
    /// The last part of the path is not a valid pack name.
    #[error("{0:?} is not a valid pack name; {NAME_RULE}")]
    Name(String),
    /// The directory exists and is not empty, or is a file.
    #[error("{0} already exists and is not empty; choose another name or remove it")]
    Exists(PathBuf),
    /// There is no template of the language.
    #[error("this version writes no projects in {0}; `patchbay new --help` lists the languages")]
    Language(Language),
    /// A file cannot be written.
    #[error("cannot write {path}: {error}; check the permissions and the free space")]
    Io {
        /// Directory of the project.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
}

/// Writes the project of a new policy in a language, with these stages, to `directory` and returns
/// the pack's name, the last part of the path. Never overwrites a file.
///
/// # Errors
/// When the name is not valid, the directory is not empty, or a file cannot be written.
pub fn scaffold(
    directory: &Path,
    language: Language,
    stages: &[Stage],
) -> Result<String, ScaffoldError> {
    if !language::is_supported(language) {
        return Err(ScaffoldError::Language(language));
    }
    let name = directory.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    if !is_pack_name(&name) {
        return Err(ScaffoldError::Name(name));
    }
    let occupied = std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || directory.is_file() {
        return Err(ScaffoldError::Exists(directory.to_owned()));
    }
    let type_name: String = name.split('-').map(capitalize).collect();
    let mut stages: Vec<Stage> = stages.to_vec();
    stages.sort();
    stages.dedup();
    let codes: Vec<&str> = stages.iter().map(|stage| stage.as_str()).collect();
    let listed = codes.join(", ");
    let io = |error| ScaffoldError::Io {
        path: directory.to_owned(),
        error,
    };
    let placeholders = language::placeholders(language).map_err(io)?;
    let fill_in = |text: &str| {
        let text = placeholders
            .iter()
            .fold(select(text, &stages), |text, (name, value)| {
                text.replace(name, value)
            });
        text.replace("{{name}}", &name)
            .replace("{{type}}", &type_name)
            .replace("{{language}}", language.code())
            .replace("{{stages}}", &listed)
    };
    language::templates(language)
        .try_for_each(|template| unpack(template, directory, &fill_in))
        .and_then(|()| remove_other_cases(&directory.join("cases"), &stages))
        .and_then(|()| write_sdk(language, directory))
        .map_err(io)?;
    Ok(name)
}

/// Removes the cases of stages the policy does not have.
fn remove_other_cases(cases: &Path, stages: &[Stage]) -> io::Result<()> {
    let mut others = Stage::ALL
        .into_iter()
        .filter(|stage| !stages.contains(stage));
    others.try_for_each(|stage| std::fs::remove_dir_all(cases.join(stage.as_str())))
}

/// Writes the SDK of a language into a project, and the record of its files.
fn write_sdk(language: Language, directory: &Path) -> io::Result<()> {
    let mut files = sdk_files(language)?;
    let contract = Contract::current().version();
    let record = SdkRecord::of(sdk_version(language), &contract, &files);
    files.insert(RECORD.to_owned(), record.text().into_bytes());
    files.into_iter().try_for_each(|(path, bytes)| {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(directory))?;
        std::fs::write(path, bytes)
    })
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Writes an embedded directory, each text changed by `change`.
fn unpack(embedded: &Dir<'_>, to: &Path, change: &dyn Fn(&str) -> String) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in embedded.files() {
        let name = file
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        // A Cargo.toml in the template would be a package of its own there.
        let path = to.join(name.strip_suffix(".template").unwrap_or(&name));
        match file.contents_utf8() {
            Some(text) => std::fs::write(path, change(text))?,
            None => std::fs::write(path, file.contents())?,
        }
    }
    for directory in embedded.dirs() {
        let name = directory.path().file_name().unwrap_or_default();
        unpack(directory, &to.join(name), change)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: [Stage; 2] = [Stage::Classify, Stage::Tone];

    #[test]
    fn a_project_has_only_what_its_stages_need() {
        for stages in [
            &[Stage::Route][..],
            &[Stage::Escalate],
            &[Stage::Tone, Stage::Classify],
            &Stage::ALL,
        ] {
            let temporary = tempfile::tempdir().expect("a directory");
            let directory = temporary.path().join("my-policy");
            scaffold(&directory, Language::Rust, stages).expect("a project");
            let read = |file: &str| std::fs::read_to_string(directory.join(file)).expect(file);
            let source = read("src/lib.rs");
            for (stage, part) in [
                (Stage::Classify, "impl Classify"),
                (Stage::Route, "impl Route"),
                (Stage::Tone, "impl CheckTone"),
                (Stage::Escalate, "impl Escalate"),
            ] {
                let is_wanted = stages.contains(&stage);
                assert_eq!(source.contains(part), is_wanted, "{stages:?}: {part}");
                let cases = directory.join("cases").join(stage.as_str());
                assert_eq!(cases.is_dir(), is_wanted, "{stages:?}: {stage}");
            }
            for file in [
                "src/lib.rs",
                "settings.schema.json",
                "README.md",
                "pack.toml",
            ] {
                let text = read(file);
                assert!(
                    !text.contains("//#") && !text.contains("{{"),
                    "{file}: {text}"
                );
            }
            let schema =
                patchbay_pack::settings::SettingsSchema::parse(&read("settings.schema.json"));
            assert!(schema.is_ok(), "{stages:?}: {schema:?}");
            assert_eq!(
                source.matches('{').count(),
                source.matches('}').count(),
                "{source}"
            );
        }
    }

    #[test]
    fn a_project_has_every_file_it_needs() {
        let temporary = tempfile::tempdir().expect("a directory");
        let directory = temporary.path().join("my-care");
        assert_eq!(
            scaffold(&directory, Language::Rust, &USUAL).expect("a project"),
            "my-care"
        );
        for file in [
            "Cargo.toml",
            "pack.toml",
            "settings.schema.json",
            "src/lib.rs",
            "cases/classify/a-configured-word.json",
            "vendor/patchbay-sdk/Cargo.toml",
            "vendor/patchbay-sdk/src/lib.rs",
            "vendor/wit/care/types.wit",
            "vendor/schemas/pack.schema.json",
            "vendor/schemas/case.schema.json",
            "vendor/patchbay.json",
        ] {
            assert!(directory.join(file).is_file(), "{file}");
        }
        assert!(!directory.join("vendor/wit/released").exists());
        let source = std::fs::read_to_string(directory.join("src/lib.rs")).expect("a source file");
        assert!(
            source.contains("struct MyCare") && !source.contains("{{"),
            "{source}"
        );
    }

    #[test]
    fn a_project_in_python_has_only_what_its_stages_need() {
        for stages in [
            &[Stage::Route][..],
            &[Stage::Escalate],
            &[Stage::Tone, Stage::Classify],
            &Stage::ALL,
        ] {
            let temporary = tempfile::tempdir().expect("a directory");
            let directory = temporary.path().join("my-policy");
            scaffold(&directory, Language::Python, stages).expect("a project");
            let read = |file: &str| std::fs::read_to_string(directory.join(file)).expect(file);
            let source = read("policy.py");
            for (stage, part) in [
                (Stage::Classify, "def classify("),
                (Stage::Route, "def route("),
                (Stage::Tone, "def check_tone("),
                (Stage::Escalate, "def escalate("),
            ] {
                let is_wanted = stages.contains(&stage);
                assert_eq!(source.contains(part), is_wanted, "{stages:?}: {part}");
            }
            for file in [
                "policy.py",
                "tests/test_policy.py",
                "requirements.txt",
                "pyproject.toml",
                "pack.toml",
                "README.md",
            ] {
                let text = read(file);
                assert!(
                    !text.contains("//#") && !text.contains("{{"),
                    "{file}: {text}"
                );
            }
            let wheel = Wheel::of_sdk().expect("the wheel");
            let line = format!("./vendor/{} \\\n    --hash=sha256:", wheel.file_name);
            assert!(read("requirements.txt").contains(&(line + &wheel.sha256())));
            let vendored = std::fs::read(directory.join("vendor").join(&wheel.file_name));
            assert_eq!(vendored.expect("the wheel"), wheel.bytes);
        }
    }

    #[test]
    fn a_project_in_typescript_has_only_what_its_stages_need() {
        for stages in [
            &[Stage::Route][..],
            &[Stage::Escalate],
            &[Stage::Tone, Stage::Classify],
            &Stage::ALL,
        ] {
            let temporary = tempfile::tempdir().expect("a directory");
            let directory = temporary.path().join("my-policy");
            scaffold(&directory, Language::Typescript, stages).expect("a project");
            let read = |file: &str| std::fs::read_to_string(directory.join(file)).expect(file);
            let source = read("src/policy.ts");
            for (stage, part) in [
                (Stage::Classify, "  classify("),
                (Stage::Route, "  route("),
                (Stage::Tone, "  check("),
                (Stage::Escalate, "  escalate("),
            ] {
                let is_wanted = stages.contains(&stage);
                assert_eq!(source.contains(part), is_wanted, "{stages:?}: {part}");
            }
            for file in [
                "src/policy.ts",
                "src/settings.ts",
                "tests/policy.test.ts",
                "package.json",
                "package-lock.json",
                "pack.toml",
                "README.md",
            ] {
                let text = read(file);
                assert!(
                    !text.contains("//#") && !text.contains("{{"),
                    "{file}: {text}"
                );
            }
            assert!(read("pack.toml").contains("language = \"typescript\""));
        }
    }

    #[test]
    fn existing_files_are_not_overwritten() {
        let temporary = tempfile::tempdir().expect("a directory");
        let occupied = temporary.path().join("occupied");
        std::fs::create_dir(&occupied).expect("a directory");
        std::fs::write(occupied.join("precious"), "x").expect("a file");
        let refused = scaffold(&occupied, Language::Rust, &USUAL);
        assert!(matches!(refused, Err(ScaffoldError::Exists(_))));
    }

    #[test]
    fn an_invalid_name_is_rejected() {
        for name in ["Big", "1st", "a b", "-x"] {
            let refused = scaffold(Path::new(name), Language::Rust, &USUAL);
            assert!(matches!(refused, Err(ScaffoldError::Name(_))), "{name}");
        }
    }
}
