//! `patchbay contract check`: what a policy uses of the contract, and whether this host runs it.

use std::collections::BTreeMap;

use patchbay_command::args::ContractCheckArgs;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::policy::open_pack;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use serde_json::json;

pub(super) fn run(args: &ContractCheckArgs) -> Outcome {
    let pack = open_pack(&args.file, &args.build)?;
    let engine = Engine::metered(EngineSettings::default()).map_err(Failure::machine)?;
    let found = engine
        .contract_use(&pack.component)
        .map_err(|error| Failure::new(Exit::Pack, format!("{}: {error}", args.file.display())))?;
    let document = json!({
        "name": pack.name,
        "version": pack.version,
        "runs": found.refusal.is_none(),
        "use": found,
    });
    output::result(args.json, &document, || {
        let built = found.contract.as_deref().unwrap_or("none");
        let mut lines = vec![
            format!("{} {}", pack.name, pack.version),
            format!("digest      {}", found.digest),
            format!(
                "contract    {built} (this host has {})",
                found.host_contract
            ),
        ];
        for (title, interfaces) in [("imports", &found.imports), ("exports", &found.exports)] {
            let used: Vec<String> = listed(interfaces).collect();
            if !used.is_empty() {
                lines.push(title.to_owned());
                lines.extend(used);
            }
        }
        if found.refusal.is_none() {
            lines.push("this host runs it".to_owned());
        }
        output::line(lines.join("\n"))
    })?;
    match found.refusal {
        None => Ok(Exit::Success),
        // It is in the document.
        Some(_) if args.json => Ok(Exit::Pack),
        Some(refusal) => {
            let item = refusal.item.map(|item| format!("; what differs: {item}"));
            let file = args.file.display();
            let message = format!("this host does not run {file}{}", item.unwrap_or_default());
            Err(Failure::advised(Exit::Pack, message, refusal.problem))
        }
    }
}

/// Each interface with what is used of it; one that is there for its types alone has nothing.
fn listed(interfaces: &BTreeMap<String, Vec<String>>) -> impl Iterator<Item = String> {
    let used = interfaces.iter().filter(|(_, items)| !items.is_empty());
    used.map(|(interface, items)| format!("  {interface}: {}", items.join(", ")))
}
