//! What a component uses of the contract, and whether this host runs it.

use std::collections::BTreeMap;

use patchbay_model::limits::Limits;
use serde::Serialize;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wasmparser::{Parser, Payload, ValidPayload, Validator};

use crate::cancel::CancelSignal;
use crate::component::{ComponentBytes, Digest, LoadError};
use crate::contract::{CONTRACT_PACKAGES, CONTRACT_VERSION};
use crate::contract_version::newest;
use crate::engine::Engine;
use crate::instance::Instance;

/// What a component uses of the contract.
#[derive(Clone, Debug, Serialize)]
pub struct ContractUse {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Version of the contract it was built for: the highest of its packages'; absent where it
    /// names none.
    pub contract: Option<String>,
    /// Version of the contract that this host implements.
    pub host_contract: &'static str,
    /// Functions it imports, by interface.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Functions it exports, by interface.
    pub exports: BTreeMap<String, Vec<String>>,
    /// Why this host does not run it; absent where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<ContractRefusal>,
}

/// Why a host does not run a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractRefusal {
    /// The interface or item that differs, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Engine {
    /// Read what a component uses of the contract, and start an instance of it, without
    /// `prepare`, to find out whether this host runs it. Takes as long as compiling it.
    ///
    /// # Errors
    /// [`LoadError`] for bytes that are no component, or that cannot be compiled.
    pub fn contract_use(&self, component: &ComponentBytes) -> Result<ContractUse, LoadError> {
        let (imports, exports) = interfaces(component);
        let names = imports.keys().chain(exports.keys()).map(String::as_str);
        let contract = newest(names).map(|version| version.to_string());
        let started = self.start_unprepared(component);
        let refusal = match started {
            Ok(()) => None,
            Err(
                error @ (LoadError::Incompatible(_)
                | LoadError::Contract { .. }
                | LoadError::NoDecision(_)),
            ) => Some(refusal(&error, &imports, &exports)),
            Err(error) => return Err(error),
        };
        Ok(ContractUse {
            digest: component.digest(),
            contract,
            host_contract: CONTRACT_VERSION,
            imports,
            exports,
            refusal,
        })
    }

    fn start_unprepared(&self, component: &ComponentBytes) -> Result<(), LoadError> {
        let never = CancelSignal::default();
        let loaded = self.loader.load(&self.runtime, component, &never)?;
        // The component's memory may be larger than a company allows it by default.
        let ceiling = &self.settings().ceiling;
        let limits = Limits {
            memory: ceiling.memory,
            table_elements: ceiling.table_elements,
            ..Limits::default()
        };
        let started = Instance::start(&self.runtime, &loaded.linked, &limits);
        started.map(drop).map_err(LoadError::start)
    }
}

/// Names the item that differs: an interface of another version, or what the linker quotes.
fn refusal(
    error: &LoadError,
    imports: &BTreeMap<String, Vec<String>>,
    exports: &BTreeMap<String, Vec<String>>,
) -> ContractRefusal {
    let problem = error.to_string();
    let mut names = imports.keys().chain(exports.keys());
    let other = |name: &&String| !crate::contract_version::is_offered(name);
    let item = match error {
        LoadError::Contract { .. } => names.find(other).cloned(),
        LoadError::Incompatible(text) => {
            let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
            let interface = names.find(|name| text.contains(name.as_str()));
            interface.map(|interface| {
                let parts = imports.get(interface).or(exports.get(interface));
                let mut parts = parts.into_iter().flatten();
                let part = parts.find(|part| quoted.iter().any(|one| plain(one) == **part));
                let types = quoted.iter().find(|one| !one.contains(':'));
                match (part.map(String::as_str), types) {
                    (Some(part), _) => format!("{interface} {part}"),
                    (None, Some(name)) => format!("{interface} {}", plain(name)),
                    (None, None) => interface.clone(),
                }
            })
        }
        _ => None,
    };
    ContractRefusal { item, problem }
}

/// `interaction.read` of `[method]interaction.read`.
fn plain(name: &str) -> &str {
    name.rsplit_once(']').map_or(name, |(_, name)| name)
}

/// Interfaces of the contract with the functions in each.
type Interfaces = BTreeMap<String, Vec<String>>;

/// The interfaces of the contract's packages that a component imports and exports; none for
/// bytes that are no valid component, which compiling them reports.
fn interfaces(bytes: &[u8]) -> (Interfaces, Interfaces) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    let mut validator = Validator::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { break };
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                let names = section.clone().into_iter().flatten();
                imports.extend(names.map(|one| one.name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                let names = section.clone().into_iter().flatten();
                exports.extend(names.map(|one| one.name.name.to_owned()));
            }
            _ => {}
        }
        let is_end = matches!(payload, Payload::End(_));
        match validator.payload(&payload) {
            Ok(ValidPayload::End(types)) if depth == 1 => {
                let import = |name: &str| types.component_item_for_import(name).map(|it| it.ty);
                let export = |name: &str| types.component_item_for_export(name).map(|it| it.ty);
                return (
                    contract_items(&types, imports, import),
                    contract_items(&types, exports, export),
                );
            }
            Ok(_) => {}
            Err(_) => break,
        }
        if is_end {
            depth = depth.saturating_sub(1);
        }
    }
    Default::default()
}

fn contract_items(
    types: &Types,
    names: Vec<String>,
    item: impl Fn(&str) -> Option<ComponentEntityType>,
) -> Interfaces {
    let is_ours = |name: &String| {
        let package = name
            .strip_prefix("patchbay:")
            .and_then(|it| it.split('/').next());
        package.is_some_and(|package| CONTRACT_PACKAGES.iter().any(|(name, _)| *name == package))
    };
    let names = names.into_iter().filter(is_ours);
    let interfaces = names.filter_map(|name| {
        let ComponentEntityType::Instance(id) = item(&name)? else {
            return None;
        };
        let parts = types[id].exports.iter();
        let parts = parts.filter(|(_, part)| matches!(part.ty, ComponentEntityType::Func(_)));
        let mut parts: Vec<String> = parts.map(|(name, _)| plain(name).to_owned()).collect();
        parts.sort();
        Some((name, parts))
    });
    interfaces.collect()
}
