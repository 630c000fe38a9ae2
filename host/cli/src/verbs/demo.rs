//! `patchbay demo`: play a working day at three invented companies.

mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use indicatif::ProgressBar;
use jiff::Timestamp;
use patchbay_command::args::DemoArgs;
use patchbay_command::engine::{serving_engine, threads};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::input::{RowMap, rows};
use patchbay_command::output;
use patchbay_command::policy::{build_options, open_pack};
use patchbay_demo::{Day, Demo, DemoError, Observer, PlayOptions, content, time_of_day};
use patchbay_generations::assemble::Assembler;

use super::serve::shutdown_signal;

pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let pack = pack_directory(args)?;
    let map = RowMap::parse(args.map.as_deref(), &args.channel)?;
    let input = args.input.as_deref().map(|path| rows(path, &map));
    let input = input.transpose()?.map(|rows| (company_file(args), rows));
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::machine)?;
    let demo = runtime
        .block_on(Demo::prepare(&args.keep, &pack))
        .map_err(failure)?;

    let began = Instant::now();
    output::note(format!("building {}", pack.display()));
    let workers = threads(0);
    let engine = serving_engine(workers)?;
    let assembler = Assembler::new(engine, vec![pack.clone()], build_options(&args.build));
    // Opened here, so that a build error is one of the pack and not of a
    // company file.
    assembler.insert_pack(&pack, open_pack(&pack, &args.build)?);
    let built = demo.build(&assembler).map_err(failure)?;
    output::note(format!(
        "built, compiled and prepared {} companies in {:.1} s",
        built.len(),
        began.elapsed().as_secs_f64()
    ));
    let settings = demo.settings();
    let options = PlayOptions {
        seconds: args.seconds,
        workers,
        input,
    };
    runtime.block_on(async {
        let mut running = demo
            .start(built, assembler, options)
            .await
            .map_err(failure)?;
        let (address, day) = (running.address, running.day);
        output::note(format!(
            "serving on http://{address}; {} simulated hours pass in {} s\n\
             the console, for agents, supervisors and operators: http://{address}/console/",
            day.until.duration_since(day.from).as_hours(),
            args.seconds
        ));
        let progress = Arc::new(Progress::new(&day));
        let played = running.play(progress.clone()).await;
        progress.bar.finish_and_clear();
        let played = played.map_err(failure)?;
        output::result(args.json, &report::document(&played, &settings), || {
            output::line(report::text(&played, address, &settings, args.once))
        })?;
        if !args.once {
            output::note("serving until interrupted (Ctrl-C)");
            shutdown_signal().await;
        }
        running.stop().await;
        Ok::<_, Failure>(Exit::success_if(played.failures == 0))
    })
}

/// Name of the company file that --company stands for.
fn company_file(args: &DemoArgs) -> &'static str {
    let value = args.company.to_possible_value();
    let mut files = content::COMPANIES.into_iter();
    let file = files.find(|file| {
        value
            .as_ref()
            .is_some_and(|value| value.get_name() == *file)
    });
    file.unwrap_or(content::COMPANIES[0])
}

/// The pack of --pack, or the reference pack of the repository.
fn pack_directory(args: &DemoArgs) -> Result<PathBuf, Failure> {
    let candidates = match &args.pack {
        Some(path) => vec![path.clone()],
        None => vec![
            PathBuf::from("plugins/social-care"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/social-care"),
        ],
    };
    let mut found = candidates
        .iter()
        .filter(|path| path.join("pack.toml").is_file());
    let found = found.find_map(|path| path.canonicalize().ok());
    found.ok_or_else(|| {
        Failure::advised(
            Exit::Pack,
            format!("{} has no pack.toml", candidates[0].display()),
            "run the demo inside the repository, or name the social-care pack with --pack DIR",
        )
    })
}

/// Progress bar of the simulated time, with events above it.
struct Progress {
    bar: ProgressBar,
    from: Timestamp,
}

impl Progress {
    fn new(day: &Day) -> Progress {
        let minutes = day.until.duration_since(day.from).as_secs() / 60;
        Progress {
            bar: output::progress(u64::try_from(minutes).ok(), ""),
            from: day.from,
        }
    }
}

impl Observer for Progress {
    fn time(&self, now: Timestamp) {
        let minutes = now.duration_since(self.from).as_secs() / 60;
        self.bar.set_position(u64::try_from(minutes).unwrap_or(0));
        self.bar.set_prefix(time_of_day(now));
    }

    fn event(&self, line: &str) {
        self.bar.suspend(|| output::note(line));
    }
}

/// The failure of the command, with what to do.
fn failure(error: DemoError) -> Failure {
    match error {
        DemoError::ForeignDirectory(_) => Failure::advised(
            Exit::Machine,
            error,
            "name another directory with --keep DIR",
        ),
        DemoError::Io { path, error } => io(&path)(error),
        DemoError::Company {
            name,
            text,
            problems,
        } => Failure::located(Exit::NotRight, &format!("{name}.toml"), &text, problems),
        DemoError::Secret { .. } => Failure::new(Exit::NotRight, error),
        DemoError::Machine(_) => Failure::machine(error),
    }
}
