//! The desk over a real journal: intake, order, clocks, crashes.

mod clocks;
mod crash;
mod floor;
mod intake;
mod office;
mod replies;
