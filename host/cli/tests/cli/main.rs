//! The command as users run it: output and exit codes.

mod access;
mod authoring;
mod command;
mod decisions;
mod demo;
mod messages;
mod operations;
mod policies;
mod rollouts;
mod status;
mod test_server;
mod tls;
