//! The durable store of Patchbay: the trait [`Journal`], split by concern, and what every
//! backend needs. It knows no database: the backend in a SQLite file is
//! `patchbay-journal-sqlite`.
//!
//! The journal accepts each input once and in one order, commits a decision
//! together with the input it answers or not at all, and stores policy memory,
//! contacts, agents, generations, tokens, the audit trail and the outbox. It
//! does not interpret a conversation: the snapshot is opaque bytes beside the
//! few columns a conversation is found by.
//!
//! Every call is synchronous: a write returns when its effect is on disk.
//!
//! For backends: [`limits`] are what each checks before it writes, [`vault`] has the keys
//! and the encryption of personal data, and [`requester`] tells for whom a thread reads.
#![forbid(unsafe_code)]

mod acknowledgement;
mod audit;
mod commit;
mod company;
mod connection_record;
mod contact;
mod contact_record;
mod conversation;
mod conversation_entry;
mod directive;
mod entry;
mod entry_scope;
mod error;
mod file;
mod generation;
mod id;
mod intake;
mod journal;
pub mod limits;
mod maintenance;
mod opt_out;
mod original;
mod outbox;
mod person_overview;
mod quarantine;
mod receipt;
mod requester;
mod rollout;
mod roster;
mod run;
mod seal;
mod seen_mark;
mod session;
mod statistics;
mod storage;
mod stored_bytes;
mod token;
pub mod vault;
mod word_list;

pub use acknowledgement::{Acknowledgement, Acknowledgements};
pub use audit::{
    AuditBreak, AuditChain, AuditEntry, AuditFlaw, AuditHash, AuditPage, AuditRecord, AuditSearch,
    AuditTrail, ParseHashError,
};
pub use commit::{Commit, CommitReceipt, Commits, FailedDelivery, NewEntry, StateChange};
pub use company::Companies;
pub use connection_record::{
    ConnectionName, ConnectionRecord, ConnectionRecordKind, ConnectionRecords,
};
pub use contact::{
    AddressRecord, ContactChange, ContactChangeKind, ContactMatch, Contacts, Erasure, ErasureNotes,
    FoundContact,
};
pub use contact_record::{
    ContactRecords, RecordImport, RecordOutcome, RecordRefusal, RecordStatus, StoredRecord,
};
pub use conversation::{Conversation, Conversations, MessageMatches, ResolvedMark};
pub use conversation_entry::{ConversationEntries, WrittenId};
pub use directive::{Directive, Directives};
pub use entry::{Entries, Entry, EntryPage, FeedPage, MessagePage, Note, PlacedMessage};
pub use entry_scope::EntryScope;
pub use error::{CommitError, Conflict, JournalError, Result, SealError};
pub use file::{
    FileBegin, FileState, Files, NamedFile, NewFile, PieceStatus, StoredFile, UploadId,
    WaitingLimit, WaitingLimits,
};
pub use generation::{
    Activation, ActiveGeneration, GenerationRow, GenerationUsage, Generations, NewGeneration,
    StateCopy,
};
pub use id::{
    CompanyId, ContactId, ConversationId, Ordinal, ParseIdError, SLOTS, SessionId, Slot, TokenId,
};
pub use intake::{
    AcceptHook, AcceptOutcome, AcceptedInput, Arrival, Input, InputKind, Intake, PendingInput,
    WordingStatus,
};
pub use journal::Journal;
pub use maintenance::{
    Backup, CheckFinding, CheckReport, CompactReport, ExpiryReport, Maintenance, RemovalListener,
    RestoreReport, Status, WriteStats,
};
pub use opt_out::{
    COMPANY_SOURCE, OptOut, OptOutImport, OptOutOutcome, OptOuts, forbidding, in_effect,
};
pub use original::{NewOriginal, Original, Originals};
pub use outbox::{NewOutbox, Outbox, OutboxBacklog, OutboxCount, OutboxItem, OutboxState};
pub use person_overview::{OverviewLimits, PersonOverview, PersonOverviews};
pub use quarantine::{
    NewQuarantined, Quarantine, QuarantineLimit, QuarantineOutcome, QuarantinedItem,
};
pub use receipt::{DeliveryReport, NewReceipt, Receipt, ReceiptChange, Receipts};
pub use requester::{read_for, requester};
pub use rollout::{RolloutRow, Rollouts};
pub use roster::{AgentRow, Roster};
pub use run::{Run, Runs};
pub use seal::{Purpose, Seal};
pub use seen_mark::{SeenMark, SeenMarks};
pub use session::{Session, SessionHolder, Sessions};
pub use statistics::{
    BucketKey, CountedPosition, Counts, Dimension, Granularity, Statistics, StatisticsQuery,
};
pub use storage::{StorageFailure, StorageState};
pub use stored_bytes::{StoredBytes, Usage};
pub use token::{Secret, SecretHash, Token, TokenState, Tokens, random_id};
pub use word_list::{
    CollectedWords, NO_WORDS, NewWordList, OutdatedWords, StoredWordList, WordLists,
};
