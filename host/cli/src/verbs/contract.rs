//! `patchbay contract`.

use patchbay_engine::CONTRACT_VERSION;
use patchbay_pack::embedded::Contract;
use serde_json::json;

use crate::args::ContractArgs;
use crate::exit::{Exit, Failure, Outcome, io};
use crate::output;

pub(crate) fn run(args: &ContractArgs) -> Outcome {
    let (version, contract) = match &args.released {
        None => (CONTRACT_VERSION, Contract::current()),
        Some(version) => (version.as_str(), released(version)?),
    };
    if let Some(directory) = &args.output {
        contract.unpack(directory).map_err(io(directory))?;
        if args.json {
            output::json(&json!({"version": version, "directory": directory}))?;
        } else {
            output::note(format!(
                "contract {version} written to {}",
                directory.display()
            ));
        }
        return Ok(Exit::Success);
    }
    let files = contract.files();
    if args.json {
        output::json(&json!({
            "version": version,
            "released": Contract::versions(),
            "files": files,
        }))?;
    } else {
        for (path, text) in files {
            output::line(format!("// {path}\n{text}"))?;
        }
    }
    Ok(Exit::Success)
}

fn released(version: &str) -> Result<Contract, Failure> {
    Contract::released(version).ok_or_else(|| {
        Failure::advised(
            Exit::Usage,
            format!("no contract {version} was released"),
            format!("released are: {}", Contract::versions().join(", ")),
        )
    })
}
