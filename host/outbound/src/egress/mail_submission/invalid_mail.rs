//! Why a mail cannot be submitted.

use thiserror::Error;

/// Why a mail cannot be submitted, at any time. Contains no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidMail {
    /// The address of the sender.
    #[error("the sender's address has characters that an address cannot have")]
    Sender,
    /// The address of the recipient.
    #[error("the recipient's address has characters that an address cannot have")]
    Recipient,
    /// The mail has CR or LF alone, or NUL.
    #[error("the mail has lines that do not end in CRLF")]
    Message,
    /// The user or the password.
    #[error("the user or the password of the mail server is empty, too long or has a NUL")]
    Login,
    /// A password would leave without encryption.
    #[error("a password is sent over TLS only: use smtps:// or smtp://")]
    UnencryptedLogin,
}
