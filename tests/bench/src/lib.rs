//! One policy in six engines, with the same interaction and the same answer;
//! `benches/decide.rs` and the programs in `src/bin` measure them.

/// The allocator of the `patchbay` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod answer;
pub mod clock;
pub mod company;
pub mod contenders;
pub mod fixture;
pub mod intake;
pub mod raw;
pub mod rounds;
pub mod served;
pub mod table;
pub mod webhook;
