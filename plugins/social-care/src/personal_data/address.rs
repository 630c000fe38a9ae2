//! Street addresses as English writes them: a number, one to three capitalised words and a kind of
//! street.

use patchbay_sdk::prelude::*;

use super::Findings;
use crate::lexicon::{Lexicon, Role};
use crate::text::{Kind, Shape, Text};

/// Most digits of a house number.
const MAX_DIGITS: u32 = 5;
/// Most words after it, the kind of street included.
const MAX_WORDS: usize = 4;

pub(super) fn find(text: &Text<'_>, lexicon: &Lexicon, found: &mut Findings) {
    for (at, token) in text.tokens.iter().enumerate() {
        if token.kind != Kind::Number || token.end - token.start > MAX_DIGITS {
            continue;
        }
        for (name, next) in text.tokens[at + 1..].iter().take(MAX_WORDS).enumerate() {
            let is_capitalised = next.kind == Kind::Word && next.shape.has(Shape::CAPITALISED);
            if !is_capitalised || text.tokens[at + name].shape.has(Shape::SENTENCE_END) {
                break;
            }
            if name > 0 && lexicon.has_role(next, Role::STREET) {
                found.add(PersonalDataKind::Address, token.start, next.end);
                break;
            }
        }
    }
}
