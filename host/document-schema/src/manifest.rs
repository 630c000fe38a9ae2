//! The schema of `pack.toml`.

use patchbay_model::limits::Limits;
use patchbay_model::state::Scope;
use serde_json::{Map, Value, json};

use super::domain::all_codes;
use super::{codes, described, flag, integer, list, map, object, text};

pub(super) fn schema() -> Value {
    object(
        json!({
            "pack": object(json!({
                "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,63}$", "description": "Lower-case letters, digits and hyphens"},
                "version": text("Semantic version"),
                "publisher": text("Name of the publisher"),
                "licence": text("SPDX licence expression"),
                "description": text("One sentence"),
                "source": text("Address of the sources"),
                "state-version": integer(0, None, "Version of the format of stored state; default 1"),
                "state-from": described(list(integer(0, None, "Version")), "Earlier state versions this pack also reads"),
            }), &["name", "version"]),
            "build": object(json!({
                "language": codes(&["rust", "typescript", "python"], "Language of the sources; default rust"),
            }), &[]),
            "needs": described(grants(), "Grants the policy requests"),
            "limits": described(limits(), "Limits the policy suggests; the operator's ceiling wins"),
            "settings": object(json!({
                "schema": text("File with the JSON Schema of the settings, relative to pack.toml"),
                "migration": described(list(migration()), "What becomes of settings that were written for older versions"),
            }), &[]),
            "data": described(map(object(json!({
                "file": text("The file, relative to pack.toml: CSV for a table"),
                "kind": codes(&["table", "bytes"], "What the policy reads it as"),
                "key": text("Column of the keys of a table; default the first"),
            }), &["file", "kind"])), "Tables and bytes that the policy reads, by name"),
        }),
        &["pack"],
    )
}

/// What becomes of settings that were written for older versions.
fn migration() -> Value {
    let by_path = |values: Value, description: &str| json!({"type": "object", "additionalProperties": values, "description": description});
    object(
        json!({
            "from": text("Versions of the pack for which the settings were written, such as <0.3.0"),
            "rename": by_path(text("New path"), "Settings with another name, by their path, such as tone.level or routes.*.queue"),
            "map": by_path(json!({"type": "object"}), "By path of a setting, under its new name: new value by old value"),
            "remove": described(list(text("Path")), "Settings that are removed"),
            "default": by_path(json!({}), "Values of settings that are not given, by path"),
        }),
        &["from"],
    )
}

/// Parts of the host that a policy may use.
pub(super) fn grants() -> Value {
    object(
        json!({
            "interactions": flag("Earlier interactions"),
            "agents": flag("Agents and queues"),
            "knowledge": flag("Approved answers"),
            "contacts": flag("What the company's CRM says about contacts"),
            "state": described(list(codes(all_codes!(Scope), "Scope")), "Scopes of stored state"),
        }),
        &[],
    )
}

/// Limits of one decision.
pub(super) fn limits() -> Value {
    let one = |unit: &str| match unit {
        "ms" => json!({"type": "string", "description": "A duration such as 20ms"}),
        "bytes" => json!({"type": "string", "description": "A size such as 64KiB or 16MiB"}),
        _ => integer(0, None, "A number"),
    };
    let limits: Map<String, Value> = Limits::TABLE
        .iter()
        .map(|limit| (limit.key.to_owned(), one(limit.unit)))
        .collect();
    object(Value::Object(limits), &[])
}
