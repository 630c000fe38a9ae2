//! The SDK for Rust as the crates that would be published. Those for TypeScript and Python are packed
//! in every new project, from which `typescript.rs` and the suite `python` install them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{isolated, joined};
use crate::project::Project;

/// The crates of the SDK with their directory in it.
const CRATES: [(&str, &str); 2] = [("patchbay-sdk", ""), ("patchbay-text", "text")];

/// Packs the crates, without the network, and unpacks them to a directory. Returns where each is.
fn unpacked(to: &Path) -> Vec<PathBuf> {
    let mut cargo = isolated(Command::new("cargo"));
    cargo.args(["package", "--no-verify", "--allow-dirty", "--offline"]);
    // A lock file would need the crates to be in the registry.
    cargo.args(["--exclude-lockfile", "--target-dir"]).arg(to);
    for (name, _) in CRATES {
        cargo.args(["--package", name]);
    }
    joined(&cargo.output().expect("cargo starts"), 0);
    let packed = to.join("package");
    let directories = CRATES.map(|(name, _)| {
        let tar = Command::new("tar")
            .arg("xzf")
            .arg(packed.join(format!("{name}-0.1.0.crate")))
            .current_dir(&packed)
            .output();
        joined(&tar.expect("tar starts"), 0);
        packed.join(format!("{name}-0.1.0"))
    });
    directories.to_vec()
}

/// Files below a directory, by their paths in it, without those of one directory.
fn files(directory: &Path, without: Option<&str>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(one) = directories.pop() {
        for entry in std::fs::read_dir(&one).expect("readable") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(directory).expect("below it").to_owned();
            match path.is_dir() {
                true if without.is_none_or(|other| name != Path::new(other)) => {
                    directories.push(path);
                }
                true => {}
                false => found.push(name),
            }
        }
    }
    found
}

#[test]
fn a_policy_is_built_from_the_crates_as_they_would_be_published() {
    let project = Project::new();
    let packed = unpacked(&project.beside("packed"));
    let vendored = project.path("vendor/patchbay-sdk");
    for ((_, below), packed) in CRATES.into_iter().zip(&packed) {
        let without = below.is_empty().then_some("text");
        let here = files(&vendored.join(below), without);
        assert!(here.len() > 5, "{here:?}");
        for file in here {
            assert!(
                packed.join(&file).is_file(),
                "{} is not packed",
                file.display()
            );
        }
    }
    std::fs::remove_dir_all(project.path("vendor")).expect("removed");
    project.change(
        "Cargo.toml",
        "{ path = \"vendor/patchbay-sdk\" }",
        "\"0.1.0\"",
    );
    let mut manifest = std::fs::read_to_string(project.path("Cargo.toml")).expect("there");
    manifest += "[patch.crates-io]\n";
    for ((name, _), packed) in CRATES.into_iter().zip(&packed) {
        manifest += &format!("{name} = {{ path = {packed:?} }}\n");
    }
    std::fs::write(project.path("Cargo.toml"), manifest).expect("written");
    let tested = joined(&project.run(&["test", "care", "--offline"]), 0);
    assert!(tested.contains("2 passed"), "{tested}");
    // A registry would have no directory beside the crate.
    let lock = std::fs::read_to_string(project.path("Cargo.lock")).expect("there");
    assert!(lock.contains("name = \"patchbay-text\""), "{lock}");
}
