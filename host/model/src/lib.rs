//! The domain of Patchbay, without I/O: what an interaction is, what a policy
//! may read and answer, and the rules that need nothing but their arguments.
//! Time comes in as a parameter, so every rule is a plain test.

mod codes;

pub mod access;
pub mod actor;
pub mod address;
pub mod alert;
pub mod bypass;
pub mod capacity;
pub mod channel;
pub mod contact_record;
pub mod conversation;
pub mod conversation_state;
pub mod data_table;
pub mod decision;
pub mod delivery_state;
pub mod desk;
pub mod directory;
pub mod final_failure;
pub mod histogram;
pub mod hours;
pub mod identifier;
pub mod input;
pub mod interaction;
pub mod knowledge;
pub mod language_tag;
pub mod length;
pub mod limits;
pub mod mail_server;
pub mod mailbox;
pub mod masking;
pub mod offer;
pub mod on_failure;
pub mod opt_out_entry;
pub mod outcome;
pub mod record;
pub mod rollout;
pub mod situation;
pub mod sla;

pub mod state;
pub mod traceparent;
pub mod wording;
