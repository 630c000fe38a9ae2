//! The company's approved answers. Needs the grant `knowledge`.

use crate::source::knowledge as host;

/// Articles that match the words of `text`, best first. `limit` is capped at
/// 64.
pub fn search(text: &str, limit: u32) -> Vec<Match> {
    host::search(text, limit)
        .into_iter()
        .map(|found| Match {
            article: Article::new(found.article),
            score: found.score,
        })
        .collect()
}

/// Articles written for this intent, in the company's order; at most 64.
pub fn for_intent(intent: &str) -> Vec<Article> {
    host::for_intent(intent)
        .into_iter()
        .map(Article::new)
        .collect()
}

/// An article and how well it matched.
#[derive(Debug)]
pub struct Match {
    /// The article.
    pub article: Article,
    /// Relevance, above 0; comparable within one search only.
    pub score: f64,
}

/// One approved answer.
#[derive(Debug)]
pub struct Article {
    pub(crate) host: host::Article,
}

impl Article {
    pub(crate) fn new(host: host::Article) -> Self {
        Self { host }
    }

    /// The company's identifier of the article.
    pub fn id(&self) -> String {
        self.host.id()
    }

    /// Title, in the article's language.
    pub fn title(&self) -> String {
        self.host.title()
    }

    /// The approved wording.
    pub fn text(&self) -> String {
        self.host.text()
    }

    /// Intents it answers, sorted; at most 64.
    pub fn intents(&self) -> Vec<String> {
        self.host.intents()
    }

    /// Language (BCP 47); absent where it serves any.
    pub fn language(&self) -> Option<String> {
        self.host.language()
    }

    /// Phrases an answer on this matter must not use, for example a
    /// refund window that no longer holds; at most 64.
    pub fn never_say(&self) -> Vec<String> {
        self.host.never_say()
    }
}
