use std::collections::BTreeSet;

use super::{MAX_ITEMS, plain};
use crate::testing::World;

plain! {
    Article {
        id: String,
        title: String,
        text: String,
        intents: Vec<String>,
        language: Option<String>,
        never_say: Vec<String>,
    }
}

pub(crate) struct Match {
    pub(crate) article: Article,
    pub(crate) score: f64,
}

/// Scores by the number of words that occur: enough for the few articles of a test. The host ranks
/// better.
pub(crate) fn search(text: &str, limit: u32) -> Vec<Match> {
    let wanted = words(text);
    let world = World::current();
    let articles = world.fixture.articles.iter();
    let mut found: Vec<_> = articles
        .map(|article| {
            let own = words(&format!("{} {}", article.title, article.text));
            Match {
                article: article.clone(),
                score: wanted.intersection(&own).count() as f64,
            }
        })
        .filter(|found| found.score > 0.0)
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(limit.min(MAX_ITEMS) as usize);
    found
}

pub(crate) fn for_intent(intent: &str) -> Vec<Article> {
    let world = World::current();
    let articles = world.fixture.articles.iter();
    let found = articles.filter(|article| article.intents.iter().any(|own| own == intent));
    found.take(MAX_ITEMS as usize).cloned().collect()
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;

    #[test]
    fn articles_match_words_and_intents() {
        let world = World::new()
            .article(Article::example("hours", "We answer from eight to six."))
            .article(
                Article::example("refund", "A refund takes five days.")
                    .title("Refunds")
                    .intent("refund")
                    .never_say("instantly"),
            );
        world.enter(|| {
            let found = knowledge::search("When does my REFUND come? Five weeks!", 8);
            assert_eq!((found.len(), found[0].article.id().as_str()), (1, "refund"));
            assert_eq!(
                knowledge::for_intent("refund")[0].never_say(),
                ["instantly"]
            );
            assert!(knowledge::for_intent("hours").is_empty());
        });
    }
}
