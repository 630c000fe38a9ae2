//! `patchbay schema`: JSON Schemas of the documents that people write and read.

use patchbay_command::args::SchemaArgs;
use patchbay_command::exit::{Exit, Outcome, io};
use patchbay_command::output;

/// Runs `patchbay schema`.
pub fn run(args: &SchemaArgs) -> Outcome {
    let schema = args.name.schema();
    let Some(file) = &args.output else {
        output::json(&schema)?;
        return Ok(Exit::Success);
    };
    std::fs::write(file, format!("{schema:#}\n")).map_err(io(file))?;
    output::result(
        args.json,
        &serde_json::json!({"schema": args.name, "path": file}),
        || output::line(format!("wrote {}", file.display())),
    )
}
