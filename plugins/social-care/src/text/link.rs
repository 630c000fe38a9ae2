//! Where a link ends.

/// Top-level domains that make `name.com` a link without `https://`. Few on purpose: a missing space
/// after a full stop is more common than a rare domain.
const DOMAINS: [&str; 24] = [
    "com", "net", "org", "io", "uk", "pt", "es", "de", "fr", "br", "info", "ly", "app", "shop",
    "xyz", "gl", "eu", "biz", "dev", "ru", "gov", "edu", "top", "online",
];

/// The end of the link that begins at `at`; `None` where none does.
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

/// The end of what follows up to a space, without the punctuation of a sentence.
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
