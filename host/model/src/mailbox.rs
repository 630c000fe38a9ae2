//! What a mail server says of a folder of a mailbox (RFC 9051).

use jiff::Timestamp;

/// A folder as it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Changes when the server numbers the mails anew.
    pub uid_validity: u32,
    /// The lowest number that a new mail may get; `None` if the server does not say.
    pub uid_next: Option<u32>,
}

/// A mail of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedMail {
    /// Its number in the folder; numbers rise in the order in which mails come.
    pub uid: u32,
    /// Its bytes, as far as the server knows; some servers are wrong.
    pub size: Option<u64>,
    /// When it came to the server. A mail that a person moved keeps its date.
    pub date: Option<Timestamp>,
}

/// Mails of a range of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By number; at most 1,000, those with the lowest numbers.
    pub mails: Vec<ListedMail>,
    /// Whether the range has more.
    pub has_more: bool,
}

/// What to read of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailContent {
    /// All of it.
    Whole,
    /// Its header.
    Header,
}
