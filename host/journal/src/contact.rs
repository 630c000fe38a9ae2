//! Who people are: addresses, and contacts that turned out to be one person.

use jiff::Timestamp;

use crate::id::ContactId;

/// The contact an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The contact of this very address. What is written is sealed and filed
    /// under it, so that a merge can be undone.
    pub contact: ContactId,
    /// The contact that stands for the person: `contact` itself, unless it was
    /// merged into another.
    pub person: ContactId,
}

/// What was done to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactChangeKind {
    /// It was joined to another.
    Merged,
    /// It was parted from the one it had been joined to.
    Split,
}

impl ContactChangeKind {
    /// Every kind there is.
    pub(crate) const ALL: [ContactChangeKind; 2] =
        [ContactChangeKind::Merged, ContactChangeKind::Split];

    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            ContactChangeKind::Merged => "merged",
            ContactChangeKind::Split => "split",
        }
    }
}

/// A merge or a split, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactChange {
    /// Its number within the company: 1, 2, 3 …
    pub number: u64,
    /// What was done.
    pub kind: ContactChangeKind,
    /// To which contact.
    pub contact: ContactId,
    /// The contact it was joined to or parted from.
    pub into: ContactId,
    /// Who did it: the name of an agent, policy or token.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Number of the change it undid; absent where it undid none.
    pub undoes: Option<u64>,
}

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The contacts whose keys were destroyed: all that are one person, in
    /// order. Empty if they were erased before.
    pub contacts: Vec<ContactId>,
    /// Whether the store's files hold no trace of the keys any more. When a
    /// long read was in the way, the next look at the status or start does the
    /// rest.
    pub scrubbed: bool,
}
