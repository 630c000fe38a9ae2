//! Recorded decisions: repeat one with a candidate generation, or export it as
//! a test case.

pub mod candidate_replay;
pub mod case_export;
pub mod tally;
