//! Versions of a pack: what an upgrade does to a company's settings, which version a release needs,
//! and secrets in settings. Every version has the same component.

use serde_json::{Value, json};

use crate::command::{joined, patchbay_on_full_disk, stdout};
use crate::releases::{Place, Release};
use crate::test_server::TestServer;

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
    // What stays wrong has its place in the file as it will be.
    place.company(
        "care@0.2",
        "words = { \"money back\" = \"refunds\", angry = \"complaint\", odd = \"other\" }",
    );
    let left = joined(&place.run(&[&migrate[..], &["--dry-run"]].concat()), 1);
    let line = before.lines().position(|line| line.starts_with("words"));
    let line = line.expect("the settings") + 1;
    let place_of =
        format!("still to do: settings of plugin \"care\" (line {line}, column 63): /words/odd: ");
    assert!(left.contains(&place_of), "{place_of}: {left}");
    place.company("care@0.2", settings);
    joined(&place.run(&[&migrate[..], &["--dry-run"]].concat()), 0);
    let unchanged = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    assert_eq!(unchanged, before);
    let long = before.clone() + &"# A comment.\n".repeat(200);
    place.write("northwind.toml", &long);
    let files = || {
        std::fs::read_dir(place.path("."))
            .expect("readable")
            .count()
    };
    let count = files();
    let full = joined(&patchbay_on_full_disk(&place.path("."), &migrate), 4);
    let part = "northwind.toml: file too large; the file is not changed";
    assert!(full.contains(part), "{full}");
    let unchanged = std::fs::read_to_string(place.path("northwind.toml")).expect("there");
    assert_eq!((unchanged, files()), (long, count));
    place.write("northwind.toml", &before);
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
