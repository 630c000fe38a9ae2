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

/// Settings in every form that a file can give them, with what is wrong in each.
const SETTINGS: &str = r#"company = "northwind"
publish = "desk"
[pipeline]
route = ["many"]
[target.desk]
webhook = { url = "https://desk.example/" }
[plugin.many]
pack = "./many.wasm"
settings.queue = "fruad"
settings.night = { from = 7, "un/til" = 8, queue = [ "a",
  "late" ] }
[plugin.many.settings.words]
late.score = "high"
[[plugin.many.settings.rules]]
when = "a"
then.queue = "general"
[[plugin.many.settings.rules]]
when = "b"
[plugin.many.settings.rules.then]
queue = "nowhere"
[queue.general]
default = true
"#;

fn places_schema() -> String {
    let queue = json!({"type": "string", "x-patchbay-ref": "queue"});
    let object = |properties: Value| json!({"type": "object", "additionalProperties": false, "properties": properties});
    let mut night = object(json!({
        "from": {"type": "string"},
        "queue": {"type": "array", "items": queue},
    }));
    night["required"] = json!(["to"]);
    let score = object(json!({"score": {"type": "number"}}));
    let rule = object(json!({"when": {"type": "string"}, "then": object(json!({"queue": queue}))}));
    let mut whole = object(json!({
        "queue": queue,
        "night": night,
        "words": {"additionalProperties": score},
        "rules": {"type": "array", "items": rule},
    }));
    whole["required"] = json!(["brand"]);
    whole.to_string()
}

#[test]
fn every_problem_of_settings_stands_at_its_value() {
    let project = Project::of_stages("tone");
    std::fs::write(project.beside("many.wasm"), component(&places_schema())).expect("written");
    let config = project.write_server_settings();
    project.write(
        "northwind.toml",
        "company = \"northwind\"\n[queue.general]\ndefault = true\n",
    );
    let server = TestServer::start(&config);
    let by_schema = [
        ("/night/from: 7 is not of type", 10, 27),
        ("unknown setting \"un/til\"", 10, 30),
        ("/night: \"to\" is a required property", 10, 18),
        ("/words/late/score: \"high\" is not of type", 13, 14),
        ("\"brand\" is a required property", 9, 1),
    ];
    // Names are looked for where the schema is satisfied.
    let by_name = [
        ("/queue: unknown queue \"fruad\"", 9, 18),
        ("/night/queue/0: unknown queue \"a\"", 10, 54),
        ("/night/queue/1: unknown queue \"late\"", 11, 3),
        ("/rules/1/then/queue: unknown queue \"nowhere\"", 20, 9),
    ];
    let named = SETTINGS
        .replace("from = 7", "from = \"7\"")
        .replace(", \"un/til\" = 8", ", to = \"8\"  ");
    let named = named.replace("\"high\"", "0.5");
    let schemas = [(SETTINGS.to_owned(), &by_schema[..]), (named, &by_name[..])];
    for (text, expected) in schemas {
        let schema = match expected.len() {
            4 => places_schema()
                .replace("\"required\":[\"brand\"]", "\"required\":[]")
                .replace("\"from\":{", "\"to\":{},\"from\":{"),
            _ => places_schema(),
        };
        let code = component(&schema);
        std::fs::write(project.beside("many.wasm"), &code).expect("written");
        let bundle = json!({"name": "many", "schema": schema, "component": Digest::of(&code)});
        let pack = json!({"bundle": bundle, "code": STANDARD.encode(&code)});
        let body = json!({"document": text, "packs": {"./many.wasm": pack}});
        let (status, problem) = server.send("POST", "generations", &body.to_string());
        assert_eq!(status, 422, "{problem}");
        let found = problem["problems"].as_array().expect("problems");
        project.write("northwind.toml", &text);
        let printed = joined(&project.run(&["serve", "--check"]), 1);
        for (part, line, column) in expected {
            let one = found.iter().find(|one| {
                let message = one["message"].as_str().unwrap_or_default();
                message.contains(part)
            });
            let one = one.unwrap_or_else(|| panic!("{part}: {problem}"));
            assert_eq!(one["line"], *line, "{one}");
            assert_eq!(one["column"], *column, "{one}");
            let place = format!("northwind.toml:{line}:{column}]");
            assert!(printed.contains(&place), "{part}: {place}: {printed}");
        }
    }
}
