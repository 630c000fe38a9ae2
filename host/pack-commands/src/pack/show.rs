//! `patchbay pack show`.

use std::io::Write;

use patchbay_command::args::{PackShowArgs, PrintedPart};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::bytes;
use patchbay_command::output;
use patchbay_model::identifier::is_invisible;
use patchbay_pack::image::{Part, part_name};
use patchbay_pack::manifest::Manifest;
use patchbay_pack::pack_file::PackFile;
use patchbay_pack::signature::Signature;
use patchbay_pack::{ComponentMetadata, Pack};
use serde_json::{Value, json};

pub(super) fn run(args: &PackShowArgs, as_json: bool) -> Outcome {
    let file = super::open(&args.file)?;
    match args.print {
        Some(part) => print(&file, part),
        None if args.example => print_example(file.pack(), as_json),
        None => show(&file, as_json),
    }
}

/// Write a company file that uses the pack.
fn print_example(pack: &Pack, as_json: bool) -> Outcome {
    let example = pack.example_company().map_err(|problems| {
        let problems = problems.iter().map(|problem| format!("\n  {problem}"));
        Failure::advised(
            Exit::NotRight,
            format!(
                "the settings that the schema of {} demands cannot be made up:{}",
                pack.name,
                problems.collect::<String>()
            ),
            "the vendor can give valid settings as the first of `examples` in the settings schema; `patchbay pack show` lists the settings",
        )
    })?;
    let document = json!({"company_file": example});
    output::result(as_json, &document, || output::line(example.trim_end()))
}

/// Write a part to stdout as it is: a signature covers every byte.
fn print(file: &PackFile, part: PrintedPart) -> Outcome {
    let of = |part: Part| file.part(part).map(<[u8]>::to_vec);
    let content = match part {
        PrintedPart::Image => Some(file.image_bytes().to_vec()),
        PrintedPart::Manifest => of(Part::Manifest),
        PrintedPart::Schema => of(Part::Schema),
        PrintedPart::Readme => of(Part::Readme),
        PrintedPart::Sbom => of(Part::Sbom),
        PrintedPart::Signatures => {
            let signatures = file.signatures();
            (!signatures.is_empty()).then(|| signatures.concat().into_bytes())
        }
    };
    let Some(content) = content else {
        return Err(Failure::new(
            Exit::NotRight,
            "the pack file has no such part",
        ));
    };
    match std::io::stdout().lock().write_all(&content) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::machine(format!("stdout: {error}")))
        }
        _ => Ok(Exit::Success),
    }
}

fn show(file: &PackFile, as_json: bool) -> Outcome {
    let pack = file.pack();
    let section = pack
        .manifest
        .as_deref()
        .and_then(|text| Manifest::parse(text).ok())
        .map(|manifest| manifest.pack);
    let publisher = section
        .as_ref()
        .and_then(|one| one.publisher.as_ref())
        .map(|one| one.get_ref().as_str());
    let licence = section
        .as_ref()
        .and_then(|one| one.licence.as_ref())
        .map(|one| one.get_ref().as_str());
    let description = section
        .as_ref()
        .and_then(|one| one.description.as_ref())
        .map(|one| one.get_ref().as_str());
    let parts: Vec<(&str, u64, String)> = file
        .image()
        .layers
        .iter()
        .map(|layer| {
            let name = part_name(layer);
            (name, layer.size, layer.digest.to_string())
        })
        .collect();
    let signed: Vec<(String, String)> = file
        .signatures()
        .iter()
        .map(|text| match Signature::parse(text) {
            Ok(signature) => (signature.key().to_string(), one_line(&signature.comment())),
            Err(error) => ("malformed".to_owned(), error.to_string()),
        })
        .collect();
    let settings = pack.schema.as_ref().map(|schema| schema.settings());
    let metadata = ComponentMetadata::read(&pack.component);
    let document = json!({
        "name": pack.name,
        "version": pack.version,
        "publisher": publisher,
        "licence": licence,
        "description": description,
        "digest": file.digest(),
        "source": metadata.source,
        "revision": metadata.revision,
        "component": metadata,
        "needs": pack.needs,
        "limits": pack.limits,
        "cases": pack.cases.len(),
        "parts": parts.iter().map(|(name, size, digest)| json!({"name": name, "bytes": size, "digest": digest})).collect::<Vec<_>>(),
        "signatures": signed.iter().map(|(key, comment)| json!({"key": key, "comment": comment})).collect::<Vec<_>>(),
        "settings": settings.as_ref().map(|all| all.iter().map(|one| json!({"path": one.path, "kind": one.kind, "default": one.default, "description": one.description})).collect::<Vec<_>>()),
    });
    output::result(as_json, &document, || {
        let mut lines = vec![format!("{} {}", pack.name, pack.version)];
        lines.extend(description.map(str::to_owned));
        lines.push(format!("publisher   {}", publisher.unwrap_or("none")));
        lines.push(format!("licence     {}", licence.unwrap_or("none")));
        let source = metadata.source.iter();
        lines.extend(source.map(|source| format!("source      {source}")));
        let revision = metadata.revision.iter();
        lines.extend(revision.map(|revision| format!("revision    {revision}")));
        lines.push(format!("digest      {}", file.digest()));
        let needs = pack.needs.names();
        lines.push(format!(
            "needs       {}",
            match needs.is_empty() {
                true => "no grants".to_owned(),
                false => needs.join(", "),
            }
        ));
        lines.push(format!("cases       {}", pack.cases.len()));
        lines.push("parts".to_owned());
        for (name, size, digest) in &parts {
            lines.push(format!("  {name:22}{:>10}  {digest}", bytes(*size)));
        }
        match signed.is_empty() {
            true => lines.push("signatures  none".to_owned()),
            false => lines.push(
                "signatures, not checked here (`patchbay pack verify` checks them)".to_owned(),
            ),
        }
        for (key, comment) in &signed {
            lines.push(format!("  {key}  {comment}"));
        }
        let settings = settings.unwrap_or_default();
        if !settings.is_empty() {
            lines.push("settings".to_owned());
        }
        for setting in &settings {
            let default = match &setting.default {
                Some(Value::Null) | None => String::new(),
                Some(default) => format!(", default {default}"),
            };
            lines.push(format!("  {} ({}{default})", setting.path, setting.kind));
            lines.extend(
                setting
                    .description
                    .iter()
                    .map(|text| format!("      {text}")),
            );
        }
        output::line(lines.join("\n"))
    })
}

/// A text of a signature, which is not checked here, in one line.
fn one_line(text: &str) -> String {
    let is_shown = |one: &char| !one.is_control() && !is_invisible(*one);
    text.chars().filter(is_shown).collect()
}
