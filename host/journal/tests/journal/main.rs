//! The journal as its callers see it.
#![allow(clippy::unwrap_used)]

mod access;
mod contacts;
mod crash;
mod deciding;
mod erasure;
mod failure;
mod generations;
mod intake;
mod opening;
mod outbox;
mod place;
mod reading;
mod remembering;
mod restoring;
mod roster;
mod upkeep;
