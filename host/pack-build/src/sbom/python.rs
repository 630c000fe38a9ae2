//! The bill of materials of a policy in Python: the packages whose modules the component has, the SDK,
//! and componentize-py, which brings the interpreter.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{BuildError, python};
use patchbay_pack::cannot_read;
use patchbay_pack::regular_file::read_bytes;

/// Most bytes of the list of packages.
const MOST_BYTES: u64 = 4 << 20;

/// What the digest of a package is of that the lock file has none for.
const FILES: &str = "the sorted lines PATH,sha256=DIGEST of its files";

/// A package, as the SDK's program lists it.
#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// SHA-256 digests of its archives, as the lock file has them; one of them was installed.
    #[serde(default)]
    archives: Vec<String>,
    /// SHA-256 of the names and digests of its files, where the lock file has no digest.
    #[serde(default)]
    files: Option<String>,
}

/// The bill of materials of a project that was built.
///
/// # Errors
/// [`BuildError::Source`] where the build has left no list of packages.
pub(super) fn of_project(directory: &Path, pack: &str, version: &str) -> Result<Value, BuildError> {
    let path = python::package_list(directory, pack);
    let bytes = read_bytes(&path, MOST_BYTES).map_err(cannot_read(&path))?;
    let packages: Vec<Package> = serde_json::from_slice(&bytes)
        .map_err(|error| BuildError::Toolchain(format!("{}: {error}", path.display())))?;
    Ok(document(pack, version, &packages))
}

fn document(pack: &str, version: &str, packages: &[Package]) -> Value {
    let reference = |name: &str, version: &str| format!("pkg:pypi/{name}@{version}");
    let components: Vec<Value> = packages
        .iter()
        .map(|package| {
            let reference = reference(&package.name, &package.version);
            let mut component = json!({
                "type": "library",
                "bom-ref": reference,
                "name": package.name,
                "version": package.version,
                "purl": reference,
            });
            if let Some(licence) = &package.licence {
                component["licenses"] = json!([{"license": {"name": licence}}]);
            }
            let hash = |content: &String| json!({"alg": "SHA-256", "content": content});
            match (&package.archives[..], &package.files) {
                ([archive], _) => component["hashes"] = json!([hash(archive)]),
                ([], Some(files)) => {
                    component["hashes"] = json!([hash(files)]);
                    component["properties"] = json!([{"name": "patchbay:hash-of", "value": FILES}]);
                }
                ([], None) => {}
                // An archive for each kind of machine: the same document on all of them.
                (archives, _) => {
                    let hashes: Vec<Value> = archives.iter().map(hash).collect();
                    component["externalReferences"] =
                        json!([{"type": "distribution", "url": reference, "hashes": hashes}]);
                }
            }
            component
        })
        .collect();
    let own = format!("{pack}@{version}");
    let on: Vec<&Value> = components.iter().map(|one| &one["bom-ref"]).collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "library", "bom-ref": own, "name": pack, "version": version}},
        "dependencies": [{"ref": own, "dependsOn": on}],
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lists_the_packages_of_the_component() {
        let package = |name: &str, licence: Option<&str>, archives: &[&str]| Package {
            name: name.to_owned(),
            version: "1.0".to_owned(),
            licence: licence.map(str::to_owned),
            archives: archives.iter().map(|&one| one.to_owned()).collect(),
            files: archives.is_empty().then(|| "dd".to_owned()),
        };
        let packages = [
            package("componentize-py", None, &["aa", "bb"]),
            package("patchbay-sdk", Some("Apache-2.0"), &["cc"]),
            package("rules", Some("MIT"), &[]),
        ];
        let document = document("tiers", "0.1.0", &packages);
        let purls: Vec<&Value> = (0..3_usize)
            .map(|at| &document["components"][at]["purl"])
            .collect();
        assert_eq!(
            purls,
            [
                "pkg:pypi/componentize-py@1.0",
                "pkg:pypi/patchbay-sdk@1.0",
                "pkg:pypi/rules@1.0"
            ]
        );
        let components = &document["components"];
        assert!(components[0].get("hashes").is_none());
        assert_eq!(
            components[0]["externalReferences"],
            json!([{"type": "distribution", "url": "pkg:pypi/componentize-py@1.0", "hashes": [
                {"alg": "SHA-256", "content": "aa"},
                {"alg": "SHA-256", "content": "bb"},
            ]}])
        );
        assert_eq!(components[1]["hashes"][0]["content"], "cc");
        assert!(components[1].get("properties").is_none());
        assert_eq!(components[2]["hashes"][0]["content"], "dd");
        assert_eq!(components[2]["properties"][0]["value"], FILES);
        assert_eq!(document["metadata"]["component"]["name"], "tiers");
        assert_eq!(document["dependencies"][0]["dependsOn"], json!(purls));
    }
}
