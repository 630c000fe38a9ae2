//! Where a link or a mail address ends.

/// Top-level domains that make `name.com` a link where no `https://` says so.
/// Short on purpose: a missing space after a full stop is more common than a
/// rare domain.
const DOMAINS: [&str; 24] = [
    "com", "net", "org", "io", "uk", "pt", "es", "de", "fr", "br", "info", "ly", "app", "shop",
    "xyz", "gl", "eu", "biz", "dev", "ru", "gov", "edu", "top", "online",
];

/// The end of a link that begins at `at`, if one does.
pub(super) fn end(source: &[u8], at: usize) -> Option<usize> {
    let rest = source.get(at..)?;
    let scheme = ["https://", "http://", "www."]
        .iter()
        .find(|scheme| starts_with_ignoring_case(rest, scheme.as_bytes()))?;
    let end = span(source, at + scheme.len());
    (end > at + scheme.len()).then_some(end)
}

/// The end of a link without a scheme whose first label ends at `dot`.
pub(super) fn bare_end(source: &[u8], dot: usize) -> Option<usize> {
    let mut label = dot + 1;
    loop {
        let length = source
            .get(label..)?
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-')
            .count();
        let name = source.get(label..label + length)?;
        let next = label + length;
        let goes_on = source.get(next) == Some(&b'.')
            && source.get(next + 1).is_some_and(u8::is_ascii_lowercase);
        if !goes_on {
            let known = DOMAINS.iter().any(|domain| domain.as_bytes() == name);
            return match source.get(next) {
                Some(b'/') if known || name.len() == 2 => Some(span(source, next)),
                Some(b'@') => None,
                _ if known => Some(next),
                _ => None,
            };
        }
        if length == 0 {
            return None;
        }
        label = next + 1;
    }
}

/// Whether a mail address has its `@` at `at`, and where it begins and ends.
pub(super) fn address(source: &[u8], at: usize) -> Option<(usize, usize)> {
    let local = source
        .get(..at)?
        .iter()
        .rev()
        .take(64)
        .take_while(|byte| is_local(**byte))
        .count();
    let start = at - local;
    let start = start
        + source[start..at]
            .iter()
            .take_while(|byte| !byte.is_ascii_alphanumeric())
            .count();
    let domain = source
        .get(at + 1..)?
        .iter()
        .take(253)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .count();
    let mut end = at + 1 + domain;
    while end > at + 1 && !source[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let host = source.get(at + 1..end)?;
    let last = host.rsplit(|byte| *byte == b'.').next()?;
    let good = start < at
        && host.contains(&b'.')
        && !host.starts_with(b".")
        && last.len() >= 2
        && last.iter().all(u8::is_ascii_alphabetic);
    good.then_some((start, end))
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

/// To the next space, without the punctuation that follows a link in a
/// sentence.
fn span(source: &[u8], from: usize) -> usize {
    let length = source[from..]
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`'))
        .count();
    let mut end = from + length;
    while end > from
        && matches!(
            source[end - 1],
            b'.' | b',' | b'!' | b'?' | b':' | b';' | b')' | b']' | b'}' | b'\'' | b'*'
        )
    {
        end -= 1;
    }
    end
}

fn starts_with_ignoring_case(source: &[u8], start: &[u8]) -> bool {
    source
        .get(..start.len())
        .is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
}
