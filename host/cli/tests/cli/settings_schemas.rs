//! Schemas of settings that the host refuses, through a company file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_engine::component::Digest;
use serde_json::{Map, Value, json};

use crate::command::joined;
use crate::project::Project;
use crate::test_server::TestServer;

/// A schema with fields that are each the whole schema again.
fn multiplying_schema() -> String {
    let field = |number| {
        let again = json!({"$ref": "#", "default": {}});
        (format!("f{number}"), again)
    };
    let fields: Map<String, Value> = (0..8).map(field).collect();
    json!({"type": "object", "properties": fields}).to_string()
}

/// A component that embeds a settings schema.
fn component(schema: &str) -> Vec<u8> {
    let result = (16_u64 << 32) + schema.len() as u64;
    let schema = schema.replace('"', "\\\"");
    let text = format!(
        r#"(component
            (core module (memory (export "memory") 1) (data (i32.const 16) "{schema}")
                (func (export "patchbay-settings-schema") (result i64) i64.const {result}))
            (instance $none)
            (export "patchbay:routing/routing@0.1.0" (instance $none)))"#
    );
    wat::parse_str(text).expect("a component")
}

#[test]
fn a_schema_whose_defaults_multiply_is_refused() {
    let project = Project::of_stages("tone");
    let schema = multiplying_schema();
    let code = component(&schema);
    std::fs::write(project.beside("many.wasm"), &code).expect("written");
    let config = project.write_server_settings();
    project.write(
        "northwind.toml",
        "company = \"northwind\"\n[queue.general]\ndefault = true\n",
    );
    let server = TestServer::start(&config);
    let text = "company = \"northwind\"\n[pipeline]\nroute = [\"many\"]\n[plugin.many]\npack = \"./many.wasm\"\n[queue.general]\ndefault = true\n";
    project.write("northwind.toml", text);
    let reason = "filling in the schema's defaults and checking the settings takes more than 100000 steps; simplify the references in the schema";
    let refuse = |command: &[&str]| {
        let printed = joined(&project.run(command), 1);
        assert!(printed.contains(reason), "{command:?}: {printed}");
        assert!(printed.contains("settings of plugin \"many\""), "{printed}");
    };
    refuse(&["apply", "northwind.toml"]);
    let bundle = json!({"name": "many", "schema": schema, "component": Digest::of(&code)});
    let pack = json!({"bundle": bundle, "code": STANDARD.encode(&code)});
    let body = json!({"document": text, "packs": {"./many.wasm": pack}});
    let (status, problem) = server.send("POST", "generations", &body.to_string());
    assert_eq!(status, 413, "{problem}");
    let told = problem["problems"][0]["message"].as_str();
    assert!(told.is_some_and(|told| told.contains(reason)), "{problem}");
    // The server answers on, with the generation it had.
    let (_, listed) = server.send("GET", "generations", "");
    assert_eq!(
        listed["generations"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    drop(server);
    refuse(&["apply", "northwind.toml"]);
    refuse(&["serve", "--check"]);
}
