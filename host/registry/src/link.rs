//! Where a list continues: the header field `Link` (RFC 8288).

use hyper::header::{HeaderMap, LINK};

use crate::challenge::find_unquoted;

/// Longest header field that is read, in bytes.
const FIELD_BYTES: usize = 4 << 10;
/// Most links that are read.
const MOST_LINKS: usize = 16;

/// The target of the link with `rel="next"`, as written; `None` where the list ends.
///
/// # Errors
/// As half a sentence, for a field that is no list of links: the list may go on.
pub(crate) fn next_target(headers: &HeaderMap) -> Result<Option<String>, &'static str> {
    for value in headers.get_all(LINK) {
        let text = value.to_str().map_err(|_| "has other characters")?;
        if text.len() > FIELD_BYTES {
            return Err("has more than 4096 bytes");
        }
        let mut rest = text.trim();
        for _ in 0..MOST_LINKS {
            if rest.is_empty() {
                break;
            }
            let link = Link::read(rest).ok_or("is no list of links")?;
            if link.is_next {
                return Ok(Some(link.target.to_owned()));
            }
            rest = link.rest;
        }
        if !rest.is_empty() {
            return Err("has more than 16 links");
        }
    }
    Ok(None)
}

/// The first link of a field.
struct Link<'a> {
    target: &'a str,
    is_next: bool,
    /// The field after it and its comma.
    rest: &'a str,
}

impl Link<'_> {
    /// `<target>; rel="next", …`.
    fn read(text: &str) -> Option<Link<'_>> {
        let (target, after) = text.strip_prefix('<')?.split_once('>')?;
        let (mut parameters, rest) = split_unquoted(after, b',').unwrap_or((after, ""));
        let mut has_next = false;
        while let Some((parameter, others)) = split_unquoted(parameters, b';') {
            has_next |= is_next(parameter);
            parameters = others;
        }
        Some(Link {
            target: target.trim(),
            is_next: has_next || is_next(parameters),
            rest: rest.trim_start_matches([' ', '\t', ',']),
        })
    }
}

fn split_unquoted(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = find_unquoted(text, separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Whether a parameter is `rel` with the relation `next` among its words.
fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim().trim_matches('"');
    let mut words = value.split_ascii_whitespace();
    name.trim().eq_ignore_ascii_case("rel") && words.any(|word| word.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use patchbay_fuzz::{Corpus, Reading, text};

    use super::*;

    fn next(fields: &[&str]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(LINK, field.parse().expect("a field"));
        }
        next_target(&headers)
    }

    // Expected by RFC 8288, section 3, and the examples of the distribution protocol.
    #[test]
    fn the_next_page_is_the_link_with_that_relation() {
        let page = "/v2/a/tags/list?n=2&last=b";
        for field in [
            "</v2/a/tags/list?n=2&last=b>; rel=\"next\"",
            "</v2/a/tags/list?n=2&last=b>;rel=next",
            "</v2/a/tags/list?n=2&last=b>; title=\"a, b\"; REL=\"last Next\"",
            "</first>; rel=\"first\", </v2/a/tags/list?n=2&last=b>; rel=\"next\"",
            "</x,y>; title=\"\\\"<\"; rel=prev ,, < /v2/a/tags/list?n=2&last=b >; rel=next",
        ] {
            assert_eq!(next(&[field]), Ok(Some(page.to_owned())), "{field}");
        }
        let fields = ["</first>; rel=first", "</next>; rel=next"];
        assert_eq!(next(&fields), Ok(Some("/next".to_owned())));
        for field in [
            "",
            "</a>",
            "</a>; rel=\"prev\"",
            "</a>; title=\"; rel=next\"",
        ] {
            assert_eq!(next(&[field]), Ok(None), "{field}");
        }
        assert_eq!(next(&[]), Ok(None));
    }

    #[test]
    fn a_field_that_is_no_list_of_links_does_not_end_the_list() {
        for field in ["next", "</a; rel=next", "</a>; rel=prev, b; rel=next", ";"] {
            assert_eq!(next(&[field]), Err("is no list of links"), "{field}");
        }
        let long = format!("</{}>; rel=next", "a".repeat(FIELD_BYTES));
        assert_eq!(next(&[&long]), Err("has more than 4096 bytes"));
        let many = "</a>; rel=prev, ".repeat(MOST_LINKS + 1);
        assert_eq!(next(&[&many]), Err("has more than 16 links"));
    }

    #[test]
    fn every_field_is_read_or_refused() {
        Corpus::of([
            "</v2/a/tags/list?n=2&last=b>; rel=\"next\"",
            "</a>; title=\"x, \\\" y\"; rel=prev, </b>; rel=next",
        ])
        .words(&["<", ">", ";", ",", "\"", "\\", "rel=", "next", " ", "é"])
        .cases(2_000)
        .run(text(|text| {
            let mut headers = HeaderMap::new();
            if let Ok(value) = text.parse() {
                headers.append(LINK, value);
            }
            let read = next_target(&headers);
            if let Ok(Some(target)) = &read {
                assert!(text.contains(target.as_str()), "{text} {target}");
            }
            Reading::from(&read)
        }));
    }
}
