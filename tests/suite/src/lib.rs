//! What the tests of hostile guests share: the guests themselves, and a host to
//! let them loose on.

pub mod guests;
pub mod host;
