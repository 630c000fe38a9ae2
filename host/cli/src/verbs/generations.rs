//! `patchbay apply`, `generations` and `rollback`: changing what a company
//! decides by.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_desk::setups::{Plan, Refused, Setups, Wanted};
use patchbay_desk::{ActivateError, Obstacle};
use patchbay_generation::assemble::Assembler;
use patchbay_generation::difference::{Difference, differences};
use patchbay_generation::source::Source;
use patchbay_journal::Journal;
use patchbay_model::company::CompanyFile;
use patchbay_model::located::Located;
use patchbay_server::ServerSettings;
use serde_json::{Value, json};

use super::company;
use super::journal::failure;
use crate::api::{Api, Reach, part, problem};
use crate::args::{ApplyArgs, ChangeFlags, GenerationsArgs, GenerationsVerb, RollbackArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::loading::{build_options, rejected, serving_engine};
use crate::output;

/// Generations listed at once.
const PAGE: usize = 100;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

pub(crate) fn apply(args: &ApplyArgs) -> Outcome {
    let settings = ServerSettings::read(&args.config).map_err(rejected)?;
    let engine = serving_engine(1)?;
    let assembler = Assembler::new(engine, settings.packs.clone(), build_options(&args.build));
    let source = assembler.read(&args.file).map_err(rejected)?;
    let company = CompanyFile::parse(&source.document)
        .map_err(|problems| located(&args.file, &source.document, problems))?;
    let company = company.company.into_inner();
    output::note("building it and running its packs' own cases");
    let plan = match Reach::of(&args.config)? {
        Reach::Server(api) => {
            let path = format!("/v1/companies/{}/generations", part(&company));
            let mut body = how(&args.change, args.keep_only);
            body["new"] = args.new.into();
            describe(&mut body, &source);
            posted(&api, &path, &body, &args.file, &source.document)?
        }
        Reach::Journal(journal) => {
            let wanted = Wanted {
                begins: args.new,
                ..wanted(&args.change, args.keep_only)
            };
            let setups = Setups::of(assembler, Arc::from(journal as Box<dyn Journal>));
            let plan = setups.apply(&source, &wanted);
            document(plan.map_err(|error| refused(&args.file, error))?)
        }
    };
    show_plan(&company, &plan, args.change.dry_run, args.json)
}

/// Put a source into a request: everything the server has to know.
fn describe(body: &mut Value, source: &Source) {
    body["document"] = source.document.as_str().into();
    body["articles"] = json!(source.articles);
    let packs = source.packs.iter().map(|(name, pack)| {
        let parts = json!({"bundle": pack.bundle(), "code": STANDARD.encode(&*pack.component)});
        (name.clone(), parts)
    });
    body["packs"] = packs.collect::<serde_json::Map<_, _>>().into();
}

pub(crate) fn rollback(args: &RollbackArgs) -> Outcome {
    let file = Path::new("the setup");
    let plan = match Reach::of(&args.config)? {
        Reach::Server(api) => {
            let mut body = how(&args.change, false);
            body["to"] = json!(args.generation);
            let path = format!("/v1/companies/{}/rollback", part(&args.company));
            posted(&api, &path, &body, file, "")?
        }
        Reach::Journal(journal) => {
            company::known(&*journal, &args.company)?;
            let setups = setups(&args.config, journal)?;
            let wanted = wanted(&args.change, false);
            let plan = setups.roll_back(&args.company, args.generation, &wanted);
            document(plan.map_err(|error| refused(file, error))?)
        }
    };
    show_plan(&args.company, &plan, args.change.dry_run, args.json)
}

pub(crate) fn generations(args: &GenerationsArgs) -> Outcome {
    let company = args.company.name()?;
    let reach = Reach::of(&args.config)?;
    let base = format!("/v1/companies/{}/generations", part(company));
    match &args.verb {
        GenerationsVerb::List => {
            let all = match &reach {
                Reach::Server(api) => {
                    tell_of_file(&api.get(&base)?["watched"]);
                    list_of_server(api, &base)?
                }
                Reach::Journal(journal) => list_of_journal(&**journal, company)?,
            };
            list(&all, args.json)
        }
        GenerationsVerb::Show { generation } => {
            let shown = match reach {
                Reach::Server(api) => api.get(&format!("{base}/{generation}"))?,
                Reach::Journal(journal) => {
                    let company = company::known(&*journal, company)?;
                    let setups = setups(&args.config, journal)?;
                    let source = setups.document(company, *generation);
                    let source = source.map_err(|error| refused(Path::new("it"), error))?;
                    json!({
                        "generation": generation,
                        "document": source.document,
                        "packs": source.packs.iter().map(|(name, bundle)| (name.clone(), bundle.component.to_string())).collect::<BTreeMap<_, _>>(),
                    })
                }
            };
            if args.json {
                output::json(&shown)?;
                return Ok(Exit::Success);
            }
            for (name, digest) in shown["packs"].as_object().into_iter().flatten() {
                output::line(format!("# {name}: {}", digest.as_str().unwrap_or_default()))?;
            }
            output::line(shown["document"].as_str().unwrap_or_default().trim_end())?;
            Ok(Exit::Success)
        }
        GenerationsVerb::Diff { from, to } => {
            let found = match reach {
                Reach::Server(api) => {
                    let to = match to {
                        Some(to) => *to,
                        None => active(&list_of_server(&api, &base)?)?,
                    };
                    api.get(&format!("{base}/{to}/differences?from={from}"))?["differences"].take()
                }
                Reach::Journal(journal) => {
                    let (name, company) = (company, company::known(&*journal, company)?);
                    let to = match to {
                        Some(to) => *to,
                        None => active(&list_of_journal(&*journal, name)?)?,
                    };
                    let setups = setups(&args.config, journal)?;
                    let one = |number| {
                        let document = setups.document(company, number);
                        document.map_err(|error| refused(Path::new("it"), error))
                    };
                    json!(differences(&one(*from)?, &one(to)?))
                }
            };
            if args.json {
                output::json(&found)?;
                return Ok(Exit::Success);
            }
            let lines = difference_lines(&found);
            if lines.is_empty() {
                output::line("they are the same")?;
            }
            for text in lines {
                output::line(text)?;
            }
            Ok(Exit::Success)
        }
        GenerationsVerb::Activate { generation, change } => {
            let file = Path::new("the setup");
            let plan = match reach {
                Reach::Server(api) => {
                    let path = format!("{base}/{generation}/activate");
                    posted(&api, &path, &how(change, false), file, "")?
                }
                Reach::Journal(journal) => {
                    company::known(&*journal, company)?;
                    let setups = setups(&args.config, journal)?;
                    let plan = setups.activate(company, *generation, &wanted(change, false));
                    document(plan.map_err(|error| refused(file, error))?)
                }
            };
            show_plan(company, &plan, change.dry_run, args.json)
        }
    }
}

/// What changes setups where no server runs.
fn setups(config: &Path, journal: Box<impl Journal + 'static>) -> Result<Setups, Failure> {
    let settings = ServerSettings::read(config).map_err(rejected)?;
    let assembler = Assembler::new(serving_engine(1)?, settings.packs, Default::default());
    Ok(Setups::of(
        assembler,
        Arc::from(journal as Box<dyn Journal>),
    ))
}

fn wanted(change: &ChangeFlags, keep_only: bool) -> Wanted {
    Wanted {
        expected: change.expect,
        moved: change.moved.iter().cloned().collect(),
        by: change.by.clone().unwrap_or_else(|| "operator".to_owned()),
        actor: "command-line".to_owned(),
        secrets: None,
        dry_run: change.dry_run,
        keep_only,
        begins: false,
        // Whoever has the journal's files sees everything.
        tells_names: true,
    }
}

pub(super) fn how(change: &ChangeFlags, keep_only: bool) -> Value {
    let moved: BTreeMap<_, _> = change.moved.iter().cloned().collect();
    json!({
        "expected": change.expect,
        "moved": moved,
        "by": change.by,
        "dry_run": change.dry_run,
        "keep_only": keep_only,
    })
}

fn document(plan: Plan) -> Value {
    json!({
        "generation": plan.number,
        "before": plan.before,
        "active": plan.active,
        "differences": plan.differences,
        "warnings": plan.warnings,
        "because": plan.because,
    })
}

/// Ask the server for a change; what it refuses is pointed at in the file.
fn posted(api: &Api, path: &str, body: &Value, file: &Path, text: &str) -> Result<Value, Failure> {
    let refusal = match api.try_post(path, body)? {
        Ok(plan) => return Ok(plan),
        Err(refusal) => refusal,
    };
    let Some(problems) = refusal["problems"].as_array() else {
        return Err(problem(&refusal));
    };
    let problems = problems.iter().map(|one| Located {
        message: one["message"].as_str().unwrap_or_default().to_owned(),
        span: place(text, one),
        help: one["help"].as_str().map(str::to_owned),
    });
    Err(located(file, text, problems.collect()))
}

/// The byte a line and a column are at.
fn place(text: &str, problem: &Value) -> Option<std::ops::Range<usize>> {
    let number = |name: &str| usize::try_from(problem[name].as_u64()?).ok();
    let (line, column) = (number("line")?, number("column")?);
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(line.checked_sub(1)?)?;
    let within = text
        .get(start..)?
        .char_indices()
        .nth(column.checked_sub(1)?);
    let at = within.map_or(text.len(), |(at, _)| start + at);
    Some(at..at)
}

fn located(file: &Path, text: &str, problems: Vec<Located>) -> Failure {
    Failure::located(Exit::NotRight, &file.display().to_string(), text, problems)
}

fn refused(file: &Path, error: Refused) -> Failure {
    let in_the_way = |all: Vec<Obstacle>| {
        let all = all.iter().map(|one| Located::whole(one.to_string()));
        all.collect::<Vec<_>>()
    };
    match error {
        Refused::Wrong {
            document,
            mut problems,
            obstacles,
        } => {
            problems.extend(in_the_way(obstacles));
            located(file, &document, problems)
        }
        Refused::Activate(ActivateError::Obstacles(all)) => located(file, "", in_the_way(all)),
        Refused::Activate(ActivateError::Journal(error)) => failure(error),
        Refused::NewCompany(new) => {
            Failure::advised(Exit::NotRight, new, "say --new to begin it with this file")
        }
        error => Failure::new(Exit::NotRight, error),
    }
}

pub(super) fn show_plan(company: &str, plan: &Value, dry_run: bool, as_json: bool) -> Outcome {
    if as_json {
        output::json(plan)?;
        return Ok(Exit::Success);
    }
    let number = &plan["generation"];
    let before = plan["before"].as_u64();
    output::line(match (plan["active"] == true, dry_run, before) {
        (true, _, Some(before)) => {
            format!("{company} decides by generation {number}; before it was generation {before}")
        }
        (true, _, None) => format!("{company} begins, and decides by generation {number}"),
        (false, true, Some(before)) => {
            format!("{company} would decide by generation {number} instead of generation {before}")
        }
        (false, true, None) => format!("{company} would begin, and decide by generation {number}"),
        (false, false, Some(before)) => format!(
            "generation {number} of {company} is kept; it decides by generation {before} still"
        ),
        (false, false, None) => {
            format!("generation {number} of {company} is kept; it decides by nothing yet")
        }
    })?;
    if let Some(because) = plan["because"].as_str() {
        output::line(format!("  {because}"))?;
    }
    // Of a company that begins all of it is.
    if before.is_some() {
        for text in difference_lines(&plan["differences"]) {
            output::line(format!("  {text}"))?;
        }
    }
    for warning in plan["warnings"].as_array().into_iter().flatten() {
        output::note(format!("warning: {}", warning.as_str().unwrap_or_default()));
    }
    Ok(Exit::Success)
}

fn difference_lines(found: &Value) -> Vec<String> {
    let all: Vec<Difference> = serde_json::from_value(found.clone()).unwrap_or_default();
    let line = |one: &Difference| match (&one.before, &one.after) {
        (None, Some(after)) => format!("+ {}: {}", one.path, clipped(after)),
        (Some(before), None) => format!("- {}: {}", one.path, clipped(before)),
        (before, after) => {
            let side = |side: &Option<String>| clipped(side.as_deref().unwrap_or_default());
            format!("~ {}: {} → {}", one.path, side(before), side(after))
        }
    };
    all.iter().map(line).collect()
}

fn clipped(text: &str) -> String {
    let text = text.replace('\n', " ⏎ ");
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn list_of_server(api: &Api, base: &str) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let query = before.map_or_else(String::new, |before| format!("?before={before}"));
        let mut page = api.get(&format!("{base}{query}"))?;
        if let Some(Value::Array(found)) = page.get_mut("generations").map(Value::take) {
            all.extend(found);
        }
        before = page["next"].as_u64();
        if before.is_none() {
            return Ok(all);
        }
    }
}

/// What became of a watched company file, where somebody should look at it.
fn tell_of_file(watched: &Value) {
    let said = |field: &str| watched[field].as_str().unwrap_or_default();
    match said("state") {
        "refused" => {
            output::note(format!(
                "the company file {} is not applied, and nothing was changed ({}):",
                said("file"),
                said("at")
            ));
            for problem in watched["problems"].as_array().into_iter().flatten() {
                output::note(format!("  {}", problem.as_str().unwrap_or_default()));
            }
        }
        "removed" => output::note(format!(
            "the company file {} is gone ({}); nothing was changed",
            said("file"),
            said("at")
        )),
        _ => {}
    }
}

fn list_of_journal(journal: &dyn Journal, company: &str) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    let company = company::known(journal, company)?;
    let active = journal.active_generation(company).map_err(failure)?;
    let mut before = u64::MAX;
    loop {
        let page = journal
            .generations(company, before, PAGE)
            .map_err(failure)?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        before = last.number;
        all.extend(page.into_iter().map(|row| {
            json!({
                "generation": row.number,
                "active": active == Some(row.number),
                "digest": patchbay_engine::component::Digest::from(row.digest).to_string(),
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
    number.ok_or_else(|| Failure::new(Exit::NotRight, "the company decides by no generation yet"))
}

fn list(all: &[Value], as_json: bool) -> Outcome {
    if as_json {
        output::json(&all)?;
        return Ok(Exit::Success);
    }
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
        &["", "generation", "made", "decided since", "by"],
        &rows.collect::<Vec<_>>(),
        "it has no generation yet",
    )?;
    Ok(Exit::Success)
}
