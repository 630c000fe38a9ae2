//! `patchbay channels`, and connections in a company file.

use std::path::Path;

use serde_json::json;

use crate::command::{joined, patchbay, patchbay_in, stdout};
use crate::decisions::{Place, document};
use crate::test_server::TestServer;

const SECRETS: &str = "secrets.app-secret = { env = \"WA_APP\" }\nsecrets.verify-token = { env = \"WA_VERIFY\" }\nsecrets.access-token = { env = \"WA_ACCESS\" }\n";

fn company(connection: &str) -> String {
    format!(
        "company = \"northwind\"\npublic-url = \"https://care.northwind.example/in\"\n[queue.general]\ndefault = true\n{connection}"
    )
}

#[test]
fn setup_prints_the_steps_secrets_and_the_url_of_a_channel() {
    let directory = tempfile::tempdir().expect("a place");
    let run = |arguments: &[&str]| patchbay_in(directory.path(), arguments, "");
    let printed = joined(&run(&["channels", "setup", "whatsapp"]), 0);
    for part in [
        "1. Create a Meta app",
        "[channel.whatsapp.connection.main]",
        "settings.accounts = [\"1122334455667\"] # ids of the phone numbers",
        "# settings.api-version = \"v24.0\" # version of the Graph API",
        "secrets.app-secret = { env = \"WHATSAPP_APP_SECRET\" }",
        "https://PUBLIC-URL/webhooks/COMPANY/whatsapp/main",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let feed = joined(&run(&["channels", "setup", "feed"]), 0);
    assert!(feed.contains("The connection has no webhook."), "{feed}");
    assert!(!feed.contains("/webhooks/"), "{feed}");
    let mail = joined(&run(&["channels", "setup", "email"]), 0);
    for part in [
        "secrets.signing-secret = { env = \"EMAIL_SIGNING_SECRET\" }",
        "# secrets.submission-password = { env = \"EMAIL_SUBMISSION_PASSWORD\" }",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let all = document(&run(&["channels", "setup", "--json"]), 0);
    assert!(
        all["channels"]
            .as_array()
            .expect("a list")
            .contains(&json!({"channel": "whatsapp", "delivers": ["whatsapp"]})),
        "{all}"
    );
    let unknown = joined(&run(&["channels", "setup", "whatsap"]), 2);
    assert!(unknown.contains("did you mean \"whatsapp\"?"), "{unknown}");
}

#[test]
fn a_connection_that_cannot_work_is_rejected_at_its_place() {
    let directory = tempfile::tempdir().expect("a place");
    let file = directory.path().join("northwind.toml");
    let settings = "companies = []\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n";
    std::fs::write(directory.path().join("patchbay.toml"), settings).expect("written");
    for (connection, parts) in [
        (
            "[channel.whatsap.connection.main]\n".to_owned(),
            &[
                "there is no adapter for the channel \"whatsap\"",
                "did you mean \"whatsapp\"?",
            ][..],
        ),
        (
            "[channel.whatsapp.connection.main]\nsettings = { accounts = [\"1\"] }\n".to_owned(),
            &[
                "lacks the secret \"app-secret\"",
                "secrets.access-token = { env",
            ],
        ),
        (
            format!(
                "[channel.whatsapp.connection.main]\nsettings = {{ acounts = [\"1\"] }}\n{SECRETS}"
            ),
            &["unknown field `acounts`", "accounts"],
        ),
        (
            format!(
                "[channel.whatsapp.connection.main]\nsettings = {{ accounts = [\"1\"] }}\n{SECRETS}secrets.token = {{ env = \"X\" }}\n"
            ),
            &["has a secret \"token\"", "access-token"],
        ),
        (
            format!(
                "[channel.whatsapp.connection.Main]\nsettings = {{ accounts = [\"1\"] }}\n{SECRETS}"
            ),
            &["\"Main\" is not a valid name of a connection"],
        ),
        (
            ["one", "two"].map(|name| format!("[channel.whatsapp.connection.{name}]\nsettings = {{ accounts = [\"1\"] }}\n{SECRETS}")).concat(),
            &["connections \"one\" and \"two\" of channel \"whatsapp\" have the same account \"1\""],
        ),
        (
            "[channel.whatsapp.connection.main]\nsecrets.app-secret = \"hush-hush\"\n".to_owned(),
            &["a company file must not contain a secret"],
        ),
        (
            "[channel.email.connection.care]\nsettings = { accounts = [\"help@northwind.example\"], message-domain = \"care.northwind.example\", submission = \"smtps://mail.example\", submission-user = \"care\" }\nsecrets.signing-secret = { env = \"MAIL_SIGNING\" }\n".to_owned(),
            &[
                "with `submission-user`: its password at the mail server",
                "secrets.submission-password = { env",
            ],
        ),
    ] {
        std::fs::write(&file, company(&connection)).expect("written");
        let path = file.to_str().expect("UTF-8");
        let output = patchbay_in(
            directory.path(),
            &["apply", path, "--new", "--offline", "--dry-run"],
            "",
        );
        let printed = joined(&output, 1);
        for part in parts {
            assert!(printed.contains(part), "{part}: {printed}");
        }
        assert!(!printed.contains("hush-hush"), "{printed}");
    }
}

#[test]
fn a_connection_is_listed_and_checked() {
    let place = Place::new(&[]);
    let connection = format!(
        "[channel.whatsapp.connection.main]\nsettings = {{ accounts = [\"1\"], api-base = \"http://127.0.0.1:9\" }}\n{SECRETS}"
    );
    std::fs::write(place.path("northwind.toml"), company(&connection)).expect("written");
    std::fs::create_dir(place.path("data")).expect("made");
    let settings = "companies = [\"northwind.toml\"]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"data/desk.db\"\nkey = \"desk.key\"\n";
    std::fs::write(&place.config, settings).expect("written");
    let channels = |rest: &[&str]| {
        let own = [
            "channels",
            "--config",
            &place.config,
            "--company",
            "northwind",
        ];
        patchbay(&[&own[..], rest].concat())
    };

    // A variable that is not set is a warning, and an alert.
    let server = TestServer::start(Path::new(&place.config));
    let checked = joined(&channels(&["check"]), 1);
    for variable in ["WA_APP", "WA_VERIFY", "WA_ACCESS"] {
        let part = format!("{variable} is not set");
        assert!(checked.contains(&part), "{checked}");
    }
    let tested = joined(&channels(&["test", "--all"]), 1);
    assert!(
        tested.contains("wrong: the connection is not open"),
        "{tested}"
    );
    let own = ["alerts", "--config", &place.config, "--json"];
    let alerts = stdout(&patchbay(&own));
    assert!(alerts.contains("connection-not-open"), "{alerts}");
    drop(server);

    let environment = [
        ("WA_APP", "hush-1"),
        ("WA_VERIFY", "hush-2"),
        ("WA_ACCESS", "hush-3"),
    ];
    let server = TestServer::with_environment(Path::new(&place.config), &environment);
    let listed = document(&channels(&["list", "--json"]), 0);
    let connection = &listed["connections"][0];
    assert_eq!(connection["open"], true, "{listed}");
    let url = "https://care.northwind.example/in/webhooks/northwind/whatsapp/main";
    assert_eq!(connection["url"], url, "{listed}");
    assert!(joined(&channels(&["check"]), 0).contains("no problem found"));
    assert!(joined(&channels(&["setup", "whatsapp"]), 0).contains(url));
    assert!(joined(&channels(&["list"]), 0).contains("open"));
    // The rules for outgoing connections do not let it reach this machine.
    let tested = joined(&channels(&["test", "whatsapp/main"]), 1);
    for part in [
        "whatsapp/main: does not work",
        "wrong: the host cannot connect to the provider",
        "unchecked: the subscribed fields belong to the app",
    ] {
        assert!(tested.contains(part), "{part}: {tested}");
    }
    assert!(!tested.contains("hush"), "a secret: {tested}");
    let again = joined(&channels(&["test", "--all", "--json"]), 1);
    assert!(again.contains("test it again later"), "{again}");
    let unknown = joined(&channels(&["test", "line"]), 2);
    assert!(unknown.contains("no connection \"line\""), "{unknown}");
    joined(&channels(&["test"]), 2);
    let tried = joined(&channels(&["retry", "whatsapp/main"]), 0);
    assert!(
        tried.contains("whatsapp/main: nothing waits to be sent"),
        "{tried}"
    );
    joined(&channels(&["retry", "whatsapp/other"]), 2);
    let quarantine = joined(&channels(&["quarantine", "list"]), 0);
    assert!(
        quarantine.contains("no deliveries in quarantine"),
        "{quarantine}"
    );
    let missing = joined(&channels(&["quarantine", "retry", "7"]), 1);
    assert!(missing.contains("no such delivery"), "{missing}");
    let (status, _) = server.page("/webhooks/northwind/whatsapp/main?hub.mode=subscribe&hub.verify_token=hush-2&hub.challenge=77", &[]);
    assert_eq!(status, 200);
    let page = server.page("/metrics", &[]).1;
    assert!(
        page.contains("patchbay_channel_requests_total{company=\"northwind\",channel=\"whatsapp\",connection=\"main\",result=\"handshake\"} 1"),
        "{page}"
    );
    assert!(!page.contains("hush"), "a secret in the metrics");
}

#[test]
fn a_connection_by_lmtp_names_the_accounts_that_no_mail_reaches() {
    let place = Place::new(&[]);
    let connection = "[channel.email.connection.care]\nsettings = { inbound = \"lmtp\", accounts = [\"help@northwind.example\"], message-domain = \"care.northwind.example\" }\n";
    let file = place.path("northwind.toml");
    std::fs::write(&file, company(connection)).expect("written");
    std::fs::create_dir(place.path("data")).expect("made");
    let listen = |domain: &str| {
        let settings = format!(
            "companies = [\"northwind.toml\"]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"data/desk.db\"\nkey = \"desk.key\"\n[lmtp]\nlisten = \"unix:data/lmtp.sock\"\n[lmtp.companies]\n{domain:?} = \"northwind\"\n"
        );
        std::fs::write(&place.config, settings).expect("written");
        TestServer::start(Path::new(&place.config))
    };
    let channels = |rest: &[&str]| {
        let own = [
            "channels",
            "--config",
            &place.config,
            "--company",
            "northwind",
        ];
        patchbay(&[&own[..], rest].concat())
    };
    let server = listen("elsewhere.example");
    let checked = joined(&channels(&["check"]), 1);
    let problem = "email/care: no mail reaches help@northwind.example: give the address or its domain to the company under [lmtp.companies]";
    assert!(checked.contains(problem), "{checked}");
    drop(server);
    let _server = listen("northwind.example");
    let checked = joined(&channels(&["check"]), 0);
    assert!(
        checked.contains("email/care: no problem found"),
        "{checked}"
    );
    let setup = ["setup", "email", "--connection", "care"];
    let printed = joined(&channels(&setup), 0);
    assert!(
        printed.contains("The connection has no webhook."),
        "{printed}"
    );
    assert!(place.path("data/lmtp.sock").exists());
}
