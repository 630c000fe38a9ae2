//! The command as users run it: output and exit codes.

mod access;
mod address_space;
mod case_export;
mod command;
mod company_file_problems;
mod company_files;
mod decisions;
mod demo;
mod masked_texts;
mod messages;
mod operations;
mod pack_cases;
mod pack_files;
mod pack_import;
mod policies;
mod project;
mod project_errors;
mod rejections;
mod reproducible_builds;
mod rollouts;
mod server_log;
mod settings_schemas;
mod status;
mod test_server;
mod tls;
mod typescript;
