//! Tags of a repository that has many, and of a registry that misleads.

use std::time::{Duration, Instant};

use patchbay_pack::image::MANIFEST;
use patchbay_registry::RegistryLimits;
use patchbay_test_registry::{Canned, End, Protection};

use crate::example::{Place, limits};

const LIST: &str = "GET /v2/acme/care/tags/list";

fn with_tags(tags: impl IntoIterator<Item = String>) -> Place {
    let place = Place::new();
    for tag in tags {
        let mut state = place.registry.state();
        state.put_manifest("acme/care", &tag, MANIFEST, b"{}");
    }
    place
}

fn page(tags: &str) -> Canned {
    Canned::status(200).with_body(format!(r#"{{"name": "acme/care", "tags": {tags}}}"#))
}

/// What is said of the tags when the registry answers the first page with this.
async fn error_with(first: Canned) -> String {
    let place = with_tags(["1.0.0".to_owned()]);
    place.registry.answer(LIST, first);
    let listed = place.client("acme/care").tags().await;
    listed.expect_err("refused").to_string()
}

#[tokio::test]
async fn the_tags_of_all_pages_are_listed() {
    let all: Vec<String> = (0..2_345).map(|patch| format!("1.0.{patch}")).collect();
    let place = with_tags(all.iter().cloned().rev());
    for (tag_page, pages) in [(1_000, 3), (50, 47)] {
        place.registry.state().tag_page = tag_page;
        place.registry.take_lines();
        let listed = place.client("acme/care").tags().await.expect("listed");
        assert_eq!(listed, all);
        assert_eq!(place.registry.take_lines().len(), pages);
    }
    let versions = place.client("acme/care").versions().await.expect("listed");
    assert_eq!(
        versions.last().map(ToString::to_string),
        all.last().cloned()
    );
    let error = place.pull_error("acme/care").await;
    assert!(
        error.contains("one of 1.0.2325, ") && error.contains("(2325 more are there), such as"),
        "{error}"
    );
}

#[tokio::test]
async fn only_whole_versions_are_versions() {
    let tags = [
        "1.10.0",
        "1.9.0",
        "2.0.0-rc.1",
        "1.0.0_build.7",
        "v3.0.0",
        "4",
        "5.1",
        "stable",
    ];
    let place = with_tags(tags.map(str::to_owned));
    let mut client = place.client("acme/care");
    let versions = client.versions().await.expect("listed");
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    assert_eq!(versions, ["1.0.0+build.7", "1.9.0", "1.10.0", "2.0.0-rc.1"]);
}

#[tokio::test]
async fn a_page_may_be_named_as_a_url_a_path_or_relative_to_the_list() {
    let place = with_tags([]);
    let host = place.registry.host();
    let next = "n=1000&last=1.0.0";
    for target in [
        format!("http://{host}/v2/acme/care/tags/list?{next}"),
        format!("//{host}/v2/acme/care/tags/list?{next}"),
        format!("/v2/acme/care/tags/list?{next}"),
        format!("list?{next}"),
        format!("?{next}"),
    ] {
        place.registry.state().canned.clear();
        place.registry.answer("last=1.0.0", page(r#"["2.0.0"]"#));
        let first = page(r#"["1.0.0"]"#).with("link", &format!("<{target}>; rel=\"next\""));
        place.registry.answer(LIST, first);
        let listed = place.client("acme/care").tags().await;
        assert_eq!(listed.expect(&target), ["1.0.0", "2.0.0"], "{target}");
    }
}

#[tokio::test]
async fn each_page_is_asked_for_with_credentials() {
    let place = with_tags((0..5).map(|patch| format!("1.0.{patch}")));
    place.registry.state().tag_page = 2;
    place.registry.state().protection = Protection::Token(Some("ana:secret".to_owned()));
    let credentials = place.credentials("ana:secret");
    let mut client = place.client_with("acme/care", credentials);
    assert_eq!(client.tags().await.expect("listed").len(), 5);
    assert_eq!(place.registry.seen("/token").len(), 1, "one token");
}

#[tokio::test]
async fn a_list_without_end_is_cut_off() {
    let place = with_tags([]);
    place.registry.state().has_endless_tags = true;
    let listed = place.client("acme/care").tags().await;
    let error = listed.expect_err("refused").to_string();
    assert!(
        error.contains("more than 20000 tags or 200 pages"),
        "{error}"
    );
    assert_eq!(place.registry.take_lines().len(), 200);
    let error = place.pull_error("acme/care").await;
    assert!(error.contains("has no tag; write oci://"), "{error}");
}

#[tokio::test]
async fn too_many_tags_are_an_error_and_not_a_part_of_them() {
    let place = with_tags((0..=20_000).map(|patch| format!("1.0.{patch}")));
    let listed = place.client("acme/care").tags().await;
    let error = listed.expect_err("refused").to_string();
    assert!(
        error.contains("for acme/care; delete tags there that are not needed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_is_refused() {
    for target in ["/v2/acme/care/tags/list?n=1000", "?n=1000#x", "?last=1.0.0"] {
        let first = page(r#"["1.0.0"]"#).with("link", &format!("<{target}>; rel=\"next\""));
        let error = error_with(first).await;
        assert!(error.contains("in a circle"), "{target}: {error}");
    }
}

#[tokio::test]
async fn a_list_does_not_go_on_elsewhere() {
    let other = with_tags(["9.9.9".to_owned()]);
    let elsewhere = other.registry.host();
    for (target, expected) in [
        (
            &*format!("http://{elsewhere}/v2/acme/care/tags/list?n=1"),
            "goes on at the same registry",
        ),
        (
            &format!("//{elsewhere}/v2/acme/care/tags/list"),
            "goes on at the same registry",
        ),
        (
            "https://files.example/v2/acme/care/tags/list",
            "leads to https://files.example for",
        ),
        (
            "http://169.254.169.254/latest",
            "leads to http://169.254.169.254 for more tags",
        ),
        (
            "/v2/acme/other/tags/list?n=1",
            "another repository or interface",
        ),
        (
            "/v2/acme/care/manifests/1.0.0",
            "another repository or interface",
        ),
        ("../../other/tags/list", "another repository or interface"),
        ("./list", "another repository or interface"),
        (
            "/v2/acme/care/tags/../../other/tags/list",
            "another repository or interface",
        ),
        ("ftp://files.example/list", "no valid address"),
        ("http://user:password@files.example/", "no valid address"),
        ("?last=a b", "no valid address"),
    ] {
        let first = page(r#"["1.0.0"]"#).with("link", &format!("<{target}>; rel=\"next\""));
        let error = error_with(first).await;
        assert!(error.contains(expected), "{target}: {error}");
    }
    assert_eq!(other.registry.take_lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_page_that_is_no_list_is_refused() {
    for (first, expected) in [
        (page("7"), "a list of tags that is none"),
        (
            Canned::status(200).with_body("<html>"),
            "a list of tags that is none",
        ),
        (
            page("[]").with("link", "next"),
            "a field Link with the list of tags that is no list",
        ),
        (
            Canned::status(200)
                .with_body(vec![b' '; 1_000])
                .ending(End::Endless),
            "more than 1048576 bytes",
        ),
        (Canned::status(404), "has no repository acme/care"),
        (
            Canned::status(302).with("location", "/v2/other/tags/list"),
            "answers 302",
        ),
    ] {
        let error = error_with(first).await;
        assert!(error.contains(expected), "{error}");
    }
    let place = with_tags([]);
    place
        .registry
        .answer(LIST, page(r#"["1.0.0", "a b", "../x", "\u001b[2J", ""]"#));
    let listed = place.client("acme/care").tags().await;
    assert_eq!(
        listed.expect("listed"),
        ["1.0.0"],
        "what is no tag is left out"
    );
    place.registry.state().canned.clear();
    place.registry.answer(LIST, page("null"));
    assert_eq!(
        place
            .client("acme/care")
            .tags()
            .await
            .expect("listed")
            .len(),
        0
    );
}

#[tokio::test]
async fn all_pages_together_have_a_time_limit() {
    let place = with_tags([]);
    // 100 ms for 4 MiB.
    let limits = RegistryLimits {
        answer: Duration::from_millis(100),
        least_rate: 1 << 40,
        backoff: Duration::from_secs(20),
        ..limits()
    };
    place.registry.answer(LIST, Canned::status(503));
    let started = Instant::now();
    let mut client = place.client("acme/care").with_limits(limits);
    let error = client.tags().await.expect_err("refused").to_string();
    assert!(error.contains("the list of tags did not arrive"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(15));
}
