//! The web chat: sessions, messages and histories of visitors.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_adapter::{InboundRequest, Item, Rejection};
use patchbay_desk::{Delivery, Desk, DeskError, KnownCustomer};
use patchbay_journal::{CompanyId, ContactId, EntryPage};
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::ReceiptStatus;
use patchbay_records::customer_view::{
    self, CustomerContent, CustomerFile, CustomerItem, CustomerThread,
};
use patchbay_records::uploaded_file::UploadedFile;
use patchbay_web_chat::{IdentityError, Session, SessionRequest, WebChat, page_id};
use serde::Serialize;

use crate::connection::{Connection, DeliveryResult};
use crate::gateway::Gateway;
use crate::inbound::ProviderRequest;

/// Most entries of a page of a history.
const PAGE: usize = 50;

/// What a company and the name of a connection lead to.
#[derive(Debug)]
pub enum ChatLookup {
    /// No web chat of this name.
    Unknown,
    /// A secret of it is not set. The log says which.
    NotOpen,
    /// An open web chat.
    Open(ChatConnection),
}

/// An open web chat of a company.
#[derive(Clone)]
pub struct ChatConnection {
    desk: Arc<Desk>,
    company: String,
    connection: Arc<Connection>,
}

/// Why a request of a page is refused.
#[derive(Debug)]
pub enum ChatRefusal {
    /// Its origin is not allowed.
    Origin,
    /// It has no token of this chat, or one that is over.
    Session,
    /// The customer was erased since the session began.
    Erased,
    /// It names a customer in a way that the chat refuses.
    Identity(IdentityError),
    /// The body is longer than a message.
    TooLarge,
    /// A field is not valid.
    Invalid {
        /// Name of the field; `$` is the whole body.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// Another text was sent under the id.
    Conflict,
    /// A bound of the host turned it away.
    Busy,
    /// The company stores as much as it may.
    Full {
        /// How many bytes.
        limit: u64,
    },
    /// The desk failed: nothing is stored.
    Desk(DeskError),
}

impl From<DeskError> for ChatRefusal {
    fn from(error: DeskError) -> ChatRefusal {
        match error {
            DeskError::Erased => ChatRefusal::Erased,
            error => ChatRefusal::Desk(error),
        }
    }
}

impl From<patchbay_journal::JournalError> for ChatRefusal {
    fn from(error: patchbay_journal::JournalError) -> ChatRefusal {
        ChatRefusal::Desk(error.into())
    }
}

/// A session, as the page keeps it.
#[derive(Debug, Serialize)]
pub struct SessionGrant {
    /// Token of the visitor's requests.
    token: String,
    /// When the token ends.
    expires_at: Timestamp,
    /// Whether the site vouches for the visitor.
    known: bool,
    /// Whether it is the visitor of the token that the page had.
    renewed: bool,
}

/// A visitor with a valid session.
#[derive(Clone)]
pub struct Visitor {
    session: Session,
    /// Absent until they write.
    thread: Option<(ContactId, Vec<u8>)>,
}

impl Visitor {
    /// Key of the thread of their conversations; absent until they write.
    pub fn thread(&self) -> Option<&[u8]> {
        self.thread.as_ref().map(|(_, thread)| thread.as_slice())
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Visitor").field(&self.session).finish()
    }
}

/// Which part of a history to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryPage<'a> {
    /// The newest part.
    Newest,
    /// The part before a cursor.
    Before(&'a str),
    /// What came after a cursor.
    After(&'a str),
}

/// A part of a visitor's history, as a page reads it.
#[derive(Debug, Serialize)]
pub struct History {
    /// In order.
    pub items: Vec<HistoryItem>,
    /// Cursor before which there is more; absent at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier: Option<String>,
    /// Cursor after which to go on.
    pub cursor: String,
    /// Whether there is more after the cursor.
    #[serde(skip)]
    pub has_more: bool,
}

impl History {
    /// The place alone: what comes after it.
    pub fn into_end(self) -> History {
        History {
            items: Vec::new(),
            ..self
        }
    }
}

/// One thing that a visitor sees.
#[derive(Debug, Serialize)]
pub struct HistoryItem {
    /// Its cursor, the same whenever it is read.
    pub cursor: String,
    /// When it happened.
    at: Timestamp,
    /// What it is.
    #[serde(flatten)]
    pub content: HistoryContent,
}

/// What a visitor sees.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum HistoryContent {
    /// The visitor wrote.
    Message {
        /// The id that the page gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Text.
        text: String,
    },
    /// The company answered.
    Reply {
        /// `human` or `policy`.
        written_by: WrittenBy,
        /// Text.
        text: String,
        /// Files, downloaded by the cursor of the item and their position.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        files: Vec<ChatFile>,
    },
    /// An agent takes care of the conversation.
    Joined,
}

/// A file of a reply, as a visitor sees it.
#[derive(Debug, Serialize)]
pub struct ChatFile {
    /// Name.
    name: String,
    /// Media type.
    media_type: String,
    /// Bytes.
    size: u64,
}

impl From<CustomerFile> for ChatFile {
    fn from(file: CustomerFile) -> ChatFile {
        let file = file.attachment;
        ChatFile {
            name: file.name.unwrap_or_default(),
            media_type: file.media_type.unwrap_or_default(),
            size: file.size.unwrap_or_default(),
        }
    }
}

impl HistoryContent {
    /// The code of `type`.
    pub fn as_str(&self) -> &'static str {
        match self {
            HistoryContent::Message { .. } => "message",
            HistoryContent::Reply { .. } => "reply",
            HistoryContent::Joined => "joined",
        }
    }
}

impl Gateway {
    /// A web chat of a company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn web_chat(&self, company: &str, name: &str) -> Result<ChatLookup, DeskError> {
        let channel = patchbay_web_chat::CHANNEL;
        let Some(connection) = self.connection(company, channel, name)? else {
            return Ok(ChatLookup::Unknown);
        };
        let is_open = web_chat(&connection).is_some();
        Ok(match is_open {
            false => ChatLookup::NotOpen,
            true => ChatLookup::Open(ChatConnection {
                desk: Arc::clone(&self.desk),
                company: company.to_owned(),
                connection,
            }),
        })
    }
}

fn web_chat(connection: &Connection) -> Option<&WebChat> {
    WebChat::of(&**connection.adapter.as_ref().ok()?)
}

impl ChatConnection {
    fn chat(&self) -> Result<&WebChat, ChatRefusal> {
        // Open since it was looked up.
        web_chat(&self.connection).ok_or(ChatRefusal::Session)
    }

    /// Whether pages with this `Origin` may open the chat.
    pub fn allows_origin(&self, origin: &str) -> bool {
        web_chat(&self.connection).is_some_and(|chat| chat.allows_origin(origin))
    }

    /// Counts a request of a page that is not allowed: the settings may lack its origin.
    pub fn count_foreign_origin(&self) {
        self.connection.count_rejection("origin", self.desk.now());
    }

    /// The journal's id of the company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn company(&self) -> Result<CompanyId, DeskError> {
        self.desk.company(&self.company)
    }

    /// Begins a session, or renews that of a token. A token that is not valid any more
    /// begins another. Blocks.
    ///
    /// # Errors
    /// [`ChatRefusal::Identity`], [`ChatRefusal::Desk`].
    pub fn begin(
        &self,
        request: &SessionRequest,
        token: Option<&str>,
        random: [u8; 16],
    ) -> Result<SessionGrant, ChatRefusal> {
        let chat = self.chat()?;
        let present = match token.map(|token| self.visitor(token)).transpose() {
            Ok(present) => present.map(|visitor| visitor.session),
            Err(error @ ChatRefusal::Desk(_)) => return Err(error),
            Err(_) => None,
        };
        // The desk's clock, by which contacts are erased.
        let now = self.desk.now();
        let session = chat.begin(request, present.as_ref(), random, now);
        let session = session.map_err(|error| {
            self.connection
                .count_rejection(Rejection::Mismatch.as_str(), now);
            ChatRefusal::Identity(error)
        })?;
        let is_same = |present: Session| present.address() == session.address();
        Ok(SessionGrant {
            token: chat.token(&session),
            expires_at: session.ends_at(),
            known: session.is_known(),
            renewed: present.is_some_and(is_same),
        })
    }

    /// Address of the visitor of a token, for limits; personal data. Reads nothing, and
    /// so does not know of an erasure.
    ///
    /// # Errors
    /// [`ChatRefusal::Session`].
    pub fn address(&self, token: &str) -> Result<String, ChatRefusal> {
        let session = self.chat()?.session(token, self.desk.now());
        let session = session.map_err(|_| ChatRefusal::Session)?;
        Ok(session.address().to_owned())
    }

    /// The visitor of a token. Blocks.
    ///
    /// # Errors
    /// [`ChatRefusal::Session`], [`ChatRefusal::Erased`], [`ChatRefusal::Desk`].
    pub fn visitor(&self, token: &str) -> Result<Visitor, ChatRefusal> {
        let session = self.chat()?.session(token, self.desk.now());
        let session = session.map_err(|_| ChatRefusal::Session)?;
        let KnownCustomer { thread, erased_at } = self.customer(&session)?;
        // A session does not outlive the person: what follows is of a new contact.
        if erased_at.is_some_and(|erased_at| session.begun_at() <= erased_at) {
            return Err(ChatRefusal::Erased);
        }
        Ok(Visitor { session, thread })
    }

    fn customer(&self, session: &Session) -> Result<KnownCustomer, ChatRefusal> {
        let chat = self.chat()?;
        let place = (patchbay_web_chat::CHANNEL, chat.account());
        let channels = self.desk.channels();
        Ok(channels.customer(&self.company, place, session.address())?)
    }

    /// Takes a message in. Returns whether it is new; the same message again is not.
    /// Blocks until it is on disk; does not wait for decisions.
    ///
    /// # Errors
    /// [`ChatRefusal`]: nothing is stored.
    pub fn post(&self, token: &str, request: &ProviderRequest<'_>) -> Result<bool, ChatRefusal> {
        let now = self.desk.now();
        let posted = self.accept(token, request, now);
        match &posted {
            Ok(_) => self.connection.count(DeliveryResult::Accepted, now),
            Err(ChatRefusal::Busy | ChatRefusal::Full { .. } | ChatRefusal::Desk(_)) => {
                self.connection.count(DeliveryResult::Busy, now);
            }
            // A session that is over, or what a visitor wrote: nothing is wrong here.
            Err(_) => {}
        }
        posted
    }

    fn accept(
        &self,
        token: &str,
        request: &ProviderRequest<'_>,
        now: Timestamp,
    ) -> Result<bool, ChatRefusal> {
        self.visitor(token)?;
        let Ok(adapter) = &self.connection.adapter else {
            return Err(ChatRefusal::Session);
        };
        let inbound = InboundRequest {
            method: request.method,
            url: request.target,
            headers: request.headers.clone(),
            body: request.body,
        };
        let verified = adapter.verify(&inbound, now);
        let verified = verified.map_err(|rejection| match rejection {
            Rejection::TooLarge => ChatRefusal::TooLarge,
            _ => ChatRefusal::Session,
        })?;
        let decoded = match adapter.decode(&verified).into_iter().next() {
            Some(Item::Interaction(decoded)) => decoded,
            Some(Item::Undecodable(problem)) => {
                return Err(ChatRefusal::Invalid {
                    field: problem.place,
                    problem: problem.reason,
                });
            }
            _ => return Err(ChatRefusal::Session),
        };
        let delivery = Delivery::from_outside(decoded.to_intake());
        let delivery = delivery.map_err(|error| ChatRefusal::Invalid {
            field: error.field().unwrap_or("$").to_owned(),
            problem: error.to_string(),
        })?;
        let delivery = Delivery {
            traceparent: request.traceparent,
            // A page sends a message again with the words it had.
            is_final: true,
            ..delivery
        };
        let receipts = self.desk.accept(&self.company, vec![delivery])?;
        let status = receipts.first().map(|receipt| receipt.status);
        match status {
            Some(ReceiptStatus::Accepted { .. }) => Ok(true),
            Some(ReceiptStatus::Duplicate { .. }) => Ok(false),
            Some(ReceiptStatus::Conflict) => Err(ChatRefusal::Conflict),
            Some(ReceiptStatus::Full { limit }) => Err(ChatRefusal::Full { limit }),
            Some(ReceiptStatus::Busy { .. }) | None => Err(ChatRefusal::Busy),
        }
    }

    /// Reads a part of a visitor's history; `None` for a cursor that is none of theirs.
    /// Blocks.
    ///
    /// # Errors
    /// [`ChatRefusal::Desk`].
    pub fn history(
        &self,
        visitor: &Visitor,
        page: HistoryPage<'_>,
    ) -> Result<Option<History>, ChatRefusal> {
        let chat = self.chat()?;
        let session = &visitor.session;
        let start = match page {
            HistoryPage::Newest => Some(0),
            HistoryPage::Before(cursor) | HistoryPage::After(cursor) => chat.place(session, cursor),
        };
        let Some(start) = start else {
            return Ok(None);
        };
        let entries = match page {
            HistoryPage::Newest => EntryPage::Before(u64::MAX),
            HistoryPage::Before(_) => EntryPage::Before(start),
            HistoryPage::After(_) => EntryPage::After(start),
        };
        let Some((contact, thread)) = visitor.thread.clone() else {
            return Ok(Some(History {
                items: Vec::new(),
                earlier: None,
                cursor: chat.cursor(session, start),
                has_more: false,
            }));
        };
        let customer = CustomerThread {
            company: self.company()?,
            contact,
            thread,
        };
        let journal = &**self.desk.journal();
        let read = customer_view::read_page(journal, &customer, entries, PAGE)?;
        let is_backward = matches!(entries, EntryPage::Before(_));
        let earlier = read.first.filter(|_| is_backward && read.is_full);
        let items = read.items.into_iter();
        Ok(Some(History {
            items: items.map(|item| self.item(chat, session, item)).collect(),
            earlier: earlier.map(|first| chat.cursor(session, first)),
            cursor: chat.cursor(session, read.last.unwrap_or(start)),
            has_more: !is_backward && read.is_full,
        }))
    }

    /// The file at a position of a reply that this visitor got; `None` if the cursor is none
    /// of theirs, or there is no such file. Blocks.
    ///
    /// # Errors
    /// [`ChatRefusal::Desk`].
    pub fn file(
        &self,
        visitor: &Visitor,
        cursor: &str,
        position: usize,
    ) -> Result<Option<UploadedFile>, ChatRefusal> {
        let place = self.chat()?.place(&visitor.session, cursor);
        let (Some(place), Some((contact, thread))) = (place, visitor.thread.clone()) else {
            return Ok(None);
        };
        let customer = CustomerThread {
            company: self.company()?,
            contact,
            thread,
        };
        let journal = &**self.desk.journal();
        let before = EntryPage::After(place.saturating_sub(1));
        let read = customer_view::read_page(journal, &customer, before, 1)?;
        let item = read.items.into_iter().find(|item| item.feed == place);
        let Some(CustomerContent::Reply { files, .. }) = item.map(|item| item.content) else {
            return Ok(None);
        };
        let Some(file) = files.into_iter().nth(position) else {
            return Ok(None);
        };
        let files = self.desk.files();
        let found = files.named(&self.company, file.conversation, &file.reference)?;
        Ok(found)
    }

    fn item(&self, chat: &WebChat, session: &Session, item: CustomerItem) -> HistoryItem {
        HistoryItem {
            cursor: chat.cursor(session, item.feed),
            at: item.at,
            content: match item.content {
                CustomerContent::Message { provider_id, text } => HistoryContent::Message {
                    id: provider_id.and_then(|id| page_id(&id).map(str::to_owned)),
                    text,
                },
                CustomerContent::Reply {
                    written_by,
                    text,
                    files,
                } => HistoryContent::Reply {
                    written_by,
                    text,
                    files: files.into_iter().map(Into::into).collect(),
                },
                CustomerContent::AgentJoined => HistoryContent::Joined,
            },
        }
    }
}

impl fmt::Debug for ChatConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatConnection")
            .field("company", &self.company)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
