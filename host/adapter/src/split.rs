//! Dividing a long text into parts that a channel takes.

use patchbay_model::length::LengthRule;
use thiserror::Error;
use unicode_segmentation::UnicodeSegmentation;

/// A text has a link or a character with more marks than one message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the text has a link or a character that is longer than a message of this channel")]
pub struct Unsplittable;

/// Divides a text into parts within the limit of a rule: after a paragraph, else a
/// sentence, else a word, else a character as a reader sees it; never inside of a
/// link. A paragraph or sentence counts if it ends in the second half of the part.
/// White space at a division and around a divided text is left out;
/// nothing else changes.
///
/// # Errors
/// [`Unsplittable`].
pub fn split_text(text: &str, rule: LengthRule) -> Result<Vec<String>, Unsplittable> {
    if rule.measure(text).fits() {
        return Ok(vec![text.to_owned()]);
    }
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while let Some(end) = division(rest, rule)? {
        let (part, after) = rest.split_at(end);
        parts.push(part.trim_end().to_owned());
        rest = after.trim_start();
    }
    let last = rest.trim_end();
    if !last.is_empty() {
        parts.push(last.to_owned());
    }
    Ok(parts)
}

/// Where the first part of a text ends; `None` if the whole text fits. Looks at a
/// beginning of the text that grows until a part is full, so that the cost of a
/// part does not depend on the length of the text.
fn division(text: &str, rule: LengthRule) -> Result<Option<usize>, Unsplittable> {
    let limit = rule.limit.unwrap_or(u32::MAX) as usize;
    let mut window = limit.saturating_mul(4);
    loop {
        let head = &text[..text.floor_char_boundary(window)];
        let is_whole = head.len() == text.len();
        match last_division(text, head, rule)? {
            Some(end) => return Ok(Some(end)),
            None if is_whole => return Ok(None),
            None => window = window.saturating_mul(2),
        }
    }
}

/// The best division in the head of a text; `None` if the whole head fits.
fn last_division(text: &str, head: &str, rule: LengthRule) -> Result<Option<usize>, Unsplittable> {
    let graphemes: Vec<usize> = head
        .grapheme_indices(true)
        .map(|(start, grapheme)| start + grapheme.len())
        .collect();
    let fitting = graphemes.partition_point(|end| rule.measure(head[..*end].trim_end()).fits());
    if fitting == graphemes.len() {
        return Ok(None);
    }
    let Some(most) = fitting.checked_sub(1).map(|last| graphemes[last]) else {
        return Err(Unsplittable);
    };
    let links = links(text, most);
    let is_free = |end: &usize| {
        let is_inside = |link: &(usize, usize)| link.0 < *end && *end < link.1;
        (1..=most).contains(end) && !links.iter().any(is_inside)
    };
    let half = most / 2;
    let is_late = |end: &usize| *end >= half;
    let last = |ends: &mut dyn Iterator<Item = usize>| ends.filter(is_free).last();
    let blanks = |separator: &'static str| {
        let starts = head.match_indices(separator);
        starts.map(|(start, found)| start + found.len())
    };
    let sentences = head.split_sentence_bound_indices();
    let mut sentences = sentences.map(|(start, sentence)| start + sentence.len());
    let spaces = head.char_indices().filter(|(_, c)| c.is_whitespace());
    let mut spaces = spaces.map(|(start, c)| start + c.len_utf8());
    let words = head.split_word_bound_indices();
    let mut words = words.map(|(start, word)| start + word.len());
    last(&mut blanks("\n\n"))
        .filter(is_late)
        .or_else(|| last(&mut blanks("\n")).filter(is_late))
        .or_else(|| last(&mut sentences).filter(is_late))
        .or_else(|| last(&mut spaces))
        .or_else(|| last(&mut words))
        .or_else(|| last(&mut graphemes.iter().copied()))
        .map(Some)
        .ok_or(Unsplittable)
}

/// Start and end of the links that begin before `end`: from `https://`, `http://`
/// or `www.` to white space or a punctuation mark of Chinese or Japanese.
fn links(text: &str, end: usize) -> Vec<(usize, usize)> {
    let is_end = |c: char| {
        c.is_whitespace() || matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}')
    };
    let mut links = Vec::new();
    for mark in ["https://", "http://", "www."] {
        let mut last = 0;
        let starts = text.match_indices(mark).map(|(start, _)| start);
        for start in starts.take_while(|start| *start < end) {
            // Within the link before.
            if start < last {
                continue;
            }
            let length = text[start..].find(is_end);
            last = length.map_or(text.len(), |length| start + length);
            links.push((start, last));
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use patchbay_model::length::LengthUnit::{Bytes, Characters, Utf16};

    use super::*;

    fn split(text: &str, limit: u32) -> Vec<String> {
        split_text(text, LengthRule::new(Characters, limit)).expect("splittable")
    }

    #[test]
    fn a_text_is_divided_after_a_paragraph_a_sentence_or_a_word() {
        for (text, limit, parts) in [
            ("short", 10, &["short"][..]),
            ("exactly 10", 10, &["exactly 10"]),
            (
                "One two.\n\nThree four. Five",
                21,
                &["One two.\n\nThree four.", "Five"],
            ),
            ("One two three.\n\nFour", 16, &["One two three.", "Four"]),
            (
                "One two three\nfour five",
                15,
                &["One two three", "four five"],
            ),
            (
                "A. One two three. Four five",
                20,
                &["A. One two three.", "Four five"],
            ),
            ("No. 12 one two three", 12, &["No. 12 one", "two three"]),
            ("abcdefghijkl", 5, &["abcde", "fghij", "kl"]),
            (
                "谢谢你。我们明天再联系。",
                8,
                &["谢谢你。", "我们明天再联系。"],
            ),
            ("a      b", 3, &["a", "b"]),
            ("          ", 4, &[]),
        ] {
            assert_eq!(split(text, limit), parts, "{text:?}");
        }
    }

    #[test]
    fn a_link_stays_whole() {
        let text = "See https://a.example/x?y=1.Z now";
        assert_eq!(split(text, 30), ["See https://a.example/x?y=1.Z", "now"]);
        assert_eq!(split(text, 28), ["See", "https://a.example/x?y=1.Z", "now"]);
        assert_eq!(
            split_text(text, LengthRule::new(Characters, 10)),
            Err(Unsplittable),
        );
    }

    #[test]
    fn a_character_of_several_code_points_stays_whole() {
        let family = "👩‍👩‍👧‍👦";
        let text = family.repeat(3);
        assert_eq!(split(&text, 10), [family; 3]);
        assert_eq!(
            split_text(family, LengthRule::new(Characters, 6)),
            Err(Unsplittable)
        );
        let rule = LengthRule::new(Bytes, 5);
        assert_eq!(split_text("ééé", rule), Ok(vec!["éé".into(), "é".into()]));
        let rule = LengthRule::new(Utf16, 3);
        assert_eq!(split_text("😀😀", rule), Ok(vec!["😀".into(), "😀".into()]));
    }
}
