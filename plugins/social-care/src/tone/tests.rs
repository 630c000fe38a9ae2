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
