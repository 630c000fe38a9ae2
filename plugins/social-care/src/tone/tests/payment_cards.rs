//! Cards in replies, in every form that a person reads as one.

use super::*;

const CARDS: [&str; 10] = [
    "4111 1111 1111 1111 12/27 123",
    "4111 1111 1111 1111 5500 0000 0000 0004",
    "order 12345 4111 1111 1111 1111",
    "4111 1111 1111 1111 020 7946 0958",
    "4111.1111.1111.1111",
    "CARD4111111111111111",
    "4111–1111–1111–1111",
    "４１１１ １１１１ １１１１ １１１１",
    "4111\u{200b}1111\u{200b}1111\u{200b}1111",
    "(4111)(1111)(1111)(1111)",
];

#[test]
fn every_form_of_a_card_blocks_a_reply_in_public_and_in_private() {
    let policy = policy();
    for card in CARDS {
        let text = format!("We have blocked {card} for you.");
        for draft in [
            Draft::example("x", &text).public(),
            Draft::example("email", &text).private(),
        ] {
            let draft: Draft = draft.into();
            let review = World::new().enter(|| review(&policy, &draft));
            let codes = review.findings.iter().map(|finding| &*finding.code);
            assert!(
                codes.clone().any(|code| code == "personal-data.payment"),
                "{card}"
            );
            assert_eq!(review.verdict, Verdict::Block, "{card}");
        }
    }
}

#[test]
fn a_number_that_is_no_card_blocks_nothing() {
    for text in [
        "Your order 4111 1111 1111 1112 is on its way.",
        "Your order 1234-5678-90 left on 27.11.2026 12:30.",
    ] {
        assert!(
            !public(text).contains(&"personal-data.payment".to_owned()),
            "{text}"
        );
    }
}
