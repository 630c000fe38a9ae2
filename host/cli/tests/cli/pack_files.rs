//! Pack files: made by a vendor, refused or run by a host that has no compiler.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_pack::pack_file::PackFile;
use serde_json::{Value, json};

use crate::command::{joined, patchbay_in, patchbay_with_environment, stdout};
use crate::project::Project;
use crate::test_server::TestServer;

const QUEUES: &str = "[queue.general]\ndefault = true\n";

/// A policy with publisher and licence, and the keys of two people.
fn project() -> Project {
    let project = Project::of_stages("tone");
    project.change(
        "pack.toml",
        "[pack]\n",
        "[pack]\npublisher = \"acme\"\nlicence = \"MIT\"\n",
    );
    for name in ["acme", "mallory"] {
        let made = project.run(&["keys", "new", name, "--no-password"]);
        joined(&made, 0);
    }
    joined(
        &project.run(&["keys", "trust", "acme.pub", "--publisher", "acme"]),
        0,
    );
    project
}

/// Build the pack file `care-0.1.0.pack` beside the policy.
fn build(project: &Project, flags: &[&str]) -> String {
    let build = ["pack", "build", "care", "--offline", "--skip-cases"];
    joined(&project.run(&[&build[..], flags].concat()), 0)
}

fn write_host(project: &Project, pack: &str) {
    project.write(
        "patchbay.toml",
        "companies = []\npacks = [\"packs\"]\n[trust]\npolicy = \"trust.toml\"\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
    );
    project.write("northwind.toml", &company(pack, ""));
    let packs = project.beside("packs");
    let _ = std::fs::create_dir(packs);
}

fn company(pack: &str, more: &str) -> String {
    format!(
        "company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = {pack:?}\n{more}{QUEUES}"
    )
}

/// `apply` with a PATH that has no program.
fn apply(project: &Project, flags: &[&str]) -> std::process::Output {
    let apply = ["apply", "northwind.toml"];
    let nowhere = [
        ("PATH", "/nonexistent"),
        ("CARGO", ""),
        ("HOME", "/nonexistent"),
    ];
    let directory = project.beside("");
    patchbay_with_environment(&directory, &nowhere, &[&apply[..], flags].concat())
}

fn move_to_packs(project: &Project, to: &str) {
    let from = project.beside("care-0.1.0.pack");
    std::fs::rename(from, project.beside("packs").join(to)).expect("moved");
}

#[test]
fn a_signed_pack_file_runs_where_there_is_no_compiler() {
    let project = project();
    write_host(&project, "care@^0.1");
    let built = build(&project, &["--sign", "acme.key"]);
    assert!(built.contains("care-0.1.0.pack"), "{built}");
    move_to_packs(&project, "care-0.1.0.pack");
    let server = TestServer::start(&project.beside("patchbay.toml"));
    let applied = apply(&project, &["--new"]);
    let shown = joined(&applied, 0);
    assert!(shown.contains("created with generation 1"), "{shown}");
    let draft = r#"{"draft": {"id": "d", "channel": "x", "text": "THIS IS NOT OUR FAULT AT ALL!"}, "interaction": {"id": "1", "channel": "x", "text": "Hello?"}}"#;
    let (status, decided) = server.send("POST", "tone", draft);
    assert_eq!(status, 200, "{decided}");
    assert_eq!(decided["tone"]["verdict"], "revise", "{decided}");
    // By its digest too.
    let listed = project.run(&["pack", "list", "packs", "--json"]);
    let listed: Value = serde_json::from_str(&stdout(&listed)).expect("JSON");
    let digest = listed["packs"][0]["digest"].as_str().expect("a digest");
    project.write("northwind.toml", &company(digest, "reuse = 3\n"));
    joined(&apply(&project, &[]), 0);
}

#[test]
fn packs_that_are_not_trusted_are_refused_by_the_server_and_by_the_command_line() {
    let project = project();
    write_host(&project, "packs/a.pack");
    let config = project.beside("patchbay.toml");
    let refused = |server: &TestServer, expected: &str| {
        // By the server, which gets the pack from the command line.
        let shown = joined(&apply(&project, &["--new"]), 1);
        assert!(shown.contains(expected), "{expected}: {shown}");
        let (status, health) = server.send_for("northwind", "GET", "generations", "");
        assert_eq!(status, 404, "{health}");
    };
    let server = TestServer::start(&config);
    build(&project, &[]);
    move_to_packs(&project, "a.pack");
    refused(&server, "it is not signed");
    // Also beside what is wrong with the file, for which nothing is compiled.
    let invalid = "[queue.vip]\npriority = 4000\n";
    let text = company("packs/a.pack", "") + invalid;
    project.write("northwind.toml", &text);
    refused(&server, "it is not signed");
    let offline = project.run(&["serve", "--check", "--config", "patchbay.toml"]);
    joined(&offline, 0);
    project.write("northwind.toml", &company("packs/a.pack", ""));
    build(&project, &["--sign", "mallory.key"]);
    move_to_packs(&project, "a.pack");
    refused(&server, "is not in the trust policy");
    // What `pack verify` says is the same.
    let verified = project.run(&["pack", "verify", "packs/a.pack", "--trust", "trust.toml"]);
    let shown = joined(&verified, 1);
    assert!(shown.contains("is not in the trust policy"), "{shown}");
    joined(
        &project.run(&["pack", "sign", "packs/a.pack", "--key", "acme.key"]),
        0,
    );
    project.write(
        "northwind.toml",
        &company("packs/a.pack", "signed-by = [\"auditor\"]\n"),
    );
    refused(&server, "it needs a signature by auditor");
    project.write("northwind.toml", &company("packs/a.pack", ""));
    // A policy that cannot be read trusts nothing.
    let policy = std::fs::read_to_string(project.beside("trust.toml")).expect("there");
    project.write("trust.toml", &policy.replace("publisher", "publishr"));
    refused(&server, "the trust policy of the host cannot be used");
    project.write("trust.toml", &policy);
    joined(&apply(&project, &["--new"]), 0);
    drop(server);
    // Without a server the command line checks by itself.
    project.write("northwind.toml", &company("packs/a.pack", "reuse = 2\n"));
    joined(
        &project.run(&["keys", "revoke", "acme", "--reason", "laptop lost"]),
        0,
    );
    let shown = joined(&apply(&project, &[]), 1);
    assert!(
        shown.contains("the key acme is revoked: laptop lost"),
        "{shown}"
    );
}

#[test]
fn a_key_that_is_revoked_counts_no_more_at_the_next_change() {
    let project = project();
    write_host(&project, "care");
    build(&project, &["--sign", "acme.key"]);
    move_to_packs(&project, "care.pack");
    let server = TestServer::start(&project.beside("patchbay.toml"));
    joined(&apply(&project, &["--new"]), 0);
    project.write("northwind.toml", &company("care", "reuse = 2\n"));
    joined(&apply(&project, &[]), 0);
    let shadow = ["shadow", "1", "--company", "northwind"];
    joined(&project.run(&shadow), 0);
    joined(
        &project.run(&["keys", "revoke", "acme", "--reason", "laptop lost"]),
        0,
    );
    let rollback = ["rollback", "--company", "northwind", "1"];
    let shown = joined(&project.run(&rollback), 1);
    assert!(
        shown.contains("the key acme is revoked: laptop lost"),
        "{shown}"
    );
    let shown = joined(&project.run(&shadow), 1);
    assert!(
        shown.contains("the key acme is revoked: laptop lost"),
        "{shown}"
    );
    let (_, generations) = server.send("GET", "generations", "");
    assert_eq!(generations["active"], 2, "{generations}");
    // Conversations go on, also after a restart; the candidate does not.
    drop(server);
    let server = TestServer::start(&project.beside("patchbay.toml"));
    let (_, generations) = server.send("GET", "generations", "");
    assert_eq!(generations["active"], 2, "{generations}");
    let report = ["shadow", "report", "--company", "northwind"];
    let shown = joined(&project.run(&report), 0);
    assert!(shown.contains("no candidate runs"), "{shown}");
    assert!(shown.contains("is not trusted"), "{shown}");
}

#[test]
fn a_signature_that_is_added_makes_a_new_generation() {
    let project = project();
    write_host(&project, "packs/a.pack");
    let settings = project.beside("patchbay.toml");
    let with_policy = std::fs::read_to_string(&settings).expect("there");
    let without = with_policy.replace("policy = \"trust.toml\"\n", "");
    std::fs::write(&settings, without).expect("written");
    build(&project, &[]);
    move_to_packs(&project, "a.pack");
    let server = TestServer::start(&settings);
    joined(&apply(&project, &["--new"]), 0);
    drop(server);
    std::fs::write(&settings, with_policy).expect("written");
    let server = TestServer::start(&settings);
    joined(
        &project.run(&["pack", "sign", "packs/a.pack", "--key", "acme.key"]),
        0,
    );
    let shown = joined(&apply(&project, &[]), 0);
    assert!(shown.contains("signed by"), "{shown}");
    let (_, generations) = server.send("GET", "generations", "");
    assert_eq!(generations["active"], 2, "{generations}");
    // Nothing differs now.
    joined(&apply(&project, &[]), 0);
    let (_, generations) = server.send("GET", "generations", "");
    assert_eq!(generations["active"], 2, "{generations}");
}

#[test]
fn a_client_cannot_say_that_cases_were_run() {
    let project = project();
    write_host(&project, "packs/a.pack");
    project.change("cases/tone/shouting.json", "\"revise\"", "\"block\"");
    build(&project, &["--sign", "acme.key"]);
    move_to_packs(&project, "a.pack");
    let server = TestServer::start(&project.beside("patchbay.toml"));
    let shown = joined(&apply(&project, &["--new"]), 1);
    assert!(shown.contains("tone/shouting.json"), "{shown}");
    let file = PackFile::open(&project.beside("packs/a.pack")).expect("a pack file");
    let pack = file.pack();
    let mut bundle = serde_json::to_value(pack.bundle()).expect("JSON");
    bundle["cases"] = json!({});
    bundle["tested"] = json!(pack.digest());
    let code = STANDARD.encode(&*pack.component);
    let body = json!({
        "document": company("packs/a.pack", ""),
        "packs": {"packs/a.pack": {"bundle": bundle, "code": code}},
        "new": true,
    });
    let (status, problem) = server.send("POST", "generations", &body.to_string());
    assert_eq!(status, 422, "{problem}");
    let detail = problem.to_string();
    assert!(detail.contains("its image names cases.json"), "{detail}");
}

#[test]
fn an_older_version_does_not_take_the_place_of_a_damaged_newer_one() {
    let project = project();
    write_host(&project, "care@^0.1");
    build(&project, &["--sign", "acme.key"]);
    move_to_packs(&project, "care-0.1.0.pack");
    let damaged = project.beside("packs/care-0.1.1.pack");
    std::fs::write(damaged, "cut off").expect("written");
    let server = TestServer::start(&project.beside("patchbay.toml"));
    let shown = joined(&apply(&project, &["--new"]), 1);
    assert!(shown.contains("care-0.1.1.pack"), "{shown}");
    assert!(shown.contains("it is not a pack file"), "{shown}");
    drop(server);
}

#[test]
fn an_older_version_does_not_take_the_place_of_a_newer_one_unnoticed() {
    let project = project();
    write_host(&project, "packs/new.pack");
    build(&project, &["--sign", "acme.key"]);
    move_to_packs(&project, "old.pack");
    project.change("pack.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    let newer = ["--sign", "acme.key", "--output", "packs/new.pack"];
    build(&project, &newer);
    let server = TestServer::start(&project.beside("patchbay.toml"));
    joined(&apply(&project, &["--new"]), 0);
    project.write("northwind.toml", &company("packs/old.pack", ""));
    let shown = joined(&apply(&project, &[]), 1);
    assert!(
        shown.contains("version 0.1.0 of the pack care is older than 0.2.0"),
        "{shown}"
    );
    joined(&apply(&project, &["--allow-downgrade"]), 0);
    drop(server);
    // Without a server the command line checks by itself.
    project.write("northwind.toml", &company("packs/new.pack", "reuse = 2\n"));
    joined(&apply(&project, &[]), 0);
    project.write("northwind.toml", &company("packs/old.pack", "reuse = 2\n"));
    joined(&apply(&project, &[]), 1);
}

#[test]
fn sources_are_not_built_by_a_host_without_the_setting() {
    let project = project();
    write_host(&project, "./care");
    drop(TestServer::start(&project.beside("patchbay.toml")));
    let shown = joined(&apply(&project, &["--new"]), 1);
    assert!(
        shown.contains("holds sources, which this host does not build"),
        "{shown}"
    );
    assert!(shown.contains("patchbay pack build"), "{shown}");
}

#[test]
fn a_pack_file_without_a_publisher_or_licence_is_not_built() {
    let project = Project::of_stages("tone");
    let shown = joined(&project.run(&["pack", "build", "care", "--offline"]), 3);
    assert!(shown.contains("no publisher"), "{shown}");
    assert!(!project.beside("care-0.1.0.pack").exists());
}

#[test]
fn a_pack_file_whose_cases_fail_is_not_built() {
    let project = project();
    project.change("cases/tone/shouting.json", "\"revise\"", "\"block\"");
    let shown = joined(&project.run(&["pack", "build", "care", "--offline"]), 1);
    assert!(
        shown.contains("1 of 1 cases fail: tone/shouting.json"),
        "{shown}"
    );
    assert!(!project.beside("care-0.1.0.pack").exists());
}

#[test]
fn keys_are_not_overwritten_and_secret_ones_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().expect("a place");
    let new = |name: &str| patchbay_in(place.path(), &["keys", "new", name, "--no-password"], "");
    joined(&new("acme"), 0);
    let secret = place.path().join("acme.key");
    let before = std::fs::read(&secret).expect("a key");
    let mode = std::fs::metadata(&secret).expect("a key").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    joined(&new("acme"), 4);
    assert_eq!(std::fs::read(&secret).expect("a key"), before);
    let listed = patchbay_in(place.path(), &["keys", "list"], "");
    assert_eq!(listed.status.code(), Some(4), "there is no policy yet");
    let trusted = ["keys", "trust", "acme.pub", "--publisher", "acme"];
    joined(&patchbay_in(place.path(), &trusted, ""), 0);
    // The same again changes nothing.
    joined(&patchbay_in(place.path(), &trusted, ""), 0);
    joined(&new("next"), 0);
    let rotated = [
        "keys",
        "rotate",
        "acme",
        "next.pub",
        "--not-after",
        "2027-01-01T00:00:00Z",
    ];
    joined(&patchbay_in(place.path(), &rotated, ""), 0);
    let listed = patchbay_in(place.path(), &["keys", "list", "--json"], "");
    let listed: Value = serde_json::from_str(&stdout(&listed)).expect("JSON");
    let keys = listed["keys"].as_array().expect("a list");
    assert_eq!(keys[0]["not_after"], "2027-01-01T00:00:00Z");
    assert_eq!(keys[1]["publisher"], "acme");
}

#[test]
fn the_minisign_tool_verifies_what_pack_sign_made_and_makes_what_pack_verify_accepts() {
    let place = tempfile::tempdir().expect("a place");
    let minisign = |arguments: &[&str]| {
        std::process::Command::new("minisign")
            .args(arguments)
            .current_dir(place.path())
            .output()
    };
    if minisign(&["-v"]).is_err() {
        let why = "SKIPPED: minisign is not installed (apt-get install minisign)";
        writeln!(std::io::stderr(), "{why}").expect("standard error");
        return;
    }
    let project = project();
    build(&project, &["--sign", "acme.key"]);
    let print = |part: &str, to: &str| {
        let printed = project.run(&["pack", "show", "care-0.1.0.pack", "--print", part]);
        std::fs::write(place.path().join(to), printed.stdout).expect("written");
    };
    print("image", "image.json");
    print("signatures", "image.json.minisig");
    let key = project.beside("acme.pub");
    let verified = minisign(&["-V", "-p", path(&key), "-m", "image.json"]);
    joined(&verified.expect("minisign"), 0);
    let made = minisign(&["-G", "-W", "-p", "own.pub", "-s", "own.key"]);
    joined(&made.expect("minisign"), 0);
    let signed = minisign(&[
        "-S",
        "-s",
        "own.key",
        "-m",
        "image.json",
        "-x",
        "own.minisig",
    ]);
    joined(&signed.expect("minisign"), 0);
    let signature = place.path().join("own.minisig");
    let own = place.path().join("own.pub");
    let add = |key: &Path| {
        let file = ["pack", "sign", "care-0.1.0.pack"];
        let made = ["--signature", path(&signature), "--public", path(key)];
        project.run(&[&file[..], &made].concat())
    };
    joined(&add(&key), 1);
    joined(&add(&own), 0);
    let verify = ["pack", "verify", "care-0.1.0.pack", "--key", path(&own)];
    joined(&project.run(&verify), 0);
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
