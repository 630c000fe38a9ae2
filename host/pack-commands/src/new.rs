//! `patchbay new`: create a policy project.

use patchbay_command::args::NewArgs;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_pack::manifest::Language;
use patchbay_scaffold::{ScaffoldError, next_commands, scaffold};
use serde_json::json;

/// Runs `patchbay new`.
pub fn run(args: &NewArgs) -> Outcome {
    let mut stages = args.stages.clone();
    stages.sort();
    stages.dedup();
    let name = scaffold(&args.name, args.language, &stages).map_err(|error| {
        let exit = match error {
            ScaffoldError::Name(_) | ScaffoldError::Language(_) => Exit::Usage,
            ScaffoldError::Exists(_) | ScaffoldError::Io { .. } => Exit::Machine,
        };
        Failure::new(exit, error)
    })?;
    let directory = args.name.display();
    let listed: Vec<_> = stages.iter().map(|stage| stage.as_str()).collect();
    let listed = listed.join(", ");
    let language = args.language;
    output::result(
        args.json,
        &json!({"name": name, "directory": args.name, "language": language, "stages": stages}),
        || {
            output::line(format!(
                "Created {directory}/, a policy in {language} with the stages {listed}.\n\n\
                 Next:\n  cd {directory}"
            ))?;
            let own = next_commands(language).iter().copied();
            let test = ("patchbay test", "test cases, in the sandbox");
            let commands: Vec<_> = own.chain([test]).collect();
            let width = commands.iter().map(|(command, _)| command.len()).max();
            let width = width.unwrap_or_default();
            for (command, what) in commands {
                output::line(format!("  {command:<width$}  # {what}"))?;
            }
            match language {
                Language::Rust => output::line("\nThe first build downloads a few crates."),
                Language::Typescript | Language::Python => Ok(()),
            }
        },
    )
}
