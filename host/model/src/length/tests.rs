//! The published conformance cases, and cases of our own.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::channel::length_rule;

fn x(text: &str) -> u32 {
    length("x", text)
}

fn measure(channel: &str, text: &str) -> Measure {
    length_rule(channel).measure(text)
}

fn length(channel: &str, text: &str) -> u32 {
    measure(channel, text).length
}

fn limit(channel: &str) -> Option<u32> {
    measure(channel, "").limit
}

/// Counts like X between 2017 and 2018: weighted, emoji apart (twitter-text,
/// configuration version 2). Only the conformance cases need it.
const EMOJI_APART: x::Rules = x::Rules {
    whole_emoji: false,
    ..x::CURRENT
};

/// X refuses a text with one of these, whatever its length.
fn is_accepted(text: &str) -> bool {
    !text.contains(['\u{FFFE}', '\u{FEFF}', '\u{FFFF}'])
}

#[test]
#[ignore = "needs tweet_length.jsonl, which is not in the repository: set PATCHBAY_DATA to its directory"]
fn x_counts_as_in_the_published_conformance_cases() {
    let directory = std::env::var("PATCHBAY_DATA").expect("PATCHBAY_DATA names a directory");
    let path = format!("{directory}/tweet_length.jsonl");
    let rows = std::fs::read_to_string(&path).expect("the conformance cases");
    let (mut checked, mut apart) = (0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).expect("a JSON object a line");
        let text = row["text"].as_str().expect("a text");
        let expected = &row["expected"];
        let rules = match row["group"].as_str().expect("a group") {
            "tweets" => x::LEGACY,
            "WeightedTweetsCounterTest" => EMOJI_APART,
            "WeightedTweetsWithDiscountedEmojiCounterTest"
            | "UnicodeDirectionalMarkerCounterTest" => x::CURRENT,
            "urls_without_protocol" => {
                assert_eq!((x(text), expected), (23, &Value::Bool(true)), "{row}");
                checked += 1;
                continue;
            }
            // These say what is well formed, not what it counts.
            "usernames" | "lists" | "hashtags" | "urls" => {
                apart += 1;
                continue;
            }
            group => panic!("an unknown group: {group}"),
        };
        let length = x::weighted(text, &rules);
        let limit = if rules.weighted { 280 } else { 140 };
        let valid = (1..=limit).contains(&length) && is_accepted(text);
        match expected {
            Value::Bool(expected) => assert_eq!(valid, *expected, "{length}: {row}"),
            expected => {
                assert_eq!(length, expected["weightedLength"], "{row}");
                assert_eq!(valid, expected["valid"], "{row}");
                assert_eq!(length * 1_000 / limit, expected["permillage"], "{row}");
            }
        }
        checked += 1;
    }
    note(&format!(
        "{checked} conformance cases hold; {apart} are not about length"
    ));
    assert!(checked >= 40, "only {checked} cases were about length");
}

#[expect(clippy::print_stderr, reason = "measurements are for people")]
fn note(text: &str) {
    eprintln!("{text}");
}

#[test]
fn a_url_counts_23_whatever_its_length() {
    for url in [
        "t.co",
        "example.com",
        "EXAMPLE.Com",
        "http://example.com",
        "HTTPS://example.com:8080/a/b.html?c=d&e=%20#f",
        "https://example.com/Primer_(film)",
        "https://example.com/a/Up_(Album_(Edited))",
        "https://example.com/@someone/",
        "https://example.com/Русские_слова",
        "https://example.com?a=b",
        "example.com/a?b=c",
        "http://✪df.ws/ejp",
        "http://日本語.jp",
        "http://a_b.c-d.com",
        "http://xn--80ak6aa92e.xn--p1ai",
        "http://пример.рф/",
        "foo.co.jp",
        "it.so",
    ] {
        assert_eq!(x(url), 23, "{url}");
        assert_eq!(x(&format!("see {url} now")), 31, "{url}");
        assert_eq!(x(&format!("({url})")), 25, "{url}");
    }
}

#[test]
fn punctuation_after_a_url_counts_by_itself() {
    for (text, expected) in [
        ("http://example.com/a.", 24),
        ("http://example.com/a).", 25),
        ("http://example.com/a?b=c!", 24),
        ("http://example.com/?", 24),
        ("http://example.com:", 24),
        ("http://domain.com-without-a-space", 23 + 16),
        ("https://t.co/abc123-x", 25),
        ("example.com?a=b", 23 + 4),
    ] {
        assert_eq!(x(text), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_a_url_counts_by_its_characters() {
    for text in [
        "ftp://www.example.com/",
        "http://no-tld",
        "http://too-short.x",
        "foo.govedu",
        "a.b.c.d",
        "http://-example.com",
        "http://example-.com",
        "http://a_b.com",
        "http://192.168.0.1/",
        "me@example.com",
        "#example.com",
        "$example.com",
        "_example.com",
        "http://xn--はじめよう.com",
        "Done.Thanks",
        "...",
        ".com",
        "http://",
        "http://.com",
        "example.com@home",
    ] {
        let heavy = text
            .chars()
            .filter(|character| !character.is_ascii())
            .count();
        assert_eq!(x(text) as usize, text.chars().count() + heavy, "{text}");
    }
    let slug = "a".repeat(41);
    assert_eq!(x(&format!("https://t.co/{slug}")), 13 + 41);
    let label = "a".repeat(64);
    assert_eq!(x(&format!("https://{label}.com")), 8 + 64 + 4);
}

#[test]
fn a_url_is_found_between_letters_of_other_scripts() {
    assert_eq!(x("日本example.com中国"), 4 + 23 + 4);
    assert_eq!(x("日本http://example.com/a日本"), 4 + 23 + 4);
    assert_eq!(x("日本。example.com/a中文t.co/b"), 6 + 23 + 4 + 23);
    assert_eq!(x("http://example.com日本.comtest"), 23 + 4 + 8);
}

#[test]
fn an_emoji_counts_two_however_many_characters_it_has() {
    for emoji in [
        "😀",
        "☺",
        "☺️",
        "❤️‍🔥",
        "👍🏽",
        "👩🏽‍💻",
        "👨‍👩‍👧‍👦",
        "🧑🏻‍🤝‍🧑🏿",
        "🇵🇹",
        "🏳️‍🌈",
        "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "1️⃣",
        "#⃣",
        "©️",
        "〰️",
        "🪿",
    ] {
        assert_eq!(x(emoji), 2, "{emoji}");
        assert_eq!(x(&format!("a{emoji}{emoji}b")), 6, "{emoji}");
    }
    assert_eq!(x("1 # © ®"), 7);
    assert_eq!(x("👍\u{200D}a"), 2 + 1 + 1);
}

#[test]
fn scripts_beyond_the_light_ranges_count_two() {
    assert_eq!(x("Olá, você? – “sim”…"), 20, "an ellipsis is heavy");
    assert_eq!(x("Привет"), 6);
    assert_eq!(x("مرحبا"), 5);
    assert_eq!(x("你好"), 4);
    assert_eq!(x("안녕"), 4);
    assert_eq!(x("€"), 2);
    assert_eq!(x("e\u{301}"), 1, "counted as composed");
}

#[test]
fn the_legacy_setting_counts_every_character_once() {
    let measured = LengthRule::X_2017.measure("你好 https://example.com/a/long/path");
    assert_eq!(
        measured,
        Measure {
            length: 2 + 1 + 23,
            limit: Some(140)
        }
    );
    assert!(measured.fits());
    assert_eq!(limit("x"), Some(280));
}

#[test]
fn other_channels_count_characters() {
    assert_eq!(length("whatsapp", "é👍🏽 http://example.com"), 22);
    assert_eq!(
        measure("whatsapp", ""),
        Measure {
            length: 0,
            limit: Some(4_096)
        }
    );
    assert_eq!(limit("messenger"), Some(2_000));
    assert_eq!(limit("email"), None);
    assert!(measure("email", &"a".repeat(100_000)).fits());
    assert!(!measure("facebook", &"a".repeat(1_001)).fits());
}

#[test]
fn an_sms_of_gsm_7_holds_160_and_its_parts_153() {
    let segments = |count: usize| sms_segments(&"a".repeat(count)).segments;
    assert_eq!([0, 1, 160, 161, 306, 307].map(segments), [0, 1, 1, 2, 2, 3]);
    let euro = sms_segments("10 €");
    assert_eq!(
        euro,
        SmsSegments {
            encoding: SmsEncoding::Gsm7,
            units: 5,
            used: 5,
            segments: 1
        }
    );
    assert_eq!(length("sms", "10 €"), 5);
}

#[test]
fn one_character_outside_gsm_7_makes_the_whole_sms_ucs_2() {
    let segments = |count: usize| sms_segments(&"ã".repeat(count));
    assert_eq!(
        segments(70),
        SmsSegments {
            encoding: SmsEncoding::Ucs2,
            units: 70,
            used: 70,
            segments: 1
        }
    );
    assert_eq!(
        [71, 134, 135].map(|count| segments(count).segments),
        [2, 2, 3]
    );
    assert_eq!(length("sms", "😀"), 2);
    assert_eq!(limit("sms"), Some(1_530));
    assert_eq!(measure("sms", "ã").limit, Some(670));
}

#[test]
fn a_character_is_not_split_between_two_sms() {
    let straddling = format!("{}€{}", "a".repeat(152), "a".repeat(152));
    assert_eq!(
        sms_segments(&straddling),
        SmsSegments {
            encoding: SmsEncoding::Gsm7,
            units: 306,
            used: 2 * 153 + 1,
            segments: 3
        }
    );
    let straddling = format!("{}😀{}", "a".repeat(66), "a".repeat(66));
    assert_eq!(
        sms_segments(&straddling),
        SmsSegments {
            encoding: SmsEncoding::Ucs2,
            units: 134,
            used: 2 * 67 + 1,
            segments: 3
        }
    );
}

/// Text of an SMS, its segments, and whether ten segments hold it.
#[test]
fn an_sms_fits_when_its_segments_fit() {
    for (character, count, segments) in [
        ("a", 1_530, 10),
        ("a", 1_531, 11),
        // 76 characters of the extension table in a segment; one septet stays
        // free.
        ("€", 80, 1),
        ("€", 81, 2),
        ("€", 760, 10),
        ("€", 761, 11),
        ("€", 765, 11),
        ("[", 765, 11),
        ("a€", 510, 10),
        ("a€", 511, 11),
        ("ã", 670, 10),
        ("ã", 671, 11),
        // 33 of two units in a segment of 67.
        ("😀", 35, 1),
        ("😀", 330, 10),
        ("😀", 331, 11),
    ] {
        let text = character.repeat(count);
        assert_eq!(
            sms_segments(&text).segments,
            segments,
            "{count} {character}"
        );
        let fits = measure("sms", &text).fits();
        assert_eq!(fits, segments <= 10, "{count} {character}");
    }
}

/// Unit and text, with its length by that unit.
#[test]
fn every_unit_counts_what_its_platform_counts() {
    for (unit, text, length) in [
        (LengthUnit::Characters, "é👍🏽界", 4),
        (LengthUnit::Graphemes, "é👍🏽界", 3),
        (LengthUnit::Graphemes, "e\u{301}👨‍👩‍👧‍👦🇨🇭", 3),
        (LengthUnit::Bytes, "é👍🏽界", 2 + 8 + 3),
        (LengthUnit::Utf16, "é👍🏽界", 1 + 4 + 1),
        (LengthUnit::X, "é👍🏽界", 1 + 2 + 2),
        (LengthUnit::X2017, "é👍🏽界", 4),
        (LengthUnit::Sms, "é€", 3),
    ] {
        let measured = LengthRule::new(unit, 9).measure(text);
        assert_eq!(measured.length, length, "{unit:?}");
    }
}

#[test]
fn instagram_limits_the_bytes_of_direct_messages() {
    for (channel, text, fits) in [
        ("instagram-direct", "界".repeat(400), false),
        ("instagram-direct", "界".repeat(333), true),
        ("instagram-direct", "界".repeat(334), false),
        ("instagram-direct", "a".repeat(1_000), true),
        ("instagram-direct", "a".repeat(1_001), false),
        ("instagram", "界".repeat(300), true),
        ("instagram", "界".repeat(301), false),
        ("instagram-direct", "é".repeat(500), true),
        ("instagram-direct", "é".repeat(501), false),
    ] {
        assert_eq!(
            measure(channel, &text).fits(),
            fits,
            "{channel} {}",
            text.len()
        );
    }
}

#[test]
fn a_hostile_text_takes_no_longer_than_a_plain_one() {
    const BYTES: usize = 64 * 1024;
    for pattern in [
        "a.",
        "あ.",
        "あ",
        "a_.",
        "http://",
        "a.com/(",
        "-.",
        "xn--",
        "a.xn--",
        "😀\u{200D}",
        "1.あ.com",
        "a.b.あ.com",
        "http://a.com?",
        "t.co/",
        "((",
    ] {
        let text = pattern.repeat(BYTES / pattern.len());
        // Linear work takes a second or two in a debug build on a busy machine;
        // quadratic work takes minutes.
        let started = Instant::now();
        assert!(x(&text) > 0);
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{pattern}: {:?}",
            started.elapsed()
        );
    }
}
