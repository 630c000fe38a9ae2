//! The command as users run it: output and exit codes.

mod access;
mod address_space;
mod command;
mod company_file_problems;
mod company_files;
mod decisions;
mod demo;
mod messages;
mod operations;
mod policies;
mod project;
mod project_errors;
mod rollouts;
mod status;
mod test_server;
mod tls;
