//! A reply to send, and the requests or the mail that send it.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use patchbay_model::input::TEXT_BYTES;
use patchbay_model::interaction::WrittenBy;
use patchbay_model::length::LengthRule;
use patchbay_model::mail_server::MailServer;
use thiserror::Error;

use crate::secret::Secret;
use crate::split::{Unsplittable, split_text};
use crate::token::TokenSource;

/// A reply of the company, as an adapter encodes it.
#[derive(Clone, Debug)]
pub struct Reply<'a> {
    /// Key of the outbox item, the same at every attempt. The parts have the keys
    /// `key/1`, `key/2` and so on.
    pub key: &'a str,
    /// Code of the channel.
    pub channel: &'a str,
    /// Who wrote the text: some channels must be told.
    pub written_by: WrittenBy,
    /// The company's account that answers: the one the customer wrote to.
    pub account: &'a str,
    /// The customer's address exactly as it came.
    pub to: &'a str,
    /// The interaction's conversation, if the channel gave one.
    pub conversation: Option<&'a str>,
    /// The provider's id of the message that is answered: the attribute
    /// `provider_id`, unsealed.
    pub in_reply_to: Option<&'a str>,
    /// The provider's time of the customer's last new message, as for
    /// [`AdapterKind::reply_window`](crate::AdapterKind::reply_window).
    pub last_inbound: Option<Timestamp>,
    /// The host's clock.
    pub now: Timestamp,
    /// The providers' ids of earlier messages of the conversation, unsealed, the
    /// oldest first. Channels whose messages name them all are told.
    pub references: &'a [&'a str],
    /// Subject of the message that is answered, or of a new one, on channels that have
    /// subjects.
    pub subject: Option<&'a str>,
    /// When it was written: the same at every attempt.
    pub written_at: Timestamp,
    /// The text; of a template, with its parameters.
    pub text: &'a str,
    /// The template, where the company sends a message that the provider approved. Only on
    /// channels of [`AdapterKind::takes_templates`](crate::AdapterKind::takes_templates).
    pub template: Option<TemplateReply<'a>>,
    /// Files to send with the text, within
    /// [`AdapterKind::sends_files`](crate::AdapterKind::sends_files).
    pub files: &'a [ReplyFile<'a>],
}

/// A file of a reply. `Debug` shows neither name nor content.
#[derive(Clone, Copy)]
pub struct ReplyFile<'a> {
    /// Its name, which [`check_file_name`](patchbay_files::check_file_name) accepts.
    pub name: &'a str,
    /// Its media type, one of [`TYPES`](patchbay_files::TYPES).
    pub media_type: &'a str,
    /// The bytes; empty where only the parts are asked for, and where each file leaves in a
    /// part of its own: then [`Adapter::encode_file`](crate::Adapter::encode_file) gets them.
    pub content: &'a [u8],
}

impl fmt::Debug for ReplyFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyFile")
            .field("media_type", &self.media_type)
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// A message that the provider approved, with its parameters.
#[derive(Clone, Copy, Debug)]
pub struct TemplateReply<'a> {
    /// Its name at the provider.
    pub name: &'a str,
    /// Its language as the provider writes it.
    pub language: &'a str,
    /// The parameters, in the order of their numbers.
    pub parameters: &'a [String],
}

impl Reply<'_> {
    /// Whether there is no text, only files.
    pub fn is_without_text(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Checks that there is a text of a possible length, or a file.
    ///
    /// # Errors
    /// [`EncodeError::Empty`], [`EncodeError::TooLong`].
    pub fn check_text(&self) -> Result<(), EncodeError> {
        if self.is_without_text() && self.files.is_empty() {
            return Err(EncodeError::Empty);
        }
        match self.text.len() > TEXT_BYTES {
            true => Err(EncodeError::TooLong { limit: TEXT_BYTES }),
            false => Ok(()),
        }
    }

    /// The texts of the parts within a rule of length, each with its key; none of a reply
    /// that has only files. `key_characters` is the most that the provider's field for the
    /// key holds.
    ///
    /// # Errors
    /// There is neither a text nor a file, the text is too long or cannot be divided, or a
    /// key is too long.
    pub fn parts(
        &self,
        rule: LengthRule,
        key_characters: usize,
    ) -> Result<Vec<(String, String)>, EncodeError> {
        self.check_text()?;
        let texts = match self.is_without_text() {
            true => Vec::new(),
            false => split_text(self.text, rule)?,
        };
        let parts = (1..).zip(texts).map(|(number, text)| {
            let key = self.part_key(number, key_characters)?;
            Ok((key, text))
        });
        parts.collect()
    }

    /// The messages of a reply on a channel whose messages have one file each. The text goes
    /// with the first file where `caption` gives a rule for it that the text fits, else in
    /// messages before.
    ///
    /// # Errors
    /// As [`Reply::parts`].
    pub fn messages(
        &self,
        rule: LengthRule,
        key_characters: usize,
        caption: impl Fn(&ReplyFile<'_>) -> Option<LengthRule>,
    ) -> Result<Vec<ReplyMessage>, EncodeError> {
        self.check_text()?;
        let fits = |rule: LengthRule| rule.measure(self.text).fits();
        let with_first = self.files.first().and_then(caption).is_some_and(fits);
        let mut messages = Vec::new();
        if !with_first {
            let texts = self.parts(rule, key_characters)?.into_iter();
            messages.extend(texts.map(|(key, text)| ReplyMessage::Text { key, text }));
        }
        for position in 0..self.files.len() {
            let is_caption = with_first && position == 0 && !self.is_without_text();
            messages.push(ReplyMessage::File(OutboundFile {
                key: self.part_key(messages.len() + 1, key_characters)?,
                position,
                caption: is_caption.then(|| self.text.to_owned()),
                is_first: messages.is_empty(),
            }));
        }
        Ok(messages)
    }

    /// The key of a reply that is sent in one part.
    ///
    /// # Errors
    /// It is too long.
    pub fn only_key(&self, key_characters: usize) -> Result<String, EncodeError> {
        self.part_key(1, key_characters)
    }

    fn part_key(&self, number: usize, limit: usize) -> Result<String, EncodeError> {
        let key = format!("{}/{number}", self.key);
        match key.chars().count() > limit {
            true => Err(EncodeError::Key { limit }),
            false => Ok(key),
        }
    }
}

/// A message of a reply, as [`Reply::messages`] divides it.
#[derive(Clone, Debug)]
pub enum ReplyMessage {
    /// Text alone.
    Text {
        /// Key of the part.
        key: String,
        /// The text.
        text: String,
    },
    /// A file.
    File(OutboundFile),
}

/// Until when a channel takes a free reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyWindow {
    /// Any time.
    Unlimited,
    /// Before this time.
    Until(Timestamp),
    /// Not at all: the customer never wrote.
    Closed,
}

impl ReplyWindow {
    /// The window that is open for some time after the customer's last item.
    pub fn after(last_inbound: Option<Timestamp>, length: SignedDuration) -> ReplyWindow {
        let end = last_inbound.map(|at| at.checked_add(length).unwrap_or(Timestamp::MAX));
        end.map_or(ReplyWindow::Closed, ReplyWindow::Until)
    }

    /// Whether a reply can be sent now.
    pub fn is_open(self, now: Timestamp) -> bool {
        match self {
            ReplyWindow::Unlimited => true,
            ReplyWindow::Until(end) => now < end,
            ReplyWindow::Closed => false,
        }
    }
}

/// What the host adds to a request when it leaves, so that no secret is in the
/// outbox. `Debug` hides it.
#[derive(Clone, Debug)]
pub enum Credential {
    /// `Authorization: Bearer` and the secret.
    Bearer(Secret),
    /// `Authorization: Bearer` and an access token that the host gets and renews.
    Token(TokenSource),
    /// `Authorization: Basic` of this user and the secret.
    Basic {
        /// The user; not secret.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A header with the secret.
    Header {
        /// Name.
        name: &'static str,
        /// Its value.
        value: Secret,
    },
    /// The secret stands in the path of the URL, in place of
    /// [`Credential::PLACEHOLDER`]. It has only letters, digits, `:`, `-` and `_`.
    Path(Secret),
}

impl Credential {
    /// Where [`Credential::Path`] stands in the URL.
    pub const PLACEHOLDER: &'static str = "{credential}";
}

/// Method of an [`OutboundRequest`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestMethod {
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
}

/// A request to the provider.
#[derive(Clone)]
pub struct OutboundRequest {
    /// Key of this part, planted in the request where the provider returns it.
    pub key: String,
    /// Method.
    pub method: RequestMethod,
    /// URL.
    pub url: String,
    /// Media type of the body.
    pub content_type: Cow<'static, str>,
    /// Further headers, the same at every attempt.
    pub headers: Vec<(&'static str, String)>,
    /// Body: the same bytes at every attempt.
    pub body: Bytes,
    /// Credential.
    pub credential: Credential,
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest")
            .field("key", &self.key)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// One part of a reply, by the way it leaves.
#[derive(Clone, Debug)]
pub enum Outbound {
    /// A request to the provider's API.
    Http(OutboundRequest),
    /// A file in a message of its own.
    File(OutboundFile),
    /// A mail, for the mail server of the company.
    Mail(OutboundMail),
    /// Nothing leaves: the customer reads it in the conversation's history on this host.
    History {
        /// Key of this part.
        key: String,
    },
}

impl Outbound {
    /// Parts that are all requests.
    pub fn requests(requests: Vec<OutboundRequest>) -> Vec<Outbound> {
        requests.into_iter().map(Outbound::Http).collect()
    }

    /// Key of the part.
    pub fn key(&self) -> &str {
        match self {
            Outbound::Http(request) => &request.key,
            Outbound::File(file) => &file.key,
            Outbound::Mail(mail) => &mail.key,
            Outbound::History { key } => key,
        }
    }
}

/// A file that leaves in a message of its own. Its request is made when its turn comes, by
/// [`Adapter::encode_file`](crate::Adapter::encode_file): so one file of a reply is in memory
/// at a time. `Debug` does not show the caption.
#[derive(Clone)]
pub struct OutboundFile {
    /// Key of this part.
    pub key: String,
    /// Position in [`Reply::files`].
    pub position: usize,
    /// The text that goes with it.
    pub caption: Option<String>,
    /// Whether it is the first message of the reply, which quotes what is answered.
    pub is_first: bool,
}

impl fmt::Debug for OutboundFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundFile")
            .field("key", &self.key)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// How a file leaves.
#[derive(Clone, Debug)]
pub enum FileRequest {
    /// The request sends the message with the file.
    Message(OutboundRequest),
    /// The first request sends the message with the file; where the provider refuses it, the
    /// second one does, in another form.
    Alternatives(OutboundRequest, OutboundRequest),
    /// The request stores the file at the provider, which tells its id there. The customer
    /// gets nothing yet: it may be sent again. The message follows.
    Upload(OutboundRequest),
}

/// The company's login at its mail server. `Debug` hides it.
#[derive(Clone)]
pub struct MailCredential {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl fmt::Debug for MailCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCredential(…)")
    }
}

/// A mail to submit by SMTP (RFC 5321, RFC 6409). `Debug` shows no address, no text and
/// no login.
#[derive(Clone)]
pub struct OutboundMail {
    /// Key of this part.
    pub key: String,
    /// The server that takes it.
    pub server: MailServer,
    /// The login there.
    pub credential: Option<MailCredential>,
    /// The Message-ID, without brackets: the provider's id of the message.
    pub message_id: String,
    /// Argument of `MAIL FROM`. Reports that it was not delivered go there.
    pub from: String,
    /// Argument of `RCPT TO`.
    pub to: String,
    /// The mail: ASCII in lines of at most 998 characters that end in CRLF, the same
    /// bytes at every attempt. Dots at the beginning of lines are not doubled.
    pub message: Vec<u8>,
}

impl fmt::Debug for OutboundMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundMail")
            .field("key", &self.key)
            .field("server", &self.server)
            .field("message_bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// Why a reply cannot be sent on a channel. Contains no text of the reply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// There is no text, and no file.
    #[error("the reply has no text")]
    Empty,
    /// The channel sends no files.
    #[error("replies on this channel take no files")]
    NoFiles,
    /// The text is longer than any reply.
    #[error("the reply is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// The text cannot be divided.
    #[error(transparent)]
    Unsplittable(#[from] Unsplittable),
    /// The text is longer than one message, and the channel takes no parts: every part
    /// would be public by itself, or a call of its own.
    #[error(
        "the reply is longer than {limit} characters as the channel counts them, and this channel takes one message"
    )]
    TooLongForOne {
        /// The limit, in the channel's unit.
        limit: u32,
    },
    /// The recipient's address does not have a form of the channel.
    #[error("the recipient's address is not one of this channel")]
    Address,
    /// The account is not one of the channel's settings.
    #[error("the account that answers is not in the channel's settings")]
    Account,
    /// The channel takes replies to a message only, and the reply answers none.
    #[error("the reply answers no message, and this channel needs one")]
    Unanswered,
    /// The time for replies is over. Not for a reply that an agent wrote, where the
    /// channel gives agents longer.
    #[error("the time for replies on this channel is over")]
    WindowClosed,
    /// The time of the reply cannot be written.
    #[error("the reply has no possible time")]
    Time,
    /// The subject has control characters or is too long.
    #[error("the subject has control characters or is longer than {limit} bytes")]
    Subject {
        /// The limit.
        limit: usize,
    },
    /// The key has characters that the channel's ids cannot have.
    #[error("the key of the reply has characters other than letters, digits, `-`, `_` and `.`")]
    KeyForm,
    /// The adapter only takes deliveries.
    #[error(
        "replies on this channel go to the company's target instead: this connection only takes deliveries"
    )]
    NoWayBack,
    /// The connection has no mail server.
    #[error(
        "this connection only takes mails: set `submission` to the mail server that sends its replies, such as \"smtps://mail.example:465\""
    )]
    NoMailServer,
    /// The key does not fit the provider's field for it.
    #[error("the key of the reply is longer than {limit} characters")]
    Key {
        /// The limit.
        limit: usize,
    },
}
