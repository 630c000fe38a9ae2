//! Mail addresses (RFC 5321, RFC 6531).

use unicode_normalization::UnicodeNormalization;

/// The canonical form; `None` for a text that is no mail address.
///
/// RFC 5321 leaves the case of the local part to its host; in practice no host
/// tells two people apart by it. Dots and a `+suffix` can be another mailbox and
/// stay.
pub(super) fn canonical(address: &str) -> Option<String> {
    let address = bare(address.trim());
    let at = address.rfind(['@', '＠'])?;
    let (local, domain) = address.split_at(at);
    let domain = domain.trim_start_matches(['@', '＠']).trim_end_matches('.');
    if local.is_empty() || domain.is_empty() || domain.contains(char::is_whitespace) {
        return None;
    }
    let local = local_part(local)?;
    let domain = match idna::domain_to_ascii(domain) {
        Ok(ascii) => ascii,
        Err(_) => domain.nfc().collect::<String>().to_lowercase(),
    };
    Some(format!("{local}@{domain}"))
}

/// The address in `Jo <jo@example.org>` or `mailto:jo@example.org`.
fn bare(address: &str) -> &str {
    let inside = address
        .strip_suffix('>')
        .and_then(|open| open.rsplit_once('<'))
        .map_or(address, |(_, inside)| inside.trim());
    match inside.split_at_checked("mailto:".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => inside,
    }
}

/// The local part without quotes where it needs none.
fn local_part(local: &str) -> Option<String> {
    let quoted = local
        .strip_prefix('"')
        .and_then(|local| local.strip_suffix('"'));
    let Some(quoted) = quoted else {
        let is_plain = !local.contains(|c: char| c.is_whitespace() || c == '"');
        return is_plain.then(|| fold(local));
    };
    let mut content = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        content.push(match c {
            '\\' => characters.next()?,
            c => c,
        });
    }
    let is_atom = |atom: &str| {
        let is_part = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !atom.is_empty() && atom.chars().all(is_part)
    };
    match content.split('.').all(is_atom) {
        true => Some(fold(&content)),
        false => Some(format!("{:?}", fold(&content))),
    }
}

fn fold(text: &str) -> String {
    text.nfc()
        .collect::<String>()
        .to_lowercase()
        .nfc()
        .collect()
}
