//! Tests of the journal through its public interface.
#![allow(clippy::unwrap_used)]

mod access;
mod channel_writes;
mod commits;
mod connection_records;
mod contact_records;
mod contacts;
mod crash;
mod directives;
mod erasure;
mod failure;
mod files;
mod generations;
mod intake;
mod maintenance;
mod opening;
mod opt_out_lists;
mod opt_outs;
mod originals;
mod outbox;
mod policy_memory;
mod quarantine;
mod reading;
mod receipts;
mod restore;
mod roster;
mod runs;
mod sequence;
mod store;
mod stored_bytes;
mod take_back;
mod word_cache;
mod word_figures;
mod word_lists;
mod wordings;
