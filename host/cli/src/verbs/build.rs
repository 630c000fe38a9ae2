//! `patchbay build`.

use patchbay_engine::component::Digest;
use patchbay_pack::build::build;
use patchbay_pack::source::PackError;
use serde_json::json;

use crate::args::BuildArgs;
use crate::exit::{Exit, Outcome, io};
use crate::loading::{build_options, pack_failure};
use crate::numbers::bytes;
use crate::output;

pub(crate) fn run(args: &BuildArgs) -> Outcome {
    let component = build(&args.dir, &build_options(&args.build))
        .map_err(|error| pack_failure(PackError::Build(error)))?;
    let content = std::fs::read(&component).map_err(io(&component))?;
    let path = match &args.output {
        Some(output) => {
            std::fs::write(output, &content).map_err(io(output))?;
            output
        }
        None => &component,
    };
    let digest = Digest::of(&content);
    if args.json {
        output::json(&json!({"component": path, "bytes": content.len(), "digest": digest}))?;
    } else {
        output::line(format!(
            "{}\n{digest}  {}",
            path.display(),
            bytes(content.len() as u64)
        ))?;
    }
    Ok(Exit::Success)
}
