//! Personal data, readable only while its contact's key exists.

/// What sealed bytes are for. Bytes sealed for one purpose open for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The body of an arrival.
    Message,
    /// The sealed part of an entry.
    Entry,
    /// What goes out.
    Outbox,
    /// An address of the contact.
    Address,
    /// Anything personal in a conversation's snapshot.
    Snapshot,
}
