//! Booking references: six letters and digits after a word such as "PNR",
//! "booking" or "ref".

use super::Found;
use crate::lexicon::{Lexicon, Role};
use crate::text::{Kind, Shape, Text, Token};

/// How many words may stand between: "booking reference is …".
const REACH: usize = 4;

pub(super) fn find(text: &Text<'_>, lexicon: &Lexicon, found: &mut Found) {
    let mut named: Option<usize> = None;
    for (at, token) in text.tokens.iter().enumerate() {
        if lexicon
            .entry(token)
            .is_some_and(|entry| entry.role.has(Role::BOOKING))
        {
            named = Some(at);
        } else if named
            .is_some_and(|named| at - named <= REACH && is_reference(text, token, at - named == 1))
        {
            found.add("booking-reference", token.start, token.end);
        }
    }
}

/// Six characters with a digit, or six capitals that are no word we know: the
/// `next` after the word that says so, or where not everything is in capitals.
fn is_reference(text: &Text<'_>, token: &Token, next: bool) -> bool {
    if token.end - token.start != 6
        || !matches!(token.kind, Kind::Word | Kind::Number | Kind::Hashtag)
    {
        return false;
    }
    let written = text.written(token);
    if !written.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    let letters = written.bytes().any(|byte| byte.is_ascii_alphabetic());
    let digit = token.shape.has(Shape::DIGIT);
    // "14days" and "3weeks" are no references, "500000" is an amount.
    if digit && letters {
        return written
            .bytes()
            .rev()
            .take(4)
            .any(|byte| byte.is_ascii_digit())
            || written.as_bytes()[0].is_ascii_alphabetic();
    }
    if digit {
        return !text
            .source
            .get(..token.start as usize)
            .is_some_and(|before| before.ends_with(['£', '€', '$']));
    }
    token.shape.has(Shape::CAPITALS)
        && token.word.index().is_none()
        && (next || text.capitals() < 0.6)
}
