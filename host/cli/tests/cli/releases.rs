//! Releases of a pack, and a place for them. Every release has the same component.

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
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("a place"));
        std::fs::create_dir(place.path("packs")).expect("a directory");
        std::fs::create_dir(place.path("releases")).expect("a directory");
        place.write(
            "patchbay.toml",
            "companies = []\npacks = [\"packs\"]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
        );
        place
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).expect(file);
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        patchbay_in(self.0.path(), arguments, "")
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let text = stdout(&output);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", stderr(&output)))
    }

    pub(crate) fn company(&self, pack: &str, settings: &str) {
        let text = format!(
            "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = {pack:?}   # the vendor's\n[plugin.care.settings]\n{COMMENT}{settings}\n[queue.general]\ndefault = true\n"
        );
        self.write("northwind.toml", &text);
    }

    /// Write a pack file.
    pub(crate) fn pack(&self, file: &str, release: &Release) {
        std::fs::write(self.path(file), release.file().write()).expect(file);
    }
}

/// A version of the pack.
pub(crate) struct Release {
    pub(crate) version: &'static str,
    /// More of pack.toml.
    pub(crate) manifest: &'static str,
    /// Schema of the setting `words`.
    pub(crate) words: Value,
    cases: BTreeMap<String, String>,
}

impl Release {
    pub(crate) fn new(version: &'static str) -> Release {
        Release {
            version,
            manifest: "",
            words: json!({"type": "object", "additionalProperties": {"type": "string"}, "default": {}, "description": "Words and their intents."}),
            cases: BTreeMap::new(),
        }
    }

    /// Intents are those of a list; settings of older versions are migrated.
    pub(crate) fn with_listed_intents(version: &'static str) -> Release {
        Release {
            manifest: "[[settings.migration]]\nfrom = \"<0.2.0\"\nmap = { \"words.*\" = { refunds = \"refund\" } }\n",
            words: json!({"type": "object", "additionalProperties": {"enum": ["refund", "complaint"]}, "default": {}, "description": "Words and their intents."}),
            ..Release::new(version)
        }
    }

    /// A case in which a customer asks for money, without settings.
    pub(crate) fn with_case(mut self, is_found: bool) -> Release {
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

    pub(crate) fn file(&self) -> PackFile {
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
            is_stored: false,
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
