//! RSS (0.9 to 2.0, RDF) and Atom (0.3, 1.0). One pass over the document, which keeps what an
//! entry needs and nothing else. An entity is its character or stays as it is written: none
//! is expanded, and a document type is passed over. Depth, name spaces and lengths are bounded.

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::date;
use super::document::Document;
use super::entry::{Content, Entry, File, identifier};
use super::link::is_web;

/// Most elements within each other.
const DEPTH: usize = 256;
/// Most attributes of an element that are read.
const ATTRIBUTES: usize = 64;
/// Most bytes of a text that are kept; an entry keeps less.
const TEXT_BYTES: usize = 512 << 10;
/// Most bytes of a file's media type, an author's name or a category.
const WORD_BYTES: usize = 512;

/// Vocabularies, by the place of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vocabulary {
    /// That of the document's own elements.
    Own,
    /// Atom within RSS.
    Atom,
    Content,
    DublinCore,
    Threading,
    WellFormedWeb,
    Xhtml,
    Other,
}

/// Names of vocabularies, and the prefix that they usually have: some feeds do not declare it.
const VOCABULARIES: [(&str, &str, Vocabulary); 8] = [
    (
        "http://purl.org/rss/1.0/modules/content/",
        "content",
        Vocabulary::Content,
    ),
    (
        "http://purl.org/dc/elements/1.1/",
        "dc",
        Vocabulary::DublinCore,
    ),
    (
        "http://purl.org/dc/terms/",
        "dcterms",
        Vocabulary::DublinCore,
    ),
    (
        "http://purl.org/syndication/thread/1.0",
        "thr",
        Vocabulary::Threading,
    ),
    (
        "http://wellformedweb.org/CommentAPI/",
        "wfw",
        Vocabulary::WellFormedWeb,
    ),
    ("http://www.w3.org/1999/xhtml", "xhtml", Vocabulary::Xhtml),
    ("http://www.w3.org/2005/Atom", "atom", Vocabulary::Atom),
    ("http://purl.org/atom/ns#", "atom03", Vocabulary::Atom),
];
/// Names of RSS itself.
const RSS: [&str; 4] = [
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss2",
];

/// Reads a document into `document`.
///
/// # Errors
/// It is no feed.
pub(super) fn read(text: &str, document: &mut Document) -> Result<(), String> {
    let mut reader = Reader::new(text);
    let root = loop {
        match reader.next() {
            Ok(Node::Start(tag)) => break tag,
            Ok(Node::Text(_)) => {}
            Ok(Node::End | Node::Eof) => return Err("is XML, and no feed".to_owned()),
            Err(Broken) => return Err("is not well-formed XML".to_owned()),
        }
    };
    match root.name.as_str() {
        "rss" | "RDF" => {}
        "feed" => reader.is_atom = true,
        _ => return Err("is XML, and no feed of RSS or Atom".to_owned()),
    }
    document.is_broken = reader.entries(document).is_err();
    match document.is_broken && document.entries.is_empty() {
        true => Err("is not well-formed XML".to_owned()),
        false => Ok(()),
    }
}

/// The document is not well-formed, ends too early, or is too deep.
#[derive(Debug)]
struct Broken;

enum Node<'x> {
    Start(Tag<'x>),
    Text(Cow<'x, str>),
    End,
    Eof,
}

struct Tag<'x> {
    vocabulary: Vocabulary,
    /// Its name without prefix.
    name: String,
    start: BytesStart<'x>,
}

impl Tag<'_> {
    /// The value of an attribute by its name with the usual prefix.
    fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.start.attributes();
        let attributes = attributes.with_checks(false).take(ATTRIBUTES);
        let mut attributes = attributes.filter_map(Result::ok);
        let attribute = attributes.find(|it| it.key.0 == name)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        Some(value.map_or_else(|_| attribute.value.into_owned(), Cow::into_owned))
    }

    fn is_own(&self, name: &str) -> bool {
        self.vocabulary == Vocabulary::Own && self.name == name
    }
}

struct Reader<'x> {
    xml: NsReader<&'x [u8]>,
    depth: usize,
    is_atom: bool,
}

impl<'x> Reader<'x> {
    fn new(text: &'x str) -> Reader<'x> {
        let mut xml = NsReader::from_str(text);
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Reader {
            xml,
            depth: 0,
            is_atom: false,
        }
    }

    fn next(&mut self) -> Result<Node<'x>, Broken> {
        loop {
            let (resolved, event) = self.xml.read_resolved_event().map_err(|_| Broken)?;
            match event {
                Event::Start(start) => {
                    let tag = Tag {
                        vocabulary: vocabulary(&resolved, self.is_atom),
                        name: start.local_name().as_ref().to_owned(),
                        start,
                    };
                    self.depth += 1;
                    return match self.depth > DEPTH {
                        true => Err(Broken),
                        false => Ok(Node::Start(tag)),
                    };
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Node::End);
                }
                Event::Text(text) => return Ok(Node::Text(text.into_inner())),
                Event::CData(text) => return Ok(Node::Text(text.into_inner())),
                Event::GeneralRef(entity) => return Ok(Node::Text(character(&entity).into())),
                Event::Eof => return Ok(Node::Eof),
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
    }

    /// Passes over the rest of an element.
    fn skip(&mut self) -> Result<(), Broken> {
        let outside = self.depth - 1;
        while self.depth > outside {
            if let Node::Eof = self.next()? {
                return Err(Broken);
            }
        }
        Ok(())
    }

    /// The entries below the root, in RSS also below its channel.
    fn entries(&mut self, document: &mut Document) -> Result<(), Broken> {
        let entry = if self.is_atom { "entry" } else { "item" };
        loop {
            let tag = match self.next()? {
                Node::Start(tag) => tag,
                Node::End if self.depth == 0 => return Ok(()),
                Node::End | Node::Text(_) => continue,
                Node::Eof => return Err(Broken),
            };
            if tag.is_own(entry) {
                if !document.add(self.entry(&tag)?) {
                    return Ok(());
                }
            } else if tag.is_own("ttl") {
                document.ttl_minutes = self.text()?.trim().parse().ok();
            } else if tag.is_own("skipHours") {
                document.skipped_hours = self.skipped_hours()?;
            } else if !tag.is_own("channel") {
                self.skip()?;
            }
        }
    }

    fn skipped_hours(&mut self) -> Result<u32, Broken> {
        let mut hours = 0;
        loop {
            match self.next()? {
                Node::Start(tag) if tag.is_own("hour") => {
                    // 24 is midnight too.
                    let hour = self.text()?.trim().parse::<u32>().ok();
                    hours |= hour
                        .filter(|hour| *hour <= 24)
                        .map_or(0, |hour| 1 << (hour % 24));
                }
                Node::Start(_) => self.skip()?,
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
            match self.next()? {
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
                let id = identifier(&self.text()?);
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
                let name = word(&self.text()?);
                entry.author = name.or(entry.author.take());
            }
            (Own, "pubDate" | "published" | "issued") | (DublinCore, "date" | "created") => {
                let date = date::read(&self.text()?);
                entry.published = entry.published.or(date);
            }
            (Own, "updated") | (Own | DublinCore, "modified") => {
                let date = date::read(&self.text()?);
                entry.updated = entry.updated.or(date);
            }
            (Own, "category") | (DublinCore, "subject") => {
                let term = tag.attribute("term");
                let text = self.text()?;
                entry
                    .categories
                    .extend(word(term.as_deref().unwrap_or(&text)));
            }
            (Own, "enclosure") => {
                entry.files.extend(file(tag, "url"));
                self.skip()?;
            }
            (Threading, "in-reply-to") => {
                let of = |name| tag.attribute(name).and_then(|id| identifier(&id));
                entry.parent = entry.parent.take().or(of("ref"));
                entry.parent_link = entry.parent_link.take().or(of("href"));
                self.skip()?;
            }
            (WellFormedWeb, "commentRss" | "commentRSS") => {
                entry.comments = identifier(&self.text()?).filter(|link| is_web(link));
            }
            _ => self.skip()?,
        }
        Ok(())
    }

    /// Atom has the address in an attribute, RSS as text.
    fn link(&mut self, tag: &Tag<'x>, entry: &mut Entry) -> Result<(), Broken> {
        let address = tag.attribute("href");
        let text = self.text()?;
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
            match self.next()? {
                Node::Text(part) => push(&mut text, &part, WORD_BYTES),
                Node::Start(tag) => {
                    let part = self.text()?;
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

    /// The text of an element, that of elements in it too.
    fn text(&mut self) -> Result<String, Broken> {
        self.gather(Elements::Text)
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
                self.skip()?;
                return Ok(None);
            }
            _ => self.is_atom && !is_markup && tag.vocabulary == Vocabulary::Own,
        };
        let elements = match (is_markup, is_plain) {
            (true, _) => Elements::Xhtml,
            (false, false) => Elements::Html,
            (false, true) => Elements::Text,
        };
        Ok(Content::new(self.gather(elements)?, !is_plain))
    }

    /// What is in an element, to its end.
    fn gather(&mut self, elements: Elements) -> Result<String, Broken> {
        let outside = self.depth - 1;
        let mut text = String::new();
        let mut open: Vec<String> = Vec::new();
        loop {
            match self.next()? {
                Node::Text(part) if elements == Elements::Xhtml => {
                    let part = part.replace('&', "&amp;").replace('<', "&lt;");
                    push(&mut text, &part, TEXT_BYTES);
                }
                Node::Text(part) => push(&mut text, &part, TEXT_BYTES),
                Node::Start(_) if elements == Elements::Text => {}
                Node::Start(tag) => {
                    push(&mut text, &format!("<{}>", tag.name), TEXT_BYTES);
                    open.push(tag.name);
                }
                Node::End if self.depth == outside => return Ok(text),
                Node::End => {
                    let name = open.pop().filter(|name| !VOID.contains(&name.as_str()));
                    let end = name.map(|name| format!("</{name}>"));
                    push(&mut text, &end.unwrap_or_default(), TEXT_BYTES);
                }
                Node::Eof => return Err(Broken),
            }
        }
    }
}

/// What becomes of elements in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elements {
    /// Only their text is kept.
    Text,
    /// The text around them is markup already: they are tags of it, which some forget to
    /// escape.
    Html,
    /// They are markup, and the text around them is none.
    Xhtml,
}

/// Elements of HTML without an end.
const VOID: [&str; 4] = ["br", "hr", "img", "wbr"];

/// The texts of an entry: the whole, where there is one, else the summary.
#[derive(Default)]
struct Texts {
    whole: Option<Content>,
    summary: Option<Content>,
}

/// Adds a text to one of at most so many bytes.
fn push(text: &mut String, part: &str, most: usize) {
    let room = most.saturating_sub(text.len());
    text.push_str(&part[..part.floor_char_boundary(room)]);
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

fn vocabulary(resolved: &ResolveResult<'_>, is_atom: bool) -> Vocabulary {
    let known = match resolved {
        ResolveResult::Unbound => return Vocabulary::Own,
        ResolveResult::Bound(Namespace(name)) if RSS.contains(name) => return Vocabulary::Own,
        ResolveResult::Bound(Namespace(name)) => {
            VOCABULARIES.iter().find(|(known, _, _)| known == name)
        }
        ResolveResult::Unknown(prefix) => VOCABULARIES.iter().find(|(_, known, _)| known == prefix),
    };
    match known.map(|(_, _, vocabulary)| *vocabulary) {
        Some(Vocabulary::Atom) if is_atom => Vocabulary::Own,
        Some(vocabulary) => vocabulary,
        None => Vocabulary::Other,
    }
}

/// The character of a reference. One that XML does not define stays as it is written, which
/// HTML may define.
fn character(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        // A number that is no character.
        Err(_) => char::REPLACEMENT_CHARACTER.to_string(),
        Ok(None) => match &**reference {
            "lt" => "<".to_owned(),
            "gt" => ">".to_owned(),
            "amp" => "&".to_owned(),
            "quot" => "\"".to_owned(),
            "apos" => "'".to_owned(),
            name => format!("&{name};"),
        },
    }
}
