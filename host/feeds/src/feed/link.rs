//! Addresses of pages.

/// Parameters that tell a site where a reader came from. The page is the same without.
const TRACKING: [&str; 12] = [
    "fbclid", "gclid", "gclsrc", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid",
    "_hsenc", "_hsmi", "mkt_tok",
];
/// The beginning of others.
const TRACKING_PREFIX: &str = "utm_";

/// An address without the parameters that only track readers.
pub(super) fn without_tracking(link: &str) -> String {
    let (address, fragment) = match link.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (link, None),
    };
    let Some((page, query)) = address.split_once('?') else {
        return link.to_owned();
    };
    let is_kept = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        !TRACKING.contains(&name.as_str()) && !name.starts_with(TRACKING_PREFIX)
    };
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    let mut cleaned = page.to_owned();
    if !kept.is_empty() {
        cleaned.push('?');
        cleaned += &kept.join("&");
    }
    if let Some(fragment) = fragment {
        cleaned.push('#');
        cleaned += fragment;
    }
    cleaned
}

/// An address that an agent can open.
pub(super) fn is_web(link: &str) -> bool {
    let is = |scheme: &str| {
        let start = link.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    (is("https://") || is("http://")) && !link.contains(|letter: char| letter.is_whitespace())
}

/// The page of an address that names a place in it, such as a comment below a post.
pub(super) fn page_of_place(link: &str) -> Option<&str> {
    let (page, place) = link.split_once('#')?;
    (!place.is_empty() && is_web(page)).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tracks_readers_is_removed() {
        for (link, expected) in [
            ("https://a.example/1", "https://a.example/1"),
            ("https://a.example/1?utm_source=x", "https://a.example/1"),
            (
                "https://a.example/1?p=2&UTM_Medium=x&q",
                "https://a.example/1?p=2&q",
            ),
            (
                "https://a.example/1?fbclid=x#c-2",
                "https://a.example/1#c-2",
            ),
            (
                "https://a.example/1?utmost=1",
                "https://a.example/1?utmost=1",
            ),
            (
                "https://a.example/#?utm_source=x",
                "https://a.example/#?utm_source=x",
            ),
            ("not a link?gclid=1", "not a link"),
            ("", ""),
        ] {
            assert_eq!(without_tracking(link), expected, "{link}");
        }
    }

    #[test]
    fn a_place_has_a_page() {
        for (link, page) in [
            ("https://a.example/1#c-2", Some("https://a.example/1")),
            ("https://a.example/1#", None),
            ("https://a.example/1", None),
            ("tag:a#b", None),
        ] {
            assert_eq!(page_of_place(link), page, "{link}");
        }
        assert!(is_web("HTTPS://a.example/") && !is_web("ftp://a.example") && !is_web("https"));
        assert!(!is_web("javascript:alert(1)") && !is_web("https://a b"));
    }
}
