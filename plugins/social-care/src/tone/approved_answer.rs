//! Compares a draft with the company's approved answers: it must not use a phrase an article rules
//! out, and where both give a number of the same unit, it must be the same number.

use patchbay_sdk::prelude::*;

use super::{Findings, Reply};
use crate::lexicon::languages::primary;
use crate::lexicon::vocabulary::Word;
use crate::route::SURE;
use crate::text::{Kind, Shape, Text, Token, fold};

/// Most intents compared, and most articles of each.
const MAX_INTENTS: usize = 2;
const MAX_ARTICLES: usize = 4;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    let Some(assessment) = &reply.assessment else {
        return;
    };
    let mut draft = None;
    for intent in assessment
        .intents()
        .iter()
        .filter(|intent| intent.confidence >= SURE)
        .take(MAX_INTENTS)
    {
        for article in knowledge::for_intent(&intent.name)
            .iter()
            .take(MAX_ARTICLES)
        {
            let serves = article.language().is_none_or(|tag| {
                reply
                    .language
                    .as_deref()
                    .is_none_or(|said| primary(said).eq_ignore_ascii_case(primary(&tag)))
            });
            if serves {
                let draft = draft.get_or_insert_with(|| by_hash(reply.draft.text()));
                compare(draft, article, findings);
            }
        }
    }
}

/// Reads a text with each word's hash as its number: articles use words no list knows.
fn by_hash(source: &str) -> Text<'_> {
    Text::read_with(source, |hash| Word((hash >> 33) as u32))
}

fn compare(draft: &Text<'_>, article: &Article, findings: &mut Findings<'_>) {
    let id = article.id();
    for phrase in article.never_say() {
        let words: Vec<Word> = by_hash(&phrase)
            .tokens
            .iter()
            .map(|token| token.word)
            .collect();
        for found in places(&draft.tokens, &words) {
            findings.add_at(
                "answer.disagrees",
                found,
                format!("The approved answer {id} rules this phrase out."),
                None,
            );
        }
    }
    let said = quantities(draft);
    if said.is_empty() {
        return;
    }
    let text = article.text();
    let approved = by_hash(&text);
    let approved = quantities(&approved);
    for quantity in &said {
        let same_unit = || approved.iter().filter(|other| other.unit == quantity.unit);
        if quantity.past || same_unit().any(|other| other.number == quantity.number) {
            continue;
        }
        if let Some(right) = same_unit().next() {
            let suggestion = text.get(right.place.clone());
            findings.add_at(
                "answer.disagrees",
                quantity.place.clone(),
                format!("The approved answer {id} gives another number."),
                suggestion,
            );
        }
    }
}

/// Bytes of every occurrence of a sequence of words.
fn places(tokens: &[Token], words: &[Word]) -> Vec<std::ops::Range<usize>> {
    if words.is_empty() {
        return Vec::new();
    }
    let same = |window: &&[Token]| {
        window
            .iter()
            .zip(words)
            .all(|(token, word)| token.word == *word && *word != Word::UNKNOWN)
    };
    tokens
        .windows(words.len())
        .filter(same)
        .map(|window| window[0].start as usize..window[window.len() - 1].end as usize)
        .collect()
}

/// A number and what it counts.
#[derive(Debug, PartialEq)]
struct Quantity {
    /// As written, without separators of thousands.
    number: String,
    unit: Unit,
    place: std::ops::Range<usize>,
    /// Whether it is about the past: "2 days ago".
    past: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
    Percent,
    Euros,
    Pounds,
    Dollars,
    Kilograms,
}

const UNITS: [(Unit, &[&str]); 11] = [
    (
        Unit::Minutes,
        &[
            "minute", "minutes", "mins", "min", "minuto", "minutos", "minuten",
        ],
    ),
    (
        Unit::Hours,
        &[
            "hour", "hours", "hrs", "hora", "horas", "heure", "heures", "stunde", "stunden",
        ],
    ),
    (
        Unit::Days,
        &[
            "day",
            "days",
            "dia",
            "dias",
            "día",
            "días",
            "jour",
            "jours",
            "tag",
            "tage",
            "tagen",
            "werktage",
            "werktagen",
        ],
    ),
    (
        Unit::Weeks,
        &[
            "week", "weeks", "semana", "semanas", "semaine", "semaines", "woche", "wochen",
        ],
    ),
    (
        Unit::Months,
        &[
            "month", "months", "mês", "meses", "mes", "mois", "monat", "monate", "monaten",
        ],
    ),
    (
        Unit::Years,
        &[
            "year", "years", "ano", "anos", "año", "años", "an", "ans", "jahr", "jahre", "jahren",
        ],
    ),
    (Unit::Percent, &["percent", "%"]),
    (Unit::Euros, &["euro", "euros", "eur", "€"]),
    (Unit::Pounds, &["pound", "pounds", "gbp", "£"]),
    (Unit::Dollars, &["dollar", "dollars", "usd", "$"]),
    (
        Unit::Kilograms,
        &["kg", "kgs", "kilo", "kilos", "kilograms"],
    ),
];
const PAST: [&str; 7] = ["ago", "atrás", "late", "earlier", "old", "tard", "retard"];

/// Every number with a unit.
fn quantities(text: &Text<'_>) -> Vec<Quantity> {
    let mut found = Vec::new();
    for (at, token) in text.tokens.iter().enumerate() {
        if token.kind != Kind::Number {
            continue;
        }
        let Some((unit, end, last)) = unit(text, at) else {
            continue;
        };
        let past = text.tokens.get(last + 1).is_some_and(|next| {
            !text.tokens[last].shape.has(Shape::SENTENCE_END)
                && is_one_of(text.written(next), &PAST)
        });
        found.push(Quantity {
            number: plain(text.written(token)),
            unit,
            place: token.start as usize..end,
            past,
        });
    }
    found
}

/// A number without separators of thousands and zero decimals: `1,000.00` is `1000`.
fn plain(written: &str) -> String {
    let whole = match written.rfind(['.', ',']) {
        Some(at)
            if written.len() - at == 3 && written[at + 1..].bytes().all(|byte| byte == b'0') =>
        {
            &written[..at]
        }
        _ => written,
    };
    whole.chars().filter(char::is_ascii_digit).collect()
}

/// Unit of the number at a token, end of the unit in bytes, and its last token.
fn unit(text: &Text<'_>, at: usize) -> Option<(Unit, usize, usize)> {
    let token = &text.tokens[at];
    let symbol =
        |letter: Option<char>| letter.and_then(|letter| named(letter.encode_utf8(&mut [0; 4])));
    if let Some(unit) = symbol(text.source.get(..token.start as usize)?.chars().next_back()) {
        return Some((unit, token.end as usize, at));
    }
    let after = text.source.get(token.end as usize..)?.chars().next();
    if let Some(unit) = symbol(after) {
        return Some((
            unit,
            token.end as usize + after.map_or(0, char::len_utf8),
            at,
        ));
    }
    // "14 days", "14 working days", "3 to 5 days".
    for next in at + 1..(at + BETWEEN_REACH).min(text.tokens.len()) {
        if text.tokens[next - 1].shape.has(Shape::SENTENCE_END) {
            return None;
        }
        let token = &text.tokens[next];
        if let Some(unit) = named(text.written(token)) {
            return Some((unit, token.end as usize, next));
        }
        if token.kind != Kind::Number && !is_one_of(text.written(token), &BETWEEN) {
            return None;
        }
    }
    None
}

/// Words between a number and its unit, and how many tokens they may take.
const BETWEEN: [&str; 15] = [
    "to", "or", "and", "working", "business", "calendar", "full", "a", "à", "bis", "ou", "o", "e",
    "y", "oder",
];
const BETWEEN_REACH: usize = 5;

fn named(written: &str) -> Option<Unit> {
    UNITS
        .iter()
        .find(|(_, names)| is_one_of(written, names))
        .map(|(unit, _)| *unit)
}

fn is_one_of(written: &str, names: &[&str]) -> bool {
    // The hash ignores case and accents.
    names.iter().any(|name| written.eq_ignore_ascii_case(name))
        || (!written.is_ascii()
            && names
                .iter()
                .any(|name| fold::word(name) == fold::word(written)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Vec<(String, Unit)> {
        quantities(&by_hash(source))
            .into_iter()
            .map(|quantity| (quantity.number, quantity.unit))
            .collect()
    }

    #[test]
    fn numbers_are_found_with_their_units() {
        assert_eq!(
            read("within 14 days or 3 to 5 working days"),
            [
                ("14".to_owned(), Unit::Days),
                ("3".to_owned(), Unit::Days),
                ("5".to_owned(), Unit::Days)
            ]
        );
        assert_eq!(
            read("£1,000.00 and 20% and 30€"),
            [
                ("1000".to_owned(), Unit::Pounds),
                ("20".to_owned(), Unit::Percent),
                ("30".to_owned(), Unit::Euros)
            ]
        );
        assert_eq!(read("order 12345 is here"), []);
        assert_eq!(read("14 Días"), [("14".to_owned(), Unit::Days)]);
    }
}
