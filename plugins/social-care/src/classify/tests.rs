use super::*;
use patchbay_sdk::testing::{InteractionExample, json, prepare};
use std::sync::LazyLock;

pub(crate) static POLICY: LazyLock<SocialCare> =
    LazyLock::new(|| prepare(json!({})).unwrap_or_else(|_| panic!("the defaults do not fit")));

fn of(text: &str) -> Classification {
    classify(&POLICY, &Interaction::example("x", text).public())
}

fn best(text: &str) -> Option<String> {
    of(text).intents.first().map(|intent| intent.name.clone())
}

#[test]
fn intents_of_customers_are_found() {
    for (intent, text) in [
        ("card-lost", "Lost my card 4111 1111 1111 1111, help!"),
        (
            "order-status",
            "Where is my order? The tracking number does not work",
        ),
        (
            "delivery-late",
            "My parcel still hasn't arrived, it's 3 days late",
        ),
        ("delivery-missing", "It says delivered but nothing is here"),
        ("refund", "I want my money back"),
        ("return", "How do I return these shoes?"),
        ("cancellation", "Please cancel my subscription"),
        (
            "flight-cancelled",
            "You cancelled my flight and nobody tells us anything",
        ),
        ("baggage-lost", "You lost my luggage in Lisbon"),
        ("opening-hours", "What are your opening hours on Sunday?"),
        (
            "fraud",
            "There is a transaction I don't recognise on my account",
        ),
        ("speak-to-human", "Can I please talk to a human?"),
        ("legal-threat", "My lawyer will be in touch"),
        ("safety", "The charger caught fire in my kitchen"),
        (
            "press-inquiry",
            "I'm a journalist at the Evening Post, who can comment?",
        ),
        ("praise", "You guys are awesome, thank you so much!"),
        (
            "complaint",
            "This is the worst company ever, absolutely ridiculous",
        ),
        ("unsubscribe", "Unsubscribe me from your mailing list"),
        (
            "personal-data-request",
            "Under GDPR I want a copy of my data",
        ),
        ("card-lost", "Perdi o meu cartão no aeroporto"),
        ("delivery-late", "Mi pedido no ha llegado todavía"),
        ("refund", "Je veux être remboursé"),
        ("cancellation", "Ich möchte meinen Vertrag kündigen"),
    ] {
        assert_eq!(best(text).as_deref(), Some(intent), "{text}");
    }
}

#[test]
fn a_negated_phrase_is_not_an_intent() {
    assert!(
        of("I don't want a refund, I want my order")
            .intents
            .iter()
            .all(|intent| intent.name != "refund")
    );
    assert!(
        of("I am not angry, just curious")
            .intents
            .iter()
            .all(|intent| intent.name != "complaint")
    );
    assert!(
        of("Thanks for nothing, worst service")
            .intents
            .iter()
            .all(|intent| intent.name != "praise")
    );
}

#[test]
fn an_ambiguous_word_raises_no_alarm() {
    for (text, intent) in [
        ("I don't recall that colour being so bright", "safety"),
        ("I don't recall that colour being so bright", "fraud"),
        ("Estoy en el hospital, ¿a qué hora abren?", "safety"),
        ("Your support team is on fire today :)", "safety"),
        ("That sale was fire 🔥🔥", "safety"),
        ("Can you recall the last order I made?", "safety"),
        ("I'd like to recall my message", "safety"),
        ("You guys are on fire today 🔥 thank you", "safety"),
        (
            "My phone exploded with messages after the sale, love it",
            "safety",
        ),
        ("I work at the hospital, when do you open?", "safety"),
        ("Do you sell the Fire TV stick?", "safety"),
        ("You should fire your agents", "safety"),
        ("Nobody was injured, all fine", "safety"),
        ("This is not a scam, is it?", "fraud"),
        ("I haven't lost my card, I just want a new one", "card-lost"),
        ("My card was not stolen", "card-lost"),
        ("My flight was not cancelled after all", "flight-cancelled"),
    ] {
        let answer = of(text);
        let found = answer.intents.iter().find(|found| found.name == intent);
        assert!(
            found.is_none_or(|found| found.confidence < 0.5),
            "{text}: {found:?}"
        );
        assert!(
            answer.urgency.unwrap_or(0) < 80,
            "{text}: {:?}",
            answer.urgency
        );
    }
    for (text, intent) in [
        ("I don't recall making that payment", "fraud"),
        ("I do not recall making this transaction", "fraud"),
        ("My charger caught fire", "safety"),
        ("The battery is on fire, help", "safety"),
        ("My phone exploded", "safety"),
        ("I was injured by your product", "safety"),
        ("Is there a recall on this toaster?", "safety"),
        ("I did not make this payment", "fraud"),
    ] {
        assert_eq!(best(text).as_deref(), Some(intent), "{text}");
    }
}

#[test]
fn the_channels_language_is_repeated_only_where_it_is_well_formed() {
    let language = |tag: &str, text: &str| {
        classify(&POLICY, &Interaction::example("x", text).language(tag)).language
    };
    for (tag, text, right) in [
        ("en_US", "My card was stolen", Some("en-US")),
        ("pt_BR", "O meu pedido não chegou", Some("pt-BR")),
        ("pt-BR", "O meu pedido não chegou", Some("pt-BR")),
        (
            "english (United States)",
            "My card was stolen and I need help",
            Some("en"),
        ),
        ("fi_FI", "Hei, missä tilaukseni on", Some("fi-FI")),
        ("??", "😡", None),
        ("x_", "😡", None),
    ] {
        assert_eq!(language(tag, text).as_deref(), right, "{tag}: {text}");
    }
}

#[test]
fn mail_is_classified_by_what_was_written_now() {
    let mail = "<div>Thank you so much, you are great!</div><blockquote type=\"cite\">My card was stolen, \
                this is fraud! Card 4111 1111 1111 1111</blockquote>";
    let answer = classify(&POLICY, &Interaction::example("email", mail));
    assert_eq!(answer.intents[0].name, "praise");
    assert!(answer.urgency <= Some(15), "{:?}", answer.urgency);
    // Personal data is reported where it stands in the original.
    let card = &answer.personal_data[0];
    assert_eq!(
        &mail[card.start as usize..card.end as usize],
        "4111 1111 1111 1111"
    );
}

#[test]
fn automatic_mail_expects_no_reply() {
    let automatic = |interaction: InteractionExample| {
        let answer = classify(&POLICY, &interaction);
        let first = answer.intents.first().map(|intent| intent.name.clone());
        first.as_deref() == Some("automatic-reply") && answer.reply_expected == Some(false)
    };
    let mail = |text: &str| Interaction::example("email", text);
    assert!(automatic(
        mail("I am away").attribute("Auto-Submitted", "auto-replied")
    ));
    assert!(automatic(
        mail("I am away").attribute("auto_submitted", "auto-replied")
    ));
    assert!(automatic(mail("Hi").attribute("x-autoreply", "yes")));
    assert!(automatic(mail("Hi").attribute("precedence", "auto_reply")));
    assert!(automatic(
        mail("Hi").attribute("subject", "Automatic reply: your order")
    ));
    assert!(automatic(mail("Hi").attribute(
        "headers",
        json!({"Auto-Submitted": "auto-replied"}).to_string()
    )));
    assert!(automatic(mail("Hi").attribute(
        "headers",
        json!({"Precedence": ["bulk"], "Received": 3}).to_string()
    )));
    assert!(automatic(mail(
        "I am out of the office until Monday. For urgent matters, contact Ana."
    )));
    assert!(!automatic(
        mail("My card was stolen").attribute("Auto-Submitted", "no")
    ));
    assert!(!automatic(mail(
        "I am out of the office, deliver my parcel at home please"
    )));
    assert!(!automatic(
        mail("My card was stolen").attribute("headers", "not json")
    ));
}

#[test]
fn urgency_orders_texts_by_how_soon_they_need_an_answer() {
    let urgency = |text: &str| of(text).urgency.unwrap_or(0);
    assert!(urgency("My card was stolen, help!") >= 80);
    assert!(urgency("The battery exploded and burned my hand") >= 90);
    assert!(urgency("Which colours do you have?") <= 40);
    assert!(urgency("Thanks, you were great!") <= 15);
    assert!(urgency("Please help asap, my order is late") > urgency("My order is late, no rush"));
}

#[test]
fn a_question_expects_a_reply() {
    assert_eq!(of("Where is my parcel?").reply_expected, Some(true));
    assert_eq!(
        of("Thank you, you are the best!").reply_expected,
        Some(false)
    );
    assert_eq!(
        of("Thanks! Where can I find my invoice?").reply_expected,
        Some(true)
    );
    assert_eq!(
        of("You have won a £1000 prize, call 09061701461 to claim").reply_expected,
        Some(false)
    );
    assert_eq!(of("").reply_expected, Some(false));
}

#[test]
fn the_reason_quotes_the_lists_and_never_the_customer() {
    let why = of("Lost my card 4111 1111 1111 1111, mail jo@example.com").why;
    assert!(
        why.contains("card-lost") && why.contains("payment-card"),
        "{why}"
    );
    assert!(!why.contains("4111") && !why.contains("jo@"), "{why}");
}

#[test]
fn a_company_adds_intents_and_changes_built_in_ones() {
    let policy: SocialCare = prepare(json!({
        "intents": {
            "smart-meter": { "phrases": ["smart meter", "meter * reading"], "topic": "energy", "urgency": 60 },
            "loyalty": { "phrases": ["nectar"], "urgency": 80 },
            "refund": { "phrases": ["give back"], "only-these-phrases": true },
        },
        "topics": { "sustainability": ["carbon footprint"] },
    }))
    .unwrap_or_else(|_| panic!("refused"));
    let of = |text: &str| classify(&policy, &Interaction::example("chat", text));
    let meter = of("My smart meter shows nothing, what about my carbon footprint?");
    assert_eq!(meter.intents[0].name, "smart-meter");
    assert!(
        meter.topics.contains(&"energy".to_owned())
            && meter.topics.contains(&"sustainability".to_owned())
    );
    assert!(of("where are my nectar points").urgency >= Some(70));
    assert!(
        of("I want my money back")
            .intents
            .iter()
            .all(|intent| intent.name != "refund")
    );
}

#[test]
fn no_text_causes_a_panic_or_breaks_a_boundary() {
    let long = "ação 😡 é 4111 1111 1111 1111 PNR X4K9QZ ".repeat(1500);
    let digits = "1 ".repeat(30_000);
    let gaps = "lost ".repeat(13_000);
    for text in [
        "",
        " ",
        "\u{0}",
        "?",
        "!!!!",
        "¿",
        "\u{feff}\u{200b}",
        "é",
        "🏳️‍🌈",
        "a\u{301}\u{301}\u{301}",
        "@",
        "#",
        "&#x1F600;",
        &long[..65_536 - 3].chars().take(40_000).collect::<String>(),
        &digits,
        &gaps,
    ] {
        let answer = of(text);
        for span in &answer.personal_data {
            assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
        assert!(answer.personal_data.len() <= 64 && answer.intents.len() <= 64);
    }
}
