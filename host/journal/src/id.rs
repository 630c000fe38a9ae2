//! What things are called inside a journal.

use std::fmt;
use std::str::FromStr;

/// Number of slots conversations hash to; a slot is the unit several hosts
/// divide between them.
pub const SLOTS: u16 = 256;

/// A company, by the number this journal gave its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompanyId(pub u32);

/// Place in the order of durable acceptance, across all companies: 1, 2, 3 …
/// without gaps. 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ordinal(pub u64);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One of 256 shares of all threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u8);

impl Slot {
    /// The slot of a thread: the same in every process, for ever.
    pub fn of(company: CompanyId, thread: &[u8]) -> Slot {
        let hash = blake3::Hasher::new()
            .update(&company.0.to_le_bytes())
            .update(thread)
            .finalize();
        Slot(hash.as_bytes()[0])
    }
}

/// Text is not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is 32 hexadecimal digits")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digit = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or('0');
                let mut text = String::with_capacity(2 * self.0.len());
                for byte in self.0 {
                    text.push(digit(byte >> 4));
                    text.push(digit(byte & 15));
                }
                f.write_str(&text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<$name, NotAnId> {
                if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(NotAnId);
                }
                u128::from_str_radix(text, 16)
                    .map(|number| $name(number.to_be_bytes()))
                    .map_err(|_| NotAnId)
            }
        }
    };
}

id! {
    /// A conversation; 32 hexadecimal digits as text.
    ConversationId
}
id! {
    /// A contact, as first seen under one address; 32 hexadecimal digits as
    /// text. Contacts that were merged keep their own.
    ContactId
}

id! {
    /// A token; 32 hexadecimal digits as text. It is no secret.
    TokenId
}

impl ConversationId {
    /// The conversation an input opens on a thread. Two simultaneous first
    /// messages of a thread must make one conversation: both name the thread
    /// and how many conversations it held before.
    pub fn of(company: CompanyId, thread: &[u8], before: u32) -> ConversationId {
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
    fn an_id_reads_back_from_its_text() {
        let id = ConversationId::of(CompanyId(7), b"thread", 0);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("+1".repeat(16).parse::<ContactId>(), Err(NotAnId));
    }

    #[test]
    fn a_slot_never_changes() {
        assert_eq!(Slot::of(CompanyId(1), b"a"), Slot(SLOT_OF_1_A));
    }

    /// A constant on purpose: several hosts, and several versions of one,
    /// must agree.
    const SLOT_OF_1_A: u8 = 24;
}
