//! `patchbay new`: create a policy project.

use patchbay_scaffold::{ScaffoldError, scaffold};
use serde_json::json;

use crate::args::NewArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &NewArgs) -> Outcome {
    let name = scaffold(&args.name, &args.stages).map_err(|error| {
        let exit = match error {
            ScaffoldError::Name(_) => Exit::Usage,
            ScaffoldError::Exists(_) | ScaffoldError::Io { .. } => Exit::Machine,
        };
        Failure::new(exit, error)
    })?;
    let directory = args.name.display();
    let stages: Vec<_> = args.stages.iter().map(|stage| stage.as_str()).collect();
    let stages = stages.join(", ");
    output::result(
        args.json,
        &json!({"name": name, "directory": args.name, "stages": args.stages}),
        || {
            output::line(format!(
                "Created {directory}/, a policy with the stages {stages}.\n\n\
             Next:\n  cd {directory}\n  cargo test       # unit tests, natively\n  patchbay test    # test cases, in the sandbox\n\n\
             The first build downloads a few crates."
            ))
        },
    )
}
