//! JSON Feed (1.0, 1.1).

use patchbay_adapter::document::parse;
use patchbay_adapter::field::Fields;
use serde_json::Value;

use super::date;
use super::document::Document;
use super::entry::{Content, Entry, File, identifier};
use super::link::is_web;

/// What the version begins with.
const VERSION: &str = "jsonfeed.org/version/1";

/// Reads a document into `document`.
///
/// # Errors
/// It is no feed.
pub(super) fn read(text: &str, document: &mut Document) -> Result<(), String> {
    let feed = parse(text.as_bytes()).map_err(|problem| match problem.starts_with("has more") {
        true => problem,
        false => "is not JSON".to_owned(),
    })?;
    let version = feed.text(&["version"]).unwrap_or_default();
    if !version.contains(VERSION) || !feed.get("items").is_some_and(Value::is_array) {
        return Err("is JSON, and no JSON Feed".to_owned());
    }
    for item in feed.list("items") {
        if !document.add(entry(item)) {
            break;
        }
    }
    Ok(())
}

fn entry(item: &Value) -> Entry {
    let text = |name: &str| item.text(&[name]);
    let link = |name: &str| text(name).and_then(identifier);
    let content = |name: &str, is_html| {
        let text = text(name)?.to_owned();
        Content::new(text, is_html)
    };
    // 1.0 has one author, 1.1 several.
    let author = item.list("authors").first().or(item.get("author"));
    let author = |name: &str| author?.text(&[name]).and_then(identifier);
    let categories = item.list("tags").iter().filter_map(Value::as_str);
    Entry {
        id: item.id(&["id"]).and_then(|id| identifier(&id)),
        link: link("url").or(link("external_url")),
        title: content("title", false),
        content: content("content_html", true)
            .or(content("content_text", false))
            .or(content("summary", false)),
        author: author("name"),
        author_address: author("url").filter(|url| is_web(url)),
        published: text("date_published").and_then(date::read),
        updated: text("date_modified").and_then(date::read),
        language: text("language").map(str::to_owned),
        categories: categories.filter_map(identifier).collect(),
        files: item.list("attachments").iter().filter_map(file).collect(),
        ..Entry::default()
    }
}

fn file(attachment: &Value) -> Option<File> {
    let url = attachment.text(&["url"]).and_then(identifier);
    Some(File {
        url: url.filter(|url| is_web(url))?,
        media_type: attachment.text(&["mime_type"]).and_then(identifier),
        bytes: attachment.get("size_in_bytes").and_then(Value::as_u64),
    })
}
