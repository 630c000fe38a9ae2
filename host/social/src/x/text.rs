//! The text of a post and its language.

use patchbay_model::language_tag;
use serde_json::Value;

use patchbay_adapter::escaped_text::unescape;

/// The text without the mentions that X puts before an answer and does not show, and
/// the handles of these. Only mentions are taken off, whatever the range says.
pub(super) fn read<'a>(text: &'a str, range: &[Value]) -> (String, Vec<&'a str>) {
    let start = range.first().and_then(Value::as_u64).unwrap_or(0);
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let start = text.char_indices().nth(start).map(|(start, _)| start);
    let (hidden, shown) = text.split_at(start.unwrap_or(0));
    let handles: Option<Vec<&str>> = hidden.split_whitespace().map(handle).collect();
    let (shown, handles) = match handles {
        Some(handles) => (shown, handles),
        None => (text, Vec::new()),
    };
    let mut readable = String::with_capacity(shown.len());
    unescape(shown, &mut readable);
    (readable, handles)
}

/// The handle of a mention.
fn handle(word: &str) -> Option<&str> {
    let handle = word.strip_prefix('@')?;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    ((1..=50).contains(&handle.len()) && handle.bytes().all(is_part)).then_some(handle)
}

/// The language by the provider's code. Codes for "none" and "unknown" are no language,
/// and two are codes of before 1989.
pub(super) fn language(code: &str) -> Option<String> {
    match code {
        "und" | "zxx" => None,
        // Reserved for private use: only emoji, only links, too short.
        code if code.len() == 3 && code.starts_with('q') => None,
        "in" => Some("id".to_owned()),
        "iw" => Some("he".to_owned()),
        code => language_tag::normalize(code),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, proptest};
    use proptest::prop_assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_leading_mentions_are_taken_off() {
        for (text, start, shown, handles) in [
            ("@a @b_1 hi @c", json!(8), "hi @c", &["a", "b_1"][..]),
            ("hi @a", json!(0), "hi @a", &[]),
            ("hi @a", json!(3), "hi @a", &[]),
            ("@a hi", json!(99), "@a hi", &[]),
            ("@a hi", json!(-1), "@a hi", &[]),
            ("@a hi", json!("3"), "@a hi", &[]),
            ("@a hi", json!(u64::MAX), "@a hi", &[]),
            ("@é hi", json!(3), "@é hi", &[]),
            ("@a hi", json!(4), "@a hi", &[]),
            ("@a\u{a0}😀 &amp;", json!(3), "😀 &", &["a"]),
            ("", json!(0), "", &[]),
        ] {
            let (found, names) = read(text, &[start]);
            assert_eq!((found.as_str(), &names[..]), (shown, handles), "{text}");
        }
        assert_eq!(read("@a hi", &[]), ("@a hi".to_owned(), Vec::new()));
    }

    #[test]
    fn a_language_is_a_tag_or_none() {
        for (code, tag) in [
            ("pt", Some("pt")),
            ("zh-tw", Some("zh-TW")),
            ("in", Some("id")),
            ("iw", Some("he")),
            ("und", None),
            ("zxx", None),
            ("qme", None),
            ("qam", None),
            // Quechua.
            ("qu", Some("qu")),
            ("", None),
            ("not a tag", None),
        ] {
            assert_eq!(language(code).as_deref(), tag, "{code}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is shown is the end of the text, and the rest is mentions.
        #[test]
        fn nothing_but_mentions_is_lost(text in "(@[a-z_é]{1,4} ){0,3}[a-z@ 😀]{0,12}", start in any::<u8>()) {
            let (shown, handles) = read(&text, &[json!(start % 24)]);
            let hidden = text.strip_suffix(&shown).expect("an end of the text");
            let words: Vec<String> = handles.iter().map(|handle| format!("@{handle}")).collect();
            prop_assert_eq!(hidden.split_whitespace().collect::<Vec<_>>(), words);
        }
    }
}
