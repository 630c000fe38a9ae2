//! Emoji that consist of several characters (Unicode Technical Standard 51).

const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Number of characters of the emoji at the start of the text; `None` where it
/// starts with none.
///
/// Every well-formed sequence counts as one emoji; X knows only the sequences
/// Unicode recommends. Arrows and other plain symbols of the emoji blocks need
/// no table: they weigh the same.
pub(super) fn at(text: &[char]) -> Option<usize> {
    let (&first, rest) = text.split_first()?;
    match (first, rest) {
        ('0'..='9' | '#' | '*', [EMOJI_STYLE, KEYCAP, ..]) => Some(3),
        ('0'..='9' | '#' | '*', [KEYCAP, ..]) => Some(2),
        ('©' | '®', [EMOJI_STYLE, ..]) => Some(2),
        (flag, [next, ..]) if is_regional(flag) && is_regional(*next) => Some(2),
        (pictograph, _) if is_pictograph(pictograph) => Some(joined(text)),
        _ => None,
    }
}

/// Length of an emoji with its style or skin tone, its tags, and what is joined
/// to it: 👩🏽‍💻, 👨‍👩‍👧‍👦, 🏴󠁧󠁢󠁷󠁬󠁳󠁿.
fn joined(text: &[char]) -> usize {
    let mut length = 1;
    loop {
        if matches!(
            text.get(length),
            Some(&(EMOJI_STYLE | '\u{1F3FB}'..='\u{1F3FF}'))
        ) {
            length += 1;
        }
        length += tags(&text[length..]);
        match text[length..] {
            [JOINER, pictograph, ..] if is_pictograph(pictograph) => length += 2,
            _ => return length,
        }
    }
}

/// Length of a tag sequence, its end mark included; 0 where there is none.
fn tags(text: &[char]) -> usize {
    let is_tag = |character: &&char| matches!(character, '\u{E0020}'..='\u{E007E}');
    let length = text.iter().take_while(is_tag).count();
    match text.get(length) {
        Some('\u{E007F}') if length > 0 => length + 1,
        _ => 0,
    }
}

fn is_regional(character: char) -> bool {
    matches!(character, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Whether a character is in the symbol blocks, the four CJK symbols or the
/// pictograph blocks.
fn is_pictograph(character: char) -> bool {
    matches!(
        character,
        '\u{203C}'..='\u{2BFF}' | '〰' | '〽' | '㊗' | '㊙' | '\u{1F000}'..='\u{1FAFF}'
    )
}
