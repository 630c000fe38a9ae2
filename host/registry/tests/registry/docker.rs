//! Debian's `docker-registry`: a registry that others wrote, without referrers.

use patchbay_registry::SignatureIndex;
use patchbay_test_registry::{CutConnection, DockerRegistry};

use crate::example::{Place, pack_file, signed};

#[tokio::test]
async fn a_pack_goes_to_dockers_registry_in_chunks_and_comes_back() {
    let Some(registry) = DockerRegistry::start() else {
        return;
    };
    let place = Place::new();
    let credentials = place.credentials_of(&registry.host, "ana:secret");
    let client = |path: &str| Place::client_of(&registry.host, path, credentials.clone());
    let file = signed(signed(pack_file("1.0.0")));
    for sent in [true, false] {
        let pushed = client("acme/care").push(&file, false, &|_| {}).await;
        let pushed = pushed.expect("pushed");
        assert_eq!(pushed.index, Some(SignatureIndex::Tag));
        assert_eq!(pushed.sent > 0, sent);
    }
    let mut puller = client("acme/care:1.0.0");
    let pulled = puller.pull(&place.store, &|_| {}).await.expect("pulled");
    assert!(pulled.file.write() == file.write(), "other bytes");
    // A third signature is listed beside the others.
    let more = signed(file);
    let pushed = client("acme/care").push(&more, false, &|_| {}).await;
    assert!(pushed.expect("pushed").sent < 2_000);
    let mut puller = client("acme/care:1.0.0");
    let pulled = puller.pull(&place.store, &|_| {}).await.expect("pulled");
    assert_eq!(pulled.file.signatures().len(), 3);
    let error = client("acme/care").pull(&place.store, &|_| {}).await;
    let error = error.expect_err("no tag").to_string();
    assert!(error.contains("write one of 1.0.0"), "{error}");
    let error = client("acme/none:1").pull(&place.store, &|_| {}).await;
    let error = error.expect_err("nothing there").to_string();
    assert!(error.contains("check path and tag"), "{error}");
}

#[tokio::test]
async fn transfers_with_dockers_registry_survive_cut_connections() {
    let Some(registry) = DockerRegistry::start() else {
        return;
    };
    let place = Place::new();
    // Longer than the head of a request, shorter than a chunk with its head.
    let way = CutConnection::to(&registry.host, vec![900, 1_200, 700]);
    let credentials = place.credentials_of(&way.host, "ana:secret");
    let client = |path: &str| Place::client_of(&way.host, path, credentials.clone());
    let file = signed(pack_file("1.0.0"));
    client("acme/care")
        .push(&file, false, &|_| {})
        .await
        .expect("pushed");
    assert_eq!(way.left(), 0, "every connection was cut that should be");
    let mut puller = client("acme/care:1.0.0");
    let pulled = puller.pull(&place.store, &|_| {}).await.expect("pulled");
    assert!(pulled.file.write() == file.write(), "other bytes");
}
