//! A Markdown document of the repository and what the checks need of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A parsed Markdown file.
pub(crate) struct Document {
    /// Path from the root of the repository, with `/`.
    pub(crate) path: String,
    /// Targets of its links and images, in order.
    pub(crate) links: Vec<String>,
    /// Anchors of its headings, as mdBook derives them.
    pub(crate) anchors: BTreeSet<String>,
    /// Texts of its code spans.
    pub(crate) code_spans: Vec<String>,
    /// Language and text of its fenced code blocks.
    pub(crate) code_blocks: Vec<(String, String)>,
}

impl Document {
    /// Reads the file at `path`, relative to the repository.
    pub(crate) fn read(path: &str) -> Document {
        let text =
            fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut document = Document {
            path: path.to_owned(),
            links: Vec::new(),
            anchors: BTreeSet::new(),
            code_spans: Vec::new(),
            code_blocks: Vec::new(),
        };
        let mut heading: Option<String> = None;
        let mut block: Option<(String, String)> = None;
        let mut repeated: BTreeMap<String, usize> = BTreeMap::new();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let times = repeated.entry(anchor.clone()).or_default();
                    document.anchors.insert(match *times {
                        0 => anchor,
                        times => format!("{anchor}-{times}"),
                    });
                    *times += 1;
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    block = Some((language.into_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => document.code_blocks.extend(block.take()),
                Event::Code(code) => {
                    heading.iter_mut().for_each(|heading| *heading += &code);
                    document.code_spans.push(code.into_string());
                }
                Event::Text(text) => {
                    heading.iter_mut().for_each(|heading| *heading += &text);
                    block.iter_mut().for_each(|(_, block)| *block += &text);
                }
                _ => {}
            }
        }
        document
    }

    /// Whether it is rendered as a page of the book.
    pub(crate) fn is_book_page(&self) -> bool {
        self.path.starts_with("docs/") && self.path != "docs/SUMMARY.md"
    }

    /// The path from the root of the repository of a path relative to this
    /// document.
    pub(crate) fn resolve(&self, path: &str) -> String {
        let mut parts: Vec<&str> = self.path.split('/').collect();
        parts.pop();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// A code block with each `{{#include PATH}}` of mdBook replaced by that
    /// file's text.
    pub(crate) fn with_includes(&self, block: &str) -> String {
        let mut text = String::new();
        for line in block.lines() {
            let included = line
                .strip_prefix("{{#include ")
                .and_then(|rest| rest.strip_suffix("}}"));
            text += &match included {
                Some(path) => fs::read_to_string(root().join(self.resolve(path)))
                    .unwrap_or_else(|error| panic!("{}: {line}: {error}", self.path)),
                None => line.to_owned(),
            };
            text.push('\n');
        }
        text
    }
}

/// The anchor of a heading.
fn anchor(heading: &str) -> String {
    let mut anchor = String::new();
    for character in heading.trim().chars() {
        if character.is_alphanumeric() || "_-".contains(character) {
            anchor.extend(character.to_lowercase());
        } else if character.is_whitespace() {
            anchor.push('-');
        }
    }
    anchor
}

/// The root's documents and the book, parsed.
pub(crate) fn documents() -> Vec<Document> {
    let roots = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/SUMMARY.md",
    ];
    let mut paths: Vec<String> = roots.map(str::to_owned).to_vec();
    paths.extend(book_pages().iter().map(|page| format!("docs/{page}")));
    paths.iter().map(|path| Document::read(path)).collect()
}

/// File names of the book's pages.
pub(crate) fn book_pages() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("docs can be listed");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    names
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect()
}

/// Every file of the repository's source directories, relative to its root.
pub(crate) fn repository_files() -> Vec<String> {
    fn collect(directory: &Path, files: &mut Vec<String>) {
        for entry in fs::read_dir(directory).expect("a directory can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                let written = ["target", "dist", "node_modules"];
                if !written.iter().any(|written| path.ends_with(written)) {
                    collect(&path, files);
                }
            } else if let Ok(relative) = path.strip_prefix(root()) {
                files.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let mut files = Vec::new();
    for directory in ["host", "docs", "wit", "sdk", "plugins", "tests"] {
        collect(&root().join(directory), &mut files);
    }
    files
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
