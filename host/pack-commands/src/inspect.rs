//! `patchbay inspect`: stages, imports, exports and grants of a component.

use patchbay_command::args::InspectArgs;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::bytes;
use patchbay_command::output;
use patchbay_command::policy::open_pack;
use patchbay_engine::CONTRACT_VERSION;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_pack::ComponentMetadata;
use serde_json::json;

/// Runs `patchbay inspect`.
pub fn run(args: &InspectArgs) -> Outcome {
    let pack = open_pack(&args.file, &args.build)?;
    let engine = Engine::metered(EngineSettings::default()).map_err(Failure::machine)?;
    let description = engine
        .describe(&pack.component)
        .map_err(|error| Failure::new(Exit::Pack, format!("{}: {error}", args.file.display())))?;
    let needs = &pack.needs;
    let metadata = ComponentMetadata::read(&pack.component);
    let document = json!({
        "name": pack.name,
        "version": pack.version,
        "component": description,
        "metadata": metadata,
        "host_contract": CONTRACT_VERSION,
        "needs": needs,
        "limits": pack.limits,
        "schema": pack.schema.is_some(),
    });
    let grants = needs.names();
    let mut denied = description.grants_used.clone();
    denied.retain(|used| !grants.iter().any(|grant| grant.starts_with(used)));
    output::result(args.json, &document, || {
        let stages: Vec<_> = description.stages.iter().map(|one| one.as_str()).collect();
        let mut lines = vec![
            format!("{} {}", pack.name, pack.version),
            format!("digest      {}", description.digest),
            format!("size        {}", bytes(description.bytes as u64)),
            format!(
                "contract    {} (this host has {CONTRACT_VERSION})",
                description.contract.as_deref().unwrap_or("none")
            ),
            format!("stages      {}", stages.join(", ")),
            format!(
                "prepare     {}",
                if description.lifecycle { "yes" } else { "no" }
            ),
            match grants.is_empty() {
                true => "grants      none".to_owned(),
                false => format!("grants      {}", grants.join(", ")),
            },
        ];
        lines.extend(metadata_line(&metadata));
        if !denied.is_empty() {
            lines.push(format!(
                "warning     calls {} without requesting the grant in pack.toml: these calls are denied",
                denied.join(", ")
            ));
        }
        for (title, names) in [
            ("imports", &description.imports),
            ("exports", &description.exports),
        ] {
            lines.push(title.to_owned());
            lines.extend(names.iter().map(|name| format!("  {name}")));
        }
        output::line(lines.join("\n"))
    })
}

/// What the component says of itself; `None` where it says nothing.
fn metadata_line(metadata: &ComponentMetadata) -> Option<String> {
    let name = metadata.name.iter().chain(&metadata.version);
    let name = name.cloned().collect::<Vec<_>>().join(" ");
    let others = [
        ("by", &metadata.authors),
        ("under", &metadata.licenses),
        ("from", &metadata.source),
        ("at", &metadata.revision),
    ];
    let others = others.into_iter();
    let others = others.filter_map(|(word, value)| Some(format!("{word} {}", value.as_ref()?)));
    let parts: Vec<String> = Some(name)
        .filter(|name| !name.is_empty())
        .into_iter()
        .chain(others)
        .collect();
    (!parts.is_empty()).then(|| format!("metadata    {}", parts.join(", ")))
}
