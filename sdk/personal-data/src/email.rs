//! Mail addresses: `local@domain.tld`, found from their `@`.

use std::ops::Range;

use crate::{Kind, Span};

/// Most characters before and after the `@` (RFC 5321, 4.5.3.1). They also bound the search:
/// customers choose the text.
const LOCAL_CHARS: usize = 64;
const DOMAIN_CHARS: usize = 255;

/// The mail address in ASCII whose `@` is at byte `at`; `None` where there is none. It begins with
/// a letter or digit.
pub fn email_at(text: &str, at: usize) -> Option<Range<usize>> {
    let address = around(text, at, |character| character.is_ascii_alphanumeric())?;
    let local = text[address.start..at].trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    (!local.is_empty()).then(|| at - local.len()..address.end)
}

/// Every mail address, in any script.
pub(crate) fn all(text: &str) -> impl Iterator<Item = Span> {
    let at_signs = text.match_indices('@').map(|(at, _)| at);
    at_signs
        .flat_map(|at| [around(text, at, char::is_alphanumeric), email_at(text, at)])
        .flatten()
        .map(|bytes| Span {
            kind: Kind::Email,
            bytes,
        })
}

fn around(text: &str, at: usize, is_letter: fn(char) -> bool) -> Option<Range<usize>> {
    let is_local = |(_, c): &(usize, char)| is_letter(*c) || "._%+-".contains(*c);
    let local = text.get(..at)?.char_indices().rev().take(LOCAL_CHARS);
    let (start, _) = local.take_while(is_local).last()?;
    let is_domain = |(_, c): &(usize, char)| is_letter(*c) || ".-".contains(*c);
    let rest = text.get(at..)?.strip_prefix('@')?;
    let domain = rest.char_indices().take(DOMAIN_CHARS).take_while(is_domain);
    let length = domain.last().map(|(at, last)| at + last.len_utf8())?;
    let domain = rest[..length].trim_end_matches(['.', '-']);
    let (name, top) = domain.rsplit_once('.')?;
    let is_mail = !name.is_empty() && top.len() >= 2 && top.chars().all(char::is_alphabetic);
    is_mail.then(|| start..at + 1 + domain.len())
}
