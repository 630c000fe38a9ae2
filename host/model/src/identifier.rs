//! One rule for identifiers, names of configured things, and addresses: what a
//! person reads is what the host compares.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// Why a text cannot be an identifier or an address; `None` where it can. The
/// message follows the name of the field and does not repeat the text.
pub fn problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("must not be empty");
    }
    if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Some("must not contain control characters or line breaks");
    }
    if text.chars().any(is_invisible) {
        return Some("must not contain invisible characters");
    }
    let is_edge = |c: char| c.is_whitespace() || is_joiner(c);
    if text.starts_with(is_edge) || text.ends_with(is_edge) {
        return Some("must not begin or end with white space");
    }
    None
}

/// Characters that no reader sees and no word needs: marks of writing direction,
/// zero-width spaces, soft hyphens, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Persian and Indic words, and emoji, need these inside.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Known identifiers, by what a person sees of them.
#[derive(Debug, Default)]
pub struct LookAlikes(HashMap<String, String>);

impl LookAlikes {
    /// Look for these.
    pub fn of<'a>(known: impl IntoIterator<Item = &'a str>) -> LookAlikes {
        let mut all = LookAlikes::default();
        for known in known {
            all.add(known);
        }
        all
    }

    /// Look for one more.
    pub fn add(&mut self, known: &str) {
        let seen = self.0.entry(skeleton(known));
        seen.or_insert_with(|| known.to_owned());
    }

    /// The known identifier that a person cannot tell from `new`, though it is
    /// another: Cyrillic `аna` beside `ana`, `ａｎａ`, `ana` with a space of
    /// another width, `aIice` beside `alice` (capital I).
    ///
    /// Digits are not taken for letters: `al` and `a1` are different
    /// identifiers.
    pub fn find(&self, new: &str) -> Option<&str> {
        let known = self.0.get(&skeleton(new))?;
        (known != new).then_some(known)
    }
}

/// What a person sees of an identifier: equal for two that look alike (Unicode
/// Technical Standard 39, 4).
pub fn skeleton(text: &str) -> String {
    if text.is_ascii() {
        return text.replace(['I', '|'], "l");
    }
    let shown = text.nfkc().filter(|c| !is_invisible(*c) && !is_joiner(*c));
    let shown: String = shown
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    // Character by character: what is ASCII already stays itself, so that the
    // skeleton of a mixed text meets that of an ASCII one.
    let mut all = String::with_capacity(shown.len());
    for c in shown.chars() {
        if c.is_ascii() {
            all.push(c);
        } else {
            all.extend(unicode_security::skeleton(c.encode_utf8(&mut [0; 4])));
        }
    }
    all.replace(['I', '|'], "l")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_no_part_of_an_identifier() {
        for good in [
            "ana",
            "Ana María",
            "a-1_b.c@d",
            "用户",
            "می‌خواهم",
            "👩‍💻",
            "ana|x",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "",
            " ",
            " ana",
            "ana ",
            "ana\u{a0}",
            "\u{3000}ana",
            "ana\n",
            "a\tb",
            "\u{0}ana",
            "\u{1b}[31mana",
            "a\u{9b}b",
            "a\u{2028}b",
            "a\u{200b}b",
            "\u{202e}ana",
            "a\u{ad}b",
            "ana\u{200d}",
            "\u{feff}ana",
            "ana\u{e0041}",
        ] {
            assert!(problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn identifiers_that_look_alike_are_found() {
        for (new, known) in [
            ("аna", "ana"),
            ("anа", "ana"),
            ("ａｎａ", "ana"),
            ("an\u{430}", "ana"),
            ("αna", "ana"),
            ("aIice", "alice"),
            ("Ana\u{a0}Maria", "Ana Maria"),
            ("Ana\u{2003}Maria", "Ana Maria"),
            ("jose\u{301}", "josé"),
            ("ﬁona", "fiona"),
            ("ben‍", "ben"),
            ("рaypal", "paypal"),
            ("ѕupport", "support"),
            ("𝐚𝐧𝐚", "ana"),
        ] {
            assert_eq!(LookAlikes::of([known]).find(new), Some(known), "{new:?}");
            assert_eq!(LookAlikes::of([new]).find(known), Some(new), "{new:?}");
        }
    }

    #[test]
    fn identifiers_that_differ_visibly_are_no_look_alikes() {
        for (one, other) in [
            ("ana", "ana"),
            ("ana", "Ana"),
            ("al", "a1"),
            ("agent-1", "agent-2"),
            ("o", "0"),
            ("jose", "josé"),
            ("анна", "анна2"),
            ("用户", "用途"),
            ("barn", "bam"),
        ] {
            assert_eq!(LookAlikes::of([other]).find(one), None, "{one} {other}");
        }
    }
}
