//! Approved answers, with an index of words and intents.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Most articles a search or look-up returns.
pub const MOST_ARTICLES: usize = 64;

/// Most articles of a company; index entries stay small.
const MOST_IN_TOTAL: usize = 100_000;

/// One approved answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Article {
    /// Identifier, unique; 1 to 256 bytes.
    pub id: String,
    /// Title, in the article's language; 1 to 1,024 bytes.
    pub title: String,
    /// The approved wording; 1 byte to 64 KiB.
    pub text: String,
    /// Intents it answers, each 1 to 64 bytes; at most 64. In a [`Knowledge`]
    /// sorted and unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<String>,
    /// Language (BCP 47), at most 64 bytes; absent where it serves any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Phrases that an answer must not contain, each 1 to 1,024 bytes; at most
    /// 64.
    #[serde(default, alias = "never_say", skip_serializing_if = "Vec::is_empty")]
    pub never_say: Vec<String>,
}

/// Why a set of articles is invalid, with the article and the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KnowledgeError(String);

/// All approved answers of a company. Immutable.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// In the company's order; indices below refer to it.
    articles: Vec<Arc<Article>>,
    by_id: HashMap<String, u32>,
    by_intent: HashMap<String, Vec<u32>>,
    by_word: HashMap<String, Vec<Occurrence>>,
}

/// Occurrence of a word in an article.
#[derive(Clone, Copy, Debug)]
struct Occurrence {
    article: u32,
    /// Contribution to the score: the part of BM25 that does not depend on the
    /// query.
    weight: f32,
}

impl Knowledge {
    /// Validate and index articles, in the company's order.
    ///
    /// # Errors
    ///
    /// A duplicate id, or a field out of range.
    pub fn new(articles: Vec<Article>) -> Result<Self, KnowledgeError> {
        if articles.len() > MOST_IN_TOTAL {
            let count = articles.len();
            return Err(KnowledgeError(format!(
                "there are {count} articles; the most is {MOST_IN_TOTAL}"
            )));
        }
        let mut knowledge = Knowledge::default();
        let mut counts: HashMap<String, Vec<(u32, u32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(articles.len());
        for (index, mut article) in (0u32..).zip(articles) {
            check(&article)?;
            article.intents.sort();
            article.intents.dedup();
            if knowledge.by_id.insert(article.id.clone(), index).is_some() {
                return Err(KnowledgeError(format!(
                    "two articles have the id {:?}; give one of them another",
                    article.id
                )));
            }
            for intent in &article.intents {
                knowledge
                    .by_intent
                    .entry(intent.clone())
                    .or_default()
                    .push(index);
            }
            let mut length = 0u32;
            for word in words(&article.title).chain(words(&article.text)) {
                length += 1;
                let articles = counts.entry(word).or_default();
                match articles.last_mut() {
                    Some((last, count)) if *last == index => *count += 1,
                    _ => articles.push((index, 1)),
                }
            }
            lengths.push(f64::from(length));
            knowledge.articles.push(Arc::new(article));
        }
        knowledge.by_word = weighed(counts, &lengths);
        Ok(knowledge)
    }

    /// Articles that match words of `text`, best first, then in the company's
    /// order; at most `limit` and [`MOST_ARTICLES`].
    ///
    /// Words are those of Unicode (UAX 29), compatibility-normalised and in
    /// lower case; each counts once however often `text` repeats it. The score
    /// is Okapi BM25 (Robertson and Zaragoza 2009) with k1 = 1.2 and b = 0.75
    /// over title and text, above 0, comparable within one search only.
    pub fn search(&self, text: &str, limit: usize) -> Vec<(Arc<Article>, f64)> {
        let limit = limit.min(MOST_ARTICLES);
        if limit == 0 {
            return Vec::new();
        }
        let mut scores = vec![0f64; self.articles.len()];
        let mut matching = Vec::new();
        // In alphabetical order, so that sums are reproducible.
        for word in words(text).collect::<BTreeSet<_>>() {
            for occurrence in self.by_word.get(&word).into_iter().flatten() {
                let Some(score) = scores.get_mut(occurrence.article as usize) else {
                    continue;
                };
                if *score == 0.0 {
                    matching.push(occurrence.article);
                }
                *score += f64::from(occurrence.weight);
            }
        }
        let mut matching: Vec<(u32, f64)> = matching
            .into_iter()
            .filter_map(|article| Some((article, *scores.get(article as usize)?)))
            .collect();
        let better = |left: &(u32, f64), right: &(u32, f64)| {
            right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
        };
        if matching.len() > limit {
            matching.select_nth_unstable_by(limit - 1, better);
            matching.truncate(limit);
        }
        matching.sort_unstable_by(better);
        let found =
            |(article, score)| Some((Arc::clone(self.articles.get(article as usize)?), score));
        matching.into_iter().filter_map(found).collect()
    }

    /// Articles written for this intent, in the company's order; at most
    /// [`MOST_ARTICLES`].
    pub fn for_intent(&self, intent: &str) -> impl Iterator<Item = &Arc<Article>> {
        let articles = self.by_intent.get(intent).map_or(&[][..], Vec::as_slice);
        articles
            .iter()
            .filter_map(|article| self.articles.get(*article as usize))
            .take(MOST_ARTICLES)
    }

    /// The article with an id.
    pub fn get(&self, id: &str) -> Option<&Arc<Article>> {
        self.articles.get(*self.by_id.get(id)? as usize)
    }

    /// The article at a place in the company's order.
    pub fn at(&self, place: usize) -> Option<&Article> {
        self.articles.get(place).map(|article| &**article)
    }

    /// Every article, in the company's order.
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.articles.iter().map(|article| &**article)
    }

    /// Number of articles.
    pub fn len(&self) -> usize {
        self.articles.len()
    }

    /// Whether there are no articles.
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let normalised: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let words: Vec<String> = normalised.unicode_words().map(str::to_owned).collect();
    words.into_iter()
}

/// Converts word counts into BM25 weights.
fn weighed(
    counts: HashMap<String, Vec<(u32, u32)>>,
    lengths: &[f64],
) -> HashMap<String, Vec<Occurrence>> {
    const K1: f64 = 1.2;
    const B: f64 = 0.75;
    let total = lengths.len() as f64;
    let average = (lengths.iter().sum::<f64>() / total).max(1.0);
    let weigh = |(word, articles): (String, Vec<(u32, u32)>)| {
        let holding = articles.len() as f64;
        // This form stays above 0 for a word that most articles contain.
        let rarity = (1.0 + (total - holding + 0.5) / (holding + 0.5)).ln();
        let occurrences = articles.into_iter().map(|(article, count)| {
            let length = lengths.get(article as usize).copied().unwrap_or(average);
            let count = f64::from(count);
            let weight =
                rarity * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / average));
            Occurrence {
                article,
                weight: weight as f32,
            }
        });
        (word, occurrences.collect())
    };
    counts.into_iter().map(weigh).collect()
}

fn check(article: &Article) -> Result<(), KnowledgeError> {
    let id: String = article.id.chars().take(64).collect();
    let length = |field, value: &str, least, most| {
        let bytes = value.len();
        match (least..=most).contains(&bytes) {
            true => Ok(()),
            false => Err(KnowledgeError(format!(
                "article {id:?}: {field} has {bytes} bytes; it must have {least} to {most}"
            ))),
        }
    };
    let entries = |field, list: &[String], longest| {
        let count = list.len();
        if count > 64 {
            return Err(KnowledgeError(format!(
                "article {id:?}: {field} has {count} entries; the most is 64"
            )));
        }
        list.iter()
            .try_for_each(|entry| length(field, entry, 1, longest))
    };
    length("id", &article.id, 1, 256)?;
    length("title", &article.title, 1, 1_024)?;
    length("text", &article.text, 1, 64 * 1_024)?;
    length(
        "language",
        article.language.as_deref().unwrap_or("any"),
        1,
        64,
    )?;
    entries("intents", &article.intents, 64)?;
    entries("never-say", &article.never_say, 1_024)
}

#[cfg(test)]
mod tests;
