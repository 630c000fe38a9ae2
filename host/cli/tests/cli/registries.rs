//! Packs in registries: pushed by a vendor, pulled and run by a host that has no compiler.

use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, SystemTime};

use patchbay_test_registry::{Canned, DockerRegistry, TestRegistry};
use serde_json::Value;

use crate::command::{joined, patchbay_with_environment, stdout};
use crate::project::Project;
use crate::test_server::TestServer;

const QUEUES: &str = "[queue.general]\ndefault = true\n";

/// A vendor's signed pack, and a host that trusts the vendor.
struct Desk {
    project: Project,
    home: String,
}

impl Desk {
    fn new() -> Desk {
        let project = Project::of_stages("tone");
        project.change(
            "pack.toml",
            "[pack]\n",
            "[pack]\npublisher = \"acme\"\nlicence = \"MIT\"\n",
        );
        for name in ["acme", "mallory"] {
            joined(&project.run(&["keys", "new", name, "--no-password"]), 0);
        }
        joined(
            &project.run(&["keys", "trust", "acme.pub", "--publisher", "acme"]),
            0,
        );
        let home = project.beside("home").to_string_lossy().into_owned();
        let desk = Desk { project, home };
        desk.build("0.1.0", "acme.key");
        desk.write_host();
        desk
    }

    /// Build `care-VERSION.pack`.
    fn build(&self, version: &str, key: &str) {
        let text = std::fs::read_to_string(self.project.path("pack.toml")).expect("there");
        let before = text
            .lines()
            .find(|line| line.starts_with("version"))
            .expect("a version");
        let text = text.replace(before, &format!("version = \"{version}\""));
        std::fs::write(self.project.path("pack.toml"), text).expect("written");
        let build = [
            "pack",
            "build",
            "care",
            "--offline",
            "--skip-cases",
            "--sign",
            key,
        ];
        joined(&self.project.run(&build), 0);
    }

    fn write_host(&self) {
        self.project.write(
            "patchbay.toml",
            "companies = []\nstore = \"store\"\n[trust]\npolicy = \"trust.toml\"\n[egress]\nallow = [\"127.0.0.0/8\"]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
        );
    }

    fn write_company(&self, pack: &str, more: &str) {
        self.project.write(
            "northwind.toml",
            &format!("company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = {pack:?}\n{more}{QUEUES}"),
        );
    }

    /// Run a command with a PATH that has no program, and the credentials of Docker.
    fn run(&self, arguments: &[&str]) -> Output {
        let environment = [
            ("PATH", "/nonexistent"),
            ("CARGO", ""),
            ("HOME", self.home.as_str()),
            ("DOCKER_CONFIG", self.home.as_str()),
            ("XDG_DATA_HOME", ""),
        ];
        patchbay_with_environment(&self.project.beside(""), &environment, arguments)
    }

    /// Run a command that succeeds, with --json.
    fn document(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        joined(&output, 0);
        serde_json::from_str(&stdout(&output)).expect("JSON")
    }

    fn stored(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.project.beside("store"));
        let paths = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|one| one.path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == "pack"))
            .collect()
    }
}

#[test]
fn a_signed_pack_goes_through_dockers_registry_to_a_host_without_a_compiler() {
    let Some(registry) = DockerRegistry::start() else {
        return;
    };
    let desk = Desk::new();
    let repository = format!("{}/acme/care", registry.host);
    let shown = joined(
        &desk.run(&["pack", "push", "care-0.1.0.pack", &repository]),
        1,
    );
    assert!(shown.contains("docker login"), "{shown}");
    std::fs::create_dir(&desk.home).expect("a directory");
    let auth = format!(
        r#"{{"auths": {{"{}": {{"auth": "YW5hOnNlY3JldA=="}}}}}}"#,
        registry.host
    );
    desk.project.write("home/config.json", &auth);
    let pushed = desk.document(&["pack", "push", "care-0.1.0.pack", &repository]);
    assert_eq!(
        (&pushed["signatures"], &pushed["signatures_listed_by"]),
        (&1.into(), &"tag".into())
    );
    let again = desk.document(&["pack", "push", "care-0.1.0.pack", &repository]);
    assert_eq!(again["sent_bytes"], 0);
    // The vendor's file is not needed any more.
    let file = std::fs::read(desk.project.beside("care-0.1.0.pack")).expect("there");
    std::fs::remove_file(desk.project.beside("care-0.1.0.pack")).expect("removed");
    let tagged = format!("oci://{repository}:0.1.0");
    let shown = joined(
        &desk.run(&["pack", "pull", &tagged, "--output", "pulled.pack"]),
        0,
    );
    assert!(shown.contains("signed by acme"), "{shown}");
    let pulled = std::fs::read(desk.project.beside("pulled.pack")).expect("there");
    assert!(pulled == file, "the same bytes come back");
    joined(
        &desk.run(&["pack", "verify", "pulled.pack", "--trust", "trust.toml"]),
        0,
    );
    let server = TestServer::start(&desk.project.beside("patchbay.toml"));
    desk.write_company(&tagged, "");
    let shown = joined(&desk.run(&["apply", "northwind.toml", "--new"]), 0);
    let digest = pushed["digest"].as_str().expect("a digest");
    assert!(shown.contains(&format!("{tagged} is {digest}")), "{shown}");
    let draft = r#"{"draft": {"id": "d", "channel": "x", "text": "THIS IS NOT OUR FAULT AT ALL!"}, "interaction": {"id": "1", "channel": "x", "text": "Hello?"}}"#;
    let (status, decided) = server.send("POST", "tone", draft);
    assert_eq!(
        (status, &decided["tone"]["verdict"]),
        (200, &"revise".into()),
        "{decided}"
    );
    // A tag of a released version stays.
    std::fs::write(desk.project.path("README.md"), "# Another text\n").expect("written");
    desk.build("0.1.0", "acme.key");
    let shown = joined(
        &desk.run(&["pack", "push", "care-0.1.0.pack", &repository]),
        1,
    );
    assert!(shown.contains("--replace"), "{shown}");
}

#[test]
fn packs_of_a_registry_are_applied_kept_and_collected() {
    let desk = Desk::new();
    let registry = TestRegistry::start();
    let repository = format!("{}/acme/care", registry.host());
    let stable = format!("oci://{repository}:stable");
    let push = |file: &str| desk.document(&["pack", "push", file, &stable]);
    let first = push("care-0.1.0.pack");
    let first = first["digest"].as_str().expect("a digest").to_owned();
    desk.write_company(&stable, "");
    let server = TestServer::start(&desk.project.beside("patchbay.toml"));

    // Without the network, a pack must have been pulled.
    let shown = joined(
        &desk.run(&["apply", "northwind.toml", "--new", "--offline"]),
        1,
    );
    assert!(
        shown.contains("it is not in the store") && shown.contains("patchbay pack pull"),
        "{shown}"
    );
    assert!(shown.contains("northwind.toml:5"), "{shown}");
    let dry = desk.document(&["apply", "northwind.toml", "--new", "--dry-run"]);
    assert_eq!(dry["packs"][&stable], *first, "{dry}");
    registry.take_lines();
    let shown = joined(
        &desk.run(&["apply", "northwind.toml", "--new", "--offline"]),
        0,
    );
    assert!(shown.contains(&first), "{shown}");
    assert!(registry.take_lines().is_empty(), "nothing was asked");

    // The tag moves: the next apply makes a generation of the new pack.
    desk.build("0.2.0", "acme.key");
    let second = push("care-0.2.0.pack");
    let second = second["digest"].as_str().expect("a digest");
    let shown = joined(&desk.run(&["apply", "northwind.toml"]), 0);
    assert!(
        shown.contains(second) && shown.contains("generation 2 is active"),
        "{shown}"
    );
    // And back: the older version was signed too.
    desk.document(&["pack", "push", "care-0.1.0.pack", &stable]);
    let shown = joined(&desk.run(&["apply", "northwind.toml"]), 1);
    assert!(shown.contains("is older than 0.2.0"), "{shown}");
    desk.document(&["pack", "push", "care-0.2.0.pack", &stable]);

    // A pack of another signer is neither kept nor applied.
    desk.build("0.3.0", "mallory.key");
    let evil = format!("oci://{repository}:0.3.0");
    desk.document(&["pack", "push", "care-0.3.0.pack", &evil]);
    let shown = joined(&desk.run(&["pack", "pull", &evil]), 1);
    assert!(
        shown.contains("is not trusted") && shown.contains("is not in the trust policy"),
        "{shown}"
    );
    desk.write_company(&evil, "");
    let shown = joined(&desk.run(&["apply", "northwind.toml"]), 1);
    assert!(
        shown.contains("is not in the trust policy") && shown.contains("northwind.toml:5"),
        "{shown}"
    );
    assert_eq!(desk.stored().len(), 2);

    // By name, digest and pinned reference, the store is enough.
    drop(registry);
    for pack in ["care@^0.2", second, &format!("oci://{repository}@{second}")] {
        desk.write_company(pack, "");
        joined(&desk.run(&["apply", "northwind.toml", "--dry-run"]), 0);
    }
    desk.write_company(&stable, "reuse = 2\n");
    let shown = joined(&desk.run(&["apply", "northwind.toml"]), 4);
    assert!(shown.contains("accepts no connection"), "{shown}");

    // What generations have stays, with and without a server; other packs go with age.
    let listed = desk.document(&["pack", "list"]);
    let versions: Vec<_> = listed["packs"].as_array().into_iter().flatten().collect();
    assert_eq!(
        versions.len(),
        5,
        "three files and two of the store: {listed}"
    );
    let old = SystemTime::now() - Duration::from_secs(7_200);
    let make_old = || {
        for path in desk.stored() {
            std::fs::File::open(path)
                .expect("there")
                .set_modified(old)
                .expect("set");
        }
    };
    make_old();
    let gc = ["pack", "gc", "--older-than", "1h"];
    let kept = desk.document(&gc);
    assert_eq!(
        (
            kept["deleted"].as_array().map(Vec::len),
            desk.stored().len()
        ),
        (Some(0), 2),
        "{kept}"
    );
    drop(server);
    make_old();
    assert_eq!(desk.document(&gc)["kept"].as_array().map(Vec::len), Some(2));
    joined(
        &desk.run(&["generations", "delete", "1", "--company", "northwind"]),
        0,
    );
    let dry = desk.document(&[&gc[..], &["--dry-run"]].concat());
    assert_eq!(
        (dry["deleted"][0]["digest"].as_str(), desk.stored().len()),
        (Some(&*first), 2),
        "{dry}"
    );
    let shown = joined(&desk.run(&gc), 0);
    assert!(shown.contains("1 pack deleted"), "{shown}");
    assert_eq!(desk.stored().len(), 1);
    let shown = joined(
        &desk.run(&["pack", "gc", "--older-than", "1h", "--no-host"]),
        0,
    );
    assert!(
        shown.contains("there is no store") || shown.contains("0 packs deleted"),
        "{shown}"
    );
    // The generation has its own copy.
    std::fs::remove_dir_all(desk.project.beside("store")).expect("removed");
    let server = TestServer::start(&desk.project.beside("patchbay.toml"));
    let (status, generations) = server.send("GET", "generations", "");
    assert_eq!(
        (status, &generations["active"]),
        (200, &2.into()),
        "{generations}"
    );
}

#[test]
fn wrong_references_and_answers_are_explained() {
    let project = Project::of_stages("tone");
    let pull =
        |reference: &str, code: i32| joined(&project.run(&["pack", "pull", reference]), code);
    for reference in [
        "care:1.0.0",
        "https://registry.example/care:1",
        "registry.example/Care:1",
        "registry.example/care:1 x",
    ] {
        let shown = pull(reference, 2);
        assert!(shown.contains("write HOST/PATH:TAG"), "{shown}");
    }
    let registry = TestRegistry::start();
    let missing = format!("{}/acme/care:1.0.0", registry.host());
    let shown = pull(&missing, 1);
    assert!(
        shown.contains("has no oci://") && shown.contains("check path and tag"),
        "{shown}"
    );
    registry.answer(
        "manifests",
        Canned::status(200)
            .with("content-type", "text/html")
            .with_body("\u{1b}[2Jhello"),
    );
    let shown = pull(&missing, 1);
    assert!(shown.contains("as \"text/html\""), "{shown}");
    project.write("northwind.toml", "company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = \"oci://registry.example/Care:1\"\n[queue.general]\ndefault = true\n");
    project.write(
        "patchbay.toml",
        "companies = []\n[journal]\npath = \"desk.db\"\n",
    );
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 1);
    assert!(
        shown.contains("northwind.toml:5") && shown.contains("is not a pack in a registry"),
        "{shown}"
    );
    // A company file may not lead to this machine.
    project.write("northwind.toml", &format!("company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = \"oci://{missing}\"\n[queue.general]\ndefault = true\n"));
    registry.take_lines();
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 1);
    assert!(shown.contains("`allow` under [egress]"), "{shown}");
    assert!(registry.take_lines().is_empty());
    std::fs::remove_file(project.beside("patchbay.toml")).expect("removed");
    let shown = joined(&project.run(&["pack", "gc"]), 2);
    assert!(shown.contains("--no-host"), "{shown}");
}
