//! Mail addresses, found from their `@`: local parts as in RFC 5321 (dot-atom, quoted), with the letters
//! of every script (RFC 6531), and domains with at least two labels or an address in brackets.

use std::ops::Range;

use crate::is_unspaced;

/// Most characters before and after the `@` (RFC 5321, 4.5.3.1). They also bound the search:
/// customers choose the text.
const LOCAL_CHARS: usize = 64;
const DOMAIN_CHARS: usize = 255;

/// Bytes of every mail address in a plain text, in order.
pub(crate) fn all(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let free = found.last().map_or(0, |last| last.end);
        if at < free {
            continue;
        }
        let Some(end) = domain_end(text, at + 1) else {
            continue;
        };
        if let Some(start) = local_start(text, free, at) {
            found.push(start..end);
        }
    }
    found
}

/// Bytes of the mail address whose `@` is at byte `at` of a text in plain characters; `None` where there
/// is none.
pub fn email_at(text: &str, at: usize) -> Option<Range<usize>> {
    text.get(at..)?.strip_prefix('@')?;
    let end = domain_end(text, at + 1)?;
    local_start(text, 0, at).map(|start| start..end)
}

/// First byte of the local part that ends at `at`, not before `free`.
fn local_start(text: &str, free: usize, at: usize) -> Option<usize> {
    let before = text.get(free..at)?;
    if before.ends_with('"') {
        return quoted_start(before).map(|start| free + start);
    }
    let mut start = at;
    let mut after = '@';
    for (place, character) in before.char_indices().rev().take(LOCAL_CHARS) {
        if !is_atom(character, after) {
            break;
        }
        // 邮箱user@example.com: a script without blanks ends before an address in another one.
        if is_unspaced(character) && after.is_ascii() && after != '@' {
            break;
        }
        start = free + place;
        after = character;
    }
    let mut local = &text[start..at];
    // Within a link only its last part is an address.
    if local.contains("//") || text[..start].ends_with(':') && local.contains(['/', '?']) {
        local = &local[local.rfind(['/', '?', '=', '&']).map_or(0, |cut| cut + 1)..];
    }
    let trimmed = local.trim_start_matches(|it: char| !it.is_alphanumeric() && it != '_');
    // "!#$%@example.com" is an address; quotes and dots before one are not part of it.
    let local = match trimmed.contains(char::is_alphanumeric) {
        true => trimmed,
        false => local.trim_start_matches(['.', '\'', '’', '/', '*']),
    };
    (!local.is_empty() && !local.ends_with('.')).then(|| at - local.len())
}

fn is_atom(character: char, after: char) -> bool {
    character.is_alphanumeric()
        || "._%+-!#$&'*/=?^`{|}~".contains(character)
        || matches!(character, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{d7f}')
        || (character == '’' && after.is_alphabetic())
}

/// First byte of the quoted string that a text ends with.
fn quoted_start(text: &str) -> Option<usize> {
    let inner = text.strip_suffix('"')?;
    inner
        .char_indices()
        .rev()
        .take(LOCAL_CHARS)
        .take_while(|(_, character)| *character != '\n')
        .find(|(at, character)| {
            let escapes = inner[..*at].bytes().rev().take_while(|byte| *byte == b'\\');
            *character == '"' && escapes.count().is_multiple_of(2)
        })
        .map(|(at, _)| at)
        .filter(|at| *at + 1 < inner.len())
}

/// The end of the domain that begins at `start`.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    if let Some(literal) = rest.strip_prefix('[') {
        let length = literal.bytes().take(48).position(|byte| byte == b']')?;
        let address = literal.get(..length)?;
        let is_address = address.contains(['.', ':'])
            && address
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':'));
        return is_address.then_some(start + 1 + length + 1);
    }
    let mut end = 0;
    let mut before = '@';
    for (at, character) in rest.char_indices().take(DOMAIN_CHARS) {
        let is_part = character.is_alphanumeric()
            || matches!(character, '.' | '-')
            || matches!(character, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{d7f}');
        // example.comです: a script without blanks follows an address in another one.
        if !is_part || (is_unspaced(character) && before.is_ascii_alphanumeric()) {
            break;
        }
        end = at + character.len_utf8();
        before = character;
    }
    let domain = rest[..end].trim_end_matches(['.', '-']);
    let mut labels = domain.split('.');
    let top = labels.next_back()?;
    let is_label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let is_top = top.starts_with("xn--")
        || (top.chars().nth(1).is_some()
            && !top.chars().any(|it| it.is_ascii_digit() || it == '-'));
    let mut count = 0;
    let all = labels.all(|label| {
        count += 1;
        is_label(label)
    });
    (all && count > 0 && is_label(top) && is_top).then_some(start + domain.len())
}
