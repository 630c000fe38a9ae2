use proptest::prelude::*;

use super::*;
use crate::{ParseQueryError, SearchQuery, WordList};

#[test]
fn texts_have_these_terms() {
    for (text, expected) in [
        ("Where is my PARCEL?", "where is my parcel"),
        ("", ""),
        ("?! … 🙂", ""),
        // Case, accents, compatibility forms.
        (
            "Rückerstattung Straße ﬁne ΟΔΟΣ",
            "ruckerstattung strasse fine οδοσ",
        ),
        ("cafe\u{301} CAFÉ", "cafe"),
        // A letter alone finds nothing; a digit does.
        ("vitamin C 5", "vitamin 5"),
        ("don't l'avion", "don avion"),
        // Order numbers.
        ("AB-1234", "ab 1234 ab1234"),
        ("AB1234", "1234 ab1234"),
        ("AB 1234", "ab 1234"),
        ("#4711", "4711"),
        ("RX4711Z99", "4711 rx4711z99"),
        ("2024/0815.", "2024 0815 20240815"),
        ("1,299.50", "1 299 50 1299 29950 129950"),
        ("A-1-B-2-C", "1 2 a1 1b b2 2c a1b 1b2 b2c a1b2 1b2c"),
        ("12 - 34", "12 34"),
        ("12--34", "12 34"),
        // Words joined by signs are words.
        (
            "opening-hours jo@example.org",
            "opening hours jo example org",
        ),
        ("snake_case", "snake case"),
        (
            "see https://example.org/t/AB-1",
            "see https example org ab 1 ab1 tab1 orgtab1",
        ),
        // Scripts without spaces.
        ("日本語", "日本 本語 語"),
        ("配送", "配送 送"),
        ("注文123です", "注文 文 123 です す"),
        ("ｶﾀｶﾅ", "カタ タカ カナ ナ"),
        ("한국어 문의", "한국어 문의"),
        // Marks that are letters to their readers stay; invisible characters do not.
        ("हिन्दी", "हिन्दी"),
        ("می\u{200c}خواهم soft\u{ad}hyphen", "میخواهم softhyphen"),
        ("طلب ١٢٣٤", "طلب 1234"),
    ] {
        let mut found = terms(text);
        let mut expected: Vec<String> = expected.split(' ').map(str::to_owned).collect();
        expected.retain(|term| !term.is_empty());
        expected.sort();
        expected.dedup();
        found.sort();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_search_finds_these_texts() {
    for (text, search, is_found) in [
        ("Where is my parcel?", "PARCEL where", true),
        ("Where is my parcel?", "parcel lost", false),
        // The beginning of a word, from three characters on.
        ("Two parcels", "parcel", true),
        ("Two parcels", "par", true),
        ("Two parcels", "pa", false),
        ("Two parcels", "arcel", false),
        ("Is it in?", "in", true),
        ("My invoice", "in", false),
        ("Straße", "strasse", true),
        ("Müller", "muller", true),
        // Order numbers, whole and in parts.
        ("Order AB-1234, please", "AB-1234", true),
        ("Order AB-1234, please", "ab1234", true),
        ("Order AB-1234, please", "1234", true),
        ("Order AB-1234, please", "AB-12", true),
        ("Order AB-1234, please", "AB-1235", false),
        ("Order AB-1234, please", "#1234", true),
        ("Order AB1234", "AB-1234", true),
        ("Order AB1234", "1234", true),
        ("Order AB-1234-56", "AB-1234", true),
        ("Order AB-1234-56", "1234-56", true),
        ("AB 1234", "AB-1234", false),
        ("AB 1234", "AB 1234", true),
        ("1-2-3-4-5-6", "1-2-3-4-5-6", true),
        ("1-2-3-4-5-7", "1-2-3-4-5-6", false),
        ("Mail me at jo@example.org", "jo@example.org", true),
        ("Mail me at ann@example.org", "jo@example.org", false),
        ("日本語の注文", "注文", true),
        ("日本語の注文", "日本語", true),
        ("日本語の注文", "文", true),
        ("日本語の注文", "本", true),
        ("日本語の注文", "中文", false),
        ("طلب ١٢٣٤", "1234", true),
    ] {
        let mut list = WordList::default();
        list.add(terms(text).iter().map(String::as_str));
        let query = SearchQuery::parse(search).expect(search);
        let found = query.matcher().is_match(&list);
        assert_eq!(found, is_found, "{search:?} in {text:?}");
    }
}

#[test]
fn a_search_has_one_to_eight_words() {
    for (search, error) in [
        ("", Some(ParseQueryError::NoWord)),
        ("  ?! ", Some(ParseQueryError::NoWord)),
        ("a b c", Some(ParseQueryError::NoWord)),
        ("5", None),
        ("語", None),
        ("one two three four five six seven eight", None),
        (
            "one two three four five six seven eight nine",
            Some(ParseQueryError::TooManyWords(9)),
        ),
        ("a1-b2-c3-d4-e5-f6 two", None),
    ] {
        assert_eq!(SearchQuery::parse(search).err(), error, "{search:?}");
    }
    let long: String = "日本語".repeat(30);
    assert!(SearchQuery::parse(&long).is_ok(), "pairs repeat");
    let long: String = ('一'..='乿').collect();
    assert_eq!(SearchQuery::parse(&long), Err(ParseQueryError::TooLong));
}

#[test]
fn a_text_has_at_most_so_many_terms_of_such_length() {
    let long = "x".repeat(1_000);
    assert_eq!(terms(&long), ["x".repeat(TERM_BYTES)]);
    let many: Vec<String> = (0..2_000).map(|number| format!("w{number}")).collect();
    assert_eq!(terms(&many.join(" ")).len(), MAX_TERMS);
    let mut list = WordList::default();
    assert!(list.add([long[..64].as_ref()]));
    let query = SearchQuery::parse(&long).expect("a word");
    assert!(query.matcher().is_match(&list));
}

proptest! {
    #[test]
    fn every_text_is_found_by_each_of_its_parts(text in "[a-zA-Z0-9 äß\\-./日本語์กขा,_@]{0,80}") {
        let found = terms(&text);
        let mut list = WordList::default();
        list.add(found.iter().map(String::as_str));
        for part in text.split(' ') {
            if let Ok(query) = SearchQuery::parse(part) {
                prop_assert!(query.matcher().is_match(&list), "{part:?} in {text:?}");
            }
        }
        if let Ok(query) = SearchQuery::parse(&text.to_uppercase()) {
            prop_assert!(query.matcher().is_match(&list), "{text:?}");
        }
    }

    #[test]
    fn terms_are_short_distinct_and_on_one_line(text in any::<String>()) {
        let found = terms(&text);
        for term in &found {
            prop_assert!(!term.is_empty() && term.len() <= TERM_BYTES && !term.contains('\n'));
        }
        let distinct: HashSet<_> = found.iter().collect();
        prop_assert_eq!(distinct.len(), found.len());
        // Terms of a text that is folded already are the same.
        let _ = SearchQuery::parse(&text);
    }

    #[test]
    fn lists_are_joined_like_texts(first in any::<String>(), second in any::<String>()) {
        let [a, b] = [terms(&first), terms(&second)];
        let mut list = WordList::default();
        list.add(a.iter().map(String::as_str));
        list.add(b.iter().map(String::as_str));
        let together: HashSet<&str> = a.iter().chain(&b).map(String::as_str).collect();
        let listed: Vec<&str> = list.terms().collect();
        prop_assert_eq!(listed.len(), together.len());
        prop_assert_eq!(listed.into_iter().collect::<HashSet<_>>(), together);
        prop_assert!(!list.add(a.iter().map(String::as_str)));
        let stored = WordList::from_bytes(list.as_bytes().to_vec());
        prop_assert_eq!(stored, Some(list));
    }
}
