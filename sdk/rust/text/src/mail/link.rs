//! Addresses of links in HTML.

/// Longest address of a link that is written, in bytes; longer ones track their reader.
const LINK_BYTES: usize = 300;

/// The web or mail address in the attributes of a link.
pub(super) fn address_of(attributes: &str) -> Option<String> {
    let lower = attributes.to_ascii_lowercase();
    let (at, name) = lower.match_indices("href").find(|(at, _)| {
        let before = at.checked_sub(1).and_then(|it| lower.as_bytes().get(it));
        before.is_some_and(u8::is_ascii_whitespace)
    })?;
    let value = attributes.get(at + name.len()..)?.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_ascii_whitespace().next()?,
    };
    let value = value.trim();
    let is_known = ["https://", "http://", "mailto:"].iter().any(|scheme| {
        value
            .get(..scheme.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(scheme))
    });
    let is_plain = value.len() <= LINK_BYTES && !value.contains(|it: char| it.is_control());
    (is_known && is_plain).then(|| value.replace("&amp;", "&"))
}

/// Whether the text of a link says its address, with or without the scheme.
pub(super) fn says(text: &str, address: &str) -> bool {
    let bare = |it: &str| {
        let it = it.trim_start_matches("mailto:");
        let it = it
            .trim_start_matches("https://")
            .trim_start_matches("http://");
        let it = it.trim_start_matches("www.");
        it.trim_end_matches('/').to_lowercase()
    };
    bare(text) == bare(address)
}
