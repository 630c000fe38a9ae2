//! Facets: which bytes of a text are links, mentions and topics. Without them they are dead
//! text.

use serde_json::{Value, json};

/// Longest topic.
const TOPIC_BYTES: usize = 64;
/// Longest link.
const LINK_BYTES: usize = 2_048;
/// Marks at the end of a sentence that belong to no link and no topic.
const MARKS: [char; 6] = ['.', ',', ';', ':', '!', '?'];

/// The facets of a text. `customer` is a handle and its DID: of other people only the handle
/// is known, and a mention needs the DID.
pub(super) fn of(text: &str, customer: Option<(&str, &str)>) -> Vec<Value> {
    let mut facets = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let end = start + word.len();
        let word = word.trim_end();
        let opening = word.len() - word.trim_start_matches('(').len();
        let (from, word) = (start + opening, &word[opening..]);
        if let Some((length, feature)) = feature(word, customer) {
            facets.push(json!({
                "index": {"byteStart": from, "byteEnd": from + length},
                "features": [feature],
            }));
        }
        start = end;
    }
    facets
}

/// What a word is, and its length in bytes.
fn feature(word: &str, customer: Option<(&str, &str)>) -> Option<(usize, Value)> {
    if word.starts_with("https://") || word.starts_with("http://") {
        let link = without_marks(word);
        let has_host = link
            .split_once("://")
            .is_some_and(|(_, host)| !host.is_empty());
        let feature = json!({"$type": "app.bsky.richtext.facet#link", "uri": link});
        return (has_host && link.len() <= LINK_BYTES).then_some((link.len(), feature));
    }
    if let Some(mention) = word.strip_prefix('@') {
        let (handle, did) = customer?;
        let start = mention.get(..handle.len())?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        // `@jo.example.` ends a sentence; `@jo.example.org` is another handle.
        let rest = mention[handle.len()..].trim_start_matches('.');
        let is_whole = !rest.starts_with(is_part);
        let is_same = start.eq_ignore_ascii_case(handle) && is_whole;
        let feature = json!({"$type": "app.bsky.richtext.facet#mention", "did": did});
        return is_same.then_some((1 + handle.len(), feature));
    }
    let topic = without_marks(word.strip_prefix('#')?);
    let is_topic = topic.contains(|c: char| c.is_alphabetic()) && !topic.starts_with('#');
    let feature = json!({"$type": "app.bsky.richtext.facet#tag", "tag": topic});
    (is_topic && topic.len() <= TOPIC_BYTES).then_some((1 + topic.len(), feature))
}

/// A word without what ends a sentence, and without a bracket that it does not open.
fn without_marks(word: &str) -> &str {
    let mut word = word.trim_end_matches(MARKS);
    while word.ends_with(')') && !word.contains('(') {
        word = word[..word.len() - 1].trim_end_matches(MARKS);
    }
    word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};
    use proptest::prop_assert;

    use super::*;

    /// Each facet as the bytes that it covers, and what it is.
    fn shown(text: &str) -> Vec<(String, String)> {
        let facets = of(text, Some(("jo.example", "did:plc:jo")));
        let shown = facets.iter().map(|facet| {
            let at = |name: &str| {
                let at = facet["index"][name].as_u64().expect("a number");
                usize::try_from(at).expect("small")
            };
            let covered = &text.as_bytes()[at("byteStart")..at("byteEnd")];
            let feature = &facet["features"][0];
            let value = ["uri", "did", "tag"]
                .iter()
                .find_map(|name| feature[name].as_str());
            let covered = String::from_utf8(covered.to_vec()).expect("whole characters");
            (covered, value.expect("a value").to_owned())
        });
        shown.collect()
    }

    #[test]
    fn links_mentions_and_topics_are_found_by_bytes() {
        for (text, expected) in [
            ("plain text", &[][..]),
            (
                "see https://a.example/x?y=1. Bye",
                &[("https://a.example/x?y=1", "https://a.example/x?y=1")],
            ),
            // Bytes and not characters.
            (
                "Olá 👩‍👩‍👧‍👦 https://a.example/é",
                &[("https://a.example/é", "https://a.example/é")],
            ),
            (
                "(http://a.example)",
                &[("http://a.example", "http://a.example")],
            ),
            (
                "(see http://a.example).",
                &[("http://a.example", "http://a.example")],
            ),
            (
                "https://a.example/x_(y)",
                &[("https://a.example/x_(y)", "https://a.example/x_(y)")],
            ),
            ("https:// http://", &[]),
            ("xhttps://a.example", &[]),
            ("@jo.example: hi", &[("@jo.example", "did:plc:jo")]),
            ("thanks,\n@Jo.Example!", &[("@Jo.Example", "did:plc:jo")]),
            ("@jo.example.", &[("@jo.example", "did:plc:jo")]),
            (
                "@jo.example.org @jo.exampled @jo @other.example x@jo.example",
                &[],
            ),
            (
                "#Help, #2026 #ação #",
                &[("#Help", "Help"), ("#ação", "ação")],
            ),
            ("##a #. a#b", &[]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(covered, value)| ((*covered).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(of("@jo.example", None), Vec::<Value>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// A facet covers whole characters, and facets follow one another.
        #[test]
        fn facets_cover_whole_characters(text in "(https://|http://|@jo.example|#|[(]|[)]|é|😀|a|[.]| |\n|\u{a0}){0,30}") {
            let facets = of(&text, Some(("jo.example", "did:plc:jo")));
            let mut last = 0;
            for facet in facets {
                let at = |name: &str| facet["index"][name].as_u64().unwrap_or(u64::MAX) as usize;
                let (start, end) = (at("byteStart"), at("byteEnd"));
                prop_assert!(last <= start && start < end && end <= text.len());
                prop_assert!(text.is_char_boundary(start) && text.is_char_boundary(end));
                last = end;
            }
        }
    }
}
