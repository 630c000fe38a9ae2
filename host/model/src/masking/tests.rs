use patchbay_personal_data::mask;
use serde_json::json;

use super::*;

const CARD: &str = "[payment-card]";
const EMAIL: &str = "[email]";

#[test]
fn personal_data_is_masked_where_it_stands() {
    for (text, expected) in [
        (
            "Lost my card 4111 1111 1111 1111, help!",
            "Lost my card [payment-card], help!",
        ),
        ("card:4111111111111111", "card:[payment-card]"),
        ("5500-0055-5555-5559.", "[payment-card]."),
        ("amex 378282246310005 now", "amex [payment-card] now"),
        ("write to jo.smith+x@mail.example.org.", "write to [email]."),
        (
            "Pay PT50 0002 0123 1234 5678 9015 4 today",
            "Pay [iban] today",
        ),
        ("de89370400440532013000", "[iban]"),
        ("call +351 912 345 678!", "call [phone]!"),
        ("call (020) 7946-0018", "call [phone]"),
        ("020 7946 0018 or 0044 20 7946 0018", "[phone] or [phone]"),
        (
            "two: 4111111111111111 4111111111111111",
            "two: [payment-card] [payment-card]",
        ),
    ] {
        assert_eq!(mask(text), expected, "{text}");
    }
}

#[test]
fn text_that_only_resembles_personal_data_stays() {
    for text in [
        "",
        "order 12345",
        "at 2026-03-02T10:15:00Z",
        "on 2026-03-02",
        "the gate opens at 10:30, seat 12",
        "@jo said so",
        "3.14159",
        "0.9312345678901234 sure",
        "a@b",
        "PT99 is a flight",
        "sha256:0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
        "€ 1.200,00",
        "naïve café ümlaut",
    ] {
        assert_eq!(mask(text), text);
    }
}

#[test]
fn a_card_needs_its_check_digit() {
    assert_eq!(mask("4111 1111 1111 1111"), CARD);
    assert!(!mask("4111 1111 1111 1112").contains(CARD));
}

#[test]
fn texts_and_names_of_a_document_are_masked_at_every_depth() {
    let document = json!({"a": ["jo@example.org", 7], "b": {"4111111111111111": "x"}, "c": null});
    let expected = json!({"a": [EMAIL, 7], "b": {CARD: "x"}, "c": null});
    assert_eq!(mask_document(&document), expected);
}

#[test]
fn masking_twice_changes_nothing() {
    let once = mask("4111111111111111 jo@example.org +351912345678");
    assert_eq!(mask(&once), once);
}

#[test]
fn a_mail_address_is_masked_up_to_its_longest_and_the_search_is_bounded() {
    let longest = format!("{}@example.org", "a".repeat(64));
    assert!(!mask(&longest).contains("example"), "{}", mask(&longest));
    // Neither text holds an address.
    let nothing = "_".repeat(100_000);
    assert_eq!(mask(&nothing), nothing);
    let domain = format!("a@{}", "b".repeat(100_000));
    assert_eq!(mask(&domain), domain);
}
