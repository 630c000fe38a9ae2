//! The commands by which policies are written, tested and published, one module each. None needs a
//! server.

pub mod bench;
pub mod build;
pub mod contract;
pub mod inspect;
pub mod keys;
pub mod new;
pub mod pack;
pub mod run;
pub mod schema;
pub mod test;
pub mod update;
