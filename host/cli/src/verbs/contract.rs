//! `patchbay contract`.

use include_dir::Dir;
use patchbay_engine::CONTRACT_VERSION;
use patchbay_pack::embedded::{CONTRACT, unpack};
use serde_json::{Value, json};

use crate::args::ContractArgs;
use crate::exit::{Exit, Outcome, io};
use crate::output;

pub(crate) fn run(args: &ContractArgs) -> Outcome {
    if let Some(directory) = &args.output {
        unpack(&CONTRACT, directory, &|text| text.to_owned()).map_err(io(directory))?;
        if args.json {
            output::json(&json!({"version": CONTRACT_VERSION, "directory": directory}))?;
        } else {
            output::note(format!(
                "contract {CONTRACT_VERSION} written to {}",
                directory.display()
            ));
        }
        return Ok(Exit::Success);
    }
    let mut files = Vec::new();
    collect(&CONTRACT, &mut files);
    files.sort();
    if args.json {
        let files: serde_json::Map<String, Value> = files
            .into_iter()
            .map(|(path, text)| (path, Value::String(text)))
            .collect();
        output::json(&json!({"version": CONTRACT_VERSION, "files": files}))?;
    } else {
        for (path, text) in files {
            output::line(format!("// {path}\n{text}"))?;
        }
    }
    Ok(Exit::Success)
}

fn collect(directory: &Dir<'_>, files: &mut Vec<(String, String)>) {
    for file in directory.files() {
        if let Some(text) = file.contents_utf8() {
            files.push((file.path().display().to_string(), text.to_owned()));
        }
    }
    for below in directory.dirs() {
        collect(below, files);
    }
}
