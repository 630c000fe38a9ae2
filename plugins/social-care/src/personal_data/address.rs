//! Street addresses: a number, one to three capitalised words and a kind of
//! street, as English writes them.

use super::Found;
use crate::lexicon::{Lexicon, Role};
use crate::text::{Kind, Shape, Text};

pub(super) fn find(text: &Text<'_>, lexicon: &Lexicon, found: &mut Found) {
    for (at, token) in text.tokens.iter().enumerate() {
        if token.kind != Kind::Number || token.end - token.start > 5 {
            continue;
        }
        for (name, next) in text.tokens[at + 1..].iter().take(4).enumerate() {
            let capitalised = next.kind == Kind::Word && next.shape.has(Shape::CAPITALISED);
            if !capitalised || text.tokens[at + name].shape.has(Shape::SENTENCE_END) {
                break;
            }
            let street = lexicon
                .entry(next)
                .is_some_and(|entry| entry.role.has(Role::STREET));
            if street && name > 0 {
                found.add("address", token.start, next.end);
                break;
            }
        }
    }
}
