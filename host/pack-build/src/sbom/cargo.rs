//! The bill of materials of a policy in Rust: every crate that the component or a build script
//! needs, with version, licence and checksum.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::BuildError;
use crate::rust::{GUEST_TARGET, run_cargo};

/// What `cargo metadata` says.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_root: std::path::PathBuf,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

#[derive(Default, Deserialize)]
struct LockFile {
    #[serde(default)]
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// The bill of materials of a project that was built. The same `Cargo.lock` gives the same document.
///
/// # Errors
/// [`BuildError::Toolchain`] where cargo does not describe the project.
pub(super) fn of_project(directory: &Path, offline: bool) -> Result<Value, BuildError> {
    let mut arguments = vec![
        "metadata",
        "--format-version",
        "1",
        "--filter-platform",
        GUEST_TARGET,
    ];
    arguments.extend(offline.then_some("--offline"));
    let output = run_cargo(directory, &arguments)?;
    let metadata: Metadata = serde_json::from_slice(&output)
        .map_err(|error| BuildError::Toolchain(format!("cargo metadata: {error}")))?;
    let lock = std::fs::read_to_string(metadata.workspace_root.join("Cargo.lock"));
    let lock: LockFile = lock
        .ok()
        .and_then(|text| toml::from_str(&text).ok())
        .unwrap_or_default();
    Ok(document(&metadata, &lock))
}

fn document(metadata: &Metadata, lock: &LockFile) -> Value {
    let packages: HashMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package))
        .collect();
    let nodes: HashMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let root = metadata.resolve.root.as_deref().unwrap_or_default();
    // In the order of name and version, whatever cargo's order is.
    let mut used = BTreeMap::new();
    let mut left = vec![root];
    while let Some(id) = left.pop() {
        let (Some(package), Some(node)) = (packages.get(id), nodes.get(id)) else {
            continue;
        };
        let needed = needed_by(node);
        let on: BTreeSet<String> = needed
            .iter()
            .filter_map(|id| packages.get(id).map(|package| reference(package)))
            .collect();
        if used.insert(reference(package), (*package, on)).is_none() {
            left.extend(needed);
        }
    }
    let checksums: HashMap<(&str, &str), &str> = lock
        .package
        .iter()
        .filter_map(|one| {
            let checksum = one.checksum.as_deref()?;
            Some(((one.name.as_str(), one.version.as_str()), checksum))
        })
        .collect();
    let component = |package: &Package| {
        let mut component = json!({
            "type": "library",
            "bom-ref": reference(package),
            "name": package.name,
            "version": package.version,
            "purl": reference(package),
        });
        if let Some(licence) = &package.license {
            component["licenses"] = json!([{"expression": licence}]);
        }
        let checksum = checksums.get(&(package.name.as_str(), package.version.as_str()));
        if let Some(checksum) = checksum {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        component
    };
    let own = packages.get(root).map(|package| component(package));
    let others = used.values().filter(|(package, _)| package.id != root);
    let others: Vec<Value> = others.map(|(package, _)| component(package)).collect();
    let dependencies = used.iter();
    let dependencies: Vec<Value> = dependencies
        .map(|(reference, (_, on))| json!({"ref": reference, "dependsOn": on}))
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": others,
        "dependencies": dependencies,
    })
}

/// Packages that a build of this one needs; those of its tests are not among them.
fn needed_by(node: &Node) -> Vec<&str> {
    let is_needed = |dependency: &&Dependency| {
        let mut kinds = dependency.dep_kinds.iter();
        kinds.any(|kind| kind.kind.as_deref() != Some("dev"))
    };
    let needed = node.deps.iter().filter(is_needed);
    needed.map(|dependency| dependency.pkg.as_str()).collect()
}

/// The package URL (purl) of a crate.
fn reference(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lists_what_the_component_is_built_from_with_checksums() {
        let package = |name: &str, licence: Option<&str>| Package {
            id: format!("path+file:///home/jo/{name}"),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: licence.map(str::to_owned),
        };
        let depends = |name: &str, kind: Option<&str>| Dependency {
            pkg: format!("path+file:///home/jo/{name}"),
            dep_kinds: vec![DependencyKind {
                kind: kind.map(str::to_owned),
            }],
        };
        let node = |name: &str, deps: Vec<Dependency>| Node {
            id: format!("path+file:///home/jo/{name}"),
            deps,
        };
        let metadata = Metadata {
            packages: vec![
                package("tester", None),
                package("serde", Some("MIT OR Apache-2.0")),
                package("care", None),
                package("unused", None),
            ],
            resolve: Resolve {
                nodes: vec![
                    node(
                        "care",
                        vec![depends("serde", None), depends("tester", Some("dev"))],
                    ),
                    node("serde", Vec::new()),
                    node("tester", vec![depends("unused", None)]),
                ],
                root: Some("path+file:///home/jo/care".to_owned()),
            },
            workspace_root: "/home/jo".into(),
        };
        let lock: LockFile = toml::from_str(
            "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nchecksum = \"ab12\"\n",
        )
        .expect("a lock file");
        let document = document(&metadata, &lock);
        assert_eq!(document["metadata"]["component"]["name"], "care");
        assert_eq!(
            document["components"],
            json!([{
                "type": "library",
                "bom-ref": "pkg:cargo/serde@1.0.0",
                "name": "serde",
                "version": "1.0.0",
                "purl": "pkg:cargo/serde@1.0.0",
                "licenses": [{"expression": "MIT OR Apache-2.0"}],
                "hashes": [{"alg": "SHA-256", "content": "ab12"}],
            }])
        );
        assert_eq!(
            document["dependencies"],
            json!([
                {"ref": "pkg:cargo/care@1.0.0", "dependsOn": ["pkg:cargo/serde@1.0.0"]},
                {"ref": "pkg:cargo/serde@1.0.0", "dependsOn": []},
            ])
        );
        assert!(!document.to_string().contains("/home/jo"));
    }
}
