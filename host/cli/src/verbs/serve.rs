//! `patchbay serve`: run the server.

use std::path::Path;

use patchbay_command::args::{LogLineFormat, ServeArgs};
use patchbay_command::engine::cache;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::policy::{build_options, located, rejected};
use patchbay_command::server::settings;
use patchbay_generations::assemble::InvalidFile;
use patchbay_pack_build::BuildOptions;
use patchbay_server::settings::check_named_paths;
use patchbay_server::{LogFormat, PrepareError, PreparedServer, ServeError, check_start};
use serde_json::json;
use tracing::level_filters::LevelFilter;

pub(crate) fn run(args: &ServeArgs, verbose: bool) -> Outcome {
    let (config, as_json) = (&args.server.config, args.server.json);
    let mut settings = settings(config)?;
    check_named_paths(config).map_err(|file| located(Exit::Machine, file))?;
    patchbay_engine::compile_worker::lower_priority();
    settings.watch |= args.watch;
    settings.strict |= args.strict;
    settings.accept_clock |= args.accept_clock;
    if settings.watch && settings.journal.is_none() {
        return Err(Failure::advised(
            Exit::NotRight,
            "watching company files needs a journal to store generations in",
            "set `path` under [journal]; host/settings/patchbay.example.toml has an example",
        ));
    }
    let level = match verbose {
        true => settings.log.level.max(LevelFilter::DEBUG),
        false => settings.log.level,
    };
    let json = match args.log_format {
        Some(format) => format == LogLineFormat::Json,
        None => settings.log.format == LogFormat::Json,
    };
    output::start_log(level, json);
    let build = BuildOptions {
        to_log: json,
        sources: settings.sources,
        ..build_options(&args.build)
    };
    if let Err(problem) = settings.trust.policy() {
        if args.check {
            return Err(Failure::new(Exit::NotRight, problem));
        }
        // Conversations go on with the active generations; every new one is refused.
        tracing::error!("{problem}");
    }
    let prepared = PreparedServer::prepare(settings, cache(), build).map_err(prepare_failure)?;
    if args.check {
        let prepared = prepared.require_valid_files().map_err(prepare_failure)?;
        if let Some(untold) = check_start(&prepared.settings).map_err(serve_failure)? {
            output::note(untold);
        }
        let built = prepared.companies.iter();
        let companies: Vec<_> = built
            .map(|built| built.generation.company.clone())
            .collect();
        return output::result(
            as_json,
            &json!({"companies": companies, "ok": true}),
            || {
                let companies = count(&companies);
                let config = config.display();
                output::line(format!(
                    "{config} and the files it names are valid; they have {companies}"
                ))
            },
        );
    }
    patchbay_server::log_panics();
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::machine)?;
    let scheme = match prepared.settings.tls {
        Some(_) => "https",
        None => "http",
    };
    let has_journal = prepared.settings.journal.is_some();
    let ended = runtime.block_on(async {
        let bound = prepared.bind().await.map_err(serve_failure)?;
        let address = bound.local_addr();
        let active = bound.companies().all();
        let companies: Vec<_> = active.iter().map(|one| one.company.clone()).collect();
        output::result(
            as_json,
            &json!({"address": address, "companies": companies}),
            || {
                let companies = count(&companies);
                output::line(format!("serving {companies} on {scheme}://{address}"))
            },
        )?;
        if companies.is_empty() {
            output::note(first_company(config, has_journal));
        }
        let abandoned = bound.run(shutdown_signal()).await.abandoned;
        if abandoned > 0 {
            output::note(format!(
                "{abandoned} connections were closed with a request in progress"
            ));
        }
        Ok(Exit::Success)
    });
    // Background threads that still run have no effect any more.
    runtime.shutdown_background();
    ended
}

/// How many companies, and which.
fn count(companies: &[String]) -> String {
    match companies.len() {
        0 => "no companies".to_owned(),
        1 => format!("1 company ({})", companies[0]),
        many => format!("{many} companies ({})", companies.join(", ")),
    }
}

/// What to do about a server without companies.
fn first_company(config: &Path, has_journal: bool) -> String {
    let config = config.display();
    match has_journal {
        true => format!(
            "the server answers 503 until it has a company; create one: patchbay apply COMPANY.toml --new --config {config} (docs/company.example.toml is a commented example)"
        ),
        false => format!(
            "the server answers 503 until it has a company; name a company file under `companies` in {config} and start it again (docs/company.example.toml is a commented example)"
        ),
    }
}

/// Wait for SIGINT or SIGTERM.
pub(crate) async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

fn serve_failure(error: ServeError) -> Failure {
    match error {
        ServeError::Companies(problems) => invalid_files(problems),
        error => Failure::machine(error),
    }
}

fn prepare_failure(error: PrepareError) -> Failure {
    match error {
        PrepareError::Companies(problems) => invalid_files(problems),
        PrepareError::Engine(error) => Failure::machine(error),
        error @ PrepareError::AddressSpace { .. } => Failure::machine(error),
        other => Failure::new(Exit::NotRight, other),
    }
}

fn invalid_files(mut problems: Vec<InvalidFile>) -> Failure {
    if problems.len() == 1 {
        return rejected(problems.remove(0));
    }
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    Failure::new(Exit::NotRight, texts.join("\n"))
}
