//! Versions of a pack: what an upgrade does to a company's settings, which version a release needs,
//! and secrets in settings. Every version has the same component.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Output;
use std::sync::OnceLock;

use patchbay_pack::bundle::Bundle;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::pack_file::{PackFile, PackParts};
use patchbay_pack::{ComponentMetadata, Pack};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{joined, patchbay_in, stderr, stdout};
use crate::project::Project;
use crate::test_server::TestServer;

const COMMENT: &str = "# What customers say, as agreed in May.\n";

/// The component of a new policy, which looks for the words of its settings; built once.
fn component() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let project = Project::new();
        let built = project.run(&["build", "care", "--offline", "--output", "care.wasm"]);
        joined(&built, 0);
        std::fs::read(project.beside("care.wasm")).expect("a component")
    })
}

/// A directory with packs, settings of a server and a company file.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("a place"));
        std::fs::create_dir(place.path("packs")).expect("a directory");
        std::fs::create_dir(place.path("releases")).expect("a directory");
        place.write(
            "patchbay.toml",
            "companies = []\npacks = [\"packs\"]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
        );
        place
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).expect(file);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        patchbay_in(self.0.path(), arguments, "")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let text = stdout(&output);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", stderr(&output)))
    }

    fn company(&self, pack: &str, settings: &str) {
        let text = format!(
            "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = {pack:?}   # the vendor's\n[plugin.care.settings]\n{COMMENT}{settings}\n[queue.general]\ndefault = true\n"
        );
        self.write("northwind.toml", &text);
    }

    /// Write a pack file.
    fn pack(&self, file: &str, release: &Release) {
        std::fs::write(self.path(file), release.file().write()).expect(file);
    }
}

/// A version of the pack.
struct Release {
    version: &'static str,
    /// More of pack.toml.
    manifest: &'static str,
    /// Schema of the setting `words`.
    words: Value,
    cases: BTreeMap<String, String>,
}

impl Release {
    fn new(version: &'static str) -> Release {
        Release {
            version,
            manifest: "",
            words: json!({"type": "object", "additionalProperties": {"type": "string"}, "default": {}, "description": "Words and their intents."}),
            cases: BTreeMap::new(),
        }
    }

    /// Intents are those of a list; settings of older versions are migrated.
    fn with_listed_intents(version: &'static str) -> Release {
        Release {
            manifest: "[[settings.migration]]\nfrom = \"<0.2.0\"\nmap = { \"words.*\" = { refunds = \"refund\" } }\n",
            words: json!({"type": "object", "additionalProperties": {"enum": ["refund", "complaint"]}, "default": {}, "description": "Words and their intents."}),
            ..Release::new(version)
        }
    }

    /// A case in which a customer asks for money, without settings.
    fn with_case(mut self, is_found: bool) -> Release {
        let expected = match is_found {
            true => json!({"outcome": "ok"}),
            false => json!({"outcome": "declined"}),
        };
        let case = json!({"note": "Asks for money", "steps": [
            {"classify": {"id": "1", "channel": "chat", "text": "I want my money back"}, "expect": expected},
        ]});
        self.cases
            .insert("classify/money.json".to_owned(), case.to_string());
        self
    }

    fn file(&self) -> PackFile {
        let manifest = format!(
            "[pack]\nname = \"care\"\nversion = {:?}\npublisher = \"acme\"\nlicence = \"MIT\"\n[settings]\nschema = \"s.json\"\n{}",
            self.version, self.manifest
        );
        let section = Manifest::parse(&manifest).expect("a manifest").pack;
        let component = ComponentMetadata::of_manifest(&section, None)
            .write_into(component())
            .expect("a component");
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {"words": self.words}});
        let bundle = Bundle {
            name: "care".to_owned(),
            manifest: Some(manifest),
            schema: Some(schema.to_string()),
            component: patchbay_engine::component::Digest::of(&component),
            cases: self.cases.clone(),
            tested: None,
            data: BTreeMap::new(),
            provenance: None,
        };
        let parts = PackParts {
            pack: Pack::from_bundle(bundle, component.into(), |_| None).expect("a pack"),
            section,
            exports: Vec::new(),
            imports: Vec::new(),
            readme: None,
            sbom: None,
        };
        PackFile::from_parts(parts).expect("a pack file")
    }
}

#[test]
fn an_upgrade_that_makes_settings_invalid_is_explained_and_migrated_on_request() {
    let place = Place::new();
    place.pack("packs/care-0.1.0.pack", &Release::new("0.1.0"));
    let settings = "words = { \"money back\" = \"refunds\", angry = \"complaint\" }";
    place.company("care@0.1", settings);
    let apply = |flags: &[&str]| place.run(&[&["apply", "northwind.toml"], flags].concat());
    joined(&apply(&["--new"]), 0);
    place.pack(
        "packs/care-0.2.0.pack",
        &Release::with_listed_intents("0.2.0"),
    );
    place.company("care@0.2", settings);
    let expected = [
        "/words/money back",
        "valid for version 0.1.0 of the pack care, which is active: string",
        "version 0.2.0 has: refund | complaint",
        "change its value: refund | complaint",
        "has a migration of settings from 0.1.0",
        "`patchbay pack migrate COMPANY.toml --plugin care --from 0.1.0`",
        "-words = { \"money back\" = \"refunds\", angry = \"complaint\" }",
        "+words = { \"money back\" = \"refund\", angry = \"complaint\" }",
    ];
    // Without a server, and by one.
    let shown = joined(&apply(&["--dry-run"]), 1);
    for part in expected {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let server = TestServer::start(&place.path("patchbay.toml"));
    let shown = joined(&apply(&["--dry-run"]), 1);
    for part in expected {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // The host never runs with migrated settings on its own.
    joined(&apply(&[]), 1);
    let (_, generations) = server.send("GET", "generations", "");
    assert_eq!(generations["active"], 1, "{generations}");
    let before = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    let migrate = [
        "pack",
        "migrate",
        "northwind.toml",
        "--plugin",
        "care",
        "--from",
        "0.1.0",
    ];
    joined(&place.run(&[&migrate[..], &["--dry-run"]].concat()), 0);
    let unchanged = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    assert_eq!(unchanged, before);
    joined(&place.run(&migrate), 0);
    let migrated = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    assert_eq!(migrated, before.replace("\"refunds\"", "\"refund\""));
    joined(&apply(&[]), 0);
    let (_, generations) = server.send("GET", "generations", "");
    assert_eq!(generations["active"], 2, "{generations}");
}

#[test]
fn newer_versions_are_listed_with_what_they_change_and_the_file_is_moved_to_them() {
    let place = Place::new();
    place.company("care@0.1", "words = { refund = \"refunds\" }");
    let outdated = ["pack", "outdated", "northwind.toml", "--json"];
    let none = place.json(&outdated);
    assert!(
        none["problems"][0]
            .to_string()
            .contains("no pack of this name"),
        "{none}"
    );
    place.pack(
        "packs/care-0.1.0.pack",
        &Release::new("0.1.0").with_case(false),
    );
    let newest = place.json(&outdated);
    assert_eq!(
        (&newest["outdated"], &newest["plugins"][0]["newest"]),
        (&json!(0), &Value::Null)
    );
    let mut next = Release::with_listed_intents("0.2.0");
    next.words["default"] = json!({"money back": "refund"});
    place.pack("packs/care-0.2.0.pack", &next);
    place.pack("packs/care-0.3.0-rc.1.pack", &Release::new("0.3.0-rc.1"));
    let found = place.json(&outdated);
    let plugin = &found["plugins"][0];
    assert_eq!(plugin["current"], "0.1.0");
    assert_eq!(plugin["newest"], "0.2.0", "a pre-release is not offered");
    assert_eq!(
        (&plugin["level"], &plugin["has_migration"]),
        (&json!("major"), &json!(true))
    );
    let changes = plugin["changes"].to_string();
    for part in [
        "setting words.* may only be",
        "the default of setting words changes",
        "case classify/money.json of the release before fails at step 1",
    ] {
        assert!(changes.contains(part), "{part}: {changes}");
    }
    assert!(
        plugin["invalid_settings"]
            .to_string()
            .contains("/words/refund"),
        "{plugin}"
    );
    let shown = joined(&place.run(&["pack", "outdated", "northwind.toml"]), 0);
    assert!(
        shown.contains("care: care 0.1.0 > 0.2.0, a major release"),
        "{shown}"
    );
    assert!(
        shown.contains("`patchbay pack migrate northwind.toml --plugin care --to 0.2.0`"),
        "{shown}"
    );
    let before = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    joined(
        &place.run(&[
            "pack",
            "migrate",
            "northwind.toml",
            "--plugin",
            "care",
            "--to",
            "0.2.0",
        ]),
        0,
    );
    let after = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    let expected = before
        .replace("\"care@0.1\"", "\"care@0.2.0\"")
        .replace("\"refunds\"", "\"refund\"");
    assert_eq!(after, expected);
    // Nothing more to do.
    let again = joined(&place.run(&["pack", "migrate", "northwind.toml"]), 0);
    assert!(again.contains("there is no newer version"), "{again}");
    let missing = [
        "pack",
        "migrate",
        "northwind.toml",
        "--plugin",
        "care",
        "--to",
        "0.9.0",
    ];
    let shown = joined(&place.run(&missing), 3);
    assert!(
        shown.contains("there are 0.3.0-rc.1, 0.2.0, 0.1.0"),
        "{shown}"
    );
    let unknown = joined(
        &place.run(&["pack", "migrate", "northwind.toml", "--plugin", "cara"]),
        2,
    );
    assert!(unknown.contains("did you mean \"care\""), "{unknown}");
}

#[test]
fn a_release_is_published_with_the_version_that_its_changes_need() {
    let place = Place::new();
    let publish = |release: &Release, code: i32| {
        place.pack("next.pack", release);
        joined(
            &place.run(&["pack", "publish", "next.pack", "--to", "releases"]),
            code,
        )
    };
    let shown = publish(&Release::new("1.0.0").with_case(false), 0);
    assert!(shown.contains("it is the first version"), "{shown}");
    assert!(place.path("releases/care-1.0.0.pack").exists());
    publish(&Release::new("1.0.1").with_case(false), 0);
    // It decides otherwise.
    let mut otherwise = Release::new("1.0.2").with_case(true);
    otherwise.words["default"] = json!({"money back": "refund"});
    let shown = publish(&otherwise, 1);
    for part in [
        "promises that this is a patch release after 1.0.1",
        "needs a minor release",
        "case classify/money.json of the release before fails at step 1",
        "set version = \"1.1.0\"",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    otherwise.version = "1.1.0";
    publish(&otherwise, 0);
    // It takes fewer settings.
    let mut narrower = Release::with_listed_intents("1.2.0").with_case(true);
    narrower.words["default"] = json!({"money back": "refund"});
    let shown = publish(&narrower, 1);
    assert!(shown.contains("setting words.* may only be"), "{shown}");
    assert!(shown.contains("set version = \"2.0.0\""), "{shown}");
    narrower.version = "2.0.0";
    let shown = publish(&narrower, 0);
    assert!(shown.contains("a major release after 1.1.0"), "{shown}");
    // A version that is there never changes; an older line goes on.
    let shown = publish(&Release::new("2.0.0"), 1);
    assert!(
        shown.contains("is published with another content"),
        "{shown}"
    );
    let shown = publish(&narrower, 0);
    assert!(shown.contains("is published already"), "{shown}");
    publish(&Release::new("1.0.2").with_case(false), 0);
    // Nothing is written where one of the files is refused.
    place.pack("good.pack", &Release::new("1.0.3").with_case(false));
    place.pack("bad.pack", &Release::new("2.0.1"));
    let both = [
        "pack",
        "publish",
        "good.pack",
        "bad.pack",
        "--to",
        "releases",
    ];
    joined(&place.run(&both), 1);
    assert!(!place.path("releases/care-1.0.3.pack").exists());
    let nowhere = ["pack", "publish", "good.pack", "--to", "nowhere"];
    assert!(joined(&place.run(&nowhere), 4).contains("nowhere is no directory"));
}

#[test]
fn a_secret_in_settings_is_a_reference_and_stands_nowhere() {
    const SECRET: &str = "c2VjcmV0LW9mLW5vcnRod2luZA";
    let place = Place::new();
    let mut release = Release::new("0.1.0");
    release.words["additionalProperties"] = json!({"type": "string", "x-patchbay-secret": true});
    place.pack("packs/care-0.1.0.pack", &release);
    let server = TestServer::start(&place.path("patchbay.toml"));
    let apply = || place.run(&["apply", "northwind.toml", "--new"]);
    for literal in [
        format!("words = {{ token = {SECRET:?} }}"),
        format!("words = {{ token = {{ value = {SECRET:?} }} }}"),
        format!("words = {{ token = {{ file = {SECRET:?} }} }}"),
    ] {
        place.company("care@0.1", &literal);
        let shown = joined(&apply(), 1);
        assert!(shown.contains("/words/token"), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
    place.company("care@0.1", "words = { token = { env = \"DESK_TOKEN\" } }");
    joined(&apply(), 0);
    let shown = joined(
        &place.run(&["generations", "show", "1", "--company", "northwind"]),
        0,
    );
    assert!(shown.contains("env = \"DESK_TOKEN\""), "{shown}");
    drop(server);
    for file in ["desk.db", "desk.db-wal"] {
        let bytes = std::fs::read(place.path(file)).unwrap_or_default();
        let found = bytes
            .windows(SECRET.len())
            .any(|one| one == SECRET.as_bytes());
        assert!(!found, "{file} holds the secret");
    }
    let shown = place.run(&["pack", "show", "packs/care-0.1.0.pack"]);
    assert!(
        joined(&shown, 0).contains("table of secret"),
        "{}",
        stdout(&shown)
    );
}
