//! Signatures beside the pack, with and without the referrers interface.

use std::sync::Mutex;

use jiff::Timestamp;
use patchbay_pack::image::{INDEX, MANIFEST, SIGNATURE};
use patchbay_pack::trust::{TrustError, TrustPolicy};
use patchbay_registry::{SignatureIndex, Step};
use patchbay_test_registry::{Canned, digest};
use serde_json::{Value, json};

use crate::example::{Place, pack_file, signed};

fn tag(file: &patchbay_pack::pack_file::PackFile) -> String {
    format!("sha256-{}", file.digest().hex())
}

/// The index of signatures under the tag of a pack.
fn index(place: &Place, file: &patchbay_pack::pack_file::PackFile) -> Value {
    let state = place.registry.state();
    let (media_type, bytes) = &state.manifests[&format!("acme/care {}", tag(file))];
    assert_eq!(media_type, INDEX);
    serde_json::from_slice(bytes).expect("JSON")
}

#[tokio::test]
async fn a_registry_without_referrers_lists_signatures_under_a_tag() {
    let place = Place::new();
    place.registry.state().has_referrers = false;
    let file = signed(pack_file("1.0.0"));
    let pushed = place.push(&file, "acme/care").await.expect("pushed");
    assert_eq!(pushed.index, Some(SignatureIndex::Tag));
    let entry = &index(&place, &file)["manifests"][0];
    assert_eq!(entry["artifactType"], SIGNATURE);
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.write(), file.write());
    // The registry lists them itself since: what was tagged before still counts.
    place.registry.answer(
        "/referrers/",
        Canned::status(200)
            .with("content-type", INDEX)
            .with_body(r#"{"schemaVersion":2,"manifests":[]}"#),
    );
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.signatures().len(), 1);
}

#[tokio::test]
async fn entries_of_other_tools_stay_in_the_index() {
    let place = Place::new();
    place.registry.state().has_referrers = false;
    let file = signed(pack_file("1.0.0"));
    let other = json!({"mediaType": MANIFEST, "digest": digest(b"sbom"), "size": 4, "artifactType": "application/spdx+json", "x-more": {"a": 1}});
    let before = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other], "annotations": {"b": "2"}});
    place.registry.state().put_manifest(
        "acme/care",
        &tag(&file),
        INDEX,
        before.to_string().as_bytes(),
    );
    place.push(&file, "acme/care").await.expect("pushed");
    let after = index(&place, &file);
    assert_eq!(after["manifests"][0], other);
    assert_eq!(after["annotations"]["b"], "2");
    assert_eq!(after["manifests"].as_array().map(Vec::len), Some(2));
    // A second signature is added, and none is listed twice.
    let more = signed(file.clone());
    for _ in 0..2 {
        place.push(&more, "acme/care").await.expect("pushed");
    }
    assert_eq!(
        index(&place, &file)["manifests"].as_array().map(Vec::len),
        Some(3)
    );
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.signatures().len(), 2);
}

#[tokio::test]
async fn the_tag_is_set_after_the_signatures() {
    let place = Place::new();
    let file = signed(pack_file("1.0.0"));
    place.push(&file, "acme/care").await.expect("pushed");
    let lines = place.registry.take_lines();
    let puts: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("PUT /v2/acme/care/manifests"))
        .collect();
    assert!(
        puts.last().expect("some").ends_with("manifests/1.0.0"),
        "{puts:?}"
    );
    assert_eq!(puts.len(), 3);
}

#[tokio::test]
async fn a_stripped_signature_is_missed_by_the_trust_policy() {
    let file = signed(pack_file("1.0.0"));
    let place = Place::with(&file).await;
    place
        .registry
        .state()
        .manifests
        .retain(|_, (_, bytes)| !String::from_utf8_lossy(bytes).contains("subject"));
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.digest(), file.digest());
    assert!(pulled.file.signatures().is_empty());
    let policy = "[key.acme]\npublic = \"RWQM+ZlZ10LukSt6wsFd8SJuM9N1bTyrIghiBm/jGsGlxNPRA8arNOKP\"\npublisher = \"acme\"\n";
    let policy = TrustPolicy::parse(policy).expect("a policy");
    let error = policy.check(pulled.file.pack(), Timestamp::now(), &[]);
    assert_eq!(error, Err(TrustError::Unsigned));
}

#[tokio::test]
async fn what_is_no_signature_of_the_pack_is_left_out_with_a_note() {
    let file = signed(pack_file("1.0.0"));
    let place = Place::with(&file).await;
    {
        let mut state = place.registry.state();
        // Of another pack, of another type, not of minisign, and not there.
        let image = |subject: &str, artifact: &str, layer: &[u8]| {
            json!({
                "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact,
                "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest(b"{}"), "size": 2},
                "layers": [{"mediaType": SIGNATURE, "digest": digest(layer), "size": layer.len()}],
                "subject": {"mediaType": MANIFEST, "digest": subject, "size": 1},
            })
            .to_string()
        };
        let own = file.digest().to_string();
        state.put_blob(b"no minisign");
        let junk = image(&own, SIGNATURE, b"no minisign");
        let missing = image(&own, SIGNATURE, b"missing");
        for text in [&junk, &missing] {
            state.put_manifest(
                "acme/care",
                &digest(text.as_bytes()),
                MANIFEST,
                text.as_bytes(),
            );
        }
    }
    let notes = Mutex::new(Vec::new());
    let watch = |step: Step<'_>| {
        if let Step::Note(text) = step {
            notes.lock().expect("no panic").push(text.to_owned());
        }
    };
    let mut client = place.client("acme/care:1.0.0");
    let pulled = client.pull(&place.store, &watch).await.expect("pulled");
    assert_eq!(pulled.file.write(), file.write());
    let notes = notes.into_inner().expect("no panic");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes.iter().all(|note| note.contains("is left out")),
        "{notes:?}"
    );
}

#[tokio::test]
async fn a_flood_of_signatures_is_bounded() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let entry = |number: usize| {
        let named = digest(&number.to_le_bytes());
        json!({"mediaType": MANIFEST, "digest": named, "size": 10, "artifactType": SIGNATURE})
    };
    let entries: Vec<Value> = (0..4_000).map(entry).collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    let listed = Canned::status(200).with("content-type", INDEX);
    place
        .registry
        .answer("/referrers/", listed.with_body(index.to_string()));
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert!(pulled.file.signatures().is_empty());
    let asked = place.registry.seen("manifests/sha256:").len();
    assert_eq!(asked, 32);
}
