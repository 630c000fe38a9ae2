//! Booking references: six letters and digits after a word such as "PNR", "booking" or "ref".

use patchbay_sdk::prelude::*;

use super::Findings;
use crate::lexicon::{Lexicon, Role};
use crate::text::{Kind, Shape, Text, Token};

/// How many words may stand between: "booking reference is …".
const REACH: usize = 4;
/// Above this share of words in capitals, capitals say nothing about a word.
const SHOUTING: f32 = 0.6;

pub(super) fn find(text: &Text<'_>, lexicon: &Lexicon, found: &mut Findings) {
    let mut label: Option<usize> = None;
    for (at, token) in text.tokens.iter().enumerate() {
        if lexicon.has_role(token, Role::BOOKING) {
            label = Some(at);
        } else if label
            .is_some_and(|label| at - label <= REACH && is_reference(text, token, at - label == 1))
        {
            found.add(PersonalDataKind::BookingReference, token.start, token.end);
        }
    }
}

/// Whether a token is six characters with a digit, or six capitals that no list knows as a word;
/// capitals count next to the label, or where the text does not shout.
fn is_reference(text: &Text<'_>, token: &Token, next_to_label: bool) -> bool {
    let written = text.written(token);
    if written.len() != 6
        || !matches!(token.kind, Kind::Word | Kind::Number | Kind::Hashtag)
        || !written.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return false;
    }
    let has_letters = written.bytes().any(|byte| byte.is_ascii_alphabetic());
    // "14days" and "3weeks" are not references, "500000" is an amount.
    match (token.shape.has(Shape::DIGIT), has_letters) {
        (true, true) => {
            written.as_bytes()[0].is_ascii_alphabetic()
                || written[2..].bytes().any(|byte| byte.is_ascii_digit())
        }
        (true, false) => !text.source[..token.start as usize].ends_with(['£', '€', '$']),
        (false, _) => {
            token.shape.has(Shape::CAPITALS)
                && token.word.index().is_none()
                && (next_to_label || text.capitals() < SHOUTING)
        }
    }
}
