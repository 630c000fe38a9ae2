//! The desk takes deliveries in, calls the company's policies for each
//! conversation in order, and commits what they decided.
//!
//! ```text
//!  delivery ─▶ intake ─▶ journal ─▶ dispatch ─▶ pass ─▶ one commit
//!              durable    inbox     by lane,    load → decide → act → place → commit
//!                                   in order
//!                                      ▲
//!                                      └── timers: SLA clocks, wake-ups, offers
//! ```
//!
//! A lane is a share of a company's threads. Lanes run in parallel; each keeps
//! the order of durable acceptance. A pass decides outside any transaction and
//! commits against the sequence number it loaded. If another commit came first,
//! the pass runs again.

mod company_state;
mod desk;
mod desk_core;
mod desk_error;
mod dispatch;
mod intake;
mod open_list;
mod operations;
mod settings;
mod thread_priority;

pub use desk::Desk;
pub use desk_core::CommitNotice;
pub use desk_error::{BypassError, DeskError};
pub use dispatch::load::{Load, LoadBounds};
pub use intake::delivery::Delivery;
pub use intake::receipt::Receipt;
pub use intake::transcript::{Transcript, TranscriptStatus};
pub use operations::agents::{AgentStatus, QueueStatus};
pub use operations::channels::{
    AcceptedPart, ChannelService, KnownCustomer, MessageReport, OptOutReport, SendProgress,
};
pub use operations::contacts::{ImportOptions, OptOutOptions};
pub use operations::conversation_list::{ConversationPage, ListRequest};
pub use operations::conversation_search::{SearchKind, SearchReport};
pub use operations::directives::Drain;
pub use operations::drain::RemainingWork;
pub use operations::erasure::PersonErasure;
pub use operations::files::{BegunUpload, FileError, FileService, FileUpload, UploadBegin};
pub use operations::incidents::{IncidentChange, IncidentNote, IncidentService, IncidentView};
pub use operations::outbox::DueItem;
pub use operations::stateless::StatelessDecider;
pub use patchbay_word_cache::{CacheBounds, CacheFigures};
pub use settings::{DeskSettings, SearchSettings};
