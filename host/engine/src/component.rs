//! A component on its way to decisions: described by its type, then tied to the
//! host (`Linked`). Both are shared by every company that uses the same bytes;
//! what belongs to a company lives in an instance's store.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::care::HostState;
use crate::contract::{CONTRACT_VERSION, classification, escalation, lifecycle, routing, tone};
use crate::shelf::Shelf;
use crate::stop::{causes, root_cause};
use crate::wasi;

/// SHA-256 of a component's bytes or of a text, written `sha256:…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The 32 bytes themselves.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The 64 hexadecimal digits alone.
    pub fn hex(&self) -> String {
        String::from_utf8_lossy(&self.digits()).into_owned()
    }

    fn digits(&self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        digits
    }

    /// Read what `Display` writes.
    pub fn parse(text: &str) -> Option<Digest> {
        let hex = text.strip_prefix("sha256:")?;
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        f.write_str(&String::from_utf8_lossy(&self.digits()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        Digest::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("expected sha256: and 64 hexadecimal digits"))
    }
}

/// The bytes of a component and their digest, taken once: they are asked for
/// by every company that uses them.
#[derive(Clone)]
pub struct ComponentBytes {
    bytes: Arc<[u8]>,
    digest: Digest,
}

impl ComponentBytes {
    /// Digest of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T: Into<Arc<[u8]>>> From<T> for ComponentBytes {
    fn from(bytes: T) -> ComponentBytes {
        let bytes = bytes.into();
        ComponentBytes {
            digest: Digest::of(&bytes),
            bytes,
        }
    }
}

impl Deref for ComponentBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for ComponentBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.digest, f)
    }
}

/// Why a component cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is nothing in the file.
    #[error("the file is empty; expected a WebAssembly component")]
    Empty,
    /// It is something else.
    #[error("this is no WebAssembly: it does not begin with \\0asm")]
    NotWasm,
    /// It is WebAssembly, but no component.
    #[error(
        "this is a core module, not a component; build it for wasm32-wasip2, or with `patchbay build`"
    )]
    CoreModule,
    /// It is damaged.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// It asks for something, or offers something in a shape, this host does
    /// not speak.
    #[error("does not fit contract {CONTRACT_VERSION}: {0}")]
    Incompatible(String),
    /// It decides nothing.
    #[error(
        "exports none of the decisions (classification, routing, tone, escalation); it exports {0}"
    )]
    NoDecision(String),
    /// It cannot be started.
    #[error("a fresh instance does not start: {0}")]
    Start(Outcome),
    /// Its `prepare` did not end well.
    #[error("`prepare` failed: {0}")]
    Prepare(Outcome),
    /// It does not accept its settings.
    #[error("the policy refuses its settings: {}", list(.0))]
    Settings(Vec<SettingsProblem>),
}

/// One thing a policy finds wrong with its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsProblem {
    /// JSON Pointer into the settings.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

fn list(problems: &[SettingsProblem]) -> String {
    let texts: Vec<_> = problems
        .iter()
        .map(|problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        })
        .collect();
    texts.join("; ")
}

/// What a component is, learnt from its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: usize,
    /// The decisions it makes.
    pub stages: Vec<Stage>,
    /// Whether it wants to be prepared.
    pub lifecycle: bool,
    /// Version of the contract it was built against; absent where it imports
    /// and exports nothing of ours.
    pub contract: Option<String>,
    /// Interfaces it imports.
    pub imports: Vec<String>,
    /// Interfaces it exports.
    pub exports: Vec<String>,
}

impl Description {
    /// Which interfaces it imports that an operator grants.
    pub fn grants_used(&self) -> Vec<&'static str> {
        ["interactions", "agents", "knowledge", "state"]
            .into_iter()
            .filter(|name| {
                let interface = format!("patchbay:care/{name}@");
                self.imports
                    .iter()
                    .any(|import| import.starts_with(&interface))
            })
            .collect()
    }
}

/// Tell a component from everything else by its first eight bytes (the
/// component model's binary format, preamble).
pub(crate) fn check_header(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty);
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    match bytes.get(4..8) {
        Some([_, 0, 1, 0]) => Ok(()),
        Some([_, _, 0, 0]) => Err(LoadError::CoreModule),
        _ => Err(LoadError::Invalid("the header is cut short".to_owned())),
    }
}

/// Whether a component has something to prepare, told from its bytes, before
/// anything is compiled. Bytes that are no valid component have not: compiling
/// them says what is wrong.
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
                let found = exports
                    .into_iter()
                    .flatten()
                    .any(|export| export.name.name.starts_with(LIFECYCLE));
                if found {
                    return true;
                }
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

/// Beginning of the name `lifecycle` is exported under.
const LIFECYCLE: &str = "patchbay:lifecycle/lifecycle@";

/// Learn what a component is.
pub(crate) fn describe(
    engine: &wasmtime::Engine,
    component: &Component,
    digest: Digest,
    bytes: usize,
) -> Result<Description, LoadError> {
    let ty = component.component_type();
    let names = |items: Vec<(&str, bool)>| -> Vec<String> {
        items
            .into_iter()
            .filter(|(_, interface)| *interface)
            .map(|(name, _)| name.to_owned())
            .collect()
    };
    let is_interface = |item: &ComponentItem| matches!(item, ComponentItem::ComponentInstance(_));
    let imports = names(
        ty.imports(engine)
            .map(|(name, item)| (name, is_interface(&item.ty)))
            .collect(),
    );
    let exports = names(
        ty.exports(engine)
            .map(|(name, item)| (name, is_interface(&item.ty)))
            .collect(),
    );
    foreign_imports(&imports)?;
    let stages: Vec<Stage> = Stage::ALL
        .into_iter()
        .filter(|stage| {
            exports
                .iter()
                .any(|name| name.starts_with(export_prefix(*stage)))
        })
        .collect();
    if stages.is_empty() {
        let shown = if exports.is_empty() {
            "no interface at all".to_owned()
        } else {
            exports.join(", ")
        };
        return Err(LoadError::NoDecision(shown));
    }
    let contract = imports
        .iter()
        .chain(&exports)
        .find(|name| name.starts_with("patchbay:"))
        .and_then(|name| name.rsplit_once('@'))
        .map(|(_, version)| version.to_owned());
    Ok(Description {
        digest,
        bytes,
        stages,
        lifecycle: exports.iter().any(|name| name.starts_with(LIFECYCLE)),
        contract,
        imports,
        exports,
    })
}

fn export_prefix(stage: Stage) -> &'static str {
    match stage {
        Stage::Classify => "patchbay:classification/classification@",
        Stage::Route => "patchbay:routing/routing@",
        Stage::Tone => "patchbay:tone/tone@",
        Stage::Escalate => "patchbay:escalation/escalation@",
    }
}

/// Interfaces nobody here offers, before linking says it less clearly.
fn foreign_imports(imports: &[String]) -> Result<(), LoadError> {
    let foreign: Vec<&str> = imports
        .iter()
        .map(String::as_str)
        .filter(|name| !name.starts_with("patchbay:") && !name.starts_with("wasi:"))
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(LoadError::Incompatible(format!(
        "it imports {}, which this host does not offer",
        foreign.join(", ")
    )))
}

/// Where each export is, looked up once.
pub(crate) struct Indices {
    pub(crate) classification: Option<classification::GuestIndices>,
    pub(crate) routing: Option<routing::GuestIndices>,
    pub(crate) tone: Option<tone::GuestIndices>,
    pub(crate) escalation: Option<escalation::GuestIndices>,
    pub(crate) lifecycle: Option<lifecycle::GuestIndices>,
}

/// A component tied to the host: all that is left to do is to instantiate it.
pub(crate) struct Linked {
    pub(crate) description: Description,
    /// Of a picture: what its author built. The code of that is not kept, and
    /// need not be compiled again for the next company with the same settings.
    pub(crate) origin: Option<Description>,
    pub(crate) pre: InstancePre<HostState>,
    pub(crate) indices: Indices,
    /// Fresh instances made ahead, each handed out once.
    pub(crate) ahead: Shelf,
}

impl fmt::Debug for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

/// Tie a component to the host.
pub(crate) fn link(
    engine: &wasmtime::Engine,
    care: &Linker<HostState>,
    component: &Component,
    description: Description,
) -> Result<Linked, LoadError> {
    let mut linker = care.clone();
    wasi::link(engine, &mut linker, component).map_err(|error| incompatible(&error))?;
    let pre = linker
        .instantiate_pre(component)
        .map_err(|error| incompatible(&error))?;
    let wrong = |error: wasmtime::Error| incompatible(&error);
    let has = |stage: Stage| description.stages.contains(&stage);
    let indices = Indices {
        classification: has(Stage::Classify)
            .then(|| classification::GuestIndices::new(&pre))
            .transpose()
            .map_err(wrong)?,
        routing: has(Stage::Route)
            .then(|| routing::GuestIndices::new(&pre))
            .transpose()
            .map_err(wrong)?,
        tone: has(Stage::Tone)
            .then(|| tone::GuestIndices::new(&pre))
            .transpose()
            .map_err(wrong)?,
        escalation: has(Stage::Escalate)
            .then(|| escalation::GuestIndices::new(&pre))
            .transpose()
            .map_err(wrong)?,
        lifecycle: description
            .lifecycle
            .then(|| lifecycle::GuestIndices::new(&pre))
            .transpose()
            .map_err(wrong)?,
    };
    Ok(Linked {
        description,
        origin: None,
        pre,
        indices,
        ahead: Shelf::default(),
    })
}

/// The linker's words, outermost to innermost, name the item that differs.
pub(crate) fn incompatible(error: &wasmtime::Error) -> LoadError {
    does_not_fit(&causes(error))
}

/// What differs, and what to do.
pub(crate) fn does_not_fit(what: &str) -> LoadError {
    let advice = "; rebuild it against this host's `wit/` (`patchbay contract` writes it out)";
    LoadError::Incompatible(format!("{what}{advice}"))
}

/// Why an instance did not start. That an export has another type is found only
/// there.
pub(crate) fn does_not_start(outcome: Outcome) -> LoadError {
    match outcome.kind {
        OutcomeKind::Incompatible => does_not_fit(&outcome.detail.unwrap_or_default()),
        _ => LoadError::Start(outcome),
    }
}

/// The compiler's words for bytes it does not accept.
pub(crate) fn invalid(error: &wasmtime::Error) -> LoadError {
    LoadError::Invalid(root_cause(error))
}
