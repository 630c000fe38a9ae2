//! The bill of materials of a policy in TypeScript: the npm packages of its lock file that a build
//! needs, with version, licence and checksum.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::BuildError;
use crate::typescript::packages::{LockFile, LockedPackage, Packages};

/// The bill of materials of a project that was built. The same `package-lock.json` gives the same
/// document.
///
/// # Errors
/// [`BuildError::Toolchain`] where the packages of the lock file are not installed.
pub(super) fn of_project(directory: &Path) -> Result<Value, BuildError> {
    let directory = directory
        .canonicalize()
        .map_err(patchbay_pack::cannot_read(directory))?;
    let packages = Packages::of_project(&directory)?;
    let member = directory
        .strip_prefix(&packages.root)
        .unwrap_or(Path::new(""));
    Ok(document(&packages.lock, &member.to_string_lossy()))
}

fn document(lock: &LockFile, member: &str) -> Value {
    let mut used: BTreeMap<String, (&LockedPackage, Vec<String>)> = BTreeMap::new();
    let mut left = vec![member.to_owned()];
    while let Some(path) = left.pop() {
        let Some(package) = lock.packages.get(&path) else {
            continue;
        };
        if used.contains_key(&path) {
            continue;
        }
        let names = package
            .dependencies
            .keys()
            .chain(package.optional_dependencies.keys());
        let on: Vec<String> = names.filter_map(|name| lock.resolve(&path, name)).collect();
        left.extend(on.iter().cloned());
        used.insert(path, (package, on));
    }
    let reference = |path: &str| lock.reference(path);
    let component = |path: &str, package: &LockedPackage| {
        let mut component = json!({
            "type": "library",
            "bom-ref": reference(path),
            "name": lock.name(path),
            "version": package.version,
            "purl": reference(path),
        });
        if let Some(Value::String(licence)) = &package.license {
            component["licenses"] = json!([{"expression": licence}]);
        }
        if let Some(content) = package.integrity.as_deref().and_then(sha512) {
            component["hashes"] = json!([{"alg": "SHA-512", "content": content}]);
        }
        component
    };
    let own = lock
        .packages
        .get(member)
        .map(|package| component(member, package));
    // In the order of name and version, whatever the places of packages are.
    let mut others = BTreeMap::new();
    let mut dependencies = BTreeMap::new();
    for (path, (package, on)) in &used {
        let mut on: Vec<String> = on.iter().map(|path| reference(path)).collect();
        on.sort();
        dependencies.insert(reference(path), on);
        if path != member {
            others.insert(reference(path), component(path, package));
        }
    }
    let dependencies: Vec<Value> = dependencies
        .into_iter()
        .map(|(reference, on)| json!({"ref": reference, "dependsOn": on}))
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": others.into_values().collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

impl LockFile {
    /// The place of a package as the one at `from` finds it: below itself or the nearest
    /// directory above. A link leads to its directory.
    fn resolve(&self, from: &str, name: &str) -> Option<String> {
        let mut place = Some(from);
        while let Some(directory) = place {
            let path = match directory {
                "" => format!("node_modules/{name}"),
                directory => format!("{directory}/node_modules/{name}"),
            };
            match self.packages.get(&path) {
                Some(LockedPackage {
                    link: true,
                    resolved: Some(target),
                    ..
                }) => return Some(target.clone()),
                Some(_) => return Some(path),
                None => {}
            }
            place = match directory {
                "" => None,
                directory => Some(directory.rsplit_once('/').map_or("", |(above, _)| above)),
            };
        }
        None
    }

    fn name<'a>(&'a self, path: &'a str) -> &'a str {
        let package = self.packages.get(path);
        match (
            package.and_then(|package| package.name.as_deref()),
            path.rsplit_once("node_modules/"),
        ) {
            (Some(name), _) | (None, Some((_, name))) => name,
            (None, None) => path,
        }
    }

    /// The package URL (purl) of the package at a path.
    fn reference(&self, path: &str) -> String {
        let package = self.packages.get(path);
        let version = package.and_then(|package| package.version.as_deref());
        let name = self.name(path).replace('@', "%40");
        format!("pkg:npm/{name}@{}", version.unwrap_or("0.0.0"))
    }
}

/// The hexadecimal digits of an integrity such as `sha512-q83v…`.
fn sha512(integrity: &str) -> Option<String> {
    use base64::Engine as _;
    let text = integrity
        .split(' ')
        .find_map(|one| one.strip_prefix("sha512-"))?;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lists_what_the_component_is_built_from_with_checksums() {
        let lock: LockFile = serde_json::from_str(
            r#"{"packages": {
            "": {"name": "care", "version": "1.0.0", "dependencies": {"@patchbay/sdk": "file:sdk"}},
            "node_modules/@patchbay/sdk": {"link": true, "resolved": "sdk"},
            "sdk": {"name": "@patchbay/sdk", "version": "0.1.0", "dependencies": {"esbuild": "0.28.2"}},
            "sdk/node_modules/esbuild": {"version": "0.28.2", "license": "MIT", "integrity": "sha512-q83v",
                "optionalDependencies": {"@esbuild/aix": "0.28.2"}},
            "node_modules/esbuild": {"version": "0.1.0"},
            "node_modules/vitest": {"version": "3.0.0", "dev": true}}}"#,
        )
        .expect("a lock file");
        let document = document(&lock, "");
        assert_eq!(document["metadata"]["component"]["name"], "care");
        assert_eq!(
            document["components"],
            json!([
                {"type": "library", "bom-ref": "pkg:npm/%40patchbay/sdk@0.1.0", "name": "@patchbay/sdk",
                    "version": "0.1.0", "purl": "pkg:npm/%40patchbay/sdk@0.1.0"},
                {"type": "library", "bom-ref": "pkg:npm/esbuild@0.28.2", "name": "esbuild",
                    "version": "0.28.2", "purl": "pkg:npm/esbuild@0.28.2",
                    "licenses": [{"expression": "MIT"}],
                    "hashes": [{"alg": "SHA-512", "content": "abcdef"}]},
            ])
        );
        assert_eq!(
            document["dependencies"][2],
            json!({"ref": "pkg:npm/esbuild@0.28.2", "dependsOn": []})
        );
    }
}
