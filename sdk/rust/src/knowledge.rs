//! The company's approved answers. Needs the grant `knowledge`: without it a call ends the decision
//! with the outcome `denied`.

use crate::handle::handle;
use crate::source::knowledge as host;

/// Articles that match the words of `text`, best first; at most `limit`, which is capped at 64.
pub fn search(text: &str, limit: u32) -> Vec<Match> {
    let found = host::search(text, limit).into_iter();
    found
        .map(|found| Match {
            article: found.article.into(),
            score: found.score,
        })
        .collect()
}

/// Articles written for an intent, in the company's order; at most 64.
pub fn for_intent(intent: &str) -> Vec<Article> {
    let found = host::for_intent(intent).into_iter();
    found.map(Article::from).collect()
}

/// An article and how well it matched.
#[derive(Debug)]
pub struct Match {
    /// The article.
    pub article: Article,
    /// Relevance, above 0; comparable within one search only.
    pub score: f64,
}

handle! {
    /// One approved answer.
    Article of host::Article {
        /// The company's identifier of the article.
        get id: String;
        /// Title, in the article's language.
        get title: String;
        /// The approved wording.
        get text: String;
        /// Intents it answers, sorted; at most 64.
        list intents: String;
        /// Language (BCP 47); absent where it serves every language.
        maybe language: String;
        /// Phrases an answer on this subject must not use, for example an expired refund window;
        /// at most 64.
        list never_say: String;
    }
}
