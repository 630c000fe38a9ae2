//! Who a client proves to be, and to whom.

use patchbay_registry::{DockerConfig, RegistryError};
use patchbay_test_registry::{Canned, Protection, TestRegistry};

use crate::example::{Place, pack_file};

/// The text and the debug form of an error: nothing secret may be in either.
fn shown(error: &RegistryError) -> String {
    let text = format!("{error} {error:?}");
    assert!(
        !text.contains("secret") && !text.contains("the-token"),
        "{text}"
    );
    text
}

#[tokio::test]
async fn credentials_of_docker_are_used_where_the_registry_asks() {
    for protection in [
        Protection::Basic("ana:secret".to_owned()),
        Protection::Token(Some("ana:secret".to_owned())),
    ] {
        let place = Place::with(&pack_file("1.0.0")).await;
        place.registry.state().protection = protection;
        let credentials = place.credentials("ana:secret");
        let mut client = place.client_with("acme/care:1.0.0", credentials.clone());
        client.pull(&place.store, &|_| {}).await.expect("pulled");
        let mut client = place.client_with("acme/care", credentials);
        let pushed = client.push(&pack_file("2.0.0"), false, &|_| {}).await;
        assert!(pushed.is_ok(), "{pushed:?}");
        // Before it is asked, the client sends nothing.
        let seen = place.registry.seen("/v2/");
        assert_eq!(seen[0].authorization, None);
        for (credentials, words) in [
            (DockerConfig::none(), "docker login"),
            (place.credentials("ana:secret-no-more"), "check the rights"),
        ] {
            let mut client = place.client_with("acme/care:1.0.0", credentials);
            let error = client
                .pull(&place.store, &|_| {})
                .await
                .expect_err("refused");
            let text = shown(&error);
            assert!(text.contains("refuses access to acme/care"), "{text}");
            assert!(text.contains(words), "{text}");
        }
    }
}

#[tokio::test]
async fn a_token_is_asked_for_this_repository_and_no_more_rights() {
    let place = Place::with(&pack_file("1.0.0")).await;
    place.registry.state().protection = Protection::Token(None);
    place.pull("acme/care:1.0.0").await.expect("pulled");
    let asked = place.registry.seen("GET /token");
    assert_eq!(asked.len(), 1, "the token is used again: {asked:?}");
    assert!(
        asked[0]
            .line
            .contains("scope=repository%3Aacme%2Fcare%3Apull&"),
        "{asked:?}"
    );
    assert!(asked[0].line.contains("service=test"), "{asked:?}");
    place
        .push(&pack_file("2.0.0"), "acme/care")
        .await
        .expect("pushed");
    let asked = place.registry.seen("GET /token");
    assert!(asked[1].line.contains("%3Apull%2Cpush&"), "{asked:?}");
}

#[tokio::test]
async fn a_token_service_at_a_private_address_gets_nothing() {
    let place = Place::with(&pack_file("1.0.0")).await;
    let credentials = place.credentials("ana:secret");
    for (realm, words) in [
        ("https://10.0.0.1/token", "10.0.0.0/8"),
        ("https://192.168.1.1:8443/token", "192.168.0.0/16"),
        ("https://169.254.169.254/latest", "metadata"),
        ("https://[fd00::1]/token", "private"),
        ("http://203.0.113.7/token", "203.0.113.0/24"),
        ("ftp://auth.example/token", "token service"),
        ("https://ana@auth.example/token", "token service"),
        ("", "token service"),
    ] {
        let realm = realm.to_owned();
        place.registry.state().protection = Protection::TokenOf { realm };
        let mut client = place.client_with("acme/care:1.0.0", credentials.clone());
        let error = client
            .pull(&place.store, &|_| {})
            .await
            .expect_err("refused");
        let text = shown(&error);
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test]
async fn a_token_service_that_lies_is_an_error() {
    let place = Place::with(&pack_file("1.0.0")).await;
    place.registry.state().protection = Protection::Token(None);
    for (answer, words) in [
        (Canned::status(200).with_body("{}"), "gives no token"),
        (Canned::status(200).with_body("<html>"), "gives no token"),
        (
            Canned::status(200).with_body(r#"{"token":"a\r\nX-Evil: 1"}"#),
            "characters that no token has",
        ),
        (
            Canned::status(200).with_body("x".repeat(70_000)),
            "more than 65536 bytes",
        ),
        (
            Canned::status(302).with("location", "http://127.0.0.1:1/"),
            "answers 302",
        ),
        (
            Canned::status(200)
                .with("content-encoding", "gzip")
                .with_body("x"),
            "compressed",
        ),
    ] {
        place.registry.state().canned.clear();
        place.registry.answer("GET /token", answer);
        let error = place.pull("acme/care:1.0.0").await.expect_err("refused");
        let text = shown(&error);
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test]
async fn a_redirect_gets_no_credentials() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    place.registry.state().protection = Protection::Basic("ana:secret".to_owned());
    let elsewhere = TestRegistry::start();
    let digest = file.pack().digest().to_string();
    let bytes = file.pack().component.to_vec();
    elsewhere.answer("GET /storage", Canned::status(200).with_body(bytes));
    let to = format!(
        "http://{}/storage/{digest}?signature=x%2Fy",
        elsewhere.host()
    );
    place.registry.answer(
        &format!("GET /v2/acme/care/blobs/{digest}"),
        Canned::status(307).with("location", &to),
    );
    let credentials = place.credentials("ana:secret");
    let mut client = place.client_with("acme/care:1.0.0", credentials.clone());
    client.pull(&place.store, &|_| {}).await.expect("pulled");
    let seen = elsewhere.seen("GET /storage");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].authorization, None);
    // An upload to another host neither.
    let uploads = format!("http://{}/upload", elsewhere.host());
    elsewhere.answer("PUT /upload", Canned::status(201));
    place.registry.answer(
        "POST /v2/acme/care/blobs/uploads/",
        Canned::status(202).with("location", &uploads),
    );
    let mut client = place.client_with("acme/care", credentials);
    let _ = client.push(&pack_file("2.0.0"), false, &|_| {}).await;
    let seen = elsewhere.seen("/upload");
    assert!(!seen.is_empty());
    assert!(
        seen.iter().all(|one| one.authorization.is_none()),
        "{seen:?}"
    );
}
