//! Weighted counting on X, after twitter-text
//! (<https://github.com/twitter/twitter-text>, Apache-2.0).

use unicode_normalization::UnicodeNormalization;

use super::{emoji, url};

/// Weight of a URL: X shortens each to `t.co`.
const URL: u32 = 23;

/// One version of the rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether characters outside the light ranges count 2.
    pub(super) weighted: bool,
    /// Whether an emoji of several characters counts as one.
    pub(super) whole_emoji: bool,
}

/// Configuration version 3, in force since 2018.
pub(super) const CURRENT: Rules = Rules {
    weighted: true,
    whole_emoji: true,
};

/// Configuration version 1, in force until 2017.
pub(super) const LEGACY: Rules = Rules {
    weighted: false,
    whole_emoji: false,
};

/// Length by these rules, counted on the NFC-normalised text.
pub(super) fn weighted(text: &str, rules: &Rules) -> u32 {
    let text: Vec<char> = text.nfc().collect();
    let mut urls = url::find(&text).into_iter().peekable();
    let (mut total, mut at) = (0u32, 0);
    while let Some(&first) = text.get(at) {
        let (weight, characters) = if let Some(url) = urls.next_if(|url| url.start == at) {
            (URL, url.len())
        } else if let Some(characters) = rules.whole_emoji.then(|| emoji::at(&text[at..])).flatten()
        {
            (2, characters)
        } else if rules.weighted {
            (weight(first), 1)
        } else {
            (1, 1)
        };
        total = total.saturating_add(weight);
        at += characters;
    }
    total
}

/// Latin to Georgian, and the punctuation Latin text uses, count 1.
fn weight(character: char) -> u32 {
    match character as u32 {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}
