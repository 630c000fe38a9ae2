//! The contract parses, is documented, keeps every released item, and matches the bindings and the
//! codes of the SDKs.

mod codes;
mod compatibility;
mod javascript;
mod matrix;
mod python;
mod released;
mod surface;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wit_bindgen_core::wit_parser::{
    Docs, Function, Interface, Package, PackageId, Resolve, Stability, Type, TypeDef, TypeDefKind,
    TypeId, World, WorldItem,
};
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::{Opts, WithOption};

/// Packages in the order of their dependencies.
const PACKAGES: [&str; 7] = [
    "care",
    "classification",
    "routing",
    "tone",
    "escalation",
    "lifecycle",
    "policy",
];

/// The world of everything a policy may import; its bindings are shared.
const IMPORTS: (&str, &str) = ("care", "imports");

/// Worlds a policy may export. Each has a module of its own, so that a component exports only the
/// decisions it implements.
const EXPORTS: [(&str, &str); 5] = [
    ("classification", "classifier"),
    ("routing", "router"),
    ("tone", "tone-checker"),
    ("escalation", "escalator"),
    ("lifecycle", "prepared"),
];

#[test]
fn every_package_parses() {
    let contract = Contract::read();
    for name in PACKAGES {
        assert_eq!(contract.package(name).name.namespace, "patchbay");
        assert_eq!(contract.package(name).name.name, name);
    }
}

#[test]
fn every_item_has_documentation_and_a_version() {
    let contract = Contract::read();
    let mut missing = Vec::new();
    for name in PACKAGES {
        let package = contract.package(name);
        has_docs(&package.docs, format!("package {name}"), &mut missing);
        for id in package.interfaces.values() {
            contract.check_interface(&contract.resolve.interfaces[*id], name, &mut missing);
        }
        for id in package.worlds.values() {
            contract.check_world(&contract.resolve.worlds[*id], name, &mut missing);
        }
    }
    assert!(
        missing.is_empty(),
        "the contract lacks:\n  {}",
        missing.join("\n  ")
    );
}

/// `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract` writes them.
#[test]
fn sdk_bindings_match_the_contract() {
    let rust = ("sdk/rust/src/bindings", generate());
    let javascript = (
        "sdk/javascript/src",
        javascript::generate(&Contract::read()),
    );
    for (directory, generated) in [rust, javascript] {
        matches_or_write(directory, &generated);
    }
}

/// Checks that a directory of an SDK has these files, or writes them.
fn matches_or_write(directory: &str, generated: &BTreeMap<String, String>) {
    let update = std::env::var_os("PATCHBAY_UPDATE").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for (file, source) in generated {
        let path = root().join(directory).join(file);
        if fs::read_to_string(&path).ok().as_ref() == Some(source) {
            continue;
        }
        if update {
            fs::write(&path, source).expect("the bindings can be written");
        } else {
            differing.push(file.as_str());
        }
    }
    assert!(
        differing.is_empty(),
        "{} in {directory} differ from wit/; run `PATCHBAY_UPDATE=1 cargo test -p \
         patchbay-suite --test contract` to write them",
        differing.join(", "),
    );
}

/// File name and text of every generated module.
fn generate() -> BTreeMap<String, String> {
    let contract = Contract::read();
    let (package, world) = IMPORTS;
    let mut modules = BTreeMap::new();
    modules.insert(
        "imports.rs".to_owned(),
        contract.bindings(
            package,
            world,
            Opts {
                generate_all: true,
                ..options("imports")
            },
        ),
    );
    for (package, world) in EXPORTS {
        let macro_name = format!("export_{package}");
        modules.insert(
            format!("{package}.rs"),
            contract.bindings(
                package,
                world,
                Opts {
                    with: contract.shared_types(package),
                    export_macro_name: Some(macro_name),
                    pub_export_macro: true,
                    ..options(package)
                },
            ),
        );
    }
    modules
}

fn options(module: &str) -> Opts {
    Opts {
        format: true,
        default_bindings_module: Some(format!("$crate::bindings::{module}")),
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        // These hold resources, which have no equality.
        additional_derive_ignore: vec!["page".to_owned(), "match".to_owned()],
        ..Opts::default()
    }
}

struct Contract {
    resolve: Resolve,
    packages: BTreeMap<&'static str, PackageId>,
}

impl Contract {
    fn read() -> Self {
        let mut resolve = Resolve::default();
        let mut packages = BTreeMap::new();
        for name in PACKAGES {
            let (id, _) = resolve
                .push_dir(root().join("wit").join(name))
                .unwrap_or_else(|error| panic!("wit/{name} does not parse: {error:?}"));
            packages.insert(name, id);
        }
        Self { resolve, packages }
    }

    fn package(&self, name: &str) -> &Package {
        &self.resolve.packages[self.packages[name]]
    }

    fn bindings(&self, package: &str, world: &str, options: Opts) -> String {
        // The generator changes it in place.
        let mut resolve = self.resolve.clone();
        let world = self.package(package).worlds[world];
        let mut files = Files::default();
        options
            .build()
            .generate(&mut resolve, world, &mut files)
            .expect("bindings are generated");
        let (_, source) = files.iter().next().expect("one file is generated");
        String::from_utf8(source.to_vec()).expect("the bindings are text")
    }

    /// Maps every imported interface to the shared bindings.
    fn shared_types(&self, package: &str) -> Vec<(String, WithOption)> {
        let care = self.packages["care"];
        let mut shared: Vec<_> = self.resolve.packages[care]
            .interfaces
            .keys()
            .map(|name| {
                let key = self.resolve.id_of_name(care, name);
                let module = name.replace('-', "_");
                let path = format!("crate::bindings::imports::patchbay::care::{module}");
                (key, WithOption::Path(path))
            })
            .collect();
        let own = self.packages[package];
        shared.push((self.resolve.id_of_name(own, package), WithOption::Generate));
        // A package lists its interfaces in the order of its files on disk.
        shared.sort_by(|a, b| a.0.cmp(&b.0));
        shared
    }

    fn check_interface(&self, interface: &Interface, package: &str, missing: &mut Vec<String>) {
        let name = format!("{package}/{}", interface.name.as_deref().unwrap_or("?"));
        has_docs(&interface.docs, name.clone(), missing);
        has_since(&interface.stability, name.clone(), missing);
        for (type_name, id) in &interface.types {
            self.check_type(*id, &format!("{name}.{type_name}"), missing);
        }
        for function in interface.functions.values() {
            check_function(function, &name, missing);
        }
    }

    fn check_type(&self, id: TypeId, name: &str, missing: &mut Vec<String>) {
        let TypeDef {
            docs,
            stability,
            kind,
            ..
        } = &self.resolve.types[id];
        // A type of another interface is documented there.
        if let TypeDefKind::Type(Type::Id(_)) = kind {
            return;
        }
        has_docs(docs, name.to_owned(), missing);
        has_since(stability, name.to_owned(), missing);
        let members: Vec<(&str, &Docs)> = match kind {
            TypeDefKind::Record(record) => record
                .fields
                .iter()
                .map(|field| (field.name.as_str(), &field.docs))
                .collect(),
            TypeDefKind::Enum(choice) => choice
                .cases
                .iter()
                .map(|case| (case.name.as_str(), &case.docs))
                .collect(),
            TypeDefKind::Variant(variant) => variant
                .cases
                .iter()
                .map(|case| (case.name.as_str(), &case.docs))
                .collect(),
            TypeDefKind::Flags(flags) => flags
                .flags
                .iter()
                .map(|flag| (flag.name.as_str(), &flag.docs))
                .collect(),
            _ => Vec::new(),
        };
        for (member, docs) in members {
            has_docs(docs, format!("{name}.{member}"), missing);
        }
    }

    fn check_world(&self, world: &World, package: &str, missing: &mut Vec<String>) {
        let name = format!("{package}/{}", world.name);
        has_docs(&world.docs, name.clone(), missing);
        has_since(&world.stability, name.clone(), missing);
        // Items included from another world lose their version.
        let own = match (package, world.name.as_str()) {
            IMPORTS => &world.imports,
            name if EXPORTS.contains(&name) => &world.exports,
            _ => return,
        };
        for (key, item) in own {
            let WorldItem::Interface { stability, .. } = item else {
                continue;
            };
            has_since(
                stability,
                format!("{name}: {}", self.resolve.name_world_key(key)),
                missing,
            );
        }
    }
}

fn check_function(function: &Function, interface: &str, missing: &mut Vec<String>) {
    let name = format!("{interface}.{}", function.name);
    has_docs(&function.docs, name.clone(), missing);
    has_since(&function.stability, name, missing);
}

fn has_docs(docs: &Docs, name: String, missing: &mut Vec<String>) {
    if docs
        .contents
        .as_deref()
        .is_none_or(|text| text.trim().is_empty())
    {
        missing.push(format!("documentation of {name}"));
    }
}

fn has_since(stability: &Stability, name: String, missing: &mut Vec<String>) {
    if !matches!(stability, Stability::Stable { .. }) {
        missing.push(format!("@since on {name}"));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
