//! Mail addresses, as the tokens have them.

use super::Found;
use crate::text::{Kind, Text};

pub(super) fn find(text: &Text<'_>, found: &mut Found) {
    for token in &text.tokens {
        if token.kind == Kind::Email {
            found.add("email", token.start, token.end);
        }
    }
}
