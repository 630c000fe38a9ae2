//! Language tags (BCP 47): one spelling for each, and which are well-formed
//! (RFC 5646, 2.1).

use crate::input::LANGUAGE_BYTES;

/// Tags that are valid although they do not have the usual form.
const IRREGULAR: &[&str] = &[
    "en-gb-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-be-fr",
    "sgn-be-nl",
    "sgn-ch-de",
];

/// The tag with hyphens and the usual case (`pt_br` is `pt-BR`); `None` where it
/// is not well-formed or longer than [`LANGUAGE_BYTES`].
///
/// A locale of POSIX loses its code set and modifier: `de_AT.UTF-8@euro` is
/// `de-AT`. White space around the tag is ignored.
pub fn normalize(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let tag = tag.split(['.', '@']).next().unwrap_or_default();
    if tag.is_empty() || tag.len() > LANGUAGE_BYTES || !tag.is_ascii() {
        return None;
    }
    let lower = tag.replace('_', "-").to_ascii_lowercase();
    let subtags: Vec<&str> = lower.split('-').collect();
    let valid = IRREGULAR.contains(&lower.as_str()) || is_well_formed(&subtags);
    valid.then(|| with_usual_case(&subtags))
}

/// The tag for comparisons: lower case with hyphens, well-formed or not.
pub fn fold(tag: &str) -> String {
    tag.trim().replace('_', "-").to_ascii_lowercase()
}

/// Whether a tag is in the form [`normalize`] returns.
pub fn is_normal(tag: &str) -> bool {
    normalize(tag).as_deref() == Some(tag)
}

fn is_well_formed(subtags: &[&str]) -> bool {
    if !subtags.iter().all(|subtag| is_alphanumeric(subtag, 1, 8)) {
        return false;
    }
    if subtags[0] == "x" {
        return subtags.len() > 1;
    }
    if !is_alphabetic(subtags[0], 2, 8) {
        return false;
    }
    let mut rest = &subtags[1..];
    let mut skip = |most: usize, is_part: fn(&str) -> bool| {
        let parts = rest.iter().take(most).take_while(|part| is_part(part));
        rest = &rest[parts.count()..];
    };
    if subtags[0].len() <= 3 {
        skip(3, |part| is_alphabetic(part, 3, 3));
    }
    skip(1, |part| is_alphabetic(part, 4, 4));
    skip(1, |part| is_alphabetic(part, 2, 2) || is_digits(part, 3));
    skip(usize::MAX, |part| {
        let starts_with_digit = part.as_bytes()[0].is_ascii_digit();
        part.len() >= 5 || (part.len() == 4 && starts_with_digit)
    });
    are_extensions(rest)
}

/// Whether these are extensions and private subtags, each behind its singleton.
fn are_extensions(subtags: &[&str]) -> bool {
    let mut rest = subtags;
    while let [singleton, parts @ ..] = rest {
        if *singleton == "x" {
            return !parts.is_empty();
        }
        let length = parts.iter().take_while(|part| part.len() > 1).count();
        if singleton.len() != 1 || length == 0 {
            return false;
        }
        rest = &parts[length..];
    }
    true
}

/// RFC 5646, 2.1.1: behind the language, two letters are upper case and four
/// begin upper case, unless a singleton precedes them.
fn with_usual_case(subtags: &[&str]) -> String {
    let mut tag = String::new();
    let mut behind_singleton = false;
    for (index, subtag) in subtags.iter().enumerate() {
        if index > 0 {
            tag.push('-');
        }
        let is_word = subtag.bytes().all(|byte| byte.is_ascii_alphabetic());
        match subtag.len() {
            2 if index > 0 && !behind_singleton => tag.push_str(&subtag.to_ascii_uppercase()),
            4 if index > 0 && !behind_singleton && is_word => {
                tag.push_str(&subtag[..1].to_ascii_uppercase());
                tag.push_str(&subtag[1..]);
            }
            _ => tag.push_str(subtag),
        }
        behind_singleton |= subtag.len() == 1;
    }
    tag
}

fn is_alphanumeric(part: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_alphabetic(part: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_digits(part: &str, length: usize) -> bool {
    part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_tag_has_one_form() {
        for (given, normal) in [
            ("en", "en"),
            ("EN", "en"),
            ("en_US", "en-US"),
            ("en-us", "en-US"),
            ("pt_BR", "pt-BR"),
            (" pt-br\n", "pt-BR"),
            ("zh_hant_tw", "zh-Hant-TW"),
            ("ZH-CMN-HANS-CN", "zh-cmn-Hans-CN"),
            ("es_419", "es-419"),
            ("sl-ROZAJ-biske", "sl-rozaj-biske"),
            ("de-CH-1996", "de-CH-1996"),
            ("en_US.UTF-8", "en-US"),
            ("de_AT@euro", "de-AT"),
            ("en-u-CA-Buddhist", "en-u-ca-buddhist"),
            ("en-a-bbb-x-A-ccc", "en-a-bbb-x-a-ccc"),
            ("X-Whatever", "x-whatever"),
            ("i-Klingon", "i-klingon"),
            ("sgn-BE-FR", "sgn-BE-FR"),
            ("und", "und"),
        ] {
            assert_eq!(normalize(given).as_deref(), Some(normal), "{given}");
            assert!(is_normal(normal), "{normal}");
        }
    }

    #[test]
    fn what_is_not_a_tag_has_no_form() {
        let long = format!("en-x-{}", "abcdefgh-".repeat(4));
        for given in [
            "",
            " ",
            "-",
            "_",
            "e",
            "C",
            "en-",
            "en__US",
            "-en",
            "en US",
            "en,de;q=0.5",
            "english language",
            "abcdefghi",
            "12",
            "de-DE-AT",
            "en-u",
            "en-a-x",
            "x",
            "français",
            "en\u{0}",
            "<en>",
            "ｅｎ",
            &long,
        ] {
            assert_eq!(normalize(given), None, "{given:?}");
        }
    }
}
