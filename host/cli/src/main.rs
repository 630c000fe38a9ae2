//! `patchbay`: write, test, run and serve policies.

mod verbs;

/// The system's allocator needs a quarter more CPU for decisions.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use clap::Parser;
use tracing::level_filters::LevelFilter;

use patchbay_command::args::{Cli, Verb};
use patchbay_command::exit::Exit;
use patchbay_command::{output, server};
use patchbay_pack_commands as pack_commands;

fn main() -> std::process::ExitCode {
    // A process that compiles a component for another one ends here.
    patchbay_engine::compile_worker::init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // --help and --version are no errors.
            let exit = match error.use_stderr() {
                true => Exit::Usage,
                false => Exit::Success,
            };
            return exit.code();
        }
    };
    // `serve` starts the log by its settings.
    if !matches!(cli.verb, Verb::Serve(_)) {
        let level = match cli.verbose {
            true => LevelFilter::INFO,
            false => LevelFilter::WARN,
        };
        output::start_log(level, false);
    }
    let credentials = server::Credentials {
        token_file: cli.token_file,
        identity: cli.client_certificate.zip(cli.client_key),
    };
    credentials.install();
    let result = match cli.verb {
        Verb::New(args) => pack_commands::new::run(&args),
        Verb::Update(args) => pack_commands::update::run(&args),
        Verb::Build(args) => pack_commands::build::run(&args),
        Verb::Inspect(args) => pack_commands::inspect::run(&args),
        Verb::Pack(args) => pack_commands::pack::run(&args),
        Verb::Keys(args) => pack_commands::keys::run(&args),
        Verb::Test(args) => pack_commands::test::run(&args, cli.verbose),
        Verb::Run(args) => pack_commands::run::run(&args),
        Verb::Bench(args) => pack_commands::bench::run(&args),
        Verb::Schema(args) => pack_commands::schema::run(&args),
        Verb::Contract(args) => pack_commands::contract::run(&args),
        Verb::Serve(args) => verbs::serve::run(&args, cli.verbose),
        Verb::Demo(args) => verbs::demo::run(&args),
        Verb::Apply(args) => verbs::apply::run(&args),
        Verb::Generations(args) => verbs::generations::run(&args),
        Verb::Rollback(args) => verbs::generations::roll_back(&args),
        Verb::Shadow(args) => verbs::rollout::shadow(&args),
        Verb::Canary(args) => verbs::rollout::canary(&args),
        Verb::Status(args) => verbs::status::run(&args),
        Verb::Alerts(args) => verbs::alerts::run(&args),
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
        Verb::Channels(args) => verbs::channels::run(&args),
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
