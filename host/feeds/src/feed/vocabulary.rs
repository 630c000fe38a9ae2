//! The vocabularies of feeds, by the names of their name spaces.

use quick_xml::name::{Namespace, ResolveResult};

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// RSS in a document of RSS, Atom in one of Atom.
    Own,
    /// Whole contents in RSS.
    Content,
    /// Authors, dates and subjects.
    DublinCore,
    /// What an entry answers (RFC 4685).
    Threading,
    /// The feed of an entry's comments.
    WellFormedWeb,
    /// HTML as XML.
    Xhtml,
    /// Any other; Atom in RSS.
    Other,
}

/// Names of vocabularies, and the prefix that they usually have: some feeds do not declare it.
const VOCABULARIES: [(&str, &str, Vocabulary); 6] = [
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
];
/// Names of RSS itself.
const RSS: [&str; 4] = [
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss2",
];

impl Vocabulary {
    /// That of a name. `own` is the name space of the document's root.
    pub(super) fn of(resolved: &ResolveResult<'_>, own: Option<&str>) -> Vocabulary {
        let known = match resolved {
            ResolveResult::Unbound => return Vocabulary::Own,
            ResolveResult::Bound(Namespace(name)) if RSS.contains(name) || own == Some(name) => {
                return Vocabulary::Own;
            }
            ResolveResult::Bound(Namespace(name)) => {
                VOCABULARIES.iter().find(|(known, _, _)| known == name)
            }
            ResolveResult::Unknown(prefix) => {
                VOCABULARIES.iter().find(|(_, known, _)| known == prefix)
            }
        };
        known.map_or(Vocabulary::Other, |(_, _, vocabulary)| *vocabulary)
    }
}
