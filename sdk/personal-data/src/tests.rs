use super::*;

/// The cases of a file: each line is a text in which `«…»` marks what is found, or nothing. `\u{…}`,
/// `\n`, `\t` and `\\` are escapes; a line that begins with `#` is a comment.
fn cases(file: &str) -> Vec<(String, Vec<String>)> {
    let mut cases = Vec::new();
    for line in file
        .lines()
        .filter(|it| !it.is_empty() && !it.starts_with("# "))
    {
        let line = unescape(line);
        let marked: Vec<String> = line
            .split('«')
            .skip(1)
            .filter_map(|part| Some(part.split_once('»')?.0.to_owned()))
            .collect();
        cases.push((line.replace(['«', '»'], ""), marked));
    }
    assert!(cases.len() >= 30);
    cases
}

fn unescape(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (character, length) = match escape.as_bytes().first() {
            Some(b'n') => ('\n', 1),
            Some(b't') => ('\t', 1),
            Some(b'\\') => ('\\', 1),
            Some(b'u') => {
                let end = escape.find('}').expect("a closing brace");
                let code = u32::from_str_radix(&escape[2..end], 16).expect("a number");
                (char::from_u32(code).expect("a character"), end + 1)
            }
            _ => panic!("an unknown escape in {line}"),
        };
        text.push(character);
        rest = &escape[length..];
    }
    text + rest
}

fn check(kind: Kind, file: &str) {
    let mut wrong = Vec::new();
    for (text, expected) in cases(file) {
        let of = |spans: Vec<Span>| -> Vec<String> {
            let spans = spans.into_iter().filter(|span| span.kind == kind);
            spans.map(|span| text[span.bytes].to_owned()).collect()
        };
        let found = of(find(&text));
        if found != expected {
            wrong.push(format!("{text:?}: found {found:?}, expected {expected:?}"));
        }
        // What masking shows beyond that is nothing of this kind.
        let masked = mask(&text);
        let count = masked.matches(&format!("[{}]", kind.code())).count();
        if count != expected.len() {
            wrong.push(format!("{text:?}: masked as {masked:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn payment_cards_are_found_as_people_write_them() {
    check(
        Kind::PaymentCard,
        include_str!("../tests/cases/payment_card.txt"),
    );
}

#[test]
fn phones_are_found_by_their_form_or_by_the_words_before_them() {
    check(Kind::Phone, include_str!("../tests/cases/phone.txt"));
}

#[test]
fn mail_addresses_are_found_in_every_form_of_the_standards() {
    check(Kind::Email, include_str!("../tests/cases/email.txt"));
}

#[test]
fn account_numbers_are_found_by_the_length_and_check_digits_of_their_country() {
    check(Kind::Iban, include_str!("../tests/cases/iban.txt"));
}

#[test]
fn masking_hides_an_account_number_of_an_unregistered_country() {
    assert_eq!(find("ZZ33 WEST 1234 5698 7654 32 is unknown"), []);
    assert_eq!(
        mask("ZZ33 WEST 1234 5698 7654 32 is unknown"),
        "[iban] is unknown"
    );
}

#[test]
fn masking_hides_an_article_number_that_may_be_a_card() {
    let both = "4012345601091";
    assert_eq!(find(both), []);
    assert_eq!(mask(both), "[payment-card]");
    assert_eq!(find("card 4012345601091").len(), 1);
}

#[test]
fn the_number_of_an_order_is_no_card_for_a_policy_but_is_masked() {
    assert_eq!(find("order 4111111111111111 is late"), []);
    assert_eq!(
        mask("order 4111111111111111 is late"),
        "order [payment-card] is late"
    );
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
        "912345678@example.org",
    ] {
        let masked = mask(text);
        for span in find(text) {
            assert!(!masked.contains(&text[span.bytes]), "{text}: {masked}");
        }
        assert_eq!(mask(&masked), masked);
    }
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
        "\u{200b}4\u{fe0f}\u{20e3}",
        "\"@",
        "\"é\"@é.éé",
        "@[",
        "5\u{300}",
    ] {
        for span in find(text) {
            assert!(text.get(span.bytes).is_some(), "{text}");
        }
        mask(text);
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    for part in [
        "<b>4</b>", "&#52;", "(4111)", "4💳", "+4\n", "<", "DE8 ", "1", "1 ", "4 ", "@", "a@",
        "\"@", "GB82", "+", "(", "4111 ", "0-", "a@b.cc ", "１",
    ] {
        mask(&part.repeat(60_000 / part.len()));
    }
}
