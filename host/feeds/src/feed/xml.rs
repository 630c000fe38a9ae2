//! RSS (0.9 to 2.0, RDF) and Atom (0.3, 1.0). One pass over the document, which keeps what an
//! entry needs and nothing else.

use super::date;
use super::document::Document;
use super::element_reader::{Broken, ElementReader, Elements, Node, Tag, push};
use super::entry::{Content, Entry, File, identifier};
use super::link::is_web;
use super::vocabulary::Vocabulary;

/// Most bytes of a file's media type, an author's name or a category.
const WORD_BYTES: usize = 512;

/// Reads a document into `document`.
///
/// # Errors
/// It is no feed.
pub(super) fn read(text: &str, document: &mut Document) -> Result<(), String> {
    let mut elements = ElementReader::new(text);
    let root = loop {
        match elements.next() {
            Ok(Node::Start(tag)) => break tag,
            Ok(Node::Text(_)) => {}
            Ok(Node::End | Node::Eof) => return Err("is XML, and no feed".to_owned()),
            Err(Broken) => return Err("is not well-formed XML".to_owned()),
        }
    };
    let is_atom = match root.name.as_str() {
        "rss" | "RDF" => false,
        "feed" => true,
        _ => return Err("is XML, and no feed of RSS or Atom".to_owned()),
    };
    let mut reader = FeedReader { elements, is_atom };
    document.is_broken = reader.entries(document).is_err();
    match document.is_broken && document.entries.is_empty() {
        true => Err("is not well-formed XML".to_owned()),
        false => Ok(()),
    }
}

struct FeedReader<'x> {
    elements: ElementReader<'x>,
    is_atom: bool,
}

impl<'x> FeedReader<'x> {
    /// The entries below the root, in RSS also below its channel.
    fn entries(&mut self, document: &mut Document) -> Result<(), Broken> {
        let entry = if self.is_atom { "entry" } else { "item" };
        loop {
            let tag = match self.elements.next()? {
                Node::Start(tag) => tag,
                Node::End if self.elements.depth() == 0 => return Ok(()),
                Node::End | Node::Text(_) => continue,
                Node::Eof => return Err(Broken),
            };
            if tag.is_own(entry) {
                if !document.add(self.entry(&tag)?) {
                    return Ok(());
                }
            } else if tag.is_own("ttl") {
                document.ttl_minutes = self.elements.text()?.trim().parse().ok();
            } else if tag.is_own("skipHours") {
                document.skipped_hours = self.skipped_hours()?;
            } else if !tag.is_own("channel") {
                self.elements.skip()?;
            }
        }
    }

    fn skipped_hours(&mut self) -> Result<u32, Broken> {
        let mut hours = 0;
        loop {
            match self.elements.next()? {
                Node::Start(tag) if tag.is_own("hour") => {
                    // 24 is midnight too.
                    let hour = self.elements.text()?.trim().parse::<u32>().ok();
                    hours |= hour
                        .filter(|hour| *hour <= 24)
                        .map_or(0, |hour| 1 << (hour % 24));
                }
                Node::Start(_) => self.elements.skip()?,
                Node::Text(_) => {}
                Node::End => return Ok(hours),
                Node::Eof => return Err(Broken),
            }
        }
    }

    fn entry(&mut self, tag: &Tag<'x>) -> Result<Entry, Broken> {
        let mut entry = Entry {
            id: tag.attribute("rdf:about").and_then(|id| identifier(&id)),
            language: tag.attribute("xml:lang"),
            ..Entry::default()
        };
        let mut texts = Texts::default();
        loop {
            match self.elements.next()? {
                Node::Start(tag) => self.field(&tag, &mut entry, &mut texts)?,
                Node::Text(_) => {}
                Node::End => break,
                Node::Eof => return Err(Broken),
            }
        }
        entry.content = texts.whole.or(texts.summary);
        entry.language = entry.language.filter(|tag| tag.len() <= WORD_BYTES);
        Ok(entry)
    }

    /// Reads a field of an entry to its end. Of what may stand once, the first counts.
    fn field(&mut self, tag: &Tag<'x>, entry: &mut Entry, texts: &mut Texts) -> Result<(), Broken> {
        use Vocabulary::{Content as Module, DublinCore, Own, Threading, WellFormedWeb, Xhtml};
        match (tag.vocabulary, tag.name.as_str()) {
            (Own, "id" | "guid") => {
                let id = identifier(&self.elements.text()?);
                entry.id = entry.id.take().or(id);
            }
            (Own, "link") => return self.link(tag, entry),
            (Own, "title") => {
                let title = self.content(tag)?;
                entry.title = entry.title.take().or(title);
            }
            (Own, "description" | "summary") => {
                let summary = self.content(tag)?;
                texts.summary = texts.summary.take().or(summary);
            }
            (Own, "content") | (Module, "encoded") | (Xhtml, "body") => {
                let whole = self.content(tag)?;
                texts.whole = texts.whole.take().or(whole);
            }
            (Own, "author") => return self.author(entry),
            (DublinCore, "creator") => {
                let name = word(&self.elements.text()?);
                entry.author = name.or(entry.author.take());
            }
            (Own, "pubDate" | "published" | "issued") | (DublinCore, "date" | "created") => {
                let date = date::read(&self.elements.text()?);
                entry.published = entry.published.or(date);
            }
            (Own, "updated") | (Own | DublinCore, "modified") => {
                let date = date::read(&self.elements.text()?);
                entry.updated = entry.updated.or(date);
            }
            (Own, "category") | (DublinCore, "subject") => {
                let term = tag.attribute("term");
                let text = self.elements.text()?;
                entry
                    .categories
                    .extend(word(term.as_deref().unwrap_or(&text)));
            }
            (Own, "enclosure") => {
                entry.files.extend(file(tag, "url"));
                self.elements.skip()?;
            }
            (Threading, "in-reply-to") => {
                let of = |name| tag.attribute(name).and_then(|id| identifier(&id));
                entry.parent = entry.parent.take().or(of("ref"));
                entry.parent_link = entry.parent_link.take().or(of("href"));
                self.elements.skip()?;
            }
            (WellFormedWeb, "commentRss" | "commentRSS") => {
                entry.comments = identifier(&self.elements.text()?).filter(|link| is_web(link));
            }
            _ => self.elements.skip()?,
        }
        Ok(())
    }

    /// Atom has the address in an attribute, RSS as text.
    fn link(&mut self, tag: &Tag<'x>, entry: &mut Entry) -> Result<(), Broken> {
        let address = tag.attribute("href");
        let text = self.elements.text()?;
        let link = identifier(address.as_deref().unwrap_or(&text));
        match tag.attribute("rel").as_deref() {
            None | Some("alternate") => entry.link = entry.link.take().or(link),
            Some("enclosure") => entry.files.extend(file(tag, "href")),
            Some(_) => {}
        }
        Ok(())
    }

    /// Atom has elements below, RSS `mail (name)`.
    fn author(&mut self, entry: &mut Entry) -> Result<(), Broken> {
        let (mut text, mut name) = (String::new(), None);
        let (mut page, mut mail) = (None, None);
        loop {
            match self.elements.next()? {
                Node::Text(part) => push(&mut text, &part, WORD_BYTES),
                Node::Start(tag) => {
                    let part = self.elements.text()?;
                    match tag.name.as_str() {
                        "name" => name = word(&part),
                        "uri" | "url" => page = word(&part).filter(|page| is_web(page)),
                        "email" => mail = word(&part),
                        _ => {}
                    }
                }
                Node::End => break,
                Node::Eof => return Err(Broken),
            }
        }
        let text = text.trim();
        let (before, within) = match text.split_once('(') {
            Some((before, within)) => (before, within.strip_suffix(')').unwrap_or(within)),
            None => (text, ""),
        };
        let is_mail = |text: &str| text.contains('@') && !text.contains(char::is_whitespace);
        let own_mail = word(before).filter(|mail| is_mail(mail));
        let own_name = word(within).or_else(|| match own_mail.is_some() {
            true => None,
            false => word(before),
        });
        let address = page.or(mail).or(own_mail);
        entry.author = entry.author.take().or(name).or(own_name);
        entry.author_address = entry.author_address.take().or(address);
        Ok(())
    }

    /// What an element says. Without a type it is HTML in RSS, and plain in Atom.
    fn content(&mut self, tag: &Tag<'x>) -> Result<Option<Content>, Broken> {
        let kind = tag.attribute("type").map(|kind| kind.to_ascii_lowercase());
        let kind = kind.as_deref().map(str::trim);
        let is_markup = tag.vocabulary == Vocabulary::Xhtml
            || matches!(kind, Some("xhtml" | "application/xhtml+xml"))
            || tag.attribute("mode").as_deref() == Some("xml");
        let is_plain = match kind {
            Some("text" | "text/plain") => true,
            Some("html" | "text/html") => false,
            // A file in base64, or a document of XML: not for readers.
            Some(kind) if kind.contains('/') && !is_markup => {
                self.elements.skip()?;
                return Ok(None);
            }
            _ => self.is_atom && !is_markup && tag.vocabulary == Vocabulary::Own,
        };
        let elements = match (is_markup, is_plain) {
            (true, _) => Elements::Xhtml,
            (false, false) => Elements::Html,
            (false, true) => Elements::Text,
        };
        Ok(Content::new(self.elements.gather(elements)?, !is_plain))
    }
}

/// The texts of an entry: the whole, where there is one, else the summary.
#[derive(Default)]
struct Texts {
    whole: Option<Content>,
    summary: Option<Content>,
}

/// A short text without blanks around it; `None` if it is empty or long.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (1..=WORD_BYTES)
        .contains(&text.len())
        .then(|| text.to_owned())
}

fn file(tag: &Tag<'_>, address: &str) -> Option<File> {
    let url = tag.attribute(address)?;
    Some(File {
        url: identifier(&url).filter(|url| is_web(url))?,
        media_type: tag.attribute("type").and_then(|it| word(&it)),
        bytes: tag
            .attribute("length")
            .and_then(|it| it.trim().parse().ok()),
    })
}
