mod payment_cards;

use super::*;
use crate::classify::tests::POLICY;
use patchbay_sdk::testing::*;

fn policy() -> SocialCare {
    prepare(json!({
        "approved-domains": ["northwind.com"],
        "approved-promises": ["30 day guarantee"],
        "public-contacts": ["+44 800 555 0100"],
        "forbidden-phrases": ["as per policy"],
    }))
    .unwrap_or_else(|_| panic!("refused"))
}

fn codes(draft: DraftExample) -> Vec<String> {
    let draft: Draft = draft.into();
    let review = World::new().enter(|| review(&policy(), &draft));
    for finding in &review.findings {
        assert!(FINDINGS.iter().any(|(code, _)| finding.code == *code));
        if let (Some(start), Some(end)) = (finding.start, finding.end) {
            assert!(
                draft
                    .text()
                    .get(start as usize..end as usize)
                    .is_some_and(|passage| !passage.is_empty())
            );
        }
    }
    review
        .findings
        .into_iter()
        .map(|finding| finding.code)
        .collect()
}

fn public(text: &str) -> Vec<String> {
    codes(Draft::example("x", text).public())
}

#[test]
fn a_good_reply_is_approved() {
    for text in [
        "Hi Jo, we have found your parcel and it is on its way. ^AB",
        "Thanks for telling us! Please send us a DM with your order number.",
        "See https://help.northwind.com/returns or call +44 800 555 0100.",
    ] {
        assert_eq!(public(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn personal_data_in_public_is_held_and_payment_details_are_blocked() {
    assert_eq!(
        public("We will call you on 07700 900123"),
        ["personal-data.public"]
    );
    assert_eq!(
        public("Your card 4111 1111 1111 1111 is blocked"),
        ["personal-data.payment"]
    );
    assert_eq!(
        codes(Draft::example("email", "We will call you on 07700 900123").private()),
        Vec::<String>::new()
    );
    assert_eq!(
        public("What is your email address?"),
        ["personal-data.asked-in-public"]
    );
    assert_eq!(
        public("Please tell us your email address in a private message"),
        Vec::<String>::new()
    );
}

#[test]
fn profanity_blame_and_shouting_are_found() {
    assert_eq!(public("Calm down, it was sent"), ["wording.blame"]);
    assert_eq!(public("That is bullshit"), ["wording.profanity"]);
    assert_eq!(public("As per policy we can not"), ["wording.forbidden"]);
    assert_eq!(
        public("WE HAVE SENT YOUR ORDER TODAY"),
        ["wording.capitals"]
    );
    assert_eq!(public("Hi {{name}}, it was sent"), ["template.unfilled"]);
}

#[test]
fn links_and_promises_need_approval() {
    assert_eq!(public("Look at https://bit.ly/abc"), ["link.unapproved"]);
    assert_eq!(public("We guarantee it arrives"), ["promise.unapproved"]);
    assert_eq!(public("It has a 30 day guarantee"), Vec::<String>::new());
    assert_eq!(
        public("We can offer you £50 in compensation"),
        ["promise.unapproved"]
    );
    assert_eq!(public("Your order of £50 was sent"), Vec::<String>::new());
}

#[test]
fn length_counts_as_the_channel_does() {
    assert_eq!(
        codes(
            Draft::example("x", "Hello")
                .public()
                .length(281)
                .length_limit(280)
        ),
        ["length.exceeded"]
    );
    assert_eq!(
        codes(
            Draft::example("x", "Hello")
                .public()
                .length(280)
                .length_limit(280)
        ),
        Vec::<String>::new()
    );
    assert_eq!(public("  "), ["length.empty"]);
}

#[test]
fn an_apology_is_due_after_a_complaint() {
    let after = |text: &str, assessment: AssessmentExample| {
        codes(Draft::example("x", text).public().assessment(assessment))
    };
    let late = || Assessment::example().intent("delivery-late", 0.8);
    assert_eq!(after("It will be there soon", late()), ["apology.missing"]);
    for sorry in [
        "We are sorry, it will be there soon",
        "Pedimos desculpa",
        "Tut uns leid",
        "Nous sommes désolés",
        "Lo sentimos",
    ] {
        assert_eq!(after(sorry, late()), Vec::<String>::new(), "{sorry}");
    }
    assert_eq!(
        after("Here it is", Assessment::example().sentiment(-0.8)),
        ["apology.missing"]
    );
    assert_eq!(
        after(
            "Here it is",
            Assessment::example().intent("product-info", 0.8)
        ),
        Vec::<String>::new()
    );
    let composing = Draft::example("x", "It will")
        .public()
        .assessment(late())
        .composing();
    assert_eq!(codes(composing), Vec::<String>::new());
}

#[test]
fn a_draft_agrees_with_the_approved_answer() {
    let world = || {
        World::new().article(
            Article::example("returns", "You can return anything within 30 days.")
                .intent("return")
                .never_say("14 day window"),
        )
    };
    let found = |text: &str| {
        let draft: Draft = Draft::example("email", text)
            .private()
            .assessment(Assessment::example().intent("return", 0.9))
            .into();
        world().enter(|| review(&POLICY, &draft)).findings
    };
    assert!(found("You have 30 days to return it.").is_empty());
    assert!(found("You wrote 2 days ago, here is your label.").is_empty());
    let other = found("You have 14 days to return it.");
    assert_eq!(
        (other[0].code.as_str(), other[0].suggestion.as_deref()),
        ("answer.disagrees", Some("30 days"))
    );
    assert_eq!(
        found("Our 14 day window is over")
            .first()
            .map(|finding| finding.code.as_str()),
        Some("answer.disagrees")
    );
}

#[test]
fn a_company_sets_severities_and_verdicts() {
    let verdict = |policy: Result<SocialCare, Problems>, text: &str| {
        let policy = policy.unwrap_or_else(|_| panic!("refused"));
        let draft: Draft = Draft::example("x", text).public().into();
        World::new().enter(|| review(&policy, &draft)).verdict
    };
    assert_eq!(verdict(prepare(json!({})), "Fine."), Verdict::Approve);
    assert_eq!(verdict(prepare(json!({})), "Calm down"), Verdict::Revise);
    assert_eq!(
        verdict(prepare(json!({})), "We guarantee it"),
        Verdict::Hold
    );
    assert_eq!(
        verdict(prepare(json!({})), "That is bullshit"),
        Verdict::Block
    );
    assert_eq!(
        verdict(
            prepare(json!({ "severities": { "wording.blame": "off" } })),
            "Calm down"
        ),
        Verdict::Approve
    );
    assert_eq!(
        verdict(
            prepare(json!({ "verdicts": { "high": "block" } })),
            "We guarantee it"
        ),
        Verdict::Block
    );
}

/// Replies, and whether each asks for details in public.
const REQUESTS: [(&str, bool); 32] = [
    ("What is your email address and your order number?", true),
    ("Please send your order number", true),
    ("Please reply with your phone number.", true),
    ("Can you confirm your full name and postcode?", true),
    ("Could we have your booking reference?", true),
    ("Your email address?", true),
    ("Don't hesitate to send your order number", true),
    ("Please don't forget to include your phone number", true),
    ("We need your date of birth", true),
    ("Diga-nos o seu número de encomenda", true),
    ("Envíenos su dirección", true),
    ("Merci de nous donner votre adresse", true),
    ("Bitte nennen Sie uns Ihre Kundennummer", true),
    ("Please don't provide your details here", false),
    ("Please do not post your phone number publicly", false),
    ("Never share your card number with anyone", false),
    (
        "We will never ask you to confirm your account details",
        false,
    ),
    ("There is no need to send your order number", false),
    ("You don't need to give us your address", false),
    ("Please avoid posting your details", false),
    ("Please refrain from sharing your personal details", false),
    ("No need to share your email address here!", false),
    ("We won't need your booking reference for this", false),
    ("We sent a mail to your email address.", false),
    ("We've updated your phone number", false),
    ("Your details are safe with us.", false),
    ("Thanks, we found your order number.", false),
    ("You should have an email soon", false),
    ("We received your email this morning", false),
    ("Por favor não partilhe seu telefone", false),
    ("Bitte nicht Ihre Kundennummer hier posten", false),
    ("Please send us a DM with your order number", false),
];

#[test]
fn only_a_request_for_details_is_one() {
    let wrong: Vec<_> = REQUESTS
        .into_iter()
        .filter(|(text, asks)| {
            *asks != public(text).contains(&"personal-data.asked-in-public".to_owned())
        })
        .collect();
    assert_eq!(wrong, []);
}

/// Replies, and whether each blames the customer.
const BLAME: [(&str, bool); 32] = [
    ("You should have read the terms", true),
    ("You should have called us before", true),
    ("You should've checked the size", true),
    ("You failed to cancel in time", true),
    ("It was your own fault", true),
    ("That's your problem", true),
    ("Calm down", true),
    ("You clearly didn't read our mail", true),
    ("As I already said, it is closed", true),
    ("Stop complaining", true),
    ("You must have entered it wrong", true),
    ("That is not our problem", true),
    ("You should have let us know", true),
    ("You made a mistake", true),
    ("Es culpa suya", true),
    ("You should have an email soon", false),
    ("You should have received an email", false),
    ("You should have your refund by Friday", false),
    ("You should have a new card in 5 days", false),
    ("You should have access again now", false),
    ("You should have been refunded by now, sorry", false),
    ("It's not your fault at all", false),
    ("This was never your fault", false),
    ("This isn't your mistake", false),
    ("We'd like to look into your problem", false),
    ("We will deal with it right away", false),
    ("Whatever you need, we are here", false),
    ("You must have a valid ticket", false),
    ("You can learn to use it on our site", false),
    ("Obviously this is our mistake", false),
    ("We care about people like you", false),
    ("Please keep your receipt", false),
];

#[test]
fn only_blame_is_blame() {
    let wrong: Vec<_> = BLAME
        .into_iter()
        .filter(|(text, blames)| *blames != public(text).contains(&"wording.blame".to_owned()))
        .collect();
    assert_eq!(wrong, []);
}

#[test]
fn a_promise_that_is_denied_is_none() {
    for text in [
        "We cannot guarantee a delivery date",
        "Sorry, we can't promise that",
        "We don't guarantee it",
    ] {
        assert!(
            !public(text).contains(&"promise.unapproved".to_owned()),
            "{text}"
        );
    }
    assert!(public("We guarantee it").contains(&"promise.unapproved".to_owned()));
}

#[test]
fn posted_personal_data_must_be_asked_to_be_removed() {
    let reply = |message: &str, text: &str| {
        let message = Interaction::example("x", message).public();
        let codes = codes(Draft::example("x", text).public().answers(message));
        codes.contains(&"personal-data.left-in-public".to_owned())
    };
    for (message, text, left) in [
        ("My card 4111 1111 1111 1111 is lost", "We are on it.", true),
        ("call me on 07700 900123", "We will call you.", true),
        ("mail me: jo@example.com", "We have sent you a mail.", true),
        (
            "My card 4111 1111 1111 1111 is lost",
            "We are on it. Please delete your post.",
            false,
        ),
        (
            "My number is 07700 900123",
            "Please remove your number from this post.",
            false,
        ),
        (
            "I am at jo@example.com",
            "For your safety, take it down please.",
            false,
        ),
        (
            "My card 4111 1111 1111 1111",
            "Please don't remove the post",
            true,
        ),
        ("My card is lost", "We are on it.", false),
    ] {
        assert_eq!(reply(message, text), left, "{message}: {text}");
    }
    let private = Interaction::example("x-direct", "My card 4111 1111 1111 1111").private();
    assert!(
        !codes(
            Draft::example("x-direct", "We are on it.")
                .private()
                .answers(private)
        )
        .contains(&"personal-data.left-in-public".to_owned())
    );
}

#[test]
fn disguised_profanity_is_found_where_it_stands() {
    let draft = "What the f\u{200b}u\u{200b}c\u{200b}k";
    assert_eq!(public(draft), ["wording.profanity"]);
    assert_eq!(public("This is b.u.l.l.s.h.i.t"), ["wording.profanity"]);
    assert_eq!(
        public("Our shop in Scunthorpe sells cocktails"),
        Vec::<String>::new()
    );
}

#[test]
fn no_draft_causes_a_panic() {
    let long = "{{ é guarantee £5 refund 14 days 😡 ".repeat(1600);
    for text in [
        "",
        "%",
        "{",
        "[",
        "<",
        "é%é",
        "£",
        "$",
        "guarantee",
        "refund",
        "{{{{{{{{",
        &"{".repeat(65_536),
        &"[<%$".repeat(16_000),
        &long,
    ] {
        let _ = public(text);
    }
}
