//! `patchbay contract`: print the plugin contract (WIT), or check a policy against it.

mod check;

use patchbay_command::args::{ContractArgs, ContractVerb};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_contract::Contract;
use patchbay_engine::CONTRACT_VERSION;
use serde_json::json;

/// Runs `patchbay contract`.
pub fn run(args: &ContractArgs) -> Outcome {
    if let Some(ContractVerb::Check(args)) = &args.verb {
        return check::run(args);
    }
    let (version, contract) = match &args.released {
        None => (CONTRACT_VERSION, Contract::current()),
        Some(version) => (version.as_str(), released(version)?),
    };
    if let Some(directory) = &args.output {
        contract.unpack(directory).map_err(io(directory))?;
        let document = json!({"version": version, "directory": directory});
        return output::result(args.json, &document, || {
            output::note(format!(
                "wrote contract {version} to {}",
                directory.display()
            ));
            Ok(())
        });
    }
    let files = contract.files();
    let released = Contract::versions();
    let document = json!({"version": version, "released": released, "files": files});
    output::result(args.json, &document, || {
        let mut texts = files.iter();
        texts.try_for_each(|(path, text)| output::line(format!("// {path}\n{text}")))
    })
}

fn released(version: &str) -> Result<Contract, Failure> {
    Contract::released(version).ok_or_else(|| {
        Failure::advised(
            Exit::Usage,
            format!("contract {version} was not released"),
            format!("released versions: {}", Contract::versions().join(", ")),
        )
    })
}
