//! What the server of a host knows of mailboxes: the caller of this crate implements it.

use std::fmt;
use std::future::Future;

/// Mailboxes, and the store of their mails.
pub trait Mailboxes: Send + Sync + 'static {
    /// Where the mails to an address go.
    type Mailbox: Send + Sync;
    /// A share of the memory for mails that arrive; dropping it gives it back.
    type Share: Send;

    /// Most bytes of a mail.
    fn mail_bytes(&self) -> usize;

    /// The mailbox of an address, at RCPT.
    fn find(&self, address: &str) -> impl Future<Output = Lookup<Self::Mailbox>> + Send;

    /// A share of nothing yet, for a mail to a mailbox.
    fn share(&self, mailbox: &Self::Mailbox) -> Self::Share;

    /// Whether a share may have so many bytes more.
    fn grow(&self, share: &mut Self::Share, bytes: usize) -> bool;

    /// Stores a mail; one verdict for each recipient, in their order. A recipient
    /// without one counts as [`Deferral::Failed`].
    fn deliver(&self, mail: Mail<Self::Mailbox>) -> impl Future<Output = Vec<Verdict>> + Send;
}

/// The answer to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<M> {
    /// It has this mailbox.
    Found(M),
    /// It has none here.
    Unknown,
    /// Ask again later.
    Deferred(Deferral),
}

/// What became of a mail for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is on disk: the mail server has done its part.
    Stored,
    /// The mail server delivers it again.
    Deferred(Deferral),
}

/// Why a mail is not taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferral {
    /// An operator drains the host or the company.
    Draining,
    /// The host is at a bound.
    Busy,
    /// The disk is nearly full.
    NoSpace,
    /// The company cannot decide yet.
    NotReady,
    /// The connection of the address is not open.
    NotOpen,
    /// It could not be stored.
    Failed,
}

/// A mail as it came. `Debug` shows neither address nor content.
pub struct Mail<M> {
    /// Address for reports about it; `None` for `<>`.
    pub return_path: Option<String>,
    /// The recipients, each with its mailbox.
    pub recipients: Vec<(String, M)>,
    /// Header and body.
    pub content: Vec<u8>,
}

impl<M> fmt::Debug for Mail<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("recipients", &self.recipients.len())
            .field("content_bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}
