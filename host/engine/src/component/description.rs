use patchbay_model::decision::stage::Stage;
use serde::Serialize;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::digest::Digest;
use super::load_error::LoadError;
use crate::contract_version;

/// Beginning of the name `lifecycle` is exported under.
const LIFECYCLE: &str = "patchbay:lifecycle/lifecycle@";

/// What a component's type says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: usize,
    /// The stages it exports; at least one.
    pub stages: Vec<Stage>,
    /// Whether it exports `lifecycle.prepare`.
    pub lifecycle: bool,
    /// Version of the contract it was built against, the highest of the
    /// `patchbay:` interfaces it imports and exports; absent where none has a
    /// version.
    pub contract: Option<String>,
    /// Interfaces it imports.
    pub imports: Vec<String>,
    /// Interfaces it exports.
    pub exports: Vec<String>,
    /// Grants whose interfaces it calls. It may import an interface for its types
    /// alone.
    #[serde(skip)]
    pub grants_used: Vec<&'static str>,
}

/// Grants that have an interface of their own.
const GRANTS: [&str; 5] = ["interactions", "agents", "knowledge", "contacts", "state"];

impl Description {
    /// Read the type of a compiled component.
    ///
    /// # Errors
    /// [`LoadError::Incompatible`] for imports that are neither the contract's
    /// nor WASI's, [`LoadError::NoDecision`] for exports without a stage.
    pub(crate) fn read(
        engine: &wasmtime::Engine,
        component: &Component,
        digest: Digest,
        bytes: usize,
    ) -> Result<Description, LoadError> {
        let ty = component.component_type();
        let interface = |name: &str, item: &ComponentItem| {
            matches!(item, ComponentItem::ComponentInstance(_)).then(|| name.to_owned())
        };
        let imports: Vec<String> = ty
            .imports(engine)
            .filter_map(|(name, item)| interface(name, &item.ty))
            .collect();
        let calls = |wanted: &str| {
            let interface = format!("patchbay:care/{wanted}@");
            ty.imports(engine).any(|(name, item)| match item.ty {
                ComponentItem::ComponentInstance(instance) if name.starts_with(&interface) => {
                    let mut parts = instance.exports(engine);
                    parts.any(|(_, part)| matches!(part.ty, ComponentItem::ComponentFunc(_)))
                }
                _ => false,
            })
        };
        let grants_used = GRANTS.into_iter().filter(|grant| calls(grant));
        let exports: Vec<String> = ty
            .exports(engine)
            .filter_map(|(name, item)| interface(name, &item.ty))
            .collect();
        // A clearer message than the linker's.
        let is_offered = |name: &str| name.starts_with("patchbay:") || name.starts_with("wasi:");
        let names = imports.iter().map(String::as_str);
        let foreign: Vec<_> = names.filter(|name| !is_offered(name)).collect();
        if !foreign.is_empty() {
            let foreign = foreign.join(", ");
            return Err(LoadError::Incompatible(format!(
                "it imports {foreign}, which this host does not offer"
            )));
        }
        let exports_any = |prefix: &str| exports.iter().any(|name| name.starts_with(prefix));
        let stages: Vec<Stage> = Stage::ALL
            .into_iter()
            .filter(|stage| exports_any(export_prefix(*stage)))
            .collect();
        if stages.is_empty() {
            return Err(LoadError::NoDecision(match exports.is_empty() {
                true => "no interface at all".to_owned(),
                false => exports.join(", "),
            }));
        }
        let names = imports.iter().chain(&exports);
        let contract = contract_version::newest(names.map(String::as_str));
        Ok(Description {
            digest,
            bytes,
            stages,
            lifecycle: exports_any(LIFECYCLE),
            contract: contract.map(|version| version.to_string()),
            grants_used: grants_used.collect(),
            imports,
            exports,
        })
    }
}

/// Whether a component exports `lifecycle`, read from its bytes before anything
/// is compiled. False for invalid bytes: compiling them reports the error.
pub(crate) fn has_lifecycle(bytes: &[u8]) -> bool {
    use wasmparser::{Parser, Payload, Validator};
    if Validator::new().validate_all(bytes).is_err() {
        return false;
    }
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::Version { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::ComponentExportSection(exports)) if depth == 1 => {
                let mut names = exports.into_iter().flatten();
                if names.any(|export| export.name.name.starts_with(LIFECYCLE)) {
                    return true;
                }
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

pub(crate) fn export_prefix(stage: Stage) -> &'static str {
    match stage {
        Stage::Classify => "patchbay:classification/classification@",
        Stage::Route => "patchbay:routing/routing@",
        Stage::Tone => "patchbay:tone/tone@",
        Stage::Escalate => "patchbay:escalation/escalation@",
    }
}
