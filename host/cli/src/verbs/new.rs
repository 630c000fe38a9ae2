//! `patchbay new`: create a policy project.

use patchbay_scaffold::{ScaffoldError, scaffold};
use serde_json::json;

use crate::args::NewArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &NewArgs) -> Outcome {
    let mut stages = args.stages.clone();
    stages.sort();
    stages.dedup();
    let name = scaffold(&args.name, &stages).map_err(|error| {
        let exit = match error {
            ScaffoldError::Name(_) => Exit::Usage,
            ScaffoldError::Exists(_) | ScaffoldError::Io { .. } => Exit::Machine,
        };
        Failure::new(exit, error)
    })?;
    let directory = args.name.display();
    let listed: Vec<_> = stages.iter().map(|stage| stage.as_str()).collect();
    let listed = listed.join(", ");
    output::result(
        args.json,
        &json!({"name": name, "directory": args.name, "stages": stages}),
        || {
            output::line(format!(
                "Created {directory}/, a policy with the stages {listed}.\n\n\
             Next:\n  cd {directory}\n  cargo test       # unit tests, natively\n  patchbay test    # test cases, in the sandbox\n\n\
             The first build downloads a few crates."
            ))
        },
    )
}
