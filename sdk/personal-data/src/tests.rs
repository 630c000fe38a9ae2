use super::*;

/// Spans of a text without context, as code and text.
fn found(text: &str) -> Vec<(&'static str, &str)> {
    let spans = find_numbers(text, numbers(text), |_, _| false);
    spans
        .into_iter()
        .map(|span| (span.kind.code(), &text[span.bytes]))
        .collect()
}

#[test]
fn cards_accounts_and_phones_are_found_where_they_stand() {
    for (text, kind, expected) in [
        (
            "card 4111 1111 1111 1111 lost",
            "payment-card",
            "4111 1111 1111 1111",
        ),
        (
            "card 3782 822463 10005",
            "payment-card",
            "3782 822463 10005",
        ),
        (
            "GB82 WEST 1234 5698 7654 32 thanks",
            "iban",
            "GB82 WEST 1234 5698 7654 32",
        ),
        (
            "口座PT50000201231234567890154",
            "iban",
            "PT50000201231234567890154",
        ),
        ("ring +351 912 345 678!", "phone", "+351 912 345 678"),
        ("(555) 010-0123 is mine", "phone", "(555) 010-0123"),
        ("or 555.010.0123.", "phone", "555.010.0123"),
    ] {
        assert_eq!(found(text), [(kind, expected)], "{text}");
    }
}

#[test]
fn numbers_that_only_look_like_personal_data_are_not_certain() {
    for text in [
        "card 4111 1111 1111 1112",
        "1234 5678 9012 3456",
        "DE89 3704 0044 0532 0130 01",
        "XX82 WEST 1234 5698 7654 32",
        "on 2026-03-02 10:15",
        "paid 1,234,567.00",
        "£1234567890",
        "it cost 10.000.000",
        "a4111111111111111",
        "4111111111111111a",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn labels_decide_what_a_number_is() {
    let labelled = |text, label| {
        let spans = find_numbers(text, numbers(text), |at, asked| at == 3 && asked == label);
        spans.first().map(|span| span.kind)
    };
    assert_eq!(labelled("no 4111111111111111", Label::OtherNumber), None);
    assert_eq!(labelled("no 0123456789", Label::OtherNumber), None);
    assert_eq!(labelled("no 912345678", Label::Phone), Some(Kind::Phone));
}

#[test]
fn a_mail_address_is_found_from_its_at_sign() {
    let address = |text: &'static str| email_at(text, text.find('@')?).map(|bytes| &text[bytes]);
    assert_eq!(
        address("to .jo+x@mail.example.org."),
        Some("jo+x@mail.example.org")
    );
    assert_eq!(address("a@b"), None);
    assert_eq!(address("@example.org"), None);
    assert_eq!(address("jo@.org"), None);
}

#[test]
fn masking_hides_everything_the_policy_functions_find() {
    for text in [
        "4111–1111–1111–1111",
        "+351 912 345 678 99999",
        "00 351 912 345 678 9999",
        "口座PT50000201231234567890154",
        "é4111 1111 1111 1111é",
        "josé@exämple.de, jo@example.orgé",
        "+351 912 345 678 – 912 345 678",
    ] {
        let masked = mask(text);
        for (_, hidden) in found(text) {
            assert!(!masked.contains(hidden), "{text}: {masked}");
        }
        assert_eq!(mask(&masked), masked);
    }
}

#[test]
fn overlapping_findings_are_masked_as_one() {
    assert_eq!(mask("912345678@example.org"), "[email]");
    assert_eq!(mask("ring 00 351 912 345 678 999."), "ring [phone].");
}

#[test]
fn bytes_are_on_character_boundaries_of_any_text() {
    for text in [
        "é4111 1111 1111 1111é",
        "📞+351 912 345 678📞",
        "GB82",
        "(",
        "+",
        "@",
        "é@é.éé",
        "1é",
    ] {
        mask(text);
    }
}
