//! Approved answers as people search them: by whole words and the beginning of the last,
//! without case and accents, in a language. Policies search them by
//! [`Knowledge::search`](patchbay_model::knowledge::Knowledge::search), whose answers are
//! part of recorded decisions and do not change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use patchbay_model::knowledge::Knowledge;
use patchbay_model::language_tag;
use patchbay_search_terms::folded_words::words;

/// Most words of a search that count.
const QUERY_WORDS: usize = 16;
/// Most words of the articles that the beginning of one stands for.
const COMPLETIONS: usize = 32;
/// What a word counts that only begins as the last word of the search does.
const COMPLETED: f64 = 0.5;

/// An index of the articles of one [`Knowledge`].
#[derive(Debug)]
pub struct ArticleIndex {
    /// By word, in alphabetical order.
    occurrences: BTreeMap<String, Vec<Occurrence>>,
    /// Language of each article; absent where it serves every language.
    languages: Vec<Option<String>>,
}

/// A word in an article.
#[derive(Clone, Copy, Debug)]
struct Occurrence {
    article: u32,
    weight: f32,
}

/// The articles that a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundArticles {
    /// Places in the company's order, best first.
    pub places: Vec<usize>,
    /// Whether none is of the requested language, and these are of others.
    pub is_other_language: bool,
}

/// How well the language of an article fits the requested one, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum LanguageFit {
    /// The same, a more general or a more specific one, or the article serves any.
    Fits,
    /// Another variant of the same language.
    Related,
    /// Another language.
    Other,
}

/// Weights of one word in the parts of an article. The best part counts: a word of the
/// title makes an article more relevant than any number of them in the text.
const TITLE: f32 = 8.0;
const ID: f32 = 6.0;
const INTENT: f32 = 5.0;
/// The text counts 1 for a word that stands once, less than this however often it does.
const TEXT: f32 = 3.0;

impl ArticleIndex {
    /// Index all articles. The time is proportional to their text.
    pub fn new(knowledge: &Knowledge) -> ArticleIndex {
        let mut occurrences: BTreeMap<String, Vec<Occurrence>> = BTreeMap::new();
        let mut languages = Vec::with_capacity(knowledge.len());
        for (article, one) in (0u32..).zip(knowledge.articles()) {
            let mut weights: HashMap<String, f32> = HashMap::new();
            let mut counts: HashMap<String, f32> = HashMap::new();
            for word in words(&one.text) {
                *counts.entry(word).or_default() += 1.0;
            }
            // 1, 1.5, 1.8, 2 … for a word that stands once, twice, thrice …
            let text = |count: f32| TEXT * count / (count + 2.0);
            weights.extend(counts.into_iter().map(|(word, count)| (word, text(count))));
            let intents = one.intents.iter().map(|intent| (intent, INTENT));
            let parts = intents.chain([(&one.id, ID), (&one.title, TITLE)]);
            for (part, weight) in parts {
                weights.extend(words(part).map(|word| (word, weight)));
            }
            for (word, weight) in weights {
                let occurrence = Occurrence { article, weight };
                occurrences.entry(word).or_default().push(occurrence);
            }
            let language = one.language.as_deref();
            languages.push(language.map(|tag| {
                language_tag::normalize(tag).unwrap_or_else(|| tag.to_ascii_lowercase())
            }));
        }
        ArticleIndex {
            occurrences,
            languages,
        }
    }

    /// Articles that have words of `query`, best first, then in the company's order; at
    /// most `limit`. A word counts the more, the fewer articles have it. Without a word
    /// in a blank `query`, all articles in the company's order.
    ///
    /// With a `language` (normalized), those that fit it come first, then those of another
    /// variant of it; others only if there are none.
    pub fn search(&self, query: &str, language: Option<&str>, limit: usize) -> FoundArticles {
        let scores = match query.trim().is_empty() {
            true => (0..self.languages.len())
                .map(|place| (place, 0.0))
                .collect(),
            false => self.scores(query),
        };
        let fit = |place: usize| {
            let own = self.languages.get(place).and_then(Option::as_deref);
            fit_language(own, language)
        };
        let mut found: Vec<(LanguageFit, f64, usize)> = scores
            .into_iter()
            .map(|(place, score)| (fit(place), score, place))
            .collect();
        let is_other_language =
            !found.is_empty() && found.iter().all(|(fit, ..)| *fit == LanguageFit::Other);
        if !is_other_language {
            found.retain(|(fit, ..)| *fit != LanguageFit::Other);
        }
        found.sort_unstable_by(|left, right| {
            let by_fit = left.0.cmp(&right.0);
            let by_score = right.1.total_cmp(&left.1);
            by_fit.then(by_score).then(left.2.cmp(&right.2))
        });
        found.truncate(limit);
        FoundArticles {
            places: found.into_iter().map(|(.., place)| place).collect(),
            is_other_language,
        }
    }

    /// Scores of the articles that have a word of the query.
    fn scores(&self, query: &str) -> HashMap<usize, f64> {
        let all: Vec<String> = words(query).collect();
        // A last word that is still being typed.
        let ends_within = query.chars().next_back().is_some_and(char::is_alphanumeric);
        let begun = all.last().filter(|_| ends_within).cloned();
        let distinct: BTreeSet<String> = all.into_iter().take(QUERY_WORDS).collect();
        let mut scores: HashMap<usize, f64> = HashMap::new();
        // In alphabetical order, so that sums are reproducible.
        for word in distinct {
            let is_begun = begun.as_ref() == Some(&word);
            for (article, score) in self.scores_of_word(&word, is_begun) {
                *scores.entry(article).or_default() += score;
            }
        }
        scores
    }

    /// The best that an article has of one word, or of a word that begins so.
    fn scores_of_word(&self, word: &str, is_begun: bool) -> HashMap<usize, f64> {
        let mut scores: HashMap<usize, f64> = HashMap::new();
        let mut count = |occurrences: &[Occurrence], factor: f64| {
            let rarity = factor * self.rarity(occurrences.len());
            for occurrence in occurrences {
                let score = rarity * f64::from(occurrence.weight);
                let best = scores.entry(occurrence.article as usize).or_default();
                *best = best.max(score);
            }
        };
        if let Some(occurrences) = self.occurrences.get(word) {
            count(occurrences, 1.0);
        }
        if is_begun {
            let from = self.occurrences.range(word.to_owned()..);
            let longer = from
                .take_while(|(known, _)| known.starts_with(word))
                .filter(|(known, _)| known.len() > word.len());
            for (_, occurrences) in longer.take(COMPLETIONS) {
                count(occurrences, COMPLETED);
            }
        }
        scores
    }

    /// Above 0, and the more, the fewer articles have a word.
    fn rarity(&self, holding: usize) -> f64 {
        let (total, holding) = (self.languages.len() as f64, holding as f64);
        (1.0 + (total - holding + 0.5) / (holding + 0.5)).ln()
    }
}

fn fit_language(own: Option<&str>, asked: Option<&str>) -> LanguageFit {
    let (Some(own), Some(asked)) = (own, asked) else {
        return LanguageFit::Fits;
    };
    let primary = |tag: &str| {
        let first = tag.split('-').next().unwrap_or_default();
        first.to_ascii_lowercase()
    };
    // One is a range of the other, as `pt` of `pt-BR`.
    let covers = |range: &str, tag: &str| {
        let begins = tag.get(..range.len());
        let rest = tag.get(range.len()..).unwrap_or_default();
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case(range))
            && (rest.is_empty() || rest.starts_with('-'))
    };
    if covers(own, asked) || covers(asked, own) {
        return LanguageFit::Fits;
    }
    match primary(own) == primary(asked) {
        true => LanguageFit::Related,
        false => LanguageFit::Other,
    }
}

#[cfg(test)]
mod tests;
