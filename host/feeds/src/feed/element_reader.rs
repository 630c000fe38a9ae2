//! The elements of an XML document, one after the other. An entity is its character or stays
//! as it is written: none is expanded, and a document type is passed over. Depth, name spaces
//! and lengths are bounded.

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::vocabulary::Vocabulary;

/// Most elements within each other.
const DEPTH: usize = 256;
/// Most attributes of an element that are read.
const ATTRIBUTES: usize = 64;
/// Most bytes of a text that are kept; an entry keeps less.
const TEXT_BYTES: usize = 512 << 10;

/// The document is not well-formed, ends too early, or is too deep.
#[derive(Debug)]
pub(super) struct Broken;

/// What a document consists of.
pub(super) enum Node<'x> {
    /// An element begins.
    Start(Tag<'x>),
    /// A text, or a part of one.
    Text(Cow<'x, str>),
    /// The element ends that began last.
    End,
    /// The document ends.
    Eof,
}

/// The begin of an element.
pub(super) struct Tag<'x> {
    pub(super) vocabulary: Vocabulary,
    /// Its name without prefix.
    pub(super) name: String,
    start: BytesStart<'x>,
}

impl Tag<'_> {
    /// The value of an attribute by its name with the usual prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.start.attributes();
        let attributes = attributes.with_checks(false).take(ATTRIBUTES);
        let mut attributes = attributes.filter_map(Result::ok);
        let attribute = attributes.find(|it| it.key.0 == name)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        Some(value.map_or_else(|_| attribute.value.into_owned(), Cow::into_owned))
    }

    /// Whether it is this element of the document's own vocabulary.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.vocabulary == Vocabulary::Own && self.name == name
    }
}

/// Reads a document from its begin to its end.
pub(super) struct ElementReader<'x> {
    xml: NsReader<&'x [u8]>,
    /// Elements that are open.
    depth: usize,
    /// Name space of the root.
    own: Option<String>,
}

impl<'x> ElementReader<'x> {
    pub(super) fn new(text: &'x str) -> ElementReader<'x> {
        let mut xml = NsReader::from_str(text);
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        ElementReader {
            xml,
            depth: 0,
            own: None,
        }
    }

    /// Elements that are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// What comes next.
    ///
    /// # Errors
    /// [`Broken`]: nothing more can be read.
    pub(super) fn next(&mut self) -> Result<Node<'x>, Broken> {
        loop {
            let (resolved, event) = self.xml.read_resolved_event().map_err(|_| Broken)?;
            match event {
                Event::Start(start) => {
                    if self.depth == 0
                        && let ResolveResult::Bound(Namespace(name)) = &resolved
                    {
                        self.own = Some((*name).to_owned());
                    }
                    let tag = Tag {
                        vocabulary: Vocabulary::of(&resolved, self.own.as_deref()),
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
    pub(super) fn skip(&mut self) -> Result<(), Broken> {
        let outside = self.depth - 1;
        while self.depth > outside {
            if let Node::Eof = self.next()? {
                return Err(Broken);
            }
        }
        Ok(())
    }

    /// The text of an element, that of elements in it too.
    pub(super) fn text(&mut self) -> Result<String, Broken> {
        self.gather(Elements::Text)
    }

    /// What is in an element, to its end.
    pub(super) fn gather(&mut self, elements: Elements) -> Result<String, Broken> {
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
pub(super) enum Elements {
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

/// Adds a text to one of at most so many bytes.
pub(super) fn push(text: &mut String, part: &str, most: usize) {
    let room = most.saturating_sub(text.len());
    text.push_str(&part[..part.floor_char_boundary(room)]);
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
