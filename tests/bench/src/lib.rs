//! The same policy in six engines, on the same interaction, with the same
//! answer: what `benches/decide.rs` and the programs under `src/bin` measure.

/// What the command allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod answer;
pub mod clock;
pub mod company;
pub mod contenders;
pub mod office;
pub mod raw;
pub mod rounds;
pub mod served;
pub mod table;
