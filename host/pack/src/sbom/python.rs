//! The bill of materials of a policy in Python: the packages whose modules the component has, the SDK,
//! and componentize-py, which brings the interpreter.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::build::{BuildError, python};
use crate::regular_file::read_bytes;
use crate::source_error::cannot_read;

/// Most bytes of the list of packages.
const MOST_BYTES: u64 = 4 << 20;

/// A package, as the SDK's program lists it.
#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// SHA-256 digests of its archives, of which one was installed.
    #[serde(default)]
    archives: Vec<String>,
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
            if let [archive] = &package.archives[..] {
                component["hashes"] = json!([{"alg": "SHA-256", "content": archive}]);
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
        };
        let packages = [
            package("componentize-py", None, &["aa", "bb"]),
            package("patchbay-sdk", Some("Apache-2.0"), &["cc"]),
        ];
        let document = document("tiers", "0.1.0", &packages);
        let purls: Vec<&Value> = (0..2_usize)
            .map(|at| &document["components"][at]["purl"])
            .collect();
        assert_eq!(
            purls,
            ["pkg:pypi/componentize-py@1.0", "pkg:pypi/patchbay-sdk@1.0"]
        );
        assert!(document["components"][0].get("hashes").is_none());
        assert_eq!(document["components"][1]["hashes"][0]["content"], "cc");
        assert_eq!(document["metadata"]["component"]["name"], "tiers");
        assert_eq!(
            document["dependencies"][0]["dependsOn"],
            json!(["pkg:pypi/componentize-py@1.0", "pkg:pypi/patchbay-sdk@1.0"])
        );
    }
}
