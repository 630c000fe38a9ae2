//! Emoji that consist of several characters (Unicode Technical Standard 51).

const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// How many characters the emoji at the start of the text consists of; `None`
/// where it starts with none.
///
/// A sequence counts as one emoji when it is well formed. X knows only the
/// sequences Unicode recommends, so a joined pair nobody draws counts more
/// there. Plain symbols of the emoji blocks are told from arrows and the like
/// by no table, because they weigh the same as an emoji anyway.
pub(super) fn at(text: &[char]) -> Option<usize> {
    let (&first, rest) = text.split_first()?;
    match (first, rest) {
        ('0'..='9' | '#' | '*', [EMOJI_STYLE, KEYCAP, ..]) => Some(3),
        ('0'..='9' | '#' | '*', [KEYCAP, ..]) => Some(2),
        ('©' | '®', [EMOJI_STYLE, ..]) => Some(2),
        (flag, [next, ..]) if is_regional(flag) && is_regional(*next) => Some(2),
        (picture, _) if is_picture(picture) => Some(joined(text)),
        _ => None,
    }
}

/// Length of a picture with its style or skin tone, its tags, and whatever is
/// joined to it: 👩🏽‍💻, 👨‍👩‍👧‍👦, 🏴󠁧󠁢󠁷󠁬󠁳󠁿.
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
            [JOINER, picture, ..] if is_picture(picture) => length += 2,
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

/// Whether a character lies where emoji lie: the symbol blocks, four CJK
/// symbols, and the pictograph blocks.
fn is_picture(character: char) -> bool {
    matches!(
        character,
        '\u{203C}'..='\u{2BFF}' | '〰' | '〽' | '㊗' | '㊙' | '\u{1F000}'..='\u{1FAFF}'
    )
}
