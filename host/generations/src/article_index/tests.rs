use patchbay_model::knowledge::Article;

use super::*;

fn article(id: &str, title: &str, text: &str, language: Option<&str>) -> Article {
    Article {
        id: id.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        language: language.map(str::to_owned),
        ..Article::default()
    }
}

fn index(articles: Vec<Article>) -> ArticleIndex {
    ArticleIndex::new(&Knowledge::new(articles).expect("valid articles"))
}

fn places(index: &ArticleIndex, query: &str) -> Vec<usize> {
    index.search(query, None, 10).places
}

#[test]
fn a_word_counts_most_in_the_title_then_in_the_id_then_in_the_text() {
    let often = "refund ".repeat(200);
    let index = index(vec![
        article("a", "Money", &often, None),
        article("b", "Money", "A refund is made within five days.", None),
        article("refund", "Money", "Within five days.", None),
        article("d", "Refund", "Within five days.", None),
        article("e", "Parcels", "They leave in the morning.", None),
    ]);
    assert_eq!(places(&index, "refund"), [3, 2, 0, 1]);
    assert_eq!(places(&index, "REFUND?"), [3, 2, 0, 1]);
    assert_eq!(index.search("refund", None, 2).places, [3, 2]);
    assert_eq!(places(&index, "invoice"), [0; 0]);
}

#[test]
fn rare_words_count_more_than_frequent_ones() {
    let index = index(vec![
        article("a", "Where is my parcel", "On its way.", None),
        article("b", "Where is my invoice", "In the account.", None),
        article("c", "Where is my refund", "On its way.", None),
    ]);
    assert_eq!(places(&index, "where is my invoice please?")[0], 1);
    // Of equal ones the first in the company's order comes first.
    assert_eq!(places(&index, "where is my"), [0, 1, 2]);
}

#[test]
fn the_last_word_counts_while_it_is_typed() {
    let index = index(vec![
        article("a", "Reference", "Numbers.", None),
        article("b", "Refunds", "Money.", None),
        article("c", "Ref", "Short.", None),
    ]);
    assert_eq!(places(&index, "refu"), [1]);
    // The whole word comes first.
    assert_eq!(places(&index, "ref"), [2, 0, 1]);
    // Only the last word can be incomplete.
    assert_eq!(places(&index, "ref "), [2]);
    assert_eq!(places(&index, "refu money"), [1]);
    assert_eq!(places(&index, "refu numbers"), [0]);
}

#[test]
fn a_blank_search_lists_the_articles_in_the_companys_order() {
    let index = index(vec![
        article("b", "B", "x", None),
        article("a", "A", "x", Some("de")),
    ]);
    assert_eq!(places(&index, " "), [0, 1]);
    assert_eq!(index.search("", None, 1).places, [0]);
    assert_eq!(places(&index, "?"), [0; 0]);
}

#[test]
fn articles_of_the_language_come_first_and_others_only_if_there_are_none() {
    let refunds = |language| article("a", "Refunds", "x", language);
    let all = [None, Some("en"), Some("pt-PT"), Some("pt_br"), Some("pt")];
    let articles = all
        .into_iter()
        .enumerate()
        .map(|(place, language)| Article {
            id: place.to_string(),
            ..refunds(language)
        });
    let several = index(articles.collect());
    let found = |language| {
        let found = several.search("refunds", Some(language), 10);
        (found.places, found.is_other_language)
    };
    assert_eq!(found("pt-BR"), (vec![0, 3, 4, 2], false));
    assert_eq!(found("pt"), (vec![0, 2, 3, 4], false));
    assert_eq!(found("en-US"), (vec![0, 1], false));
    assert_eq!(found("fr"), (vec![0], false));
    let only = index(vec![refunds(Some("en"))]);
    let other = only.search("refunds", Some("fr"), 10);
    assert_eq!((other.places, other.is_other_language), (vec![0], true));
    let none = only.search("parcel", Some("fr"), 10);
    assert_eq!((none.places, none.is_other_language), (vec![], false));
}

#[test]
fn a_search_of_many_words_is_bounded() {
    let words: Vec<String> = (0..5_000).map(|number| format!("word{number}")).collect();
    let index = index(vec![article("a", "A", &words.join(" "), None)]);
    // The first sixteen count, and of words that begin alike the first 32.
    let query: Vec<String> = (0..16).map(|number| format!("other{number}")).collect();
    assert_eq!(
        places(&index, &format!("{} word1 ", query.join(" "))),
        [0; 0]
    );
    assert_eq!(places(&index, "word"), [0]);
}
