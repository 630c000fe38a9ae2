//! `patchbay demo`: the main job with nothing to install. Builds the reference
//! pack, serves three invented companies with a journal on disk, and plays a
//! working day at their desks over the HTTP API: customers write, agents with
//! their habits take and answer, a supervisor approves, and what goes out
//! arrives at a webhook.

mod agent;
mod api;
pub(crate) mod content;
mod crew;
mod customers;
mod day;
mod keep;
mod narrate;
mod office;
mod played;
mod served;
mod sink;
mod supervisor;
mod table;
mod tally;
mod trouble;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use patchbay_generation::assemble::Assembler;
use patchbay_generation::assemble::Built;
use patchbay_outbound::egress::EgressSettings;
use patchbay_server::{Server, ServerSettings};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::args::{DemoArgs, DemoCompany};
use crate::exit::{Exit, Failure, Outcome};
use crate::input::{RowMap, lines};
use crate::loading::{build_options, open_pack, serving_engine};
use crate::output;
use crate::verbs::serve::interrupted;
use customers::Arrivals;
use day::Day;
use keep::Kept;
use played::{Scene, play};
use served::{Served, served};
use sink::Sink;
use trouble::Trouble;

pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let pack = pack_directory(args)?;
    let kept = Kept::at(&args.keep, &content::COMPANIES)?;
    let rows = args.input.is_some().then(|| file_rows(args)).transpose()?;
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::new(Exit::Machine, error))?;
    let (listener, sink_address) = runtime.block_on(Sink::bind())?;
    let files = served(sink_address)?;
    kept.describe(&pack, &files.files)?;

    let began = Instant::now();
    output::note(format!("building {}", pack.display()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let engine = serving_engine(cores)?;
    let packs = vec![pack.clone()];
    let assembler = Assembler::new(engine, packs, build_options(&args.build));
    // Before any company needs it: what keeps it from being built is said of
    // the pack, not of a company's file.
    assembler.add(&pack, open_pack(&pack, &args.build)?);
    let built = companies(&assembler, &files)?;
    output::note(format!(
        "built, compiled and prepared for {} companies in {:.1} s",
        built.len(),
        began.elapsed().as_secs_f64()
    ));
    let names: Vec<String> = built
        .iter()
        .map(|built| built.generation.company.clone())
        .collect();
    runtime.block_on(async {
        let day = Day::within(args.seconds)?;
        let scenes = scenes(args, rows, &names, &day)?;
        let settings = ServerSettings {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            workers: cores,
            journal: Some(kept.journal()),
            clock: day.clock(),
            egress: EgressSettings {
                allow: loopback()?,
                ..EgressSettings::default()
            },
            ..ServerSettings::default()
        };
        let server = Server::bind(&settings, built, assembler)
            .await
            .map_err(|error| Failure::new(Exit::Machine, error))?;
        let address = server.local_addr();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        output::note(format!(
            "serving on http://{address}; {} hours pass in {} s",
            day.until.duration_since(day.from).as_hours(),
            args.seconds
        ));
        let trouble = Trouble::default();
        let mut readers = BTreeMap::new();
        let mut companies = Vec::new();
        for scene in scenes {
            let (reader, replies) = mpsc::unbounded_channel();
            readers.insert(scene.company.clone(), reader);
            companies.push((scene, replies));
        }
        let sink = Sink::new(files.secrets, readers, trouble.clone());
        tokio::spawn(sink.clone().serve(listener));
        let played = play(day, address, companies, sink, trouble).await?;
        match args.json {
            true => output::json(&table::document(&played, &kept.settings()))?,
            false => output::line(table::render(&played, address, &kept.settings(), args.once))?,
        }
        if !args.once {
            output::note("serving until interrupted (Ctrl-C)");
            interrupted().await;
        }
        let _ = stop.send(());
        let _ = serving.await;
        Ok(match played.problems.1 {
            0 => Exit::Success,
            _ => Exit::NotRight,
        })
    })
}

/// The pack to play to: the one named, or the repository's own.
fn pack_directory(args: &DemoArgs) -> Result<PathBuf, Failure> {
    let candidates = match &args.pack {
        Some(path) => vec![path.clone()],
        None => vec![
            PathBuf::from("plugins/social-care"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/social-care"),
        ],
    };
    candidates
        .into_iter()
        .find(|path| path.join("pack.toml").is_file())
        .and_then(|path| path.canonicalize().ok())
        .ok_or_else(|| {
            Failure::advised(
                Exit::Pack,
                "the reference pack is not here",
                "run the demo inside the repository, or name the pack with --pack DIR",
            )
        })
}

fn companies(assembler: &Assembler, files: &Served) -> Result<Vec<Built>, Failure> {
    let files = files.files.iter();
    let built = files.map(|(name, text)| {
        assembler
            .build_text(text, Path::new("."), 1)
            .map_err(|problems| {
                Failure::located(Exit::NotRight, &format!("{name}.toml"), text, problems)
            })
    });
    built.collect()
}

/// Where the sink is, and nowhere else.
fn loopback() -> Result<Vec<patchbay_outbound::egress::AddressRange>, Failure> {
    let range = "127.0.0.0/8".parse();
    Ok(vec![
        range.map_err(|error| Failure::new(Exit::Machine, error))?,
    ])
}

/// Who plays what: every company its own messages, or one of them a file's.
fn scenes(
    args: &DemoArgs,
    rows: Option<Vec<Value>>,
    names: &[String],
    day: &Day,
) -> Result<Vec<Scene>, Failure> {
    let mut crews = content::crews()?;
    let files = content::COMPANIES.iter().zip(names);
    let mut scene = |(file, company): (&&str, &String), arrivals: Arrivals| {
        let crew = crews
            .remove(*file)
            .ok_or_else(|| Failure::new(Exit::Machine, format!("demo/crews.toml lacks {file}")))?;
        Ok(Scene {
            company: company.clone(),
            arrivals,
            drafts: content::drafts(file)?,
            crew,
        })
    };
    match rows {
        Some(rows) => {
            let index = match args.company {
                DemoCompany::Airline => 0,
                DemoCompany::Bank => 1,
                DemoCompany::Shop => 2,
            };
            let arrivals = customers::spread(rows, day);
            let chosen = files.skip(index).take(1);
            let mut scenes = Vec::new();
            for company in chosen {
                scenes.push(scene(company, arrivals.clone())?);
            }
            Ok(scenes)
        }
        None => {
            let mut scenes = Vec::new();
            for (file, company) in files {
                let arrivals = customers::as_dated(content::interactions(file)?, day)?;
                scenes.push(scene((file, company), arrivals)?);
            }
            Ok(scenes)
        }
    }
}

fn file_rows(args: &DemoArgs) -> Result<Vec<Value>, Failure> {
    let Some(path) = &args.input else {
        return Ok(Vec::new());
    };
    let map = RowMap::parse(args.map.as_deref(), &args.channel)?;
    let mut rows: Vec<Value> = Vec::new();
    for (line, row) in lines(path)? {
        let row = row.map_err(|error| {
            Failure::new(
                Exit::NotRight,
                format!("{}:{line}: {error}", path.display()),
            )
        })?;
        rows.push(map.apply(row, line));
    }
    Ok(rows)
}
