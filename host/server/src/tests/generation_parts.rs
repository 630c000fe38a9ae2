//! Components and data that a request to apply names by their digests.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use patchbay_config::bound::{Bound, Scope};
use patchbay_engine::component::Digest;
use patchbay_engine::data_layer::{DataKind, DataLayer};
use patchbay_generations::assemble::source::SourceDocument;
use patchbay_journal::NewGeneration;
use patchbay_pack::bundle::Bundle;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bounds::two_companies;
use super::client::Answer;
use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

async fn start(place: &TempDir) -> Running {
    let kept = JournalSettings::at(place.path().join("desk.db"));
    Running::of(NORTHWIND, |settings| settings.journal = Some(kept)).await
}

async fn apply(server: &Running, body: Value) -> Answer {
    let path = "/v1/companies/northwind/generations";
    server.client.post(path, body.to_string()).await
}

/// The three ways in which a request names a part without its bytes, each with the field that
/// an error names.
fn requests_without_bytes(digest: Digest) -> [(&'static str, Value); 3] {
    let digest = digest.to_string();
    let data = json!({"notes": {"kind": "bytes", "digest": digest}});
    let code = STANDARD.encode("code");
    let of_pack =
        json!({"name": "care", "component": Digest::of(b"code").to_string(), "data": data});
    let upload = json!({"notes": {"part": {"kind": "bytes", "digest": digest}}});
    let component = json!({"bundle": {"name": "care", "component": digest}});
    let request = |field: &str, value: Value| {
        let mut body = json!({"document": NORTHWIND, "dry_run": true});
        body[field] = json!({"care": value});
        body
    };
    [
        ("data", request("data", upload)),
        (
            "packs",
            request("packs", json!({"bundle": of_pack, "code": code})),
        ),
        ("packs", request("packs", component)),
    ]
}

#[tokio::test]
async fn the_error_about_a_missing_part_names_its_field() {
    let place = tempfile::tempdir().expect("a place");
    let server = start(&place).await;
    for (field, body) in requests_without_bytes(Digest::of(b"unknown")) {
        let refused = apply(&server, body).await;
        let refused = refused.problem(422, "invalid-input");
        assert_eq!(refused["field"], field, "{refused}");
        assert!(
            refused["detail"].to_string().contains("is missing"),
            "{refused}"
        );
    }
}

/// Store a part in a generation of a company that is not active.
fn store_part(server: &Running, company: &str, number: u64, digest: Digest, bytes: &[u8]) {
    store(
        server,
        company,
        number,
        &SourceDocument::default(),
        digest,
        bytes,
    );
}

/// Store a generation of a company that is not active, and a part of it.
fn store(
    server: &Running,
    company: &str,
    number: u64,
    source: &SourceDocument,
    digest: Digest,
    bytes: &[u8],
) {
    let desk = server.app.desk().expect("a desk");
    let journal = desk.journal();
    let id = journal.company(company).expect("a company");
    let new = NewGeneration {
        number,
        source: source.to_bytes(),
        digest: [0; 32],
        parts: BTreeMap::from([(digest.bytes(), bytes.to_vec())]),
        by: "eva".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    let stored = journal.put_generation(id, Some(new), None, Timestamp::UNIX_EPOCH, None);
    stored.expect("stored");
}

#[tokio::test]
async fn a_part_without_bytes_must_be_of_a_generation_of_the_company() {
    let place = tempfile::tempdir().expect("a place");
    let server = start(&place).await;
    // The host has it in its journal and in memory.
    let bytes = b"what another company knows of its customers";
    let layer = DataLayer::of(DataKind::Bytes, bytes.to_vec()).expect("bytes");
    store_part(&server, "harbour", 1, layer.digest(), bytes);
    let unknown = Digest::of(b"unknown");
    let pairs = requests_without_bytes(layer.digest())
        .into_iter()
        .zip(requests_without_bytes(unknown));
    for ((field, of_other), (_, of_none)) in pairs {
        let detail = async |body: Value, digest: Digest| {
            let refused = apply(&server, body).await;
            let refused = refused.problem(422, "invalid-input");
            assert_eq!(refused["field"], field, "{refused}");
            refused["detail"]
                .to_string()
                .replace(&digest.to_string(), "DIGEST")
        };
        let told = detail(of_other, layer.digest()).await;
        assert_eq!(told, detail(of_none, unknown).await);
    }
    store_part(&server, "northwind", 2, layer.digest(), bytes);
    for (field, body) in requests_without_bytes(layer.digest()) {
        let answer = apply(&server, body).await;
        assert!(!answer.body.contains("is missing"), "{field}: {answer:?}");
    }
}

/// A request whose company file names the data `notes` of its pack by a digest.
fn request_with_named_data(named: &str) -> Value {
    let document = format!(
        "{NORTHWIND}[plugin.care]\npack = \"care\"\ndata = {{ notes = {named:?} }}\n[pipeline]\nclassify = [\"care\"]\n"
    );
    let section = |name: &str| format!("[data.{name}]\nfile = \"{name}.txt\"\nkind = \"bytes\"\n");
    let manifest = format!(
        "[pack]\nname = \"care\"\nversion = \"1.0.0\"\n{}{}",
        section("notes"),
        section("other")
    );
    let part = |bytes: &[u8]| json!({"kind": "bytes", "digest": Digest::of(bytes).to_string()});
    let bundle = json!({
        "name": "care",
        "manifest": manifest,
        "component": Digest::of(b"code").to_string(),
        "data": {"notes": part(b"own"), "other": part(b"of the pack")},
    });
    let data = json!({"notes": STANDARD.encode("own"), "other": STANDARD.encode("of the pack")});
    let pack = json!({"bundle": bundle, "code": STANDARD.encode("code"), "data": data});
    json!({"document": document, "packs": {"care": pack}, "dry_run": true})
}

#[tokio::test]
async fn data_that_a_company_file_names_by_digest_is_of_its_pack_or_the_company() {
    let place = tempfile::tempdir().expect("a place");
    let server = start(&place).await;
    // The host has it in its journal and in memory.
    let bytes = b"what another company knows of its customers";
    let layer = DataLayer::of(DataKind::Bytes, bytes.to_vec()).expect("bytes");
    store_part(&server, "harbour", 1, layer.digest(), bytes);
    let (of_other, unknown) = (layer.digest(), Digest::of(b"unknown"));
    let problems = async |named: Digest| {
        let named = named.to_string();
        let answer = apply(&server, request_with_named_data(&named)).await;
        // Its component is none: it is refused in any case.
        assert_eq!(answer.status, 422, "{answer:?}");
        answer.json()["problems"]
            .to_string()
            .replace(&named, "DIGEST")
    };
    let told = problems(of_other).await;
    assert!(told.contains("DIGEST is not in the pack care"), "{told}");
    assert_eq!(told, problems(unknown).await);
    // That of the pack under another name, and that of the company.
    let of_pack = problems(Digest::of(b"of the pack")).await;
    assert!(!of_pack.contains("is not in the pack"), "{of_pack}");
    store_part(&server, "northwind", 2, of_other, bytes);
    assert_eq!(problems(of_other).await, of_pack);
    for wrong in ["sha256:", "sha256:00", "sha256:../../etc/passwd"] {
        let answer = apply(&server, request_with_named_data(wrong)).await;
        assert_eq!(answer.status, 422, "{answer:?}");
    }
}

#[tokio::test]
async fn a_part_of_another_company_counts_against_the_quota() {
    const ALL: u64 = 100_000;
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        let bounds = &mut settings.bounds;
        bounds.set(Bound::GenerationBytes, Scope::Company, ALL);
    })
    .await;
    let bytes = vec![7_u8; ALL as usize];
    let digest = Digest::of(&bytes);
    store_part(&server, "harbour", 2, digest, &bytes);
    let part = json!({"kind": "bytes", "digest": digest.to_string()});
    let upload = json!({"part": part, "code": STANDARD.encode(&bytes)});
    let body = json!({"document": NORTHWIND, "data": {"care": {"notes": upload}}});
    let refused = apply(&server, body).await;
    let refused = refused.problem(413, "limit-exceeded");
    assert_eq!(refused["limit"], ALL, "{refused}");
}

#[tokio::test]
async fn a_changed_text_alone_is_applied_on_the_parts_of_a_stored_generation() {
    let place = tempfile::tempdir().expect("a place");
    let server = start(&place).await;
    let component = patchbay_suite::guests::wat("declines");
    let with_pack = format!(
        "{NORTHWIND}[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"care.wasm\"\n"
    );
    let bundle = json!({"name": "care", "component": Digest::of(&component).to_string()});
    let packs = json!({"care.wasm": {"bundle": bundle, "code": STANDARD.encode(&component)}});
    let first = apply(&server, json!({"document": with_pack, "packs": packs})).await;
    assert_eq!(first.json()["generation"], 2, "{first:?}");

    let changed = format!("{with_pack}[queue.tax]\n");
    let bare = apply(&server, json!({"document": changed})).await;
    bare.problem(422, "setup-refused");
    let changed_only = json!({"document": changed, "base": 2, "keep_only": true});
    let stored = apply(&server, changed_only).await;
    assert_eq!(
        (stored.status, &stored.json()["generation"]),
        (200, &json!(3)),
        "{stored:?}"
    );
    let differences = stored.json()["differences"].to_string();
    assert!(
        differences.contains("tax") && !differences.contains("care"),
        "{differences}"
    );

    // Without the pack in its file, the pack does not come along.
    let without = apply(
        &server,
        json!({"document": NORTHWIND, "base": 2, "keep_only": true}),
    )
    .await;
    assert_eq!(
        (&without.json()["generation"], &without.json()["unchanged"]),
        (&json!(1), &json!(true)),
        "{without:?}"
    );
    let unknown = apply(&server, json!({"document": changed, "base": 9})).await;
    assert_eq!(unknown.problem(404, "unknown-generation")["field"], "base");
    let broken = apply(&server, json!({"document": "company = ", "base": 2})).await;
    broken.problem(422, "setup-refused");
    // A generation of another company is not known to this one.
    for number in 1..=4 {
        store_part(&server, "harbour", number, Digest::of(b"x"), b"x");
    }
    let foreign = apply(&server, json!({"document": changed, "base": 4})).await;
    assert_eq!(foreign.problem(404, "unknown-generation")["field"], "base");
}

#[tokio::test]
async fn a_generation_is_listed_with_the_settings_schemas_of_its_packs() {
    let place = tempfile::tempdir().expect("a place");
    let server = start(&place).await;
    let bundle = |schema: Option<&str>| Bundle {
        name: "care".into(),
        manifest: None,
        schema: schema.map(str::to_owned),
        component: Digest::of(b"code"),
        cases: BTreeMap::new(),
        tested: None,
        is_stored: false,
        data: BTreeMap::new(),
        provenance: None,
    };
    let schema = json!({"type": "object", "properties": {"queue": {"type": "string"}}});
    let packs = BTreeMap::from([
        ("care".to_owned(), bundle(Some(&schema.to_string()))),
        ("plain".to_owned(), bundle(None)),
    ]);
    let source = SourceDocument {
        document: NORTHWIND.to_owned(),
        packs,
        ..SourceDocument::default()
    };
    store(
        &server,
        "northwind",
        2,
        &source,
        Digest::of(b"code"),
        b"code",
    );
    let path = "/v1/companies/northwind/generations/2";
    let generation = server.client.get(path).await.json();
    assert_eq!(generation["schemas"], json!({"care": schema}));
    assert!(generation["packs"]["plain"].is_string(), "{generation}");
}
