//! A registry that lies, floods, and leads elsewhere.

use patchbay_outbound::egress::{Egress, EgressSettings};
use patchbay_pack::image::{INDEX, MANIFEST};
use patchbay_registry::{DockerConfig, Reach, Registry};
use patchbay_test_registry::{Canned, End, digest};
use serde_json::{Value, json};

use crate::example::{COMPONENT, Place, limits, pack_file};

/// What is said of a pull when the registry answers a request with this.
async fn error_with(request: &str, canned: Canned) -> String {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let request = request.replace("COMPONENT", &file.pack().digest().to_string());
    place.registry.answer(&request, canned);
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(place.store.files().is_empty(), "nothing is stored");
    error
}

const MANIFEST_REQUEST: &str = "GET /v2/acme/care/manifests/1.0.0";
const BLOB_REQUEST: &str = "GET /v2/acme/care/blobs/COMPONENT";

/// The manifest of the pack, changed.
fn manifest(change: impl FnOnce(&mut Value)) -> Canned {
    let file = pack_file("1.0.0");
    let mut image: Value = serde_json::from_slice(file.image_bytes()).expect("JSON");
    change(&mut image);
    Canned::status(200)
        .with("content-type", MANIFEST)
        .with_body(image.to_string())
}

#[tokio::test]
async fn other_bytes_of_a_layer_are_refused() {
    let bytes = vec![7; COMPONENT];
    let error = error_with(BLOB_REQUEST, Canned::status(200).with_body(bytes)).await;
    assert!(error.contains("with the digest sha256:"), "{error}");
    let shorter = Canned::status(200).with_body(vec![7; 10]);
    let error = error_with(BLOB_REQUEST, shorter.with("content-length", "10")).await;
    assert!(
        error.contains("sends 10 bytes of component.wasm"),
        "{error}"
    );
    let longer = Canned::status(200).with_body(vec![7; COMPONENT + 1]);
    let error = error_with(BLOB_REQUEST, longer).await;
    assert!(
        error.contains("more than the 10500 bytes") || error.contains("sends 10501 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_layer_without_end_is_cut_off_at_its_size() {
    let endless = Canned::status(200)
        .with_body(vec![7; 3_000])
        .ending(End::Endless);
    let error = error_with(BLOB_REQUEST, endless).await;
    assert!(error.contains("more than the 10500 bytes"), "{error}");
}

#[tokio::test]
async fn a_layer_that_trickles_is_given_up() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let silent = Canned::status(200).with_body("x").ending(End::Silent);
    place.registry.answer(
        &BLOB_REQUEST.replace("COMPONENT", &file.pack().digest().to_string()),
        silent,
    );
    let started = std::time::Instant::now();
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(error.contains("did not continue"), "{error}");
    assert!(started.elapsed().as_secs() < 20);
}

#[tokio::test]
async fn a_compressed_answer_is_refused_and_not_unpacked() {
    for request in [MANIFEST_REQUEST, BLOB_REQUEST] {
        let bomb = Canned::status(200)
            .with("content-type", MANIFEST)
            .with("content-encoding", "gzip")
            .with_body(vec![0; 100]);
        let error = error_with(request, bomb).await;
        assert!(error.contains("compressed (gzip)"), "{error}");
    }
}

#[tokio::test]
async fn a_part_that_continues_elsewhere_is_refused() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let directory = place.store.partial_downloads().expect("a directory");
    std::fs::write(directory.join(file.pack().digest().hex()), [1; 100]).expect("written");
    let component = BLOB_REQUEST.replace("COMPONENT", &file.pack().digest().to_string());
    let part = Canned::status(206).with("content-range", "bytes 50-10499/10500");
    place
        .registry
        .answer(&component, part.with_body(vec![1; COMPONENT - 50]));
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(
        error.contains("continues component.wasm elsewhere"),
        "{error}"
    );
}

#[tokio::test]
async fn a_manifest_that_is_not_the_digest_asked_for_is_refused() {
    let file = pack_file("1.0.0");
    let other = pack_file("2.0.0");
    let place = Place::with(&file).await;
    let wanted = other.digest();
    place.registry.answer(
        &format!("manifests/{wanted}"),
        Canned::status(200)
            .with("content-type", MANIFEST)
            .with_body(file.image_bytes().to_vec()),
    );
    let error = place.pull_error(&format!("acme/care@{wanted}")).await;
    assert!(error.contains(&format!("instead of {wanted}")), "{error}");
    // By tag, the registry's own word counts against it.
    let answer = manifest(|_| {}).with("docker-content-digest", &digest(b"other"));
    let error = error_with(MANIFEST_REQUEST, answer).await;
    assert!(error.contains("with the digest"), "{error}");
}

#[tokio::test]
async fn an_older_version_under_a_newer_tag_is_refused() {
    let old = pack_file("1.0.0");
    let place = Place::with(&old).await;
    let image = old.image_bytes().to_vec();
    place
        .registry
        .state()
        .put_manifest("acme/care", "1.2.0", MANIFEST, &image);
    let error = place.pull_error("acme/care:1.2.0").await;
    assert!(
        error.contains("is the version 1.0.0 of the pack"),
        "{error}"
    );
    // And another pack by the same publisher under this name.
    place
        .registry
        .state()
        .put_manifest("acme/audit", "1.0.0", MANIFEST, &image);
    let error = place.pull_error("acme/audit:1.0.0").await;
    assert!(error.contains("is named \"care\""), "{error}");
}

#[tokio::test]
async fn a_manifest_is_bounded_and_of_its_type() {
    let huge = Canned::status(200)
        .with("content-type", MANIFEST)
        .with_body(vec![b' '; 1_000])
        .ending(End::Endless);
    let error = error_with(MANIFEST_REQUEST, huge).await;
    assert!(error.contains("more than 65536 bytes"), "{error}");
    let page = Canned::status(200)
        .with("content-type", "text/html")
        .with_body("<html>");
    let error = error_with(MANIFEST_REQUEST, page).await;
    assert!(error.contains("as \"text/html\""), "{error}");
    let wrong_type = manifest(|_| {});
    let headers = vec![(
        "content-type".to_owned(),
        "application/vnd.docker.distribution.manifest.v2+json".to_owned(),
    )];
    let error = error_with(
        MANIFEST_REQUEST,
        Canned {
            headers,
            ..wrong_type
        },
    )
    .await;
    assert!(error.contains("instead of application/vnd.oci"), "{error}");
}

#[tokio::test]
async fn an_index_is_not_followed_however_it_is_nested() {
    let inner = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    let outer = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"mediaType": INDEX, "digest": digest(inner.as_bytes()), "size": inner.len()}]});
    let answer = Canned::status(200).with("content-type", INDEX);
    let error = error_with(MANIFEST_REQUEST, answer.with_body(outer.to_string())).await;
    assert!(error.contains("is an index of several images"), "{error}");
    // Under the type of an image it is none.
    let answer = Canned::status(200).with("content-type", MANIFEST);
    let error = error_with(MANIFEST_REQUEST, answer.with_body(outer.to_string())).await;
    assert!(error.contains("is not valid"), "{error}");
}

#[tokio::test]
async fn sizes_are_checked_before_anything_is_downloaded() {
    for (change, words) in [
        (
            Box::new(|image: &mut Value| image["layers"][0]["size"] = json!(90_000_000_000_u64))
                as Box<dyn FnOnce(&mut Value)>,
            "the limit is",
        ),
        (
            Box::new(|image: &mut Value| image["layers"][0]["size"] = json!(u64::MAX)),
            "the limit is",
        ),
        (
            Box::new(|image: &mut Value| image["layers"][0]["size"] = json!(-1)),
            "not valid",
        ),
        (
            Box::new(|image: &mut Value| {
                let layer = image["layers"][1].clone();
                image["layers"] = Value::Array(vec![layer; 200]);
            }),
            "layers",
        ),
        (
            Box::new(|image: &mut Value| image["artifactType"] = json!("application/x")),
            "it is an image of type",
        ),
        (
            Box::new(|image: &mut Value| image["layers"][0]["digest"] = json!("sha256:../../x")),
            "not valid",
        ),
        (
            Box::new(|image: &mut Value| image["layers"] = json!([])),
            "has no component.wasm",
        ),
    ] {
        let file = pack_file("1.0.0");
        let place = Place::with(&file).await;
        place.registry.answer(MANIFEST_REQUEST, manifest(change));
        let error = place.pull_error("acme/care:1.0.0").await;
        assert!(error.contains(words), "{words}: {error}");
        assert!(
            place.registry.seen("GET /v2/acme/care/blobs").is_empty(),
            "{words}"
        );
    }
}

#[tokio::test]
async fn redirects_end() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let component = BLOB_REQUEST.replace("COMPONENT", &file.pack().digest().to_string());
    let to = format!("/v2/acme/care/blobs/{}", file.pack().digest());
    place
        .registry
        .answer(&component, Canned::status(307).with("location", &to));
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(
        error.contains("redirects a blob more than 5 times"),
        "{error}"
    );
    assert_eq!(place.registry.seen(&component).len(), 6);
    for location in [
        "",
        "http://",
        "relative",
        "https://ana:pw@files.example/x",
        "file:///etc/passwd",
        "gopher://x/",
    ] {
        place.registry.state().canned.clear();
        place
            .registry
            .answer(&component, Canned::status(302).with("location", location));
        let error = place.pull_error("acme/care:1.0.0").await;
        assert!(
            error.contains("names no valid address"),
            "{location}: {error}"
        );
    }
    for (location, words) in [
        ("https://169.254.169.254/latest/meta-data", "metadata"),
        ("https://10.0.0.1/x", "10.0.0.0/8"),
    ] {
        place.registry.state().canned.clear();
        place
            .registry
            .answer(&component, Canned::status(302).with("location", location));
        let error = place.pull_error("acme/care:1.0.0").await;
        assert!(
            error.contains(words) && error.contains("nothing was sent"),
            "{error}"
        );
    }
    // A manifest is not redirected at all.
    place.registry.state().canned.clear();
    place.registry.answer(
        MANIFEST_REQUEST,
        Canned::status(302).with("location", "/v2/x"),
    );
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(error.contains("answers 302"), "{error}");
}

#[tokio::test]
async fn the_words_of_a_registry_are_shown_short() {
    let text = format!(
        r#"{{"errors":[{{"code":"X","message":"{}"}}]}}"#,
        "long ".repeat(5_000)
    );
    let error = error_with(MANIFEST_REQUEST, Canned::status(418).with_body(text)).await;
    assert!(
        error.contains("answers 418") && error.len() < 700,
        "{}",
        error.len()
    );
}

#[tokio::test]
async fn an_upload_that_is_acknowledged_wrongly_is_an_error() {
    for (range, words) in [
        ("0-99999", "says that it has 100000 bytes"),
        ("0-0", "says that it has 0 bytes"),
    ] {
        let place = Place::new();
        let next = Canned::status(202)
            .with("location", "/v2/acme/care/blobs/uploads/u1")
            .with("range", range);
        place.registry.answer("PATCH", next);
        let error = place.push(&pack_file("1.0.0"), "acme/care").await;
        let error = error.expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
    }
    let place = Place::new();
    place.registry.answer(
        "PUT /v2/acme/care/manifests",
        Canned::status(201).with("docker-content-digest", &digest(b"x")),
    );
    let error = place.push(&pack_file("1.0.0"), "acme/care").await;
    let error = error.expect_err("refused").to_string();
    assert!(error.contains("instead of"), "{error}");
}

#[tokio::test]
async fn a_registry_that_a_file_names_is_public_unless_the_operator_permits_more() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let reference = format!("{}/acme/care:1.0.0", place.registry.host());
    let client = |allow: &[&str]| {
        let allow = allow.iter().map(|range| range.parse().expect("a range"));
        let reach = Reach::of_named(Egress::new(EgressSettings::default()), allow.collect());
        let reference = reference.parse().expect("a reference");
        Registry::new(reference, reach, DockerConfig::none()).with_limits(limits())
    };
    let error = client(&["10.0.0.0/8"]).pull(&place.store, &|_| {}).await;
    let error = error.expect_err("refused").to_string();
    assert!(
        error.contains("[egress]") && error.contains("127.0.0.1"),
        "{error}"
    );
    assert!(place.registry.take_lines().is_empty());
    let pulled = client(&["127.0.0.0/8"]).pull(&place.store, &|_| {}).await;
    assert_eq!(pulled.expect("pulled").file.digest(), file.digest());
}
