//! HTML as text: tags removed, entities replaced, blocks as lines.

use std::ops::Range;

use super::link;
use crate::rewrite::{Rewriter, Rewritten};

/// What happens to elements that a mail program marks as quotation or signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotations {
    Remove,
    Keep,
}

/// What happens to the addresses of links.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Drop,
    /// `text (address)`, where the text is not the address itself.
    Write,
}

/// Elements that begin a line.
const BLOCKS: [&str; 27] = [
    "html",
    "body",
    "head",
    "div",
    "p",
    "br",
    "table",
    "tbody",
    "tr",
    "ul",
    "ol",
    "li",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "center",
    "section",
    "article",
    "header",
    "footer",
    "address",
];
/// Elements within a line.
const INLINE: [&str; 34] = [
    "a", "b", "i", "u", "s", "em", "strong", "span", "font", "img", "td", "th", "small", "big",
    "sub", "sup", "code", "tt", "meta", "link", "title", "style", "script", "label", "input",
    "button", "thead", "tfoot", "col", "colgroup", "wbr", "strike", "mark", "base",
];
/// Elements without text for a reader.
const HIDDEN: [&str; 4] = ["head", "style", "script", "title"];
/// Words in the attributes of an element that quotes or signs; the element is removed.
const MARKED: [&str; 13] = [
    "gmail_quote",
    "gmail_attr",
    "gmail_signature",
    "moz-cite-prefix",
    "moz-signature",
    "yahoo_quoted",
    "protonmail_quote",
    "protonmail_signature_block",
    "zmail_extra",
    "ms-outlook-mobile-signature",
    "applemailsignature",
    "apple-mail-signature",
    "id=\"signature\"",
];
/// Words in the attributes of an element after which everything is history.
const LAST: [&str; 6] = [
    "divrplyfwdmsg",
    "appendonsend",
    "stopspelling",
    "outlookmessageheader",
    "yahoo-quoted-begin",
    "reply-intro",
];

/// Whether a text has a tag of HTML.
pub(super) fn is_html(text: &str) -> bool {
    text.contains('<')
        && (text.trim_start().starts_with("<!")
            || text
                .match_indices('<')
                .any(|(at, _)| tag(text, at).is_some()))
}

/// Whether a text has an entity of HTML.
pub(super) fn has_entity(text: &str) -> bool {
    text.match_indices('&')
        .any(|(at, _)| entity(&text[at..]).is_some())
}

/// The text of an HTML document. Takes linear time.
pub(super) fn to_text(text: &str, quotations: Quotations, links: Links) -> Rewritten<'_> {
    let mut reader = Reader {
        text,
        out: Rewriter::new(text),
        quotations,
        links,
        link: None,
        has_blocks: has_blocks(text),
        skipped: None,
        preformatted: 0,
    };
    let mut at = 0;
    while at < text.len() && !reader.is_finished() {
        at = reader.step(at);
    }
    reader.out.finish()
}

struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    closes: bool,
    /// First byte after it.
    end: usize,
}

/// The known tag that begins at a byte.
fn tag(text: &str, at: usize) -> Option<Tag<'_>> {
    let rest = text.get(at..)?.strip_prefix('<')?;
    let closes = rest.starts_with('/');
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let length = rest.find(|it: char| !(it.is_ascii_alphanumeric() || it == ':'))?;
    let name = rest.get(..length)?;
    // Word writes elements of its own, such as `o:p`.
    let known = BLOCKS
        .iter()
        .chain(&INLINE)
        .any(|known| name.eq_ignore_ascii_case(known))
        || name.contains(':');
    let after = rest.get(length..)?;
    if !known || !after.starts_with(['>', '/', ' ', '\t', '\r', '\n']) {
        return None;
    }
    let end = after.find(['<', '>'])?;
    after.get(end..)?.starts_with('>').then(|| Tag {
        name,
        attributes: &after[..end],
        closes,
        end: text.len() - after.len() + end + 1,
    })
}

fn has_blocks(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        tag(text, at).is_some_and(|tag| BLOCKS.iter().any(|it| tag.name.eq_ignore_ascii_case(it)))
    })
}

/// An element whose content is left out, and how many of its name are open.
struct Skipped<'a> {
    name: &'a str,
    open: usize,
    start: usize,
    /// What stands for it.
    with: &'static str,
}

struct Reader<'a> {
    text: &'a str,
    out: Rewriter<'a>,
    quotations: Quotations,
    links: Links,
    /// Address of the link that is open, and the byte of the result where its text begins.
    link: Option<(String, usize)>,
    /// Whether line breaks of the source are blanks.
    has_blocks: bool,
    skipped: Option<Skipped<'a>>,
    preformatted: usize,
}

impl<'a> Reader<'a> {
    fn is_finished(&self) -> bool {
        self.skipped.as_ref().is_some_and(|it| it.name.is_empty())
    }

    /// Reads what begins at a byte; returns where the next part begins.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(self.text.len(), |end| at + end + 3);
            self.write(at..end, "");
            return end;
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            let end = rest.find('>').map_or(self.text.len(), |end| at + end + 1);
            self.write(at..end, "");
            return end;
        }
        if let Some(tag) = tag(self.text, at) {
            let end = tag.end;
            self.tag(at, &tag);
            return end;
        }
        if self.skipped.is_some() {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let next = rest[first..].find('<');
            return next.map_or(self.text.len(), |next| at + first + next);
        }
        if let Some((end, character)) = entity(rest) {
            let mut buffer = [0; 4];
            let plain = if character == '\u{a0}' {
                ' '
            } else {
                character
            };
            self.write(at..at + end, plain.encode_utf8(&mut buffer));
            return at + end;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        if self.has_blocks && self.preformatted == 0 && rest.starts_with(['\n', '\r']) {
            self.write(at..at + 1, " ");
            return at + 1;
        }
        // Plain characters up to the next one that may mean something.
        let length = rest[first..]
            .find(['<', '&', '\n', '\r'])
            .map_or(rest.len(), |next| first + next);
        self.out.copy(at..at + length);
        at + length
    }

    fn tag(&mut self, at: usize, tag: &Tag<'a>) {
        let place = at..tag.end;
        if let Some(skipped) = &mut self.skipped {
            if tag.name.eq_ignore_ascii_case(skipped.name) && !tag.attributes.ends_with('/') {
                skipped.open = match tag.closes {
                    true => skipped.open - 1,
                    false => skipped.open + 1,
                };
            }
            if skipped.open == 0 {
                let (start, with) = (skipped.start, skipped.with);
                self.skipped = None;
                self.out.replace(start..tag.end, with);
            }
            return;
        }
        let is = |name: &str| tag.name.eq_ignore_ascii_case(name);
        if is("pre") {
            self.preformatted = match tag.closes {
                true => self.preformatted.saturating_sub(1),
                false => self.preformatted + 1,
            };
        }
        if !tag.closes && !is("br") && !is("img") {
            if let Some(with) = self.replacement(tag) {
                self.skipped = Some(Skipped {
                    name: tag.name,
                    open: 1,
                    start: at,
                    with,
                });
                return;
            }
            if self.ends_text(tag) {
                self.skipped = Some(Skipped {
                    name: "",
                    open: 1,
                    start: at,
                    with: "",
                });
                return;
            }
        }
        if self.links == Links::Write && is("a") {
            let address = self.link.take().and_then(|link| self.unsaid(link));
            if !tag.closes {
                self.link = link::address_of(tag.attributes).map(|it| (it, self.out.text().len()));
            }
            let with = address.map(|address| format!(" ({address})"));
            self.write(place, &with.unwrap_or_default());
            return;
        }
        let block = BLOCKS.iter().any(|name| is(name));
        let with = match () {
            () if is("br") => "\n",
            () if block && !self.at_line_start() => "\n",
            () if is("td") || is("th") => " ",
            () => "",
        };
        self.write(place, with);
    }

    /// The address of a link whose text does not say it. A link without text is a picture.
    fn unsaid(&self, (address, start): (String, usize)) -> Option<String> {
        let text = self.out.text().get(start..)?.trim();
        (!text.is_empty() && !link::says(text, &address)).then_some(address)
    }

    /// What an element is replaced by that has no text of its own.
    fn replacement(&self, tag: &Tag<'_>) -> Option<&'static str> {
        if HIDDEN
            .iter()
            .any(|name| tag.name.eq_ignore_ascii_case(name))
        {
            return Some("");
        }
        if self.quotations == Quotations::Keep {
            return None;
        }
        let attributes = tag.attributes.to_ascii_lowercase();
        let is_quote = tag.name.eq_ignore_ascii_case("blockquote");
        // Gmail indents a paragraph by a quotation without a border.
        let is_indent = is_quote
            && !attributes.contains("cite")
            && !attributes.contains("quote")
            && attributes.contains("border:none");
        let is_marked = MARKED.iter().any(|mark| attributes.contains(mark));
        ((is_quote && !is_indent) || is_marked).then_some("\n>\n")
    }

    fn ends_text(&self, tag: &Tag<'_>) -> bool {
        let attributes = tag.attributes.to_ascii_lowercase();
        self.quotations == Quotations::Remove
            && LAST.iter().any(|mark| attributes.contains(mark))
            && self.out.text().contains(char::is_alphanumeric)
    }

    fn at_line_start(&self) -> bool {
        let written = self.out.text();
        written.is_empty() || written.ends_with('\n')
    }

    fn write(&mut self, place: Range<usize>, with: &str) {
        if self.skipped.is_none() {
            self.out.replace(place, with);
        }
    }
}

/// Longest name of an entity, `&` and `;` included.
const ENTITY_BYTES: usize = 10;

/// The entity a text begins with: its length and its character.
fn entity(text: &str) -> Option<(usize, char)> {
    let rest = text.strip_prefix('&')?;
    let length = rest
        .bytes()
        .take(ENTITY_BYTES)
        .position(|byte| byte == b';')?;
    let name = rest.get(..length)?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|it| *it != '\0')?
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((length + 2, character))
}

const ENTITIES: [(&str, char); 78] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("rsquo", '’'),
    ("lsquo", '‘'),
    ("rdquo", '”'),
    ("ldquo", '“'),
    ("bdquo", '„'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("bull", '•'),
    ("middot", '·'),
    ("euro", '€'),
    ("pound", '£'),
    ("yen", '¥'),
    ("cent", '¢'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("deg", '°'),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("iexcl", '¡'),
    ("iquest", '¿'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("szlig", 'ß'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("atilde", 'ã'),
    ("auml", 'ä'),
    ("aring", 'å'),
    ("aelig", 'æ'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("igrave", 'ì'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("ntilde", 'ñ'),
    ("ograve", 'ò'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("otilde", 'õ'),
    ("ouml", 'ö'),
    ("oslash", 'ø'),
    ("oelig", 'œ'),
    ("ugrave", 'ù'),
    ("uacute", 'ú'),
    ("ucirc", 'û'),
    ("uuml", 'ü'),
    ("yacute", 'ý'),
    ("yuml", 'ÿ'),
    ("Agrave", 'À'),
    ("Aacute", 'Á'),
    ("Acirc", 'Â'),
    ("Atilde", 'Ã'),
    ("Auml", 'Ä'),
    ("Aring", 'Å'),
    ("Ccedil", 'Ç'),
    ("Egrave", 'È'),
    ("Eacute", 'É'),
    ("Ntilde", 'Ñ'),
    ("Oacute", 'Ó'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
];
