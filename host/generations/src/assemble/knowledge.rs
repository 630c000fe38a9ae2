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

use patchbay_config::toml_document;
use patchbay_model::knowledge::Article;
use patchbay_pack::directory_files::has_extension;
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

/// The articles of a directory.
#[derive(Debug, Default)]
pub(super) struct FoundArticles {
    pub(super) articles: Vec<Article>,
    /// A sentence for each entry that is not an article.
    pub(super) unused: Vec<String>,
}

/// Read every `.md` file of a directory, sorted by name: at most [`MOST_BYTES`]
/// in all. The error names the file.
pub(super) fn read_directory(directory: &Path) -> Result<FoundArticles, String> {
    let at = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut paths = Vec::new();
    let mut unused = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|error| at(directory, &error))? {
        let entry = entry.map_err(|error| at(directory, &error))?;
        let path = entry.path();
        if has_extension(&path, &["md"]) {
            paths.push(path);
        } else if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            unused.push(format!(
                "{} is not an article and is not used: articles are files of this directory whose names end in .md",
                path.display()
            ));
        }
    }
    unused.sort();
    paths.sort();
    let mut left = MOST_BYTES;
    let articles = paths
        .iter()
        .map(|path| {
            let text = read_text(path, left).map_err(|error| at(path, &error))?;
            left = left.saturating_sub(text.len() as u64);
            let id = path.file_stem().unwrap_or_default().to_string_lossy();
            parse(&id, &text).map_err(|problem| format!("{}{problem}", path.display()))
        })
        .collect::<Result<_, _>>()?;
    Ok(FoundArticles { articles, unused })
}

/// Parse an article: its front matter (TOML), if it has one, and its text. The error
/// follows the file's name.
fn parse(id: &str, text: &str) -> Result<Article, String> {
    let (front, body) = match text
        .strip_prefix("+++\n")
        .and_then(|rest| rest.split_once("\n+++\n"))
    {
        Some((front, body)) => {
            // Not `front` alone: a place counts from the start of the file.
            let lines = format!("\n{front}");
            let read = toml_document::read::<FrontMatter>(&lines);
            (read.map_err(|problem| problem.after_name(&lines))?, body)
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
    fn files_that_are_no_articles_are_named() {
        let place = tempfile::tempdir().expect("a directory");
        for name in ["a.md", "B.MD", "c.markdown", "d.txt", ".hidden"] {
            std::fs::write(place.path().join(name), "text").expect("a file");
        }
        std::fs::create_dir(place.path().join("more")).expect("a directory");
        let found = read_directory(place.path()).expect("read");
        let ids: Vec<&str> = found.articles.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["B", "a"]);
        assert_eq!(found.unused.len(), 3, "{:?}", found.unused);
        for (said, name) in found.unused.iter().zip(["c.markdown", "d.txt", "more"]) {
            assert!(
                said.contains(&format!("{name} is not an article")),
                "{said}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = "+++\nlanguage = \"en\"\ncolour = 1\n+++\ntext";
        let error = parse("x", text).expect_err("unknown");
        assert!(error.starts_with(":3:1: unknown field `colour`"), "{error}");
    }

    #[test]
    fn a_long_line_is_not_repeated_in_an_error() {
        let line = "x".repeat(60_000);
        for front in [
            format!("language = \"{line}\" 1"),
            format!("intents = \"{line}\""),
        ] {
            let error = parse("x", &format!("+++\n{front}\n+++\n")).expect_err("wrong");
            assert!(error.starts_with(":2:") && error.len() < 1_000, "{error}");
        }
    }
}
