//! Parsers of a pack's files, fed with mutated inputs.

use std::path::{Component, Path};

use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_model::data_table::DataTable;
use patchbay_pack::data::table_of_csv;
use patchbay_pack::image::ImageManifest;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::migration::{Migration, migrate_company, settings_in};
use patchbay_pack::pack_file::{PackFile, PackParts};
use patchbay_pack::settings::SettingsSchema;
use patchbay_pack::signature::{PublicKey, Signature, generate};
use patchbay_pack::source::{PackPlaces, locate};
use patchbay_pack::trust::TrustPolicy;
use patchbay_pack::{Pack, Provenance, read_component};
use semver::Version;
use serde_json::{Map, Value};

const MANIFEST: &str = include_str!("../../../plugins/social-care/pack.toml");

const EXAMPLE: &str = include_str!("../../../docs/pack.example.toml");

const TOML_WORDS: [&str; 16] = [
    "[",
    "]",
    "[[",
    "]]",
    "=",
    "\"",
    "'''",
    "{",
    "}",
    ".",
    "#",
    "\n",
    "[limits]\n",
    "nan",
    "1979-05-27T07:32:00Z",
    "state-from = [",
];

#[test]
fn a_manifest_is_read_or_its_problem_has_a_place_in_it() {
    Corpus::of([MANIFEST, EXAMPLE])
        .words(&TOML_WORDS)
        .run(text(|text| match Manifest::parse(text) {
            Ok(manifest) => {
                assert!(!manifest.name().is_empty());
                Reading::Accepted
            }
            Err(problem) => {
                let _ = problem.line_column(text);
                Reading::Rejected
            }
        }));
}

/// Divides a schema from the settings that it completes.
const DIVIDER: &str = "\n---\n";

const SCHEMAS: [&str; 4] = [
    r##"{"type":"object","properties":{"limit":{"type":"integer","default":3,"minimum":1,"maximum":9},"names":{"type":"array","items":{"type":"string","pattern":"^(a+)+$"},"default":[]},"deep":{"$ref":"#/$defs/tree"}},"additionalProperties":false,"$defs":{"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"size":{"default":1}}}}}
---
{"limit":4,"names":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"],"deep":{"left":{"left":{}}}}"##,
    r##"{"allOf":[{"properties":{"a":{"default":{"b":1}}}},{"if":{"properties":{"a":{"const":1}}},"then":{"required":["c"]},"else":{"properties":{"c":{"default":[1,2]}}}}]}
---
{"a":1}"##,
    r##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"null"}]}}}
---
{}"##,
    r##"{"oneOf":[{"type":"object","patternProperties":{"^x-":{"type":"number","multipleOf":0.1}}},{"type":"array","prefixItems":[{"default":0}],"uniqueItems":true}],"unevaluatedProperties":false}
---
{"x-a":0.3}"##,
];

#[test]
fn settings_are_completed_or_refused() {
    let shipped = include_str!("../../../plugins/social-care/settings.schema.json");
    let settings =
        r#"{"brand":"Northwind","queues":{"order-status":"orders"},"teams":{"legal":"l"}}"#;
    let shipped = format!("{shipped}{DIVIDER}{settings}");
    let seeds = SCHEMAS.into_iter().chain([shipped.as_str()]);
    Corpus::of(seeds)
        .words(&[
            "{",
            "}",
            "[",
            "]",
            ",",
            "\"default\":",
            "\"$ref\":\"#\"",
            "\"$ref\":\"#/$defs/a\"",
            "\"allOf\":[",
            "\"pattern\":\"(a|a)*b\"",
            "\"not\":{",
            "\"maxLength\":",
            "\"items\":",
            "\"$dynamicRef\":\"#a\"",
            "\"contentMediaType\":",
            "\"$id\":\"x:\"",
            DIVIDER,
            "%25",
            "~1",
        ])
        .cases(400)
        .run(text(|text| {
            let (schema, settings) = text.split_once(DIVIDER).unwrap_or((text, "{}"));
            let Ok(schema) = SettingsSchema::parse(schema) else {
                return Reading::Rejected;
            };
            let Ok(settings) = serde_json::from_str::<Value>(settings) else {
                return Reading::Rejected;
            };
            let _ = schema.references(&settings);
            let completed = schema.complete(settings);
            if let Ok(completed) = &completed {
                // Completed settings are complete.
                assert_eq!(schema.complete(completed.clone()).as_ref(), Ok(completed));
            }
            Reading::Accepted
        }));
}

/// Begins the part of a directory that holds one file, with the file's path.
const FILE: &str = "\n=== ";

/// A pack's directory as one text.
const DIRECTORIES: [&str; 2] = [
    r#"
=== pack.toml
[pack]
name = "care"
version = "1.2.3"
state-version = 3
state-from = [2]
[needs]
agents = true
[settings]
schema = "settings.schema.json"
=== settings.schema.json
{"type":"object","properties":{"limit":{"type":"integer","default":3}}}
=== cases/route/a.json
{"steps":[]}
=== cases/route/b.toml
note = "b"
=== care.wasm
(component)
=== README.md
-> /etc"#,
    r#"
=== pack.toml
[pack]
name = "plain"
version = "0.1.0-rc.1+build"
=== cases/a/b/c/d.toml
now = 2026-03-02T10:15:00Z
=== cases/linked
-> ..
=== care.wasm
"#,
];

/// Writes the files of a text below a directory: at most 100, none outside. A text
/// that begins with an arrow makes a symbolic link.
fn write_files(below: &Path, text: &str) {
    for file in text.split(FILE).skip(1).take(100) {
        let (path, content) = file.split_once('\n').unwrap_or((file, ""));
        let path = below.join(path.trim_matches('/'));
        let is_below = path
            .components()
            .skip(below.components().count())
            .all(|part| matches!(part, Component::Normal(_)));
        if !is_below || !path.starts_with(below) {
            continue;
        }
        // A path that is too long or taken is left out.
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = match content.strip_prefix("-> ") {
            Some(to) => std::os::unix::fs::symlink(to.trim_end(), &path),
            None => std::fs::write(&path, content),
        };
    }
}

#[test]
fn a_directory_is_read_as_a_pack_or_refused() {
    Corpus::of(DIRECTORIES)
        .words(&TOML_WORDS)
        .words(&[
            FILE,
            "\n=== cases/",
            "a/",
            "../",
            "-> pack.toml",
            "-> .",
            "pack.toml",
            ".json",
            "\u{fe0f}",
        ])
        .cases(400)
        .run(text(|text| {
            let place = tempfile::tempdir().expect("a directory");
            let directory = place.path();
            write_files(directory, text);
            let places = PackPlaces {
                directories: vec![directory.to_owned()],
                store: None,
            };
            if let Ok(found) = locate("care@^1", directory, &places) {
                let found = found.path;
                assert!(found.starts_with(directory), "{}", found.display());
            }
            let mut pack = read_component(&directory.join("care.wasm"))
                .and_then(|component| Pack::from_parts(directory, component));
            match &mut pack {
                Ok(pack) => {
                    let _ = pack.check_parts(directory);
                    let _ = pack.complete_settings(Value::Object(Map::new()));
                    let bundle = pack.bundle();
                    let sent = serde_json::to_value(&bundle).expect("a document");
                    let received = serde_json::from_value(sent).expect("the bundle");
                    let again = Pack::from_bundle(received, pack.component.clone(), |_| None);
                    assert_eq!(again.map(|again| again.bundle()), Ok(bundle));
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
            Reading::from(&pack)
        }));
}

/// A pack file with a signature.
fn pack_file() -> PackFile {
    let place = tempfile::tempdir().expect("a directory");
    let text = "[pack]\nname = \"care\"\nversion = \"1.0.0\"\npublisher = \"acme\"\n";
    std::fs::write(place.path().join("pack.toml"), text).expect("written");
    let pack = Pack::from_parts(place.path(), b"code".to_vec()).expect("a pack");
    let parts = PackParts {
        pack,
        section: Manifest::parse(text).expect("a manifest").pack,
        exports: Vec::new(),
        imports: Vec::new(),
        readme: Some("# Care".to_owned()),
        sbom: None,
    };
    let file = PackFile::from_parts(parts).expect("a pack file");
    file.with_signature(&signature()).expect("signed")
}

fn signature() -> String {
    use patchbay_pack::signature::SecretKey;
    let keys = generate(None, "acme").expect("keys");
    let secret = SecretKey::read(&keys.secret, None).expect("a key");
    secret.sign(b"image", "care 1.0.0").expect("a signature")
}

#[test]
fn a_pack_file_of_any_bytes_is_read_or_refused() {
    Corpus::of([pack_file().write()])
        .words(&["ustar", "blobs/sha256/", "index.json", "oci-layout", "../"])
        .least_accepted(0)
        .run(|bytes| match PackFile::read(bytes) {
            Ok(file) => {
                // What is accepted is written again as it was, but for other tar headers.
                let again = PackFile::read(&file.write()).expect("readable");
                assert_eq!(again.digest(), file.digest());
                Reading::Accepted
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                Reading::Rejected
            }
        });
}

#[test]
fn an_image_manifest_is_of_the_pack_or_refused() {
    let file = pack_file();
    let bundle = file.pack().bundle();
    let image = file.image_bytes().to_vec();
    Corpus::of([image])
        .words(&[
            "\"layers\":[",
            "\"digest\":\"sha256:",
            "\"size\":-1",
            "application/wasm",
        ])
        .least_accepted(0)
        .run(text(|text| {
            let read = ImageManifest::read(text.as_bytes());
            let mut bundle = bundle.clone();
            bundle.provenance = Some(Provenance {
                image: text.to_owned(),
                signatures: Vec::new(),
            });
            match Pack::from_bundle(bundle, file.pack().component.clone(), |_| None) {
                Ok(_) => {
                    let parts = read.expect("readable");
                    assert!(parts.parts().is_ok(), "it names the parts");
                    Reading::Accepted
                }
                Err(_) => Reading::Rejected,
            }
        }));
}

#[test]
fn a_trust_policy_is_read_or_its_problems_have_a_place_in_it() {
    Corpus::of([include_str!("../../../docs/trust.example.toml")])
        .words(&TOML_WORDS)
        .words(&[
            "any-of = [",
            "minimum = 9",
            "unsigned = \"allow\"",
            "[[rule]]\n",
            "packs = [\"*\"]",
        ])
        .run(text(|text| match TrustPolicy::parse(text) {
            Ok(policy) => {
                assert!(policy.keys().all(|key| !key.name.is_empty()) || text.contains("\"\""));
                Reading::Accepted
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                for problem in problems {
                    let _ = problem.line_column(text);
                }
                Reading::Rejected
            }
        }));
}

#[test]
fn a_signature_of_any_text_fits_nothing() {
    let keys = generate(None, "acme").expect("keys");
    let key = PublicKey::parse(&keys.public).expect("a key");
    Corpus::of([signature(), keys.public.clone()])
        .words(&["untrusted comment: ", "trusted comment: ", "RW", "==", "\n"])
        .least_accepted(0)
        .run(text(|text| {
            let _ = PublicKey::parse(text);
            match Signature::parse(text) {
                Ok(signature) => {
                    assert!(key.verify(&signature, b"other bytes").is_err());
                    Reading::Accepted
                }
                Err(_) => Reading::Rejected,
            }
        }));
}

const TABLES: [&str; 3] = [
    "customer,tier,since\n17,gold,2020\n\"4,2\",\"big \"\"one\"\"\",\n",
    "\u{feff}word\r\nbread\r\nmilk\r\n",
    "a,b\n1,\"two\nlines\"\n",
];

#[test]
fn a_csv_file_of_any_bytes_is_a_table_or_refused() {
    Corpus::of(TABLES)
        .words(&["\"", ",", "\n", "\r\n", "\"\"", "\u{feff}"])
        .run(|bytes| match table_of_csv(bytes, None) {
            Ok(table) => {
                let table = DataTable::read(table.build().into());
                table.expect("what is built can be read");
                Reading::Accepted
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                Reading::Rejected
            }
        });
}

#[test]
fn a_table_of_any_bytes_is_read_or_refused() {
    let tables = TABLES.map(|text| {
        table_of_csv(text.as_bytes(), None)
            .expect("a table")
            .build()
    });
    Corpus::of(tables)
        .words(&["pbtable1"])
        .least_accepted(0)
        .run(|bytes| match DataTable::read(bytes.into()) {
            Ok(table) => {
                // It has as many rows as its bytes have room for.
                assert!(table.rows() as usize * 6 <= bytes.len());
                for key in ["", "17", "4,2", "bread", "\u{10ffff}"] {
                    let row = table.get(key);
                    assert!(row.is_none_or(|row| row.len() == table.columns().len()));
                }
                Reading::Accepted
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                Reading::Rejected
            }
        });
}

#[test]
fn settings_in_a_company_file_are_migrated_or_the_file_is_refused() {
    let migrations: Vec<Migration> = [
        "from = \"*\"\nrename = { a = \"b\", \"t.x\" = \"u.y.z\", \"r.*.q\" = \"r.*.s.q\" }",
        "from = \"*\"\nmap = { \"r.*\" = { one = [1, { k = \"v\" }] }, b = { 1 = \"two\" } }\nremove = [\"t\", \"r.*.n\"]",
        "from = \"*\"\ndefault = { \"t.u.v\" = { w = 1 }, \"r.*.d\" = 2026-01-01 }",
    ]
    .map(|text| toml::from_str(text).expect("a migration"))
    .to_vec();
    let version = Version::new(1, 0, 0);
    Corpus::of([
        "company = \"a\"\n[plugin.care]\npack = \"care\" # why\n[plugin.care.settings]\n# one\na = 1\nt = { x = 2, y = [3] }\n[plugin.care.settings.r.m]\nq = \"one\"\n[[plugin.care.settings.l]]\nq = 1\n",
        "plugin.care = { pack = \"care\", settings = { a = 1, r = [{ q = 1, n = 2 }, { q = 2 }], t.x = 1 } }\n",
        "[plugin]\ncare.settings.a = '''x'''\ncare.settings.r.k = \"one\"\n[plugin.care.settings.t]\nx.y.z = 1\n",
    ])
    .words(&TOML_WORDS)
    .words(&["plugin", "care", "settings", "a", "b", "t.x", "r.m", "{ q = 1 }", "[[plugin.care.settings.r]]\n"])
    .run(text(|text| {
        let migrated = migrate_company(text, "care", &version, &migrations);
        if let Ok(migrated) = &migrated {
            settings_in(&migrated.text, "care").expect("still a company file with the plugin");
            let _ = migrated.diff(text);
        }
        Reading::from(&migrated)
    }));
}

#[test]
fn settings_schemas_are_compared_in_bounded_time() {
    let shipped = include_str!("../../../plugins/social-care/settings.schema.json");
    let seeds: Vec<String> = SCHEMAS
        .iter()
        .map(|seed| seed.split(DIVIDER).next().unwrap_or_default().to_owned())
        .chain([shipped.to_owned()])
        .collect();
    let shipped = SettingsSchema::parse(shipped).expect("a schema");
    Corpus::of(seeds.iter().map(String::as_str))
        .words(&[
            "\"$ref\":\"#\"",
            "\"anyOf\":[",
            "\"enum\":[",
            "null",
            "{",
            "}",
            "\"x-patchbay-secret\":true",
        ])
        .most_allocated(160 << 20)
        .run(text(|text| {
            let schema = SettingsSchema::parse(text);
            if let Ok(schema) = &schema {
                assert_eq!(schema.changes_to(schema), []);
                assert!(shipped.changes_to(schema).len() <= 200);
                let _ = schema.sample();
            }
            Reading::from(&schema)
        }));
}
