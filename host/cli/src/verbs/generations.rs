//! `patchbay generations` and `rollback`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use patchbay_client::{BlockingClient, company_path};
use patchbay_command::args::{ChangeFlags, GenerationsArgs, GenerationsVerb, RollbackArgs};
use patchbay_command::change;
use patchbay_command::document::{list, text};
use patchbay_command::engine::serving_engine;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers;
use patchbay_command::output;
use patchbay_command::server::{JournalAccess, find_company, settings};
use patchbay_engine::component::Digest;
use patchbay_generations::assemble::Assembler;
use patchbay_generations::assemble::difference::differences;
use patchbay_generations::service::GenerationService;
use patchbay_journal::Journal;
use serde_json::{Value, json};

/// Generations of one page.
const PAGE: usize = 100;
/// What an error names instead of a company file.
const STORED: &str = "the stored generation";

pub(crate) fn run(args: &GenerationsArgs) -> Outcome {
    let company = args.company.name()?;
    let (config, as_json) = (&args.server.config, args.server.json);
    let access = JournalAccess::open(config)?;
    let base = company_path(company, "generations");
    match &args.verb {
        GenerationsVerb::List => {
            let all = match &access {
                JournalAccess::Server(api) => {
                    note_company_file(&api.get(&base)?["watched"]);
                    api.list(&base, "generations", "before")?
                }
                JournalAccess::File(journal) => list_journal(&**journal, company)?,
            };
            output::result(as_json, &all, || print(&all))
        }
        GenerationsVerb::Show { generation } => {
            let shown = match access {
                JournalAccess::Server(api) => api.get(&format!("{base}/{generation}"))?,
                JournalAccess::File(journal) => {
                    let company = find_company(&*journal, company)?;
                    let source = service(config, journal)?
                        .store()
                        .document(company, *generation);
                    let source = source.map_err(|error| change::refusal(STORED.as_ref(), error))?;
                    let packs = source.packs.iter();
                    let packs = packs.map(|(name, pack)| (name, pack.component.to_string()));
                    json!({
                        "generation": generation,
                        "document": source.document,
                        "packs": packs.collect::<BTreeMap<_, _>>(),
                    })
                }
            };
            output::result(as_json, &shown, || {
                for (name, digest) in shown["packs"].as_object().into_iter().flatten() {
                    output::line(format!("# {name}: {}", digest.as_str().unwrap_or_default()))?;
                }
                output::line(text(&shown, "document").trim_end())
            })
        }
        GenerationsVerb::Diff { from, to } => {
            let found = match access {
                JournalAccess::Server(api) => server_differences(&api, &base, *from, *to)?,
                JournalAccess::File(journal) => {
                    let id = find_company(&*journal, company)?;
                    let to = match to {
                        Some(to) => *to,
                        None => active(&list_journal(&*journal, company)?)?,
                    };
                    let service = service(config, journal)?;
                    let document = |number| {
                        let document = service.store().document(id, number);
                        document.map_err(|error| change::refusal(STORED.as_ref(), error))
                    };
                    json!(differences(&document(*from)?, &document(to)?))
                }
            };
            output::result(as_json, &found, || {
                let lines = change::difference_lines(&found);
                if lines.is_empty() {
                    output::line("no differences")?;
                }
                lines.iter().try_for_each(output::line)
            })
        }
        GenerationsVerb::Delete { generation, by } => {
            let deleted = match access {
                JournalAccess::Server(api) => api.delete(&format!("{base}/{generation}"))?,
                JournalAccess::File(journal) => {
                    find_company(&*journal, company)?;
                    let flags = ChangeFlags {
                        by: by.clone(),
                        ..ChangeFlags::default()
                    };
                    let request = change::request(&flags);
                    let service = service(config, journal)?;
                    let freed = service.delete(company, *generation, &request);
                    let freed = freed.map_err(|error| change::refusal(STORED.as_ref(), error))?;
                    json!({"generation": generation, "freed_bytes": freed})
                }
            };
            output::result(as_json, &deleted, || {
                let freed = numbers::bytes(deleted["freed_bytes"].as_u64().unwrap_or(0));
                output::line(format!("deleted generation {generation}; {freed} are free"))
            })
        }
        GenerationsVerb::Activate {
            generation,
            change: flags,
        } => {
            let plan = match access {
                JournalAccess::Server(api) => {
                    let path = format!("{base}/{generation}/activate");
                    change::post(&api, &path, &change::body(flags), STORED.as_ref(), "")?
                }
                JournalAccess::File(journal) => {
                    find_company(&*journal, company)?;
                    let service = service(config, journal)?;
                    let plan = service.activate(company, *generation, &change::request(flags));
                    let plan = plan.map_err(|error| change::refusal(STORED.as_ref(), error))?;
                    change::document(plan)
                }
            };
            change::print(company, &plan, flags.dry_run, as_json)
        }
    }
}

pub(crate) fn roll_back(args: &RollbackArgs) -> Outcome {
    let company = &args.company;
    let plan = match JournalAccess::open(&args.server.config)? {
        JournalAccess::Server(api) => {
            let mut body = change::body(&args.change);
            body["to"] = json!(args.generation);
            let path = company_path(company, "rollback");
            change::post(&api, &path, &body, STORED.as_ref(), "")?
        }
        JournalAccess::File(journal) => {
            find_company(&*journal, company)?;
            let service = service(&args.server.config, journal)?;
            let request = change::request(&args.change);
            let plan = service.roll_back(company, args.generation, &request);
            change::document(plan.map_err(|error| change::refusal(STORED.as_ref(), error))?)
        }
    };
    change::print(company, &plan, args.change.dry_run, args.server.json)
}

/// The service that changes generations on the journal file.
fn service(
    config: &Path,
    journal: Box<impl Journal + 'static>,
) -> Result<GenerationService, Failure> {
    let settings = settings(config)?;
    let assembler = Assembler::new(serving_engine(1)?, settings.packs, Default::default())
        .with_bounds(settings.bounds)
        .with_trust(settings.trust);
    let journal = Arc::from(journal as Box<dyn Journal>);
    Ok(GenerationService::of(assembler, journal))
}

fn server_differences(
    api: &BlockingClient,
    base: &str,
    from: u64,
    to: Option<u64>,
) -> Result<Value, Failure> {
    let to = match to {
        Some(to) => to,
        None => active(&api.list(base, "generations", "before")?)?,
    };
    let mut found = api.get(&format!("{base}/{to}/differences?from={from}"))?;
    Ok(found["differences"].take())
}

/// Note a watched company file that is not applied.
fn note_company_file(watched: &Value) {
    let (file, at) = (text(watched, "file"), text(watched, "at"));
    match text(watched, "state") {
        "refused" => {
            output::note(format!(
                "the company file {file} is rejected since {at}; the active generation stays:"
            ));
            for problem in list(watched, "problems").iter().filter_map(Value::as_str) {
                output::note(format!("  {problem}"));
            }
        }
        "removed" => output::note(format!(
            "the company file {file} is missing since {at}; the active generation stays"
        )),
        _ => {}
    }
}

fn list_journal(journal: &dyn Journal, company: &str) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    let company = find_company(journal, company)?;
    let active = journal.active_generation(company)?;
    let mut before = u64::MAX;
    loop {
        let page = journal.generations(company, before, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        before = last.number;
        all.extend(page.into_iter().map(|row| {
            json!({
                "generation": row.number,
                "active": active == Some(row.number),
                "digest": Digest::from(row.digest).to_string(),
                "by": row.by,
                "at": row.at,
                "activated_at": row.activated_at,
            })
        }));
    }
}

fn active(all: &[Value]) -> Result<u64, Failure> {
    let active = all.iter().find(|one| one["active"] == true);
    let number = active.and_then(|one| one["generation"].as_u64());
    number.ok_or_else(|| {
        Failure::advised(
            Exit::NotRight,
            "the company has no active generation",
            "give the number of the second generation",
        )
    })
}

fn print(all: &[Value]) -> Result<(), Failure> {
    let rows = all.iter().map(|one| {
        let text = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
        let mark = if one["active"] == true { "*" } else { "" };
        vec![
            mark.to_owned(),
            one["generation"].to_string(),
            text("at"),
            text("activated_at"),
            text("by"),
        ]
    });
    output::table(
        &["", "generation", "created", "activated", "created by"],
        &rows.collect::<Vec<_>>(),
        "the company has no generations",
    )
}
