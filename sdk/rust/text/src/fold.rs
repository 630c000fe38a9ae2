//! Replaces characters that look like plain letters and digits, and removes invisible ones.

use crate::confusable::{Plain, ZEROS, compatible, latin_lookalike};
use crate::rewrite::{Rewriter, Rewritten};

/// The text as a reader sees it, in plain characters:
///
/// - invisible characters within words and numbers are removed (zero-width spaces, soft hyphens,
///   direction marks, variation selectors);
/// - full-width, mathematical, circled, raised and small letters and digits become plain ones, and so
///   do the digits of every script;
/// - letters of other scripts that look like Latin ones become these in a word that also has Latin
///   letters, and in a word of only such letters where the text is mainly Latin. Words of another
///   script stay.
///
/// Accents and case stay. ASCII text is returned as it is.
pub fn fold_characters(text: &str) -> Rewritten<'_> {
    if text.is_ascii() || !text.chars().any(is_candidate) {
        return Rewritten::unchanged(text);
    }
    let mainly_latin = is_mainly_latin(text);
    let mut rewriter = Rewriter::new(text);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if is_word_part(first) {
            let end = at + word_length(&text[at..]);
            fold_word(&mut rewriter, text, at..end, mainly_latin);
            at = end;
        } else {
            let end = at + first.len_utf8();
            fold_character(&mut rewriter, at..end, first, false);
            at = end;
        }
    }
    rewriter.finish()
}

/// Value of a decimal digit of any script, or of a full-width, mathematical, circled or raised one.
pub fn digit(character: char) -> Option<u8> {
    let code = character as u32;
    if code < 0x80 {
        return character.to_digit(10).map(|digit| digit as u8);
    }
    let near = |first: u32, value: u32| Some((code - first + value) as u8);
    match code {
        0xb2 | 0xb3 => near(0xb2, 2),
        0xb9 => Some(1),
        0x2070 => Some(0),
        0x2074..=0x2079 => near(0x2074, 4),
        0x2460..=0x2468 => near(0x2460, 1),
        0x2474..=0x247c => near(0x2474, 1),
        0x2488..=0x2490 => near(0x2488, 1),
        0x24ea | 0x24ff => Some(0),
        0x24f5..=0x24fd => near(0x24f5, 1),
        0x2776..=0x277e => near(0x2776, 1),
        0x2780..=0x2788 => near(0x2780, 1),
        0x278a..=0x2792 => near(0x278a, 1),
        0x1d7ce..=0x1d7ff => Some(((code - 0x1d7ce) % 10) as u8),
        _ => ZEROS
            .iter()
            .find(|zero| (**zero..**zero + 10).contains(&code))
            .map(|zero| (code - zero) as u8),
    }
}

/// Whether a character is shown as nothing (Unicode: default ignorable).
pub fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character may be changed; a quick test before the text is copied.
fn is_candidate(character: char) -> bool {
    !character.is_ascii()
        && (is_ignorable(character)
            || is_enclosing(character)
            || digit(character).is_some()
            || compatible(character).is_some()
            || latin_lookalike(character).is_some())
}

/// Combining frames, as around the digit of a keycap.
fn is_enclosing(character: char) -> bool {
    matches!(character, '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}')
}

fn is_word_part(character: char) -> bool {
    character.is_alphanumeric() || compatible(character).is_some_and(is_letter)
}

fn is_letter(plain: Plain) -> bool {
    match plain {
        Plain::Letter(letter) => letter.is_ascii_alphanumeric(),
        Plain::Letters(_) => true,
    }
}

fn word_length(text: &str) -> usize {
    text.char_indices()
        .find(|(_, next)| !is_word_part(*next) && !is_ignorable(*next) && !is_enclosing(*next))
        .map_or(text.len(), |(at, _)| at)
}

/// Whether there are at least twice as many Latin letters as letters that only look like them.
fn is_mainly_latin(text: &str) -> bool {
    let (mut latin, mut other) = (0_usize, 0_usize);
    for character in text.chars() {
        if character.is_ascii_alphabetic() {
            latin += 1;
        } else if matches!(character, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}') {
            other += 1;
        }
    }
    latin > 0 && latin >= other * 2
}

fn fold_word(
    rewriter: &mut Rewriter<'_>,
    text: &str,
    range: std::ops::Range<usize>,
    mainly_latin: bool,
) {
    let word = &text[range.clone()];
    if word.is_ascii() {
        return rewriter.copy(range);
    }
    let has_latin = word
        .chars()
        .any(|it| it.is_ascii_alphabetic() || compatible(it).is_some());
    let only_lookalikes = || {
        let mut letters = word.chars().filter(|it| it.is_alphabetic()).peekable();
        letters.peek().is_some() && letters.all(|letter| latin_lookalike(letter).is_some())
    };
    let foreign = has_latin || (mainly_latin && only_lookalikes());
    for (at, character) in word.char_indices() {
        let start = range.start + at;
        fold_character(
            rewriter,
            start..start + character.len_utf8(),
            character,
            foreign,
        );
    }
}

fn fold_character(
    rewriter: &mut Rewriter<'_>,
    place: std::ops::Range<usize>,
    character: char,
    lookalikes: bool,
) {
    if character.is_ascii() {
        return rewriter.copy(place);
    }
    let mut buffer = [0; 4];
    let before = rewriter.text().chars().next_back();
    if is_ignorable(character) || is_enclosing(character) || is_overlay(character, before) {
        // An emoji keeps what belongs to it.
        match before.is_some_and(char::is_alphanumeric) {
            true => rewriter.replace(place, ""),
            false => rewriter.copy(place),
        }
    } else if let Some(digit) = digit(character) {
        let plain = char::from(b'0' + digit);
        rewriter.replace(place, plain.encode_utf8(&mut buffer));
    } else if let Some(plain) = compatible(character) {
        match plain {
            Plain::Letter(letter) => rewriter.replace(place, letter.encode_utf8(&mut buffer)),
            Plain::Letters(letters) => rewriter.replace(place, letters),
        }
    } else if let Some(letter) = latin_lookalike(character).filter(|_| lookalikes) {
        rewriter.replace(place, letter.encode_utf8(&mut buffer));
    } else {
        rewriter.copy(place);
    }
}

/// A combining mark over a digit: digits have none.
fn is_overlay(character: char, before: Option<char>) -> bool {
    matches!(character, '\u{300}'..='\u{36f}') && before.is_some_and(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_look_plain_become_plain() {
        for (written, plain) in [
            ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
            ("𝐛𝐨𝐥𝐝 𝓼𝓬𝓻𝓲𝓹𝓽 𝔣𝔯𝔞𝔨 𝙼𝚘𝚗𝚘 𝕯𝖔𝖚𝖇", "bold script frak Mono Doub"),
            ("ⓒⓘⓡⓒⓛⓔⓓ ⒫⒜⒭ 🅰🄱🅒", "circled par ABC"),
            ("ѕmаll саps wіth Суrіllіс", "small caps with Cyrillic"),
            ("ɪᴅɪᴏᴛ ʰᵉˡˡᵒ", "idiot hello"),
            ("id\u{200b}i\u{ad}o\u{2060}t", "idiot"),
            ("ﬁne aﬀair", "fine affair"),
            (
                "４１１１ ٤١١١ ४१११ ④①①① 𝟒𝟏𝟏𝟏 ⁴¹¹¹",
                "4111 4111 4111 4111 4111 4111",
            ),
            ("1️⃣2️⃣", "12"),
            ("say \u{202e}tibar", "say \u{202e}tibar"),
            ("this is ѕех", "this is sex"),
        ] {
            assert_eq!(fold_characters(written).text(), plain, "{written}");
        }
    }

    #[test]
    fn what_needs_no_change_stays() {
        for text in [
            "",
            "plain",
            "Não chegou, é uma vergonha",
            "Где мой заказ? Это сор",
            "Πού είναι η παραγγελία",
            "👩\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈",
            "荷物がまだ届きません",
            "İstanbul’da ığdır",
        ] {
            assert_eq!(fold_characters(text).text(), text);
        }
    }

    #[test]
    fn every_part_keeps_its_place() {
        let text = "a ｉd\u{200b}iot, é 4️⃣2";
        let folded = fold_characters(text);
        assert_eq!(folded.text(), "a idiot, é 42");
        let place = |part: &str| {
            let at = folded.text().find(part).unwrap_or(0);
            &text[folded.source_range(at..at + part.len())]
        };
        assert_eq!(place("idiot"), "ｉd\u{200b}iot");
        assert_eq!(place("42"), "4️⃣2");
        assert_eq!(place("é"), "é");
    }
}
