//! An entry as a feed has it, in one form for all formats. A poll writes it as JSON, and
//! decoding reads that.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::link;

/// Most bytes of a title.
const TITLE_BYTES: usize = 8 << 10;
/// Most bytes of a content, with its markup.
const CONTENT_BYTES: usize = 448 << 10;
/// Most bytes of an id or of an address; a longer one counts as absent.
pub(super) const ID_BYTES: usize = 2 << 10;
/// Most categories and files of an entry.
const LIST: usize = 32;

/// An entry. The same entry is the same JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    /// Atom `id`, RSS `guid`, RSS 1.0 `rdf:about`, JSON Feed `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Address of its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<Content>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<Content>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    /// Address of the author's page, or mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) updated: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    /// Id of the entry that it answers (`thr:in-reply-to`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    /// Address of the page of that entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent_link: Option<String>,
    /// Address of the feed with its comments (`wfw:commentRss`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comments: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<File>,
}

/// A text, plain or with the markup of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) is_html: bool,
}

/// A file of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
}

impl Content {
    /// A text; `None` if it is blank.
    pub(super) fn new(text: String, is_html: bool) -> Option<Content> {
        (!text.trim().is_empty()).then_some(Content { text, is_html })
    }

    fn cut(&mut self, bytes: usize) {
        let end = self.text.floor_char_boundary(bytes);
        self.text.truncate(end);
    }
}

/// An id or an address without blanks around it; `None` if it is empty or too long.
pub(super) fn identifier(text: &str) -> Option<String> {
    let text = text.trim();
    (1..=ID_BYTES)
        .contains(&text.len())
        .then(|| text.to_owned())
}

impl Entry {
    /// Keeps it within bounds, whatever a feed has.
    pub(super) fn bounded(mut self) -> Entry {
        if let Some(title) = &mut self.title {
            title.cut(TITLE_BYTES);
        }
        if let Some(content) = &mut self.content {
            content.cut(CONTENT_BYTES);
        }
        self.categories.truncate(LIST);
        self.files.truncate(LIST);
        self
    }

    /// Whether there is anything to read.
    pub(super) fn is_empty(&self) -> bool {
        self.title.is_none() && self.content.is_none()
    }

    /// The text by which the feed's next document shows the same entry: its id, else its
    /// address without what only tracks readers, else a digest of what it says.
    pub(super) fn identity(&self) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        if let Some(link) = &self.link {
            return link::without_tracking(link);
        }
        let mut digest = Context::new(&SHA256);
        for text in self.wording() {
            digest.update(&(text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        let digest = digest.finish();
        let hex = digest.as_ref()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"));
        format!("sha256:{}", hex.collect::<String>())
    }

    /// What an edit changes.
    pub(super) fn wording(&self) -> [&str; 2] {
        [&self.title, &self.content].map(|it| it.as_ref().map_or("", |it| it.text.as_str()))
    }

    /// When it was last written, as far as the feed says.
    pub(super) fn date(&self) -> Option<Timestamp> {
        self.published.max(self.updated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: Option<&str>, link: Option<&str>, title: &str) -> Entry {
        Entry {
            id: id.map(str::to_owned),
            link: link.map(str::to_owned),
            title: Content::new(title.to_owned(), false),
            ..Entry::default()
        }
    }

    #[test]
    fn an_entry_is_known_by_id_else_link_else_wording() {
        let tracked = Some("https://blog.example/1?utm_source=feed&page=2#c5");
        assert_eq!(entry(Some("tag:1"), tracked, "a").identity(), "tag:1");
        let by_link = "https://blog.example/1?page=2#c5";
        assert_eq!(entry(None, tracked, "a").identity(), by_link);
        let by_wording = entry(None, None, "a").identity();
        assert!(by_wording.starts_with("sha256:"), "{by_wording}");
        assert_eq!(entry(None, None, "a").identity(), by_wording);
        assert_ne!(entry(None, None, "b").identity(), by_wording);
    }

    #[test]
    fn texts_are_cut_between_characters_and_lists_are_short() {
        let long = Entry {
            content: Content::new("é".repeat(CONTENT_BYTES), true),
            categories: vec!["x".to_owned(); 100],
            ..Entry::default()
        };
        let bounded = long.bounded();
        assert_eq!(bounded.wording()[1].len(), CONTENT_BYTES);
        assert_eq!(bounded.categories.len(), LIST);
        assert_eq!(identifier(&"x".repeat(ID_BYTES + 1)), None);
        assert_eq!(identifier(" x\n").as_deref(), Some("x"));
        assert_eq!(identifier(" "), None);
    }
}
