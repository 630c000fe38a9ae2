//! Who works on what: the part of the host between a route and an answer.
//! It never sees HTTP, keeps nothing on disk and reads no clock.

pub mod floor;
