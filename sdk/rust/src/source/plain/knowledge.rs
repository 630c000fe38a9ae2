use std::collections::BTreeSet;

use super::{MOST, plain};
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

/// Scores by how many of the words occur: enough to tell apart the few
/// articles of a test. The host ranks better.
pub(crate) fn search(text: &str, limit: u32) -> Vec<Match> {
    let wanted = words(text);
    let mut found: Vec<_> = World::current()
        .given
        .articles
        .iter()
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
    found.truncate(limit.min(MOST) as usize);
    found
}

pub(crate) fn for_intent(intent: &str) -> Vec<Article> {
    World::current()
        .given
        .articles
        .iter()
        .filter(|article| article.intents.iter().any(|own| own == intent))
        .take(MOST as usize)
        .cloned()
        .collect()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;

    #[test]
    fn articles_are_found_by_words_and_by_intent() {
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
