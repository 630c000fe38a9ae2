//! A pack that decides and is not trusted any more: the host goes on, and its operator is told.

use serde_json::{Value, json};

use crate::command::joined;
use crate::project::Project;
use crate::test_server::TestServer;

/// Kind and severity of each active alert.
fn alerts(server: &TestServer) -> Vec<(String, String)> {
    let (status, page) = server.page("/v1/alerts", &[]);
    assert_eq!(status, 200, "{page}");
    let list: Value = serde_json::from_str(&page).expect("JSON");
    let text = |alert: &Value, key: &str| alert[key].as_str().unwrap_or_default().to_owned();
    let alerts = list["alerts"].as_array().cloned().unwrap_or_default();
    alerts
        .iter()
        .map(|alert| (text(alert, "kind"), text(alert, "severity")))
        .collect()
}

fn one(kind: &str, severity: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), severity.to_owned())]
}

#[test]
fn a_pack_that_decides_and_is_revoked_raises_an_alert() {
    let project = Project::of_stages("tone");
    project.change(
        "pack.toml",
        "[pack]\n",
        "[pack]\npublisher = \"acme\"\nlicence = \"MIT\"\n",
    );
    let run = |arguments: &[&str]| joined(&project.run(arguments), 0);
    run(&["keys", "new", "acme", "--no-password"]);
    run(&["keys", "trust", "acme.pub", "--publisher", "acme"]);
    let build = [
        "pack",
        "build",
        "care",
        "--offline",
        "--skip-cases",
        "--sign",
        "acme.key",
    ];
    let built = project.run(&[&build[..], &["--json"]].concat());
    let built: Value = serde_json::from_slice(&built.stdout).expect("JSON");
    let digest = built["digest"].as_str().expect("a digest");
    project.write(
        "patchbay.toml",
        "companies = []\n[trust]\npolicy = \"trust.toml\"\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
    );
    project.write("northwind.toml", "company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = \"./care-0.1.0.pack\"\n[queue.general]\ndefault = true\n");
    let server = TestServer::start(&project.beside("patchbay.toml"));
    run(&["apply", "northwind.toml", "--new"]);
    assert_eq!(alerts(&server), []);
    let policy = std::fs::read_to_string(project.beside("trust.toml")).expect("there");
    let revoked = format!("{policy}\n[revoked]\n{digest:?} = \"it blocks every reply\"\n");
    project.write("trust.toml", &revoked);
    assert_eq!(alerts(&server), one("pack-revoked", "critical"));
    let shown = joined(&project.run(&["alerts"]), 1);
    for part in [
        "generation 1 goes on deciding",
        "care 0.1.0 of plugin \"care\"",
        "it blocks every reply",
        "patchbay rollback",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown = project.run(&["status"]);
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(shown.contains("it blocks every reply"), "{shown}");
    // It goes on deciding.
    let draft = r#"{"draft": {"id": "d", "channel": "x", "text": "THIS IS NOT OUR FAULT AT ALL!"}, "interaction": {"id": "1", "channel": "x", "text": "Hello?"}}"#;
    let (status, decided) = server.send("POST", "tone", draft);
    assert_eq!(
        (status, &decided["tone"]["verdict"]),
        (200, &json!("revise")),
        "{decided}"
    );
    project.write("trust.toml", &policy);
    assert_eq!(alerts(&server), []);
    run(&["keys", "revoke", "acme", "--reason", "laptop lost"]);
    assert_eq!(alerts(&server), one("pack-not-trusted", "warning"));
    project.write("trust.toml", "keyz = 1\n");
    let both = [
        one("pack-not-trusted", "warning"),
        one("pack-not-trusted", "warning"),
    ]
    .concat();
    assert_eq!(
        alerts(&server),
        both,
        "the policy, and what was known of the pack"
    );
    project.write("trust.toml", &policy);
    assert_eq!(alerts(&server), []);
    // Also after a start.
    drop(server);
    project.write("trust.toml", &revoked);
    let server = TestServer::start(&project.beside("patchbay.toml"));
    assert_eq!(alerts(&server), one("pack-revoked", "critical"));
}
