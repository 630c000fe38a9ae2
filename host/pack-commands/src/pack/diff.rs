//! `patchbay pack diff`.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_command::args::PackDiffArgs;
use patchbay_command::exit::{Exit, Outcome};
use patchbay_command::output;
use patchbay_generations::assemble::difference::differences as differences_of;
use patchbay_generations::assemble::source::SourceDocument;
use patchbay_pack::image::Part;
use patchbay_pack::pack_file::PackFile;
use serde_json::json;

pub(super) fn run(args: &PackDiffArgs, as_json: bool) -> Outcome {
    let (old, new) = (super::open(&args.old)?, super::open(&args.new)?);
    let (before, after) = (old.pack(), new.pack());
    let mut differences = Vec::new();
    let configuration = |file: &PackFile| SourceDocument {
        packs: BTreeMap::from([(String::new(), file.pack().bundle())]),
        ..SourceDocument::default()
    };
    for one in differences_of(&configuration(&old), &configuration(&new)) {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        // Without the name of the pack, which is empty here.
        let path = one.path.strip_prefix("pack  ").unwrap_or(&one.path);
        differences.push(format!(
            "{path}: {} > {}",
            shown(&one.before),
            shown(&one.after)
        ));
    }
    for part in [Part::Readme, Part::Sbom] {
        let digest = |file: &PackFile| {
            let parts = file.image().parts().unwrap_or_default();
            let digest = parts.get(&part).map(|layer| layer.digest.to_string());
            digest.unwrap_or_else(|| "none".to_owned())
        };
        if digest(&old) != digest(&new) {
            differences.push(format!(
                "{}: {} > {}",
                part.file_name(),
                digest(&old),
                digest(&new)
            ));
        }
    }
    let names: BTreeSet<&String> = before.cases.keys().chain(after.cases.keys()).collect();
    for name in names {
        let change = match (before.cases.get(name), after.cases.get(name)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "removed",
            _ => "added",
        };
        differences.push(format!("case {name}: {change}"));
    }
    if differences.is_empty() && old.digest() != new.digest() {
        differences.push(format!("image: {} > {}", old.digest(), new.digest()));
    }
    let document = json!({
        "old": old.digest(),
        "new": new.digest(),
        "differences": differences,
    });
    output::result(as_json, &document, || match differences.is_empty() {
        true => output::line("no difference"),
        false => output::line(differences.join("\n")),
    })?;
    Ok(Exit::success_if(differences.is_empty()))
}
