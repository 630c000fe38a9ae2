//! Detects the language of a text.
//!
//! A script other than Latin decides alone. Within Latin, stop words, signature letters and, where
//! those do not decide, frequent trigrams score each language; the channel's language weighs as much
//! as a stop word or two.

use super::sentiment::Words;
use crate::lexicon::{Lexicon, languages, trigram_letter};
use crate::text::{Kind, Text};

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Language<'a> {
    /// Its tag, the channel's own where that agrees; `None` where no language is detected.
    pub(crate) tag: Option<&'a str>,
    /// The words that give the mood.
    pub(crate) words: Words,
}

const LATIN: usize = languages::CODES.len();
/// Score of the channel's language, in stop words of one language only.
const CHANNEL: f32 = 1.6;
/// Least score of a detected language.
const ENOUGH: f32 = 0.9;
/// Least lead of a detected language over the second best.
const LEAST_LEAD: f32 = 0.1;
/// Score from which a language with a clear lead is sure: short texts are not.
const SURE: f32 = 3.0;
/// Lead over the second best below which trigrams count too.
const CLEAR: f32 = 1.5;

pub(crate) fn detect<'a>(
    text: &Text<'_>,
    lexicon: &Lexicon,
    channel: Option<&'a str>,
) -> Language<'a> {
    let channel = channel
        .filter(|tag| !matches!(languages::primary(tag), "und" | "zxx" | "qme" | "qst" | ""));
    let unknown = Words {
        language: None,
        sure: false,
    };
    if let Some(code) = script(text) {
        return Language {
            tag: Some(agreeing(channel, code)),
            words: unknown,
        };
    }
    let named = channel.and_then(languages::number);
    if channel.is_some() && named.is_none() && text.marks.letters.latin == 0 {
        return Language {
            tag: channel,
            words: unknown,
        };
    }
    let mut scores = words(text, lexicon);
    if let Some(named) = named {
        scores[named] += CHANNEL;
    }
    let (mut best, mut lead) = leader(&scores);
    if (lead < CLEAR || scores[best] < ENOUGH) && text.marks.letters.latin >= 6 {
        add_trigrams(text, lexicon, &mut scores);
        (best, lead) = leader(&scores);
    }
    let of_best = Words {
        language: Some(best),
        sure: scores[best] >= SURE && lead >= CLEAR,
    };
    // A language the channel names and no list covers is accepted, unless another one is clear.
    if let (Some(tag), None) = (channel, named) {
        let plain = scores[best] >= CHANNEL + CLEAR && lead >= CLEAR;
        return if plain {
            Language {
                tag: Some(languages::CODES[best]),
                words: of_best,
            }
        } else {
            Language {
                tag: Some(tag),
                words: unknown,
            }
        };
    }
    if scores[best] < ENOUGH || lead < LEAST_LEAD {
        return Language {
            tag: channel,
            words: unknown,
        };
    }
    Language {
        tag: Some(agreeing(channel, languages::CODES[best])),
        words: of_best,
    }
}

/// The channel's own tag (`pt-BR`) where it is of the same language.
fn agreeing<'a>(channel: Option<&'a str>, code: &'static str) -> &'a str {
    channel
        .filter(|tag| languages::primary(tag).eq_ignore_ascii_case(code))
        .unwrap_or(code)
}

fn script(text: &Text<'_>) -> Option<&'static str> {
    let letters = &text.marks.letters;
    let cjk = letters.kana + letters.han;
    let scripts = [
        (letters.cyrillic, "ru"),
        (letters.greek, "el"),
        (letters.arabic, "ar"),
        (letters.hebrew, "he"),
        (letters.devanagari, "hi"),
        (letters.thai * 2, "th"),
        (letters.hangul * 2, "ko"),
        // A character is a word or most of one.
        (cjk * 3, if letters.kana > 0 { "ja" } else { "zh" }),
    ];
    let (most, code) = scripts.into_iter().max_by_key(|(count, _)| *count)?;
    (most > 1 && most > letters.latin).then_some(code)
}

fn words(text: &Text<'_>, lexicon: &Lexicon) -> [f32; LATIN] {
    let mut scores = [0.0; LATIN];
    for token in &text.tokens {
        if !matches!(token.kind, Kind::Word | Kind::Hashtag) {
            continue;
        }
        let Some(entry) = lexicon.entry(token) else {
            continue;
        };
        if entry.languages == 0 {
            // A word with a mood in one language only speaks for it a little.
            let mut moods = entry
                .valence
                .iter()
                .enumerate()
                .filter(|(_, valence)| **valence != 0);
            if let (Some((language, _)), None) = (moods.next(), moods.next()) {
                scores[language] += 0.8;
            }
            continue;
        }
        let long = if token.end - token.start >= 4 {
            1.5
        } else {
            1.0
        };
        let share = long / entry.languages.count_ones() as f32;
        let mut rest = entry.languages;
        while rest != 0 {
            scores[rest.trailing_zeros() as usize] += share;
            rest &= rest - 1;
        }
    }
    for (score, letters) in scores.iter_mut().zip(text.marks.letters.signature) {
        *score += f32::from(letters.min(6)) * 0.5;
    }
    scores
}

/// The best language and its lead over the next.
fn leader(scores: &[f32; LATIN]) -> (usize, f32) {
    let (mut best, mut next) = (0, f32::MIN);
    for (language, score) in scores.iter().enumerate().skip(1) {
        if *score > scores[best] {
            next = scores[best];
            best = language;
        } else if *score > next {
            next = *score;
        }
    }
    (best, scores[best] - next)
}

/// Beyond this a text says no more about its language.
const MOST_TRIGRAM_BYTES: usize = 400;

fn add_trigrams(text: &Text<'_>, lexicon: &Lexicon, scores: &mut [f32; LATIN]) {
    let mut read = 0;
    for token in &text.tokens {
        if token.kind != Kind::Word {
            continue;
        }
        read += (token.end - token.start) as usize;
        if read > MOST_TRIGRAM_BYTES {
            break;
        }
        let mut code = 0;
        for letter in text.written(token).chars().chain([' ']) {
            let folded =
                crate::text::fold::without_accent(letter).and_then(|folded| folded.bytes().next());
            let byte = folded.unwrap_or(if letter.is_ascii() {
                letter as u8
            } else {
                b' '
            });
            code = (code * 32 + trigram_letter(byte)) & 0x7fff;
            if let Ok(at) = lexicon
                .trigrams
                .binary_search_by_key(&code, |(code, _)| *code)
            {
                let languages = lexicon.trigrams[at].1;
                for (language, score) in scores.iter_mut().enumerate() {
                    if languages & (1 << language) != 0 {
                        *score += 0.35 / languages.count_ones() as f32;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::tests::POLICY;

    fn language<'a>(source: &str, channel: Option<&'a str>) -> Option<&'a str> {
        let lexicon = &POLICY.lexicon;
        detect(&Text::read(source, &lexicon.vocabulary), lexicon, channel).tag
    }

    #[test]
    fn the_language_of_a_sentence_is_detected() {
        for (code, source) in [
            (
                "en",
                "Where is my parcel? It should have been here yesterday.",
            ),
            ("pt", "Bom dia, a minha encomenda ainda não chegou"),
            (
                "es",
                "Hola, mi pedido todavía no ha llegado y nadie responde",
            ),
            ("fr", "Bonjour, je n'ai toujours pas reçu ma commande"),
            ("de", "Wo ist mein Paket? Ich warte schon seit einer Woche"),
            ("it", "Buongiorno, il mio ordine non è ancora arrivato"),
            ("nl", "Waar is mijn bestelling? Ik wacht al een week"),
            ("sv", "Hej, jag har inte fått mitt paket än"),
            ("pl", "Dzień dobry, moja paczka jeszcze nie przyszła"),
            ("tr", "Merhaba, siparişim hala gelmedi, çok bekliyorum"),
            ("ru", "Где мой заказ?"),
            ("ja", "荷物がまだ届きません"),
            ("zh", "我的包裹还没到"),
            ("ko", "주문이 아직 안 왔어요"),
            ("ar", "أين طلبي"),
        ] {
            assert_eq!(language(source, None), Some(code), "{source}");
        }
    }

    #[test]
    fn the_channels_language_counts_unless_the_text_contradicts_it() {
        assert_eq!(language("ok", Some("pt-BR")), Some("pt-BR"));
        assert_eq!(
            language("O meu pedido não chegou", Some("pt-BR")),
            Some("pt-BR")
        );
        assert_eq!(
            language(
                "Where is my parcel? It should have been here yesterday.",
                Some("pt-BR")
            ),
            Some("en")
        );
        assert_eq!(language("Hei, missä tilaukseni on", Some("fi")), Some("fi"));
        assert_eq!(language("😡😡", None), None);
        assert_eq!(language("", Some("und")), None);
    }
}
