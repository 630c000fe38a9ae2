//! `patchbay pack build`.

use std::path::{Path, PathBuf};

use patchbay_command::args::PackBuildArgs;
use patchbay_command::changed_file::ChangedFile;
use patchbay_command::engine::cache;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::bytes;
use patchbay_command::output;
use patchbay_command::policy::{open_pack, pack_failure};
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_pack::directory_files::read_text;
use patchbay_pack::manifest::{FILE_NAME, PackSection};
use patchbay_pack::pack_file::{EXTENSION, PackFile, PackParts};
use patchbay_pack::{ComponentMetadata, Pack, SourceError, read_manifest};
use patchbay_pack_build::PackError;
use patchbay_pack_build::sbom;
use patchbay_pack_cases::CaseRunner;
use serde_json::json;

use super::secret_key;

/// The README of a pack directory.
const README: &str = "README.md";

pub(super) fn run(args: &PackBuildArgs, as_json: bool) -> Outcome {
    let failed = |error: SourceError| pack_failure(PackError::Source(error));
    let section = read_manifest(&args.dir.join(FILE_NAME))
        .map_err(failed)?
        .pack;
    require_origin(&args.dir, &section)?;
    let key = args.sign.as_deref();
    let key = key
        .map(|path| secret_key(path, &args.password))
        .transpose()?;
    let mut pack = open_pack(&args.dir, &args.build)?;
    // What is tested is what is shipped.
    pack.component = ComponentMetadata::of_manifest(&section, args.revision.as_deref())
        .write_into(&pack.component)
        .map_err(|error| Failure::new(Exit::Pack, format!("the component: {error}")))?
        .into();
    if !args.skip_cases {
        run_cases(&args.dir, &pack)?;
    }
    let engine = Engine::metered(EngineSettings::default()).map_err(Failure::machine)?;
    let description = engine
        .describe(&pack.component)
        .map_err(|error| Failure::new(Exit::Pack, error))?;
    let readme = args.dir.join(README);
    let readme = match readme.exists() {
        true => Some(read_text(&readme).map_err(|error| failed(error.into()))?),
        false => None,
    };
    let sbom = sbom::of_project(&args.dir, args.build.offline)
        .map_err(|error| pack_failure(PackError::Build(error)))?;
    let mut file = PackFile::from_parts(PackParts {
        pack,
        section,
        exports: description.exports,
        imports: description.imports,
        readme,
        sbom: Some(sbom),
    })
    .map_err(|error| Failure::new(Exit::Pack, error))?;
    if let Some(key) = key {
        file = super::sign::sign(file, &key)?;
    }
    let path = args.output.clone().unwrap_or_else(|| file_name(&file));
    let content = file.write();
    ChangedFile::lock(&path)?.write(&content)?;
    let digest = file.digest();
    let document = json!({
        "file": path,
        "bytes": content.len(),
        "digest": digest,
        "component": file.pack().digest(),
        "cases": file.pack().cases.len(),
        "signed": args.sign.is_some(),
    });
    output::result(as_json, &document, || {
        let size = bytes(content.len() as u64);
        output::line(format!("{}\n{digest}  {size}", path.display()))?;
        if args.sign.is_none() {
            output::note("it is not signed: `patchbay pack sign` adds a signature");
        }
        Ok(())
    })
}

/// `NAME-VERSION.pack`.
fn file_name(file: &PackFile) -> PathBuf {
    let pack = file.pack();
    PathBuf::from(format!("{}-{}.{EXTENSION}", pack.name, pack.version))
}

/// Refuses a manifest without publisher or licence: trust policies refer to the publisher, and
/// operators need to know the licence.
fn require_origin(directory: &Path, section: &PackSection) -> Result<(), Failure> {
    let missing: Vec<&str> = [
        ("publisher", &section.publisher),
        ("licence", &section.licence),
    ]
    .into_iter()
    .filter(|(_, value)| value.is_none())
    .map(|(key, _)| key)
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::advised(
        Exit::Pack,
        format!(
            "{} has no {} under [pack]",
            directory.join(FILE_NAME).display(),
            missing.join(" and no ")
        ),
        "a pack file names its publisher, whom trust policies refer to, and its licence (SPDX), such as publisher = \"acme\" and licence = \"Apache-2.0\"",
    ))
}

fn run_cases(directory: &Path, pack: &Pack) -> Result<(), Failure> {
    let mut runner = CaseRunner::new(pack, cache()).map_err(Failure::machine)?;
    let bar = output::progress(Some(pack.cases.len() as u64), "cases");
    let mut failed = Vec::new();
    for (path, text) in &pack.cases {
        let report = runner.run_text(Path::new(path), text, &|| true);
        if let Some(report) = report.filter(|report| !report.passed()) {
            failed.push(format!("{path} {}", report.summary()));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    match &*failed {
        [] => Ok(()),
        [first, ..] => Err(Failure::advised(
            Exit::NotRight,
            format!(
                "{} of {} cases fail: {first}",
                failed.len(),
                pack.cases.len()
            ),
            format!("`patchbay test {}` shows each", directory.display()),
        )),
    }
}
