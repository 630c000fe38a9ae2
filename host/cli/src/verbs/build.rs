//! `patchbay build`: build a pack into a component.

use patchbay_engine::component::Digest;
use patchbay_pack::build::build;
use patchbay_pack::source::PackError;
use serde_json::json;

use crate::args::BuildArgs;
use crate::exit::{Outcome, io};
use crate::numbers::bytes;
use crate::output;
use crate::policy::{build_options, pack_failure};

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
    let document = json!({"component": path, "bytes": content.len(), "digest": digest});
    output::result(args.json, &document, || {
        let size = bytes(content.len() as u64);
        output::line(format!("{}\n{digest}  {size}", path.display()))
    })
}
