//! Components built for every released contract, and for the one in `wit/`, run on this host; those of
//! another are refused with the item that differs.

use std::path::Path;

use patchbay_engine::CONTRACT_VERSION;
use patchbay_engine::component::ComponentBytes;
use patchbay_engine::contract_use::ContractUse;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_suite::host::{TIMEOUT, metered, said, spec};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, PackageId, Resolve, WorldId};

use crate::released::versions;
use crate::{PACKAGES, root};

/// The packages of a contract.
struct Contract {
    resolve: Resolve,
    packages: Vec<(&'static str, PackageId)>,
}

impl Contract {
    /// Reads the packages in a directory; `edit` changes the text of each.
    fn read(directory: &Path, edit: impl Fn(String) -> String) -> Contract {
        let mut resolve = Resolve::default();
        let packages = PACKAGES.map(|name| {
            let files = std::fs::read_dir(directory.join(name)).expect("a package");
            let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
            // The file with the package's name and documentation comes first.
            paths.sort_by_key(|path| !path.ends_with("package.wit"));
            let texts = paths
                .iter()
                .map(|path| std::fs::read_to_string(path).expect("a text"));
            let text = edit(texts.collect::<Vec<_>>().join("\n"));
            let id = resolve.push_source(name, &text);
            (name, id.unwrap_or_else(|error| panic!("{name}: {error:?}")))
        });
        Contract {
            resolve,
            packages: packages.to_vec(),
        }
    }

    fn package(&self, name: &str) -> PackageId {
        let mut packages = self.packages.iter();
        packages.find(|(own, _)| *own == name).expect("a package").1
    }

    /// A component that imports every item of the contract and exports a world. Its functions
    /// trap.
    fn component(&self, package: &str, world: &str) -> ComponentBytes {
        let id = self.world(package, world);
        let module = dummy_module(&self.resolve, id, ManglingAndAbi::Standard32);
        self.encode(module, package, world)
    }

    fn world(&self, package: &str, world: &str) -> WorldId {
        self.resolve.packages[self.package(package)].worlds[world]
    }

    /// Wraps a core module as a component of a world.
    fn encode(&self, mut module: Vec<u8>, package: &str, world: &str) -> ComponentBytes {
        let world = self.world(package, world);
        embed_component_metadata(&mut module, &self.resolve, world, StringEncoding::UTF8)
            .expect("metadata fits the module");
        let encoder = ComponentEncoder::default().module(&module);
        let encoded = encoder.and_then(|encoder| encoder.validate(true).encode());
        encoded
            .unwrap_or_else(|error| panic!("{package}: {error:?}"))
            .into()
    }

    /// Version of the package `care`.
    fn care(&self) -> String {
        let package = &self.resolve.packages[self.package("care")];
        package
            .name
            .version
            .as_ref()
            .expect("a version")
            .to_string()
    }
}

fn contracts() -> Vec<(String, Contract)> {
    let released = versions().into_iter().map(|version| {
        let directory = root().join("wit/released").join(&version);
        (version, Contract::read(&directory, |text| text))
    });
    let mut contracts: Vec<_> = released.collect();
    if contracts
        .iter()
        .all(|(version, _)| version != CONTRACT_VERSION)
    {
        let current = Contract::read(&root().join("wit"), |text| text);
        contracts.push(("wit/".to_owned(), current));
    }
    contracts
}

fn contract_use(component: &ComponentBytes) -> ContractUse {
    metered().contract_use(component).expect("a component")
}

#[test]
fn every_item_of_every_released_contract_is_offered() {
    for (version, contract) in contracts() {
        let found = contract_use(&contract.component("policy", "policy"));
        assert_eq!(found.refusal, None, "{version}");
        assert_eq!(
            found.contract.as_deref(),
            Some(&*contract.care()),
            "{version}"
        );
        let types = &found.imports[&format!("patchbay:care/types@{}", contract.care())];
        assert!(
            types.contains(&"interaction.text".to_owned()),
            "{version}: {types:?}"
        );
        let exports: Vec<&str> = found
            .exports
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        assert_eq!(
            exports,
            ["classify", "escalate", "prepare", "route", "check"],
            "{version}"
        );
    }
}

/// A core module of a classifier that gives the interaction's text as its reason: with `read`
/// where the contract has it.
fn classifier(care: &str) -> Vec<u8> {
    // Where in the answer of the method the text is.
    let (method, text) = match care {
        "0.1.0" => ("interaction.text", 0),
        _ => ("interaction.read", 16),
    };
    let module = format!(
        r#"(module
          (import "patchbay:care/types@{care}" "[method]{method}" (func $read (param i32 i32)))
          (memory (export "memory") 4)
          (global $next (mut i32) (i32.const 4096))
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (global.get $next)
            (global.set $next (i32.and
              (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8))))
          (func (export "patchbay:classification/classification@0.1.0#classify")
            (param i32) (result i32)
            (call $read (local.get 0) (i32.const 64))
            ;; ok, some
            (i32.store8 (i32.const 1032) (i32.const 1))
            ;; why
            (i32.store (i32.const 1132) (i32.load (i32.const {pointer})))
            (i32.store (i32.const 1136) (i32.load (i32.const {length})))
            (i32.const 1024)))"#,
        pointer = 64 + text,
        length = 64 + text + 4,
    );
    wat::parse_str(module).expect("a module")
}

#[test]
fn a_policy_of_every_released_contract_decides() {
    for (version, contract) in contracts() {
        let component =
            contract.encode(classifier(&contract.care()), "classification", "classifier");
        let plugin = Plugin::activate(metered(), spec(component));
        let plugin = plugin.unwrap_or_else(|error| panic!("{version}: {error}"));
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (answer, trace) = lease.classify(&said("Olá 🙂"), false);
        let answer = answer.unwrap_or_else(|| panic!("{version}: {}", trace.outcome));
        assert_eq!(answer.why, "Olá 🙂", "{version}");
    }
}

/// The item and the advice with which a component of an edited contract is refused.
fn refusal(
    directory: &str,
    package: &str,
    world: &str,
    (from, to): (&str, &str),
) -> (String, String) {
    let contract = Contract::read(&root().join(directory), |text| text.replace(from, to));
    let found = contract_use(&contract.component(package, world));
    let refusal = found
        .refusal
        .unwrap_or_else(|| panic!("{from} > {to} runs"));
    (refusal.item.unwrap_or_default(), refusal.problem)
}

#[test]
fn a_component_for_a_newer_host_is_refused_with_its_version() {
    let current = format!("patchbay:care@{CONTRACT_VERSION}");
    for version in ["0.1.99", "0.2.0"] {
        let contract = Contract::read(&root().join("wit"), |text| {
            let text = text.replace(&current, &format!("patchbay:care@{version}"));
            let text = text.replace(
                &format!("@{CONTRACT_VERSION}.{{"),
                &format!("@{version}.{{"),
            );
            let text = text.replace(
                &format!("imports@{CONTRACT_VERSION}"),
                &format!("imports@{version}"),
            );
            text.replace(
                "    resource interaction {",
                "    resource interaction {\n        @since(version = 0.1.0)\n        mood: func() -> string;",
            )
        });
        let found = contract_use(&contract.component("routing", "router"));
        assert_eq!(found.contract.as_deref(), Some(version));
        let refusal = found.refusal.expect("refused");
        let item = refusal.item.expect("an interface");
        assert!(
            item.starts_with("patchbay:care/") && item.ends_with(version),
            "{item}"
        );
        let expected = format!("built for contract {version}; this host speaks {CONTRACT_VERSION}");
        assert!(refusal.problem.contains(&expected), "{}", refusal.problem);
        assert!(
            refusal.problem.contains("Update the host"),
            "{}",
            refusal.problem
        );
    }
}

#[test]
fn a_component_that_differs_in_one_item_is_refused_with_its_name() {
    for (directory, edit, expected, field) in [
        (
            "wit",
            ("proficiency: u8,", "proficiency: u16,"),
            "patchbay:care/agents@0.1.2 agent.skills",
            "proficiency",
        ),
        (
            "wit/released/0.1.0",
            ("proficiency: u8,", "proficiency: u16,"),
            "patchbay:care/agents@0.1.0 agent.skills",
            "proficiency",
        ),
        (
            "wit",
            (
                "reach: func() -> option<u64>;",
                "reach: func() -> option<u32>;",
            ),
            "patchbay:care/types@0.1.2 contact.reach",
            "u32",
        ),
        (
            "wit",
            ("        incident: option<string>,\n", ""),
            "patchbay:care/types@0.1.2 conversation.read",
            "fields",
        ),
        (
            "wit",
            (
                "    resource draft {",
                "    resource draft {\n        @since(version = 0.1.0)\n        mood: func() -> string;",
            ),
            "patchbay:care/types@0.1.2 draft.mood",
            "",
        ),
        (
            "wit",
            ("        excluded: list<string>,\n", ""),
            "patchbay:routing/routing@0.1.0",
            "fields",
        ),
    ] {
        let (item, problem) = refusal(directory, "routing", "router", edit);
        assert!(item.starts_with(expected), "{item}: {problem}");
        assert!(problem.contains(field), "{field}: {problem}");
        assert!(
            problem.contains("rebuild it against this host's `wit/`"),
            "{problem}"
        );
    }
}
