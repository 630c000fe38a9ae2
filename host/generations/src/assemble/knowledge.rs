//! Approved answers from a directory of Markdown files, one article a file:
//!
//! ```markdown
//! +++
//! intents = ["refund"]
//! never-say = ["14 days"]
//! +++
//! # Refunds
//! Money is back within five working days.
//! ```

use std::path::Path;

use patchbay_model::knowledge::Article;
use patchbay_model::toml_document;
use patchbay_pack::regular_file::{MOST_BYTES, read_text};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct FrontMatter {
    title: Option<String>,
    intents: Vec<String>,
    language: Option<String>,
    never_say: Vec<String>,
}

/// Read every `.md` file of a directory, sorted by name: at most [`MOST_BYTES`]
/// in all. The error names the file.
pub(super) fn read_directory(directory: &Path) -> Result<Vec<Article>, String> {
    let at = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|error| at(directory, &error))? {
        let path = entry.map_err(|error| at(directory, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut left = MOST_BYTES;
    paths
        .iter()
        .map(|path| {
            let text = read_text(path, left).map_err(|error| at(path, &error))?;
            left = left.saturating_sub(text.len() as u64);
            let id = path.file_stem().unwrap_or_default().to_string_lossy();
            parse(&id, &text).map_err(|error| at(path, &error))
        })
        .collect()
}

/// Parse an article: its front matter (TOML), if it has one, and its text.
fn parse(id: &str, text: &str) -> Result<Article, String> {
    let (front, body) = match text
        .strip_prefix("+++\n")
        .and_then(|rest| rest.split_once("\n+++\n"))
    {
        Some((front, body)) => {
            toml_document::check_depth(front).map_err(|problem| problem.to_string())?;
            // The parser's own text has the place.
            let front = toml::from_str::<FrontMatter>(front);
            (front.map_err(|error| error.to_string())?, body)
        }
        None => (FrontMatter::default(), text),
    };
    let body = body.trim();
    let (heading, rest) = match body.strip_prefix("# ") {
        Some(after) => after.split_once('\n').unwrap_or((after, "")),
        None => (id, body),
    };
    Ok(Article {
        id: id.to_owned(),
        title: front.title.unwrap_or_else(|| heading.trim().to_owned()),
        text: rest.trim().to_owned(),
        intents: front.intents,
        language: front.language,
        never_say: front.never_say,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_heading_and_text_are_separated() {
        let article = parse(
            "r",
            "+++\nintents = [\"refund\"]\n+++\n# Refunds\n\nFive days.\n",
        )
        .expect("valid");
        assert_eq!(article.title, "Refunds");
        assert_eq!(article.text, "Five days.");
        assert_eq!(article.intents, ["refund"]);
    }

    #[test]
    fn plain_text_without_front_matter_is_an_article() {
        let article = parse("opening-hours", "We open at nine.").expect("valid");
        assert_eq!(article.title, "opening-hours");
        assert_eq!(article.text, "We open at nine.");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(parse("x", "+++\ncolour = 1\n+++\ntext").is_err());
    }
}
