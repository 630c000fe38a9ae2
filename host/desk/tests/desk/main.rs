//! The desk over a real journal: intake, order, clocks, crashes.

mod approvals;
mod changed_clocks;
mod chaos;
mod clock_model;
mod clocks;
mod conversation_list;
mod crash;
mod crash_replies;
mod crash_take_backs;
mod directives;
mod expected;
mod floor;
mod intake;
mod load;
mod office;
mod person_export;
mod recipients;
mod replies;
mod search;
mod search_memory;
mod take_back_race;
mod take_backs;
mod time;
mod unanswered;
mod undeliverable;
mod wordings;
