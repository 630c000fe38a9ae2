use super::*;
use serde_json::json;

#[test]
fn what_is_personal_is_masked_where_it_stands() {
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
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_it_is_left() {
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
        assert_eq!(masked(text), text);
    }
}

#[test]
fn a_card_is_found_by_its_check_digit() {
    assert_eq!(masked("4111 1111 1111 1111"), CARD);
    assert!(!masked("4111 1111 1111 1112").contains(CARD));
}

#[test]
fn nothing_of_a_document_is_passed_over() {
    let document = json!({"a": ["jo@example.org", 7], "b": {"4111111111111111": "x"}, "c": null});
    let expected = json!({"a": [MAIL, 7], "b": {CARD: "x"}, "c": null});
    assert_eq!(masked_document(&document), expected);
}

#[test]
fn masking_what_is_masked_changes_nothing() {
    let once = masked("4111111111111111 jo@example.org +351912345678");
    assert_eq!(masked(&once), once);
}

#[test]
fn an_address_is_found_up_to_its_longest_and_no_further() {
    let longest = format!("{}@example.org", "a".repeat(64));
    assert!(
        !masked(&longest).contains("example"),
        "{}",
        masked(&longest)
    );
    // Nothing here is an address, wherever one begins to look.
    let nothing = "_".repeat(100_000);
    assert_eq!(masked(&nothing), nothing);
    let domain = format!("a@{}", "b".repeat(100_000));
    assert_eq!(masked(&domain), domain);
}
