//! `patchbay demo`: the main job with nothing to install. Builds the reference
//! pack, serves three invented companies and plays a day of their messages
//! through the HTTP API.

pub(crate) mod content;
mod play;
mod table;

use std::path::{Path, PathBuf};
use std::time::Instant;

use patchbay_generation::Generation;
use patchbay_generation::assemble::Assembler;
use patchbay_server::{Server, ServerSettings};
use serde_json::Value;

use crate::args::{DemoArgs, DemoCompany};
use crate::exit::{Exit, Failure, Outcome};
use crate::input::{RowMap, lines};
use crate::loading::{build_options, open_pack, serving_engine};
use crate::output;
use crate::verbs::serve::interrupted;
use play::{Player, Scene};

pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let pack = pack_directory(args)?;
    let began = Instant::now();
    output::note(format!("building {}", pack.display()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let engine = serving_engine(cores)?;
    let packs = vec![pack.clone()];
    let assembler = Assembler::new(engine.clone(), packs, build_options(&args.build));
    // Before any company needs it: what keeps it from being built is said of
    // the pack, not of a company's file.
    assembler.add(&pack, open_pack(&pack, &args.build)?);
    let generations = companies(&assembler)?;
    output::note(format!(
        "built, compiled and prepared for {} companies in {:.1} s",
        generations.len(),
        began.elapsed().as_secs_f64()
    ));
    let names: Vec<String> = generations
        .iter()
        .map(|generation| generation.company.clone())
        .collect();
    let scenes = match &args.input {
        Some(path) => vec![file_scene(args, path, &names)?],
        None => demo_scenes(&names)?,
    };
    let settings = ServerSettings {
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: cores,
        ..ServerSettings::default()
    };
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::new(Exit::Machine, error))?;
    runtime.block_on(async {
        let server = Server::bind(&settings, generations, engine)
            .await
            .map_err(|error| Failure::new(Exit::Machine, error))?;
        let address = server.local_addr();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        output::note(format!("serving on http://{address}"));
        let played = Player::new(address, args.concurrency.clamp(1, 1024))
            .play(scenes)
            .await?;
        let failed = played.failures();
        match args.json {
            true => output::json(&table::document(&played))?,
            false => output::line(table::render(&played, address, args.once))?,
        }
        if !args.once {
            output::note("serving until interrupted (Ctrl-C)");
            interrupted().await;
        }
        let _ = stop.send(());
        let _ = serving.await;
        Ok(if failed == 0 {
            Exit::Success
        } else {
            Exit::NotRight
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

fn companies(assembler: &Assembler) -> Result<Vec<Generation>, Failure> {
    content::COMPANIES
        .iter()
        .map(|name| {
            let text = content::company_file(name)?;
            assembler
                .build_text(text, Path::new("."), 1)
                .map_err(|problems| {
                    Failure::located(Exit::NotRight, &format!("{name}.toml"), text, problems)
                })
        })
        .collect()
}

fn demo_scenes(companies: &[String]) -> Result<Vec<Scene>, Failure> {
    content::COMPANIES
        .iter()
        .zip(companies)
        .map(|(file, company)| {
            Ok(Scene {
                company: company.clone(),
                interactions: content::interactions(file)?,
                drafts: content::drafts(file)?,
            })
        })
        .collect()
}

fn file_scene(args: &DemoArgs, path: &Path, companies: &[String]) -> Result<Scene, Failure> {
    let map = RowMap::parse(args.map.as_deref(), &args.channel)?;
    let mut interactions: Vec<Value> = Vec::new();
    for (line, row) in lines(path)? {
        let row = row.map_err(|error| {
            Failure::new(
                Exit::NotRight,
                format!("{}:{line}: {error}", path.display()),
            )
        })?;
        interactions.push(map.apply(row, line));
    }
    let index = match args.company {
        DemoCompany::Airline => 0,
        DemoCompany::Bank => 1,
        DemoCompany::Shop => 2,
    };
    Ok(Scene {
        company: companies[index].clone(),
        interactions,
        drafts: Vec::new(),
    })
}
