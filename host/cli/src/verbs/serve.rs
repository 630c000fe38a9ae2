//! `patchbay serve`.

use patchbay_server::{LoadError, Loaded, LogFormat, ServeError, ServerSettings};
use serde_json::json;
use tracing::level_filters::LevelFilter;

use crate::args::{LogLines, ServeArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::loading::{build_options, cache, rejected};
use crate::output;

pub(crate) fn run(args: &ServeArgs, verbose: bool) -> Outcome {
    if !args.config.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("{} does not exist", args.config.display()),
            "name the server's settings with --config; a commented example is in host/server/patchbay.example.toml",
        ));
    }
    let mut settings = ServerSettings::read(&args.config).map_err(rejected)?;
    settings.watch |= args.watch;
    settings.strict |= args.strict;
    if settings.watch && settings.journal.is_none() {
        return Err(Failure::advised(
            Exit::NotRight,
            "there is no journal to keep setups in that --watch applies",
            "set path under [journal]; host/server/patchbay.example.toml shows how",
        ));
    }
    let level = match verbose {
        true => settings.log.level.max(LevelFilter::DEBUG),
        false => settings.log.level,
    };
    let json = match args.log_format {
        Some(format) => format == LogLines::Json,
        None => settings.log.format == LogFormat::Json,
    };
    output::start_log(level, json);
    let loaded = Loaded::from_settings(settings, cache(), build_options(&args.build))
        .map_err(load_failure)?;
    for built in &loaded.companies {
        for warning in &built.generation.warnings {
            output::note(format!("{}: {warning}", built.generation.company));
        }
    }
    if args.check {
        let loaded = loaded.all_right().map_err(load_failure)?;
        let companies: Vec<_> = loaded
            .companies
            .iter()
            .map(|built| built.generation.company.clone())
            .collect();
        match args.json {
            true => output::json(&json!({"companies": companies, "ok": true}))?,
            false => output::line(format!(
                "{} is fine: {}",
                args.config.display(),
                companies.join(", ")
            ))?,
        }
        return Ok(Exit::Success);
    }
    patchbay_server::log_panics();
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::new(Exit::Machine, error))?;
    let scheme = match loaded.settings.tls {
        Some(_) => "https",
        None => "http",
    };
    let ended = runtime.block_on(async {
        let bound = loaded.bind().await.map_err(serve_failure)?;
        let address = bound.local_addr();
        let companies: Vec<_> = bound
            .companies()
            .all()
            .iter()
            .map(|generation| generation.company.clone())
            .collect();
        match args.json {
            true => output::json(&json!({"address": address, "companies": companies}))?,
            false => output::line(format!(
                "serving {} on {scheme}://{address}",
                companies.join(", ")
            ))?,
        }
        let finished = bound.run(interrupted()).await;
        if finished.abandoned > 0 {
            output::note(format!("{} connections were cut off", finished.abandoned));
        }
        Ok(Exit::Success)
    });
    // What still runs changes nothing any more, and nobody waits for it.
    runtime.shutdown_background();
    ended
}

/// Until somebody asks the process to end.
pub(crate) async fn interrupted() {
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
        ServeError::Company(problem) => rejected(problem),
        error => Failure::new(Exit::Machine, error),
    }
}

pub(crate) fn load_failure(error: LoadError) -> Failure {
    match error {
        LoadError::Companies(mut problems) if problems.len() == 1 => rejected(problems.remove(0)),
        LoadError::Companies(problems) => {
            let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Failure::new(Exit::NotRight, texts.join("\n"))
        }
        LoadError::Engine(error) => Failure::new(Exit::Machine, error),
        other => Failure::new(Exit::NotRight, other),
    }
}
