//! `pack show --example`: a company file to start from, for every pack of the repository.

use std::io::Write;
use std::path::Path;

use patchbay_test_python::Environment;

use crate::command::{joined, patchbay_in, patchbay_with_environment, root, stderr, stdout};
use crate::project::Project;

#[test]
fn the_example_of_every_pack_of_the_repository_is_a_valid_company_file() {
    let place = tempfile::tempdir().expect("a place");
    std::fs::create_dir(place.path().join("packs")).expect("a directory");
    let write = |file: &str, text: &str| std::fs::write(place.path().join(file), text).expect(file);
    write(
        "patchbay.toml",
        "companies = [\"example.toml\"]\npacks = [\"packs\"]\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
    );
    let plugins = std::fs::read_dir(root().join("plugins")).expect("plugins");
    let plugins = plugins.map(|entry| entry.expect("an entry").path());
    let mut plugins: Vec<_> = plugins
        .filter(|path| path.join("pack.toml").is_file())
        .collect();
    plugins.sort();
    assert!(!plugins.is_empty());
    for plugin in plugins {
        let name = plugin
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let directory = plugin.canonicalize().expect("a directory");
        let directory = directory.to_str().expect("UTF-8");
        let file = format!("packs/{name}.pack");
        let build = [
            "pack",
            "build",
            directory,
            "--offline",
            "--skip-cases",
            "--output",
            &file,
        ];
        let has_python = plugin.join("requirements.txt").is_file();
        let environment = match has_python {
            true => Environment::installed(Path::new(env!("CARGO_TARGET_TMPDIR"))),
            false => None,
        };
        let variables: Vec<(&str, &str)> = environment
            .and_then(|environment| environment.directory().to_str())
            .map(|directory| ("VIRTUAL_ENV", directory))
            .into_iter()
            .collect();
        let built = patchbay_with_environment(place.path(), &variables, &build);
        // Without the tools of its language; the packages of a test environment are complete.
        if built.status.code() == Some(4) && environment.is_none() {
            let why = stderr(&built);
            writeln!(std::io::stderr(), "SKIPPED: {name}: {why}").expect("standard error");
            continue;
        }
        joined(&built, 0);
        let example = patchbay_in(place.path(), &["pack", "show", &file, "--example"], "");
        assert_eq!(
            example.status.code(),
            Some(0),
            "{name}: {}",
            stderr(&example)
        );
        let example = stdout(&example);
        write("example.toml", &example);
        let apply = ["apply", "example.toml", "--dry-run", "--new"];
        let applied = patchbay_in(place.path(), &apply, "");
        let shown = joined(&applied, 0);
        assert!(
            shown.contains("would be created"),
            "{name}: {shown}\n{example}"
        );
        joined(&patchbay_in(place.path(), &["serve", "--check"], ""), 0);
    }
}

#[test]
fn a_pack_says_in_its_component_who_made_it() {
    let project = Project::of_stages("tone");
    project.change(
        "pack.toml",
        "[pack]\n",
        "[pack]\npublisher = \"acme\"\nlicence = \"MIT\"\nsource = \"https://code.example/care\"\n",
    );
    let build = [
        "pack",
        "build",
        "care",
        "--offline",
        "--skip-cases",
        "--revision",
        "4f1c2d",
    ];
    joined(&project.run(&build), 0);
    let first = std::fs::read(project.beside("care-0.1.0.pack")).expect("a pack file");
    joined(&project.run(&build), 0);
    let second = std::fs::read(project.beside("care-0.1.0.pack")).expect("a pack file");
    assert!(first == second, "the same sources give the same file");
    for command in [
        &["pack", "show", "care-0.1.0.pack"][..],
        &["inspect", "care-0.1.0.pack"],
    ] {
        let shown = joined(&project.run(command), 0);
        for part in ["acme", "MIT", "https://code.example/care", "4f1c2d"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
    let inspected = project.run(&["inspect", "care-0.1.0.pack", "--json"]);
    let inspected: serde_json::Value = serde_json::from_str(&stdout(&inspected)).expect("JSON");
    assert_eq!(
        inspected["metadata"],
        serde_json::json!({
            "name": "care", "version": "0.1.0", "description": inspected["metadata"]["description"],
            "authors": "acme", "licenses": "MIT", "source": "https://code.example/care", "revision": "4f1c2d",
        })
    );
    project.change("pack.toml", "https://code.example/care", "no address");
    let shown = joined(&project.run(&build), 3);
    assert!(shown.contains("`source` is \"no address\""), "{shown}");
}
