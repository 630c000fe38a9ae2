//! `patchbay inspect`.

use patchbay_engine::CONTRACT_VERSION;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use serde_json::json;

use crate::args::InspectArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::loading::open_pack;
use crate::numbers::bytes;
use crate::output;

pub(crate) fn run(args: &InspectArgs) -> Outcome {
    let pack = open_pack(&args.file, &args.build)?;
    let engine = Engine::metered(EngineSettings::default())
        .map_err(|error| Failure::new(Exit::Machine, error))?;
    let description = engine
        .describe(&pack.component)
        .map_err(|error| Failure::new(Exit::Pack, format!("{}: {error}", args.file.display())))?;
    let asks = &pack.needs;
    if args.json {
        output::json(&json!({
            "name": pack.name,
            "version": pack.version,
            "component": description,
            "host_contract": CONTRACT_VERSION,
            "needs": asks,
            "limits": pack.limits,
            "schema": pack.schema.is_some(),
        }))?;
        return Ok(Exit::Success);
    }
    let stages: Vec<_> = description
        .stages
        .iter()
        .map(|stage| stage.as_str())
        .collect();
    let mut lines = vec![
        format!("{} {}", pack.name, pack.version),
        format!("digest      {}", description.digest),
        format!("size        {}", bytes(description.bytes as u64)),
        format!(
            "contract    {} (this host speaks {CONTRACT_VERSION})",
            description.contract.as_deref().unwrap_or("none")
        ),
        format!("decides     {}", stages.join(", ")),
        format!(
            "prepared    {}",
            if description.lifecycle { "yes" } else { "no" }
        ),
    ];
    let mut needed: Vec<String> = [
        ("interactions", asks.interactions),
        ("agents", asks.agents),
        ("knowledge", asks.knowledge),
    ]
    .into_iter()
    .filter(|(_, asked)| *asked)
    .map(|(name, _)| name.to_owned())
    .collect();
    needed.extend(
        asks.state
            .iter()
            .map(|scope| format!("state \"{}\"", scope.as_str())),
    );
    lines.push(format!("asks for    {}", or_nothing(&needed.join(", "))));
    let unasked: Vec<_> = description
        .grants_used()
        .into_iter()
        .filter(|used| !needed.iter().any(|asked| asked.starts_with(used)))
        .collect();
    if !unasked.is_empty() {
        lines.push(format!(
            "imports     {} without asking for it: such calls are denied",
            unasked.join(", ")
        ));
    }
    lines.push("imports".to_owned());
    lines.extend(description.imports.iter().map(|name| format!("  {name}")));
    lines.push("exports".to_owned());
    lines.extend(description.exports.iter().map(|name| format!("  {name}")));
    output::line(lines.join("\n"))?;
    Ok(Exit::Success)
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}
