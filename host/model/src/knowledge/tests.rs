use super::*;

fn article(id: &str, title: &str, text: &str, intents: &[&str]) -> Article {
    Article {
        id: id.into(),
        title: title.into(),
        text: text.into(),
        intents: intents.iter().map(|intent| intent.to_string()).collect(),
        ..Article::default()
    }
}

fn bank() -> Knowledge {
    Knowledge::new(vec![
        article(
            "opening",
            "Opening hours",
            "We are open from nine to five.",
            &["hours"],
        ),
        article(
            "card",
            "Lost card",
            "Block your lost card in the app, then order a new card.",
            &["card-lost", "card-new"],
        ),
        article(
            "refund",
            "Refunds",
            "A refund takes five days to reach your card.",
            &["refund"],
        ),
        article(
            "cartão",
            "Cartão perdido",
            "Bloqueie o cartão na aplicação.",
            &["card-lost"],
        ),
    ])
    .expect("valid articles")
}

fn found(knowledge: &Knowledge, text: &str) -> Vec<String> {
    knowledge
        .search(text, 64)
        .into_iter()
        .map(|(article, _)| article.id.clone())
        .collect()
}

#[test]
fn the_article_with_more_of_the_rarer_words_comes_first() {
    assert_eq!(found(&bank(), "I lost my card"), ["card", "refund"]);
    assert_eq!(
        found(&bank(), "how many days for a refund to my card"),
        ["refund", "card", "opening"]
    );
    assert_eq!(found(&bank(), "xyzzy"), [""; 0]);
    assert_eq!(found(&bank(), ""), [""; 0]);
}

#[test]
fn words_match_in_any_case_and_normal_form() {
    assert_eq!(found(&bank(), "CARTÃO"), ["cartão"]);
    assert_eq!(found(&bank(), "carta\u{303}o"), ["cartão"]);
    assert_eq!(found(&bank(), "ｒｅｆｕｎｄｓ!"), ["refund"]);
}

#[test]
fn equal_scores_keep_the_companys_order_and_repetition_changes_nothing() {
    let twins = ["b", "a", "c"].map(|id| article(id, "Twin", "the same words", &[]));
    let knowledge = Knowledge::new(twins.to_vec()).expect("valid articles");
    assert_eq!(found(&knowledge, "same"), ["b", "a", "c"]);
    let once = knowledge.search("same", 2);
    assert_eq!(once.len(), 2);
    assert!(
        once.iter().all(|(_, score)| *score > 0.0),
        "a word in every article still counts"
    );
    assert_eq!(once, knowledge.search("same SAME same", 2));
}

#[test]
fn the_score_is_bm25() {
    let knowledge = Knowledge::new(vec![
        article("1", "fox", "quick brown fox", &[]),
        article("2", "dog", "lazy", &[]),
    ])
    .expect("valid articles");
    let (_, score) = knowledge.search("fox", 1).remove(0);
    let rarity = (1.0f64 + (2.0 - 1.0 + 0.5) / (1.0 + 0.5)).ln();
    let expected = rarity * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 4.0 / 3.0));
    assert!((score - expected).abs() < 1e-6, "{score} is not {expected}");
}

#[test]
fn at_most_64_articles_are_given() {
    let many = (0..200)
        .map(|index| article(&format!("{index:03}"), "Delivery", "late again", &["late"]))
        .collect();
    let knowledge = Knowledge::new(many).expect("valid articles");
    assert_eq!(knowledge.search("late", usize::MAX).len(), 64);
    assert_eq!(knowledge.search("late", 0).len(), 0);
    let ids: Vec<&str> = knowledge
        .for_intent("late")
        .map(|article| article.id.as_str())
        .collect();
    assert_eq!(
        (ids.len(), ids.first(), ids.last()),
        (64, Some(&"000"), Some(&"063"))
    );
    assert_eq!((knowledge.len(), knowledge.is_empty()), (200, false));
}

#[test]
fn an_intent_gives_its_articles_in_the_companys_order() {
    let bank = bank();
    let ids = |intent| {
        bank.for_intent(intent)
            .map(|article| article.id.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("card-lost"), ["card", "cartão"]);
    assert_eq!(ids("card-new"), ["card"]);
    assert_eq!(ids("card"), [""; 0]);
    assert_eq!(
        bank.get("refund").map(|article| article.title.as_str()),
        Some("Refunds")
    );
    assert_eq!(bank.get("refunds"), None);
}

#[test]
fn intents_are_sorted_and_unique() {
    let twice = article("1", "Title", "text", &["b", "a", "b"]);
    let knowledge = Knowledge::new(vec![twice]).expect("valid articles");
    assert_eq!(
        knowledge.get("1").map(|article| article.intents.clone()),
        Some(vec!["a".into(), "b".into()])
    );
    assert_eq!(knowledge.for_intent("b").count(), 1);
}

#[test]
fn values_outside_the_limits_are_rejected_and_named() {
    let refused =
        |articles: Vec<Article>| Knowledge::new(articles).expect_err("invalid").to_string();
    let good = article("1", "Title", "text", &["late"]);
    assert_eq!(
        refused(vec![good.clone(), good.clone()]),
        "two articles have the id \"1\"; give one of them another"
    );
    let empty = Article {
        text: String::new(),
        ..good.clone()
    };
    assert_eq!(
        refused(vec![empty]),
        "article \"1\": text has 0 bytes; it must have 1 to 65536"
    );
    let long = Article {
        never_say: vec!["x".repeat(2_000)],
        ..good.clone()
    };
    assert_eq!(
        refused(vec![long]),
        "article \"1\": never-say has 2000 bytes; it must have 1 to 1024"
    );
    let many = Article {
        intents: vec!["late".into(); 65],
        ..good
    };
    assert_eq!(
        refused(vec![many]),
        "article \"1\": intents has 65 entries; the most is 64"
    );
    assert!(Knowledge::new(Vec::new()).is_ok_and(|none| none.search("a", 5).is_empty()));
}

#[test]
fn an_article_is_read_from_toml_and_from_json() {
    let toml =
        "id = \"1\"\ntitle = \"T\"\ntext = \"t\"\nlanguage = \"pt\"\nnever-say = [\"30 days\"]";
    let json =
        r#"{"id": "1", "title": "T", "text": "t", "language": "pt", "never_say": ["30 days"]}"#;
    let read: Article = toml::from_str(toml).expect("an article");
    assert_eq!(read, serde_json::from_str(json).expect("an article"));
    assert_eq!(
        toml::to_string(&read).expect("a table").lines().last(),
        Some("never-say = [\"30 days\"]")
    );
    let unknown = toml::from_str::<Article>("id = \"1\"\ntitel = \"T\"")
        .expect_err("unknown")
        .message()
        .to_owned();
    assert!(unknown.contains("unknown field `titel`"), "{unknown}");
}
