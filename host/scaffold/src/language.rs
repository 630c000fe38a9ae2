//! What a project has by its language: files of its own, the SDK, and what its author does next.

use std::io;

use include_dir::{Dir, include_dir};
use patchbay_pack::manifest::Language;

use crate::javascript_sdk;
use crate::python_sdk::Wheel;

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/template");

/// Directory of what every project has.
const SHARED: &str = "every-language";

/// The files of a new project, in order: those of every language, then its own.
pub(crate) fn templates(language: Language) -> impl Iterator<Item = &'static Dir<'static>> {
    let names = [SHARED, language.code()];
    names.into_iter().filter_map(|name| TEMPLATES.get_dir(name))
}

/// Whether this version has a template of the language.
pub(crate) fn is_supported(language: Language) -> bool {
    TEMPLATES.get_dir(language.code()).is_some()
}

/// Placeholders of the language's template, and what each stands for.
///
/// # Errors
/// When the SDK cannot be packed.
pub(crate) fn placeholders(language: Language) -> io::Result<Vec<(&'static str, String)>> {
    Ok(match language {
        Language::Typescript => vec![
            ("{{sdk-version}}", javascript_sdk::version().to_owned()),
            (
                "{{sdk-integrity}}",
                javascript_sdk::integrity(&javascript_sdk::archive()?),
            ),
        ],
        Language::Python => {
            let wheel = Wheel::of_sdk()?;
            vec![
                ("{{wheel-sha256}}", wheel.sha256()),
                ("{{wheel}}", wheel.file_name),
            ]
        }
        Language::Rust => Vec::new(),
    })
}

/// The commands of the language that an author runs next, each with what it does.
pub fn next_commands(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Rust => &[("cargo test", "unit tests, natively")],
        Language::Typescript => &[
            ("npm ci", "the tools, once"),
            ("npm test", "types and unit tests, natively"),
        ],
        Language::Python => &[
            ("python3 -m venv .venv", "a virtual environment, once"),
            (
                ".venv/bin/pip install -r requirements.txt",
                "the tools, once",
            ),
            (
                ".venv/bin/pytest && .venv/bin/mypy",
                "unit tests and types, natively",
            ),
        ],
    }
}
