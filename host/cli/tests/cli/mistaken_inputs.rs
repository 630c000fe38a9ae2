//! Inputs that a new user mistakes: each message says what is wrong, where, and what to do next,
//! and each command ends with the exit code of the table.

use std::path::Path;

use crate::command::{joined, patchbay_in};
use crate::test_server::TestServer;

const COMPANY: &str = "company = \"northwind\"\n[queue.general]\ndefault = true\n";

/// A directory with files.
struct Place(tempfile::TempDir);

impl Place {
    fn of(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().expect("a place"));
        for (name, text) in files {
            std::fs::write(place.0.path().join(name), text).expect("written");
        }
        place
    }

    /// What a command prints that ends with this code.
    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> String {
        joined(&patchbay_in(self.0.path(), arguments, ""), code)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }
}

/// A settings file of these first lines, with a journal on a free port.
fn settings(lines: &str) -> String {
    format!(
        "{lines}\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n"
    )
}

#[test]
fn every_exit_code_is_that_of_the_table() {
    let place = Place::of(&[
        (
            "patchbay.toml",
            &settings("companies = [\"northwind.toml\"]"),
        ),
        ("northwind.toml", COMPANY),
        ("wrong.toml", "company = \"northwind\"\n[queue.general]\n"),
        ("lines.jsonl", "{\"id\": 1}\n"),
    ]);
    for (arguments, code) in [
        (&["--version"][..], 0),
        (&["schema", "company"], 0),
        (&["serve", "--check"], 0),
        (&["apply", "wrong.toml", "--new", "--dry-run"], 1),
        (&["apply", "northwind.toml", "--dry-run"], 4),
        (&["apply", "northwind.toml", "--new", "--dry-run"], 0),
        (&["frobnicate"], 2),
        (&["apply"], 2),
        (
            &["bypass", "tone", "--for", "soon", "--company", "northwind"],
            2,
        ),
        (&["build", "northwind.toml"], 3),
        (&["inspect", "northwind.toml"], 3),
        (&["pack", "show", "none.pack"], 3),
        (&["serve", "--config", "none.toml"], 4),
        (&["apply", "none.toml"], 4),
        (&["keys", "list"], 4),
        (&["status"], 4),
        (&["conversations", "list", "--company", "northwind"], 4),
    ] {
        let output = patchbay_in(place.0.path(), arguments, "");
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {printed}");
    }
}

#[test]
fn a_missing_path_of_the_settings_is_reported_at_its_place() {
    let place = Place::of(&[
        (
            "patchbay.toml",
            &settings("companies = [\n  \"companies\"]\npacks = [\"a.toml\"]"),
        ),
        ("a.toml", COMPANY),
    ]);
    let missing = place.run(&["serve"], 4);
    for part in [
        "patchbay.toml:2:3",
        "`companies` names \"companies\", which does not exist",
        "patchbay.toml:3:10",
        "`packs` names \"a.toml\", which is a file",
    ] {
        assert!(missing.contains(part), "{part} is not in {missing}");
    }
    let none = place.run(&["status", "--config", "other.toml"], 4);
    assert!(
        none.contains("the settings file other.toml does not exist"),
        "{none}"
    );
    assert!(none.contains("--config"), "{none}");
}

#[test]
fn a_file_of_another_kind_is_named_as_what_it_is() {
    let place = Place::of(&[
        ("patchbay.toml", &settings("companies = []")),
        ("northwind.toml", COMPANY),
        (
            "pack.toml",
            "[pack]\nname = \"care\"\nversion = \"0.1.0\"\n",
        ),
        ("binary.toml", "\0asm\u{1}\u{1}\u{1}\u{1}"),
    ]);
    std::fs::write(place.path("binary.toml"), b"\0asm\x0d\0\x01\0\xff").expect("written");
    std::fs::create_dir(place.path("directory")).expect("made");
    for (arguments, code, kind) in [
        (
            &["serve", "--config", "northwind.toml"][..],
            1,
            "this is a company file; a settings file of the server is expected here",
        ),
        (
            &["apply", "patchbay.toml", "--new"],
            1,
            "this is a settings file of the server; a company file is expected here",
        ),
        (
            &["apply", "pack.toml", "--new"],
            1,
            "this is the manifest of a pack (pack.toml); a company file is expected here",
        ),
        (
            &["keys", "list", "--policy", "northwind.toml"],
            1,
            "this is a company file; a trust policy is expected here",
        ),
        (
            &["build", "northwind.toml"],
            3,
            "northwind.toml is a file, not the directory of a pack: this is a company file",
        ),
        (
            &["test", "northwind.toml"],
            3,
            "northwind.toml is a file, not the directory of a pack: this is a company file",
        ),
        (
            &["build", "directory"],
            3,
            "directory has no pack.toml, so it is not the directory of a pack",
        ),
        (&["build", "none"], 3, "none does not exist"),
        (
            &["apply", "directory", "--new"],
            4,
            "is not a file but a directory",
        ),
        (
            &["apply", "binary.toml", "--new"],
            1,
            "is not UTF-8 text but a WebAssembly component or module",
        ),
    ] {
        let printed = place.run(arguments, code);
        assert!(printed.contains(kind), "{arguments:?}: {printed}");
        assert!(
            printed.contains("help: ") || !kind.starts_with("this is"),
            "{arguments:?}: {printed}"
        );
    }
}

#[test]
fn a_mistyped_key_or_name_of_a_company_file_is_reported_with_the_nearest() {
    let place = Place::of(&[("patchbay.toml", &settings("companies = [\"a.toml\"]"))]);
    for (lines, parts) in [
        (
            "[queue.general]\ndefault = true\nskils = { tax = 3 }\n",
            [
                "a.toml:4:1",
                "unknown field `skils`",
                "did you mean `skills`?",
            ],
        ),
        (
            "publish = \"snik\"\n[queue.general]\ndefault = true\n[target.sink]\nwebhook = { url = \"https://a.example/\" }\n",
            [
                "a.toml:2:11",
                "target \"snik\", which is not defined",
                "did you mean \"sink\"?",
            ],
        ),
        (
            "[pipeline]\ntone = [\"cares\"]\n[plugin.care]\npack = \"care\"\n[queue.general]\ndefault = true\n",
            [
                "a.toml:3:9",
                "plugin \"cares\", which is not defined",
                "did you mean \"care\"?",
            ],
        ),
        (
            "[queue.general]\ndefault = true\nsla = { first-response = \"1h\", hours = \"ofice\" }\n[hours.office]\nzone = \"Europe/Lisbon\"\n",
            [
                "a.toml:2:1",
                "names hours \"ofice\"",
                "did you mean \"office\"?",
            ],
        ),
        (
            "[queue.general]\ndefault = true\n[queue.tax]\nmoved-to = \"generl\"\n",
            [
                "a.toml:4:1",
                "\"generl\", which is not a queue",
                "did you mean \"general\"?",
            ],
        ),
        (
            "[queue.general]\ndefault = true\n[agent.ana]\nqueues = [\"generl\"]\n",
            [
                "a.toml:4:1",
                "queue \"generl\", which is not defined",
                "did you mean \"general\"?",
            ],
        ),
        (
            "[queue.general]\ndefault = true\npriority = 101\n",
            ["a.toml:2:1", "priority 101", "it must be 0 to 100"],
        ),
    ] {
        std::fs::write(
            place.path("a.toml"),
            format!("company = \"northwind\"\n{lines}"),
        )
        .expect("written");
        let printed = place.run(&["serve", "--check"], 1);
        for part in parts {
            assert!(printed.contains(part), "{part} is not in {printed}");
        }
    }
}

#[test]
fn a_check_fails_for_an_address_that_the_start_refuses() {
    let all = settings("companies = [\"northwind.toml\"]").replace("127.0.0.1:0", "0.0.0.0:0");
    let place = Place::of(&[("patchbay.toml", &all), ("northwind.toml", COMPANY)]);
    place.run(&["serve", "--check"], 4);
    assert!(
        !place.path("desk.key").exists(),
        "a check creates no journal"
    );
    for arguments in [&["serve", "--check"][..], &["serve"]] {
        let refused = place.run(arguments, 4);
        assert!(
            refused.contains("will not listen on 0.0.0.0:") && refused.contains(": without tokens"),
            "{refused}"
        );
    }
    let doctor = place.run(&["doctor", "--config", "patchbay.toml"], 4);
    assert!(doctor.contains("will not listen on 0.0.0.0:0"), "{doctor}");
    place.run(
        &["token", "create", "--role", "operator", "--name", "olga"],
        0,
    );
    let checked = place.run(&["serve", "--check"], 0);
    assert!(
        checked.contains("they have 1 company (northwind)"),
        "{checked}"
    );
    let doctor = place.run(&["doctor", "--config", "patchbay.toml"], 0);
    assert!(
        doctor.contains("patchbay.toml is valid; listens on 0.0.0.0:0"),
        "{doctor}"
    );
}

#[test]
fn a_server_without_companies_says_so_and_what_to_do() {
    let place = Place::of(&[("patchbay.toml", &settings("companies = []"))]);
    let checked = place.run(&["serve", "--check"], 0);
    assert!(checked.contains("they have no companies"), "{checked}");
    let mut server = crate::command::command();
    let server = server
        .current_dir(place.0.path())
        .arg("serve")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let mut server = server.expect("it starts");
    let stdout = server.stdout.take().expect("a pipe");
    let stderr = server.stderr.take().expect("a pipe");
    let line = |pipe: &mut dyn std::io::BufRead, wanted: &str| {
        let mut text = String::new();
        while !text.contains(wanted) {
            let read = pipe.read_line(&mut text).expect("readable");
            assert!(read > 0, "{wanted} is not in {text}");
        }
    };
    line(
        &mut std::io::BufReader::new(stdout),
        "serving no companies on http://127.0.0.1:",
    );
    line(
        &mut std::io::BufReader::new(stderr),
        "create one: patchbay apply COMPANY.toml --new --config patchbay.toml",
    );
    server.kill().expect("it runs");
    server.wait().expect("it ended");
}

#[test]
fn keys_are_trusted_once_and_the_other_key_of_a_pair_is_named() {
    let place = Place::of(&[]);
    place.run(&["keys", "new", "acme", "--no-password"], 0);
    let none = place.run(&["keys", "list"], 4);
    for part in [
        "the trust policy trust.toml does not exist",
        "patchbay keys trust NAME.pub",
    ] {
        assert!(none.contains(part), "{none}");
    }
    let secret = place.run(&["keys", "trust", "acme.key"], 1);
    assert!(secret.contains("acme.key: it is a secret key"), "{secret}");
    assert!(!place.path("trust.toml").exists());
    let trust = ["keys", "trust", "acme.pub", "--publisher", "acme"];
    place.run(&trust, 0);
    let policy = std::fs::read_to_string(place.path("trust.toml")).expect("written");
    let again = place.run(&trust, 0);
    assert!(again.contains("already; nothing is changed"), "{again}");
    for other in [&["--name", "other"][..], &["--packs", "care"]] {
        let differs = place.run(&[&trust[..], other].concat(), 1);
        assert!(
            differs.contains("already, as \"acme\", with other terms"),
            "{differs}"
        );
        assert!(differs.contains("[key.acme] in trust.toml"), "{differs}");
    }
    let now = std::fs::read_to_string(place.path("trust.toml")).expect("there");
    assert_eq!(now, policy);
    std::fs::create_dir(place.path("care")).expect("made");
    let manifest = "[pack]\nname = \"care\"\nversion = \"0.1.0\"\npublisher = \"acme\"\nlicence = \"MIT\"\nsource = \"https://a.example/\"\ndescription = \"Care\"\n";
    std::fs::write(place.path("care/pack.toml"), manifest).expect("written");
    let public = place.run(&["pack", "build", "care", "--sign", "acme.pub"], 1);
    assert!(
        public.contains("acme.pub: it is a public key; signing needs the secret key"),
        "{public}"
    );
}

#[test]
fn conversations_are_listed_by_state_and_clock_and_the_audit_names_tokens() {
    let place = Place::of(&[
        (
            "patchbay.toml",
            &settings("companies = [\"northwind.toml\"]"),
        ),
        ("northwind.toml", COMPANY),
    ]);
    let config = place.path("patchbay.toml");
    let server = TestServer::start(Path::new(&config));
    let text = "{\"id\": \"1\", \"channel\": \"chat\", \"text\": \"Hi\", \"author\": {\"address\": \"jo\"}}";
    server.send("POST", "interactions", text);
    let list = |filter: &[&str], code| {
        let all = ["conversations", "list", "--company", "northwind"];
        place.run(&[&all[..], filter].concat(), code)
    };
    let waiting = || list(&["--state", "queued,reserved", "--sort", "age"], 0).contains("general");
    let mut attempts = (0..600).map(|_| std::thread::sleep(std::time::Duration::from_millis(20)));
    assert!(attempts.any(|()| waiting()), "it waits in its queue");
    for none in [
        &["--state", "resolved"][..],
        &["--clock", "missed"],
        &["--channel", "sms"],
    ] {
        assert!(
            list(none, 0).contains("no conversation matches"),
            "{none:?}"
        );
    }
    let wrong = list(&["--clock", "mised"], 1);
    assert!(wrong.contains("is not one of at-risk, missed"), "{wrong}");
    drop(server);
    place.run(
        &["token", "create", "--role", "operator", "--name", "olga"],
        0,
    );
    let listed = place.run(&["audit", "list"], 0);
    assert!(listed.contains("token.created"), "{listed}");
}
