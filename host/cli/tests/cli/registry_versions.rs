//! Versions of a pack in a registry: listed for an operator, and published by a vendor.

use std::process::Output;

use patchbay_test_registry::{Canned, DockerRegistry, TestRegistry};
use serde_json::{Value, json};

use crate::command::{joined, patchbay_with_environment, stderr, stdout};
use crate::releases::{Place, Release};

const OUTDATED: [&str; 3] = ["pack", "outdated", "northwind.toml"];

/// A vendor and an operator, with a store and a registry on this machine.
struct Desk {
    place: Place,
    home: String,
}

impl Desk {
    fn new() -> Desk {
        let place = Place::new();
        place.write(
            "patchbay.toml",
            "companies = []\npacks = [\"packs\"]\nstore = \"store\"\n[egress]\nallow = [\"127.0.0.0/8\"]\n[journal]\npath = \"desk.db\"\n",
        );
        std::fs::create_dir(place.path("home")).expect("a directory");
        let home = place.path("home").display().to_string();
        Desk { place, home }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let home = self.home.as_str();
        let environment = [("XDG_DATA_HOME", home), ("DOCKER_CONFIG", home)];
        patchbay_with_environment(&self.place.path(""), &environment, arguments)
    }

    fn json(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let text = stdout(&output);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{text}{}",
            stderr(&output)
        );
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Push a release without any check.
    fn push(&self, repository: &str, release: &Release) {
        self.place.pack("pushed.pack", release);
        joined(&self.run(&["pack", "push", "pushed.pack", repository]), 0);
    }

    fn publish(&self, repository: &str, release: &Release, code: i32) -> String {
        self.place.pack("next.pack", release);
        let to = format!("oci://{repository}");
        joined(
            &self.run(&["pack", "publish", "next.pack", "--to", &to]),
            code,
        )
    }

    /// Digest of a release as it is pushed.
    fn digest(release: &Release) -> String {
        release.file().digest().to_string()
    }
}

#[test]
fn newer_versions_are_those_that_the_registry_has_as_tags() {
    let desk = Desk::new();
    let registry = TestRegistry::start();
    // Each page has two tags.
    registry.state().tag_page = 2;
    let repository = format!("{}/acme/care", registry.host());
    let first = Release::new("1.0.0").with_case(false);
    for release in [
        &first,
        &Release::new("1.1.0").with_case(false),
        &Release::with_listed_intents("2.0.0").with_case(false),
        &Release::new("3.0.0-rc.1"),
    ] {
        desk.push(&repository, release);
    }
    desk.push(&format!("{repository}:stable"), &first);
    let pinned = format!("oci://{repository}@{}", Desk::digest(&first));
    for wanted in [format!("oci://{repository}:stable"), pinned] {
        desk.place
            .company(&wanted, "words = { refund = \"refunds\" }");
        let found = desk.json(&OUTDATED, 0);
        assert_eq!(
            (&found["outdated"], &found["problems"]),
            (&json!(1), &json!([]))
        );
        let plugin = &found["plugins"][0];
        let versions = ["current", "newest", "newest_compatible"].map(|key| &plugin[key]);
        assert_eq!(versions, ["1.0.0", "2.0.0", "1.1.0"], "{plugin}");
        assert_eq!(plugin["level"], "major");
        assert_eq!(plugin["reference"], format!("oci://{repository}:2.0.0"));
        let changes = plugin["changes"].to_string();
        assert!(changes.contains("setting words.* may only be"), "{changes}");
    }
    let shown = joined(&desk.run(&OUTDATED), 0);
    for part in [
        "care: care 1.0.0 > 2.0.0, a major release",
        "the newest compatible version is 1.1.0",
        &format!("write pack = \"oci://{repository}:2.0.0\" under [plugin.care]"),
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // The reference still stands for what was pulled for it.
    let moved = Release::new("1.0.1");
    desk.push(&format!("{repository}:stable"), &moved);
    desk.place
        .company(&format!("oci://{repository}:stable"), "");
    assert_eq!(desk.json(&OUTDATED, 0)["plugins"][0]["current"], "1.0.0");
}

#[test]
fn without_a_connection_the_store_and_the_directories_count() {
    let desk = Desk::new();
    let registry = TestRegistry::start();
    let repository = format!("{}/acme/care", registry.host());
    desk.push(&repository, &Release::new("1.0.0"));
    desk.push(&repository, &Release::new("1.1.0"));
    desk.place.company(&format!("oci://{repository}:1.0.0"), "");
    registry.take_lines();
    let offline = [&OUTDATED[..], &["--offline"]].concat();
    // Nothing was pulled yet.
    let found = desk.json(&offline, 3);
    let problem = found["problems"][0].to_string();
    assert!(problem.contains("it is not in the store"), "{found}");
    let pull = [
        "pack",
        "pull",
        &format!("oci://{repository}:1.0.0"),
        "--config",
        "patchbay.toml",
    ];
    joined(&desk.run(&pull), 0);
    registry.take_lines();
    let found = desk.json(&offline, 0);
    assert_eq!(found["plugins"][0]["newest"], Value::Null, "{found}");
    assert_eq!(
        registry.take_lines(),
        Vec::<String>::new(),
        "nothing was asked"
    );
    assert_eq!(desk.json(&OUTDATED, 0)["plugins"][0]["newest"], "1.1.0");
    // It was pulled to be compared.
    let found = desk.json(&offline, 0);
    assert_eq!(found["plugins"][0]["newest"], "1.1.0", "{found}");
}

#[test]
fn a_registry_that_is_down_or_misleads_is_a_line_for_its_pack() {
    let desk = Desk::new();
    let registry = TestRegistry::start();
    let repository = format!("{}/acme/care", registry.host());
    desk.push(&repository, &Release::new("1.0.0"));
    let named = format!("oci://{repository}:1.0.0");
    desk.place.company(&named, "");
    joined(&desk.run(&OUTDATED), 0);
    // A second plugin, which is in a directory.
    desk.place
        .pack("packs/care-0.1.0.pack", &Release::new("0.1.0"));
    desk.place
        .pack("packs/care-0.2.0.pack", &Release::new("0.2.0"));
    let company = format!(
        "company = \"northwind\"\n[pipeline]\nclassify = [\"one\", \"two\"]\n[plugin.one]\npack = {named:?}\n[plugin.two]\npack = \"care@=0.1.0\"\n[queue.general]\ndefault = true\n"
    );
    desk.place.write("northwind.toml", &company);
    registry.state().has_endless_tags = true;
    let found = desk.json(&OUTDATED, 3);
    let problem = found["plugins"][0]["registry_problem"].to_string();
    assert!(
        problem.contains("more than 20000 tags or 200 pages"),
        "{found}"
    );
    registry.state().has_endless_tags = false;
    registry.answer("tags/list", Canned::status(403));
    let shown = joined(&desk.run(&OUTDATED), 3);
    assert!(shown.contains("refuses access to acme/care"), "{shown}");
    drop(registry);
    let found = desk.json(&OUTDATED, 3);
    assert_eq!(
        found["problems"].as_array().map(Vec::len),
        Some(1),
        "{found}"
    );
    let (one, two) = (&found["plugins"][0], &found["plugins"][1]);
    assert_eq!(
        (&one["current"], &one["newest"]),
        (&json!("1.0.0"), &Value::Null)
    );
    assert_eq!(
        (&two["newest"], &two["registry_problem"]),
        (&json!("1.0.0"), &Value::Null)
    );
    let output = desk.run(&OUTDATED);
    let shown = joined(&output, 3);
    for part in [
        "one: care 1.0.0 versions in the registry are not known:",
        "two: care 0.1.0 > 1.0.0",
        "1 of 2 plugins could not be checked as a whole",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // Never pulled, and not reachable.
    desk.place.company(&format!("oci://{repository}:9.0.0"), "");
    let shown = joined(&desk.run(&OUTDATED), 3);
    assert!(
        shown.contains("care: ") && shown.contains("no connection"),
        "{shown}"
    );
    // A company file leads to no address that the settings do not allow.
    desk.place.write(
        "patchbay.toml",
        "companies = []\nstore = \"store\"\n[journal]\npath = \"desk.db\"\n",
    );
    let shown = joined(&desk.run(&OUTDATED), 3);
    assert!(shown.contains("`allow` under [egress]"), "{shown}");
}

#[test]
fn a_newest_version_that_is_not_trusted_is_not_kept() {
    let desk = Desk::new();
    let registry = TestRegistry::start();
    let repository = format!("{}/acme/care", registry.host());
    desk.push(&repository, &Release::new("1.0.0"));
    desk.place.company(&format!("oci://{repository}:1.0.0"), "");
    joined(&desk.run(&OUTDATED), 0);
    desk.push(&repository, &Release::new("1.1.0"));
    let settings = std::fs::read_to_string(desk.place.path("patchbay.toml")).expect("there");
    desk.place.write("trust.toml", "");
    let trust = "[trust]\npolicy = \"trust.toml\"\n";
    desk.place
        .write("patchbay.toml", &format!("{settings}{trust}"));
    let shown = joined(&desk.run(&OUTDATED), 3);
    assert!(
        shown.contains(&format!("oci://{repository}:1.1.0 is not trusted")),
        "{shown}"
    );
    let stored = std::fs::read_dir(desk.place.path("store")).expect("a store");
    let names = stored.map(|entry| entry.expect("an entry").file_name());
    let packs = names.filter(|name| name.to_string_lossy().ends_with(".pack"));
    assert_eq!(packs.count(), 1, "only the version in use");
}

#[test]
fn a_release_is_published_to_a_registry_by_the_rules_of_a_directory() {
    let desk = Desk::new();
    let registry = TestRegistry::start();
    registry.state().tag_page = 2;
    let repository = format!("{}/acme/care", registry.host());
    check_publishing(&desk, &repository);
    // Other refusals come before anything is sent.
    registry.take_lines();
    let to = format!("oci://{repository}");
    for (target, code, expected) in [
        (
            format!("{to}:1.0.0"),
            2,
            "the tag is the version of the pack",
        ),
        (
            "oci://Registry.example/care".to_owned(),
            2,
            "is not a pack in a registry",
        ),
        (format!("{to}/other"), 1, "does not belong in"),
    ] {
        let shown = joined(
            &desk.run(&["pack", "publish", "next.pack", "--to", &target]),
            code,
        );
        assert!(shown.contains(expected), "{shown}");
    }
    assert_eq!(registry.take_lines(), Vec::<String>::new());
    // A version below is no pack, or hidden: nothing is published.
    let next = Release::new("3.0.0").with_case(true);
    let wrong = Canned::status(200)
        .with("content-type", "text/html")
        .with_body("hello");
    registry.answer("GET /v2/acme/care/manifests/2.0.0", wrong);
    let shown = desk.publish(&repository, &next, 1);
    assert!(shown.contains("as \"text/html\""), "{shown}");
    registry.state().canned.clear();
    registry.answer("tags/list", Canned::status(403));
    let shown = desk.publish(&repository, &next, 1);
    assert!(shown.contains("refuses access"), "{shown}");
    registry.state().canned.clear();
    assert_eq!(registry.seen("PUT /v2/acme/care/manifests/3.0.0").len(), 0);
    drop(registry);
    let shown = desk.publish(&repository, &next, 4);
    assert!(shown.contains("no connection"), "{shown}");
}

#[test]
fn a_release_is_published_to_dockers_registry() {
    let Some(registry) = DockerRegistry::start() else {
        return;
    };
    let desk = Desk::new();
    let host = &registry.host;
    let auth = format!(r#"{{"auths": {{"{host}": {{"auth": "YW5hOnNlY3JldA=="}}}}}}"#);
    desk.place.write("home/config.json", &auth);
    let repository = format!("{host}/acme/care");
    check_publishing(&desk, &repository);
    desk.place.company(&format!("oci://{repository}:1.0.0"), "");
    let found = desk.json(&OUTDATED, 0);
    let plugin = &found["plugins"][0];
    let versions = ["current", "newest", "newest_compatible"].map(|key| &plugin[key]);
    assert_eq!(versions, ["1.0.0", "2.0.0", "1.1.0"], "{plugin}");
}

/// Publishes a first, a patch, a minor and a major release, and what is refused between them.
fn check_publishing(desk: &Desk, repository: &str) {
    let shown = desk.publish(repository, &Release::new("1.0.0").with_case(false), 0);
    assert!(shown.contains("it is the first version"), "{shown}");
    assert!(
        shown.contains(&format!("oci://{repository}:1.0.0")),
        "{shown}"
    );
    desk.publish(repository, &Release::new("1.0.1").with_case(false), 0);
    // It decides otherwise.
    let mut otherwise = Release::new("1.0.2").with_case(true);
    otherwise.words["default"] = json!({"money back": "refund"});
    let shown = desk.publish(repository, &otherwise, 1);
    for part in [
        "promises that this is a patch release after 1.0.1",
        "case classify/money.json of the release before fails at step 1",
        "set version = \"1.1.0\"",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    otherwise.version = "1.1.0";
    // A dry run only checks.
    desk.place.pack("next.pack", &otherwise);
    let to = format!("oci://{repository}");
    let publish = ["pack", "publish", "next.pack", "--to", &to];
    let checked = desk.json(&[&publish[..], &["--dry-run"]].concat(), 0);
    let checked = &checked["published"][0];
    assert_eq!(
        (&checked["before"], &checked["level"]),
        (&json!("1.0.1"), &json!("minor"))
    );
    assert_eq!(checked["reference"], format!("{to}:1.1.0"));
    let pull = |version: &str| desk.run(&["pack", "pull", &format!("{to}:{version}")]);
    joined(&pull("1.1.0"), 1);
    joined(&desk.run(&publish), 0);
    joined(&pull("1.1.0"), 0);
    // It takes fewer settings.
    let mut narrower = Release::with_listed_intents("1.2.0").with_case(true);
    narrower.words["default"] = json!({"money back": "refund"});
    let shown = desk.publish(repository, &narrower, 1);
    assert!(shown.contains("set version = \"2.0.0\""), "{shown}");
    narrower.version = "2.0.0";
    let shown = desk.publish(repository, &narrower, 0);
    assert!(shown.contains("a major release after 1.1.0"), "{shown}");
    // A version that is there never changes; an older line goes on.
    let shown = desk.publish(repository, &Release::new("2.0.0"), 1);
    assert!(
        shown.contains("is published with another content"),
        "{shown}"
    );
    let shown = desk.publish(repository, &narrower, 0);
    assert!(shown.contains("is published already"), "{shown}");
    desk.publish(repository, &Release::new("1.0.2").with_case(false), 0);
    // Nothing is sent where one of the files is refused.
    desk.place
        .pack("good.pack", &Release::new("1.0.3").with_case(false));
    desk.place.pack("bad.pack", &Release::new("2.0.1"));
    joined(
        &desk.run(&["pack", "publish", "good.pack", "bad.pack", "--to", &to]),
        1,
    );
    joined(&pull("1.0.3"), 1);
}
