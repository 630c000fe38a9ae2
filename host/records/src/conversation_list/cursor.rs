//! Where the next page of a list begins.

use patchbay_journal::{ConversationId, ResolvedMark};
use thiserror::Error;

use super::{ListOrder, SortKey};

/// After which conversation the next page begins. Conversations that do not change
/// meanwhile are neither skipped nor repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// After one that is not resolved, in an order.
    Open(ListOrder, SortKey),
    /// After a resolved one: these follow the others, the newest first.
    Resolved(ResolvedMark),
}

/// A text is no cursor of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be `next` of the page before, with the same `sort`")]
pub struct ParseCursorError;

impl Cursor {
    /// The cursor of a text, for a list in this order.
    ///
    /// # Errors
    /// Not a cursor, or one of another order.
    pub fn parse(text: &str, order: ListOrder) -> Result<Cursor, ParseCursorError> {
        if let Ok(id) = text.parse::<ConversationId>() {
            let key = SortKey {
                first: 0,
                second: 0,
                id,
            };
            return match order {
                ListOrder::Id => Ok(Cursor::Open(order, key)),
                _ => Err(ParseCursorError),
            };
        }
        let parts: Vec<&str> = text.split('-').collect();
        let number = |text: &str| {
            let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let number = u64::from_str_radix(text, 16).ok();
            number
                .filter(|_| is_hex && text.len() == 16)
                .ok_or(ParseCursorError)
        };
        match parts[..] {
            ["resolved", at, number_] => Ok(Cursor::Resolved(ResolvedMark {
                at: number(at)?,
                number: number(number_)?,
            })),
            [name, first, second, id] if name == order.as_str() => {
                let key = SortKey {
                    first: number(first)?,
                    second: number(second)?,
                    id: id.parse().map_err(|_| ParseCursorError)?,
                };
                Ok(Cursor::Open(order, key))
            }
            _ => Err(ParseCursorError),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cursor::Open(ListOrder::Id, key) => key.id.fmt(f),
            Cursor::Open(order, SortKey { first, second, id }) => {
                write!(f, "{order}-{first:016x}-{second:016x}-{id}")
            }
            Cursor::Resolved(ResolvedMark { at, number }) => {
                write!(f, "resolved-{at:016x}-{number:016x}")
            }
        }
    }
}
