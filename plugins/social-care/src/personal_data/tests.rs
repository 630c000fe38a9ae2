use super::*;
use std::sync::LazyLock;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::built_in();
    lexicon.finish();
    lexicon
});

const KINDS: [&str; 6] = [
    "payment-card",
    "iban",
    "phone",
    "email",
    "booking-reference",
    "address",
];

fn found(source: &str) -> Vec<(&'static str, &str)> {
    let text = Text::read(source, &LEXICON.vocabulary);
    find(&text, &LEXICON)
        .into_iter()
        .map(|span| {
            let code = KINDS.into_iter().find(|code| span.kind == *code);
            let bytes = span.start as usize..span.end as usize;
            (code.unwrap_or("unknown"), &source[bytes])
        })
        .collect()
}

#[test]
fn cards_are_found_in_every_usual_grouping() {
    for card in [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "5555 5555 5555 4444",
        "3782 822463 10005",
        "6011111111111117",
    ] {
        assert_eq!(
            found(&format!("card {card} lost")),
            [("payment-card", card)]
        );
    }
}

#[test]
fn a_number_with_a_wrong_check_digit_or_of_an_order_is_not_a_card() {
    assert_eq!(found("card 4111 1111 1111 1112"), []);
    assert_eq!(found("order 4111111111111111 is late"), []);
    assert_eq!(found("tracking number 9261290100130435082878"), []);
    assert_eq!(found("1234 5678 9012 3456"), []);
}

#[test]
fn phones_are_found_by_prefix_grouping_or_context() {
    assert_eq!(
        found("ring +351 912 345 678 please"),
        [("phone", "+351 912 345 678")]
    );
    assert_eq!(
        found("Call me on 07700 900123"),
        [("phone", "07700 900123")]
    );
    assert_eq!(
        found("(555) 010-0123 is mine"),
        [("phone", "(555) 010-0123")]
    );
    assert_eq!(found("555.010.0123"), [("phone", "555.010.0123")]);
    assert_eq!(found("my mobile is 912345678"), [("phone", "912345678")]);
    assert_eq!(
        found("appelez le 06 12 34 56 78"),
        [("phone", "06 12 34 56 78")]
    );
}

#[test]
fn orders_dates_and_amounts_are_not_phones() {
    for source in [
        "order 9123456780",
        "on 2026-03-02 10:15",
        "invoice 0123456789",
        "paid 1,234,567.00",
        "£1234567890",
        "flight 1234",
        "it cost 10.000.000",
        "#1234567890",
    ] {
        assert_eq!(found(source), [], "{source}");
    }
}

#[test]
fn mail_addresses_are_found_whole() {
    assert_eq!(
        found("write to jo.bloggs+x@mail.example.co.uk."),
        [("email", "jo.bloggs+x@mail.example.co.uk")]
    );
    assert_eq!(found("thanks @northwind"), []);
    assert_eq!(found("a@b"), []);
}

#[test]
fn account_numbers_need_their_check_digits() {
    assert_eq!(
        found("IBAN GB82 WEST 1234 5698 7654 32 thanks"),
        [("iban", "GB82 WEST 1234 5698 7654 32")]
    );
    assert_eq!(
        found("PT50000201231234567890154"),
        [("iban", "PT50000201231234567890154")]
    );
    assert_eq!(found("DE89 3704 0044 0532 0130 01"), []);
}

#[test]
fn booking_references_need_a_word_that_announces_them() {
    assert_eq!(
        found("my booking reference is X4K9QZ thanks"),
        [("booking-reference", "X4K9QZ")]
    );
    assert_eq!(found("PNR: ABCDEF"), [("booking-reference", "ABCDEF")]);
    assert_eq!(found("please change my booking please"), []);
    assert_eq!(found("MY BOOKING IS ALWAYS A MESS"), []);
    assert_eq!(found("flight X4K9QZ"), []);
}

#[test]
fn streets_with_numbers_are_found() {
    assert_eq!(
        found("I live at 12 Old Mill Road, help"),
        [("address", "12 Old Mill Road")]
    );
    assert_eq!(found("12 people on the Road"), []);
}

#[test]
fn spans_are_on_character_boundaries_of_any_text() {
    for source in [
        "é4111 1111 1111 1111é",
        "📞+351 912 345 678📞",
        "GB82",
        "PNR é12345",
        "(",
        "+",
        "12 ÉÉÉ Road",
    ] {
        let text = Text::read(source, &LEXICON.vocabulary);
        for span in find(&text, &LEXICON) {
            assert!(
                source.get(span.start as usize..span.end as usize).is_some(),
                "{source}"
            );
        }
    }
}
