//! `patchbay apply`: switch a company to a new generation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_client::company_path;
use patchbay_command::args::ApplyArgs;
use patchbay_command::change;
use patchbay_command::engine::serving_engine;
use patchbay_command::exit::{Failure, Outcome};
use patchbay_command::output;
use patchbay_command::policy::{build_options, rejected, warn_of_unused};
use patchbay_command::registry::resolve_company_file;
use patchbay_command::server::{JournalAccess, settings};
use patchbay_company::CompanyFile;
use patchbay_generations::assemble::source::Source;
use patchbay_generations::assemble::{Assembler, InvalidFile};
use patchbay_generations::service::{ChangeRequest, GenerationService};
use patchbay_journal::Journal;
use patchbay_pack::data::DataPart;
use patchbay_pack_build::BuildOptions;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn run(args: &ApplyArgs) -> Outcome {
    let config = &args.server.config;
    let settings = settings(config)?;
    let resolved = resolve_company_file(&args.file, &settings, args.build.offline)?;
    let build = BuildOptions {
        sources: settings.sources,
        ..build_options(&args.build)
    };
    let assembler = Assembler::new(serving_engine(1)?, settings.packs, build)
        .with_bounds(settings.bounds)
        .with_trust(settings.trust)
        .with_store(settings.store);
    let source = assembler
        .read(&args.file)
        .map_err(|file| unreadable(file, config))?;
    let company = CompanyFile::parse(&source.document)
        .map_err(|problems| change::located(&args.file, &source.document, problems))?;
    let company = company.company.into_inner();
    output::note("building the generation and running the test cases of its packs");
    // Of a dry run of the first company, before there is a journal; removed at the end.
    let scratch: TempDir;
    let journal = match (args.new, args.change.dry_run) {
        (false, _) => JournalAccess::open(config)?,
        (true, false) => JournalAccess::open_or_create(config)?,
        (true, true) => {
            scratch = TempDir::new().map_err(Failure::machine)?;
            JournalAccess::open_or_scratch(config, scratch.path())?
        }
    };
    let mut plan = match journal {
        JournalAccess::Server(api) => {
            // The server does not see the files.
            warn_of_unused(&source.unused);
            let path = company_path(&company, "generations");
            let mut body = change::body(&args.change);
            body["keep_only"] = args.keep_only.into();
            body["new"] = args.new.into();
            body["allow_downgrade"] = args.allow_downgrade.into();
            add_source(&mut body, &source);
            change::post(&api, &path, &body, &args.file, &source.document)?
        }
        JournalAccess::File(journal) => {
            let request = ChangeRequest {
                create_company: args.new,
                keep_only: args.keep_only,
                allow_downgrade: args.allow_downgrade,
                ..change::request(&args.change)
            };
            let journal = Arc::from(journal as Box<dyn Journal>);
            let plan = GenerationService::of(assembler, journal).apply(&source, &request);
            change::document(plan.map_err(|error| change::refusal(&args.file, error))?)
        }
    };
    if !resolved.is_empty() {
        plan["packs"] = json!(resolved);
    }
    change::print(&company, &plan, args.change.dry_run, args.server.json)
}

/// Why the file cannot be read or sent. With a server, the signing keys are in the
/// server's environment; without one, they are in this process's.
fn unreadable(mut file: InvalidFile, config: &Path) -> Failure {
    if let Ok(JournalAccess::File(_)) = JournalAccess::open(config) {
        file.add_signing_keys();
    }
    change::print_warnings(file.warnings.iter().map(String::as_str));
    rejected(file)
}

/// Add everything the server needs to build the generation.
fn add_source(body: &mut Value, source: &Source) {
    body["document"] = source.document.as_str().into();
    body["articles"] = json!(source.articles);
    let packs = source.packs.iter().map(|(name, pack)| {
        let data = pack.data.iter();
        let data: BTreeMap<_, _> = data
            .map(|(name, layer)| (name, STANDARD.encode(&**layer.bytes())))
            .collect();
        let code = STANDARD.encode(&*pack.component);
        let parts = json!({"bundle": pack.bundle(), "code": code, "data": data});
        (name.clone(), parts)
    });
    body["packs"] = packs.collect::<serde_json::Map<_, _>>().into();
    let uploads = source.data.iter().map(|(plugin, data)| {
        let data = data.iter().map(|(name, layer)| {
            let code = STANDARD.encode(&**layer.bytes());
            (
                name.clone(),
                json!({"part": DataPart::of(layer), "code": code}),
            )
        });
        (
            plugin.clone(),
            data.collect::<serde_json::Map<_, _>>().into(),
        )
    });
    body["data"] = uploads.collect::<serde_json::Map<_, _>>().into();
}
