//! Documents that the journal holds about conversations, replies and
//! decisions, their readers, and the cache of those in use.

pub mod approval;
pub mod contact_card;
pub mod contact_import;
pub mod conversation_cache;
pub mod conversation_list;
pub mod conversation_reader;
pub mod customer_view;
pub mod decisions;
pub mod earlier_assessments;
pub mod history;
pub mod last_message;
pub mod notes;
pub mod opt_out_import;
pub mod outbox_payload;
pub mod person_export;
pub mod recorded_reply;
pub mod reply;
pub mod roster;
pub mod snapshot;
pub mod thread;
pub mod unanswered;
pub mod uploaded_file;
pub mod word_index;
pub mod written_reply;
