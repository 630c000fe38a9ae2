//! Company files on the command line, without a server.

use tempfile::TempDir;

use crate::command::{patchbay_in, stderr, stdout};
use crate::test_server::TestServer;

const NORTHWIND: &str = "company = \"northwind\"\n[queue.general]\ndefault = true\n";

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("a place"));
        place.write(
            "patchbay.toml",
            "companies = [\"a.toml\"]\npacks = []\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
        );
        place
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("written");
    }

    /// Exit code, and what the command says.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = patchbay_in(self.0.path(), arguments, "");
        (output.status.code(), stdout(&output) + &stderr(&output))
    }
}

#[test]
fn an_apply_without_a_difference_says_so_and_stores_nothing() {
    let place = Place::new();
    place.write("a.toml", NORTHWIND);
    // It creates the journal and the company.
    drop(TestServer::start(&place.0.path().join("patchbay.toml")));
    place.write("b.toml", &format!("# The same.\n{NORTHWIND}"));
    for arguments in [
        &["apply", "b.toml"][..],
        &["apply", "b.toml", "--keep-only"],
        &["apply", "b.toml", "--dry-run"],
    ] {
        let (code, said) = place.run(arguments);
        let expected = "northwind: nothing differs from generation 1, which stays active\n";
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    let (_, listed) = place.run(&["generations", "list", "--company", "northwind"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let (_, trail) = place.run(&["audit", "list", "--company", "northwind"]);
    assert!(!trail.contains("generation."), "{trail}");
}

#[test]
fn a_stored_generation_is_deleted_by_the_server_and_without_one() {
    let place = Place::new();
    place.write("a.toml", NORTHWIND);
    let server = TestServer::start(&place.0.path().join("patchbay.toml"));
    for queue in ["tax", "fraud"] {
        place.write("b.toml", &format!("{NORTHWIND}[queue.{queue}]\n"));
        let (code, said) = place.run(&["apply", "b.toml", "--keep-only"]);
        assert_eq!(code, Some(0), "{said}");
    }
    let delete = |generation: &str| {
        let verb = [
            "generations",
            "delete",
            generation,
            "--company",
            "northwind",
        ];
        place.run(&[&verb[..], &["--by", "eva"]].concat())
    };
    for (by, generation, running) in [("server", "2", Some(server)), ("journal", "3", None)] {
        for (refused, words) in [("1", "generation 1 is in use"), ("9", "no generation 9")] {
            let (code, said) = delete(refused);
            assert_eq!(code, Some(1), "{by}: {said}");
            assert!(said.contains(words), "{by}: {said}");
        }
        let (code, said) = delete(generation);
        assert_eq!(code, Some(0), "{by}: {said}");
        let expected = format!("deleted generation {generation}; ");
        assert!(said.contains(&expected), "{by}: {said}");
        drop(running);
    }
    let (_, listed) = place.run(&["generations", "list", "--company", "northwind"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let (_, trail) = place.run(&["audit", "list", "--company", "northwind"]);
    assert_eq!(trail.matches("generation.deleted").count(), 2, "{trail}");
}

#[test]
fn of_a_long_line_only_the_part_around_the_place_is_shown() {
    let place = Place::new();
    let long = "x".repeat(60_000);
    place.write(
        "a.toml",
        &format!("company = \"northwind\"\nqueue = {{ a = {{ default = \"{long}\", skills = {{}}, colour = 1 }} }}\n"),
    );
    place.write("b.toml", &format!("company = \"northwind\" \"{long}\"\n"));
    for (file, at) in [("a.toml", "a.toml:2:"), ("b.toml", "b.toml:1:")] {
        let (code, said) = place.run(&["apply", file]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(at), "{said}");
        assert!(said.len() < 5_000, "{} bytes", said.len());
    }
}

#[test]
fn a_pipe_in_the_place_of_a_company_file_is_an_error() {
    let place = Place::new();
    let made = std::process::Command::new("mkfifo")
        .arg(place.0.path().join("a.toml"))
        .status();
    assert!(made.expect("mkfifo").success());
    for arguments in [
        &["apply", "a.toml"][..],
        &["apply", "/dev/zero"],
        &["serve", "--check"],
    ] {
        let (code, said) = place.run(arguments);
        assert_eq!(code, Some(4), "{arguments:?}: {said}");
        assert!(said.contains("is not a file"), "{said}");
    }
}
