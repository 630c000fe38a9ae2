//! Identifiers.

use std::fmt;
use std::str::FromStr;

/// Number of slots that threads hash to.
pub const SLOTS: u16 = 256;

/// A company, by the number this journal assigned to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompanyId(pub u32);

/// Place of an input in the order of durable acceptance: 1, 2, 3 … without
/// gaps, host-wide (one sequence for all companies). 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ordinal(pub u64);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One of [`SLOTS`] shares of all threads; each thread has one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u8);

impl Slot {
    /// The slot of a thread: the same in every process and version.
    pub fn for_thread(company: CompanyId, thread: &[u8]) -> Slot {
        let hash = blake3::Hasher::new()
            .update(&company.0.to_le_bytes())
            .update(thread)
            .finalize();
        Slot(hash.as_bytes()[0])
    }
}

/// Text that is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 hexadecimal digits")]
pub struct ParseIdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", u128::from_be_bytes(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<$name, ParseIdError> {
                if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(ParseIdError);
                }
                u128::from_str_radix(text, 16)
                    .map(|number| $name(number.to_be_bytes()))
                    .map_err(|_| ParseIdError)
            }
        }
    )+};
}

ids! {
    /// A conversation; 32 hexadecimal digits as text.
    ConversationId

    /// A contact, as first seen under one address; 32 hexadecimal digits as
    /// text. A merged contact keeps its id.
    ContactId

    /// A token; 32 hexadecimal digits as text. It is not secret.
    TokenId

    /// A session of a signed-in person; 32 hexadecimal digits as text. It is not
    /// secret.
    SessionId
}

impl ConversationId {
    /// The conversation that an input opens on a thread which had `before`
    /// conversations. Two simultaneous first messages of a thread derive the
    /// same id, and so open one conversation.
    pub fn derive(company: CompanyId, thread: &[u8], before: u32) -> ConversationId {
        let hash = blake3::Hasher::new_derive_key("patchbay 2026 conversation id")
            .update(&company.0.to_le_bytes())
            .update(&before.to_le_bytes())
            .update(thread)
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        ConversationId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_parses_from_its_text() {
        let id = ConversationId::derive(CompanyId(7), b"thread", 0);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("+1".repeat(16).parse::<ContactId>(), Err(ParseIdError));
    }

    #[test]
    fn the_slot_of_a_thread_is_fixed() {
        assert_eq!(Slot::for_thread(CompanyId(1), b"a"), Slot(SLOT_OF_1_A));
    }

    /// A constant on purpose: all hosts and versions must agree.
    const SLOT_OF_1_A: u8 = 24;
}
