//! `patchbay`: write, test, run and serve policies.

mod api;
mod args;
mod demo;
mod exit;
mod input;
mod loading;
mod numbers;
mod output;
mod recorded;
mod secured;
mod verbs;

/// A decision makes many small allocations: with the system's allocator the
/// same load takes a quarter more CPU.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use clap::Parser;
use tracing::level_filters::LevelFilter;

use args::{Cli, Verb};
use exit::Exit;

fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors and go to stdout.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.code()
            } else {
                Exit::Success.code()
            };
        }
    };
    // A server's own file says how it logs.
    if !matches!(cli.verb, Verb::Serve(_)) {
        let level = if cli.verbose {
            LevelFilter::INFO
        } else {
            LevelFilter::WARN
        };
        output::start_log(level, false);
    }
    api::shows(cli.token_file);
    secured::shows(cli.client_certificate, cli.client_key);
    let result = match cli.verb {
        Verb::New(args) => verbs::new::run(&args),
        Verb::Build(args) => verbs::build::run(&args),
        Verb::Inspect(args) => verbs::inspect::run(&args),
        Verb::Test(args) => verbs::test::run(&args),
        Verb::Run(args) => verbs::run::run(&args),
        Verb::Bench(args) => verbs::bench::run(&args),
        Verb::Contract(args) => verbs::contract::run(&args),
        Verb::Serve(args) => verbs::serve::run(&args, cli.verbose),
        Verb::Demo(args) => demo::run(&args),
        Verb::Apply(args) => verbs::generations::apply(&args),
        Verb::Generations(args) => verbs::generations::generations(&args),
        Verb::Rollback(args) => verbs::generations::rollback(&args),
        Verb::Shadow(args) => verbs::rollout::shadow(&args),
        Verb::Canary(args) => verbs::rollout::canary(&args),
        Verb::Status(args) => verbs::status::run(&args),
        Verb::Top(args) => verbs::top::run(&args),
        Verb::Decisions(args) => verbs::decisions::run(&args),
        Verb::Replay(args) => verbs::replay::run(&args),
        Verb::Bypass(args) => verbs::bypass::run(&args),
        Verb::Drain(args) => verbs::drain::run(&args),
        Verb::Conversations(args) => verbs::conversations::run(&args),
        Verb::Journal(args) => verbs::journal::run(&args),
        Verb::Contacts(args) => verbs::contacts::run(&args),
        Verb::Agents(args) => verbs::agents::run(&args),
        Verb::Outbox(args) => verbs::outbox::run(&args),
        Verb::Token(args) => verbs::token::run(&args),
        Verb::Audit(args) => verbs::audit::run(&args),
        Verb::Doctor(args) => verbs::doctor::run(&args),
    };
    match result {
        Ok(exit) => exit.code(),
        Err(error) => {
            output::error(&error.report);
            error.exit.code()
        }
    }
}
