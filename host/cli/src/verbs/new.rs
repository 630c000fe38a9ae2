//! `patchbay new`.

use patchbay_pack::scaffold::{ScaffoldError, scaffold};
use serde_json::json;

use crate::args::NewArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &NewArgs) -> Outcome {
    let name = scaffold(&args.name).map_err(|error| {
        let exit = match error {
            ScaffoldError::Name(_) => Exit::Usage,
            ScaffoldError::Exists(_) | ScaffoldError::Io { .. } => Exit::Machine,
        };
        Failure::new(exit, error)
    })?;
    let directory = args.name.display();
    if args.json {
        output::json(&json!({"name": name, "directory": args.name}))?;
    } else {
        output::line(format!(
            "Made {directory}/, a policy that classifies and checks tone.\n\n\
             Next:\n  cd {directory}\n  cargo test       # its tests, natively\n  patchbay test    # its cases, in the sandbox\n\n\
             The first build fetches a few crates of cargo's."
        ))?;
    }
    Ok(Exit::Success)
}
