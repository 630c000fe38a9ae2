//! `patchbay pack gc`.

use std::collections::BTreeSet;
use std::path::Path;

use patchbay_client::{BlockingClient, company_path};
use patchbay_command::args::PackGcArgs;
use patchbay_command::document::{list, text};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::numbers::{bytes, counted};
use patchbay_command::output;
use patchbay_command::progress_notes::ProgressNotes;
use patchbay_command::registry::{host_config, host_settings, store_of};
use patchbay_command::server::JournalAccess;
use patchbay_company::CompanyFile;
use patchbay_engine::component::Digest;
use patchbay_generations::assemble::source::SourceDocument;
use patchbay_journal::Journal;
use patchbay_pack::pack_file::PackFile;
use patchbay_pack::regular_file::{MOST_BYTES, read_text};
use patchbay_pack::source::{PackPlaces, locate};
use patchbay_pack::store::PackStore;
use patchbay_settings::ServerSettings;
use serde_json::{Value, json};

/// Generations of one page.
const PAGE: usize = 100;

pub(super) fn run(args: &PackGcArgs, as_json: bool) -> Outcome {
    let needed = match host_config(&args.host) {
        _ if args.no_host => BTreeSet::new(),
        Some(config) => match host_settings(&args.host)? {
            Some(settings) => needed_packs(&config, &settings)?,
            None => BTreeSet::new(),
        },
        None => {
            return Err(Failure::advised(
                Exit::Usage,
                "which packs are needed is not known: there is no patchbay.toml here",
                "name the settings file of the server with --config; or use --no-host, where no server of this machine uses the store",
            ));
        }
    };
    let store = match args.no_host {
        true => PackStore::of_user(),
        false => store_of(&args.host)?,
    };
    let Some(store) = store else {
        return output::result(as_json, &json!({"deleted": [], "kept": []}), || {
            output::line("there is no store")
        });
    };
    let collected = store
        .collect(&needed, args.older_than.into(), args.dry_run)
        .map_err(io(store.directory()))?;
    output::result(as_json, &collected, || {
        for pack in &collected.deleted {
            output::line(pack.file.display().to_string())?;
        }
        let count = counted(collected.deleted.len() as u64, "pack");
        let done = if args.dry_run {
            "would be deleted"
        } else {
            "deleted"
        };
        let mut line = format!("{count} {done}, {}", bytes(collected.bytes));
        if collected.partial > 0 {
            let partial = counted(collected.partial as u64, "unfinished download");
            line += &format!(", with {partial}");
        }
        output::line(format!("{line}; {} kept", collected.kept.len()))
    })
}

/// Digests of the packs and components that the host needs.
fn needed_packs(config: &Path, settings: &ServerSettings) -> Result<BTreeSet<Digest>, Failure> {
    let mut needed = packs_of_files(settings);
    let has_journal = settings.journal.as_ref();
    if has_journal.is_some_and(|journal| journal.path.exists()) {
        match JournalAccess::open(config)? {
            JournalAccess::File(journal) => packs_of_journal(&*journal, &mut needed)?,
            JournalAccess::Server(api) => packs_of_server(&api, &mut needed)?,
        }
    }
    Ok(needed)
}

/// The packs that the company files of the settings name. A file that is not valid names none: its
/// company goes on with its generation, or does not run.
fn packs_of_files(settings: &ServerSettings) -> BTreeSet<Digest> {
    let places = PackPlaces {
        directories: settings.packs.clone(),
        store: settings.store.clone(),
    };
    let mut found = BTreeSet::new();
    for path in settings.company_files().used {
        let beside = path.parent().unwrap_or(Path::new("."));
        let text = read_text(&path, MOST_BYTES).unwrap_or_default();
        let Ok(reading) = CompanyFile::read(&text) else {
            continue;
        };
        for entry in reading.file.plugin.values() {
            if let Ok(located) = locate(entry.pack.get_ref(), beside, &places) {
                let read = || Some(PackFile::open(&located.path).ok()?.digest());
                found.extend(located.digest.or_else(read));
            }
        }
    }
    found
}

fn packs_of_journal(journal: &dyn Journal, needed: &mut BTreeSet<Digest>) -> Result<(), Failure> {
    for active in journal.active_generations()? {
        let mut before = u64::MAX;
        loop {
            let rows = journal.generations(active.company, before, PAGE)?;
            for row in &rows {
                let stored = journal.generation(active.company, row.number)?;
                let Some((_, bytes)) = stored else { continue };
                let document = SourceDocument::read(&bytes).map_err(Failure::machine)?;
                for bundle in document.packs.into_values() {
                    let image = bundle.provenance.map(|image| image.digest());
                    needed.insert(image.unwrap_or(bundle.component));
                }
            }
            match rows.last().filter(|_| rows.len() == PAGE) {
                Some(last) => before = last.number,
                None => break,
            }
        }
    }
    Ok(())
}

/// The server names the components of generations: enough to know their packs.
fn packs_of_server(api: &BlockingClient, needed: &mut BTreeSet<Digest>) -> Result<(), Failure> {
    let status = api.get("/v1/status")?;
    let companies = list(&status, "companies");
    // One request for each generation, as pages of the list have no packs; generations of one digest
    // have the same components.
    let (mut notes, mut asked) = (ProgressNotes::start(), 0);
    let mut known = BTreeSet::new();
    for (index, company) in companies.iter().enumerate() {
        let base = company_path(text(company, "company"), "generations");
        for generation in api.list(&base, "generations", "before")? {
            if !known.insert(text(&generation, "digest").to_owned()) {
                continue;
            }
            asked += 1;
            notes.step(|| {
                format!(
                    "asking the server which packs its generations have: {}, company {} of {}",
                    counted(asked, "generation"),
                    index + 1,
                    companies.len()
                )
            });
            let number = &generation["generation"];
            let detail = api.get(&format!("{base}/{number}"))?;
            let packs = detail["packs"].as_object().into_iter().flatten();
            let digests = packs.filter_map(|(_, digest)| Digest::parse(digest.as_str()?));
            needed.extend(digests);
        }
    }
    match status["companies"] {
        Value::Array(_) => Ok(()),
        _ => Err(Failure::machine("the server lists no companies")),
    }
}
