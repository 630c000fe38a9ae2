//! What the bytes of a component say without compiling them, and the settings
//! schema the SDK embeds.

use std::ops::Range;

use patchbay_model::decision::stage::Stage;
use wasmparser::{Parser, Payload};
use wasmtime::{Config, Linker, Module, Store, StoreLimits, StoreLimitsBuilder};

use super::description::export_prefix;
use super::reachable_code::{component_with_reachable_code, with_reachable_code};
use crate::config::compile_quickly;

/// Custom section of a component with the schema, for SDKs of interpreted languages.
const SCHEMA_SECTION: &str = "patchbay-settings-schema";
/// Core function of the SDK that returns address and length of the schema.
const SCHEMA_FUNCTION: &str = "patchbay-settings-schema";
/// Fuel of that function.
const SCHEMA_FUEL: u64 = 2_000_000_000;
/// Core function that initializes a module, where it has one.
const INITIALIZE: &str = "_initialize";
/// Most bytes of memory while it runs.
const SCHEMA_MEMORY: usize = 64 << 20;
/// Most elements of its table.
const SCHEMA_TABLE: usize = 1 << 20;
/// Most bytes of a schema.
const SCHEMA_BYTES: usize = 4 << 20;

/// The outline of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Names of everything it exports.
    pub exports: Vec<String>,
    /// The core module with [`SCHEMA_FUNCTION`].
    schema_module: Option<Range<usize>>,
    /// The content of [`SCHEMA_SECTION`].
    schema_section: Option<Range<usize>>,
}

impl Outline {
    /// Read the outline of a component; empty for bytes that are none.
    pub fn read(bytes: &[u8]) -> Outline {
        let mut outline = Outline::default();
        let mut depth = 0_usize;
        let mut modules: Vec<Range<usize>> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload {
                Ok(Payload::Version { .. }) => depth += 1,
                Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
                Ok(Payload::ModuleSection {
                    unchecked_range, ..
                }) => modules.push(unchecked_range),
                Ok(Payload::ComponentExportSection(exports)) if depth == 1 => {
                    let names = exports.into_iter().flatten();
                    outline
                        .exports
                        .extend(names.map(|export| export.name.name.to_owned()));
                }
                Ok(Payload::CustomSection(section))
                    if depth == 1 && section.name() == SCHEMA_SECTION =>
                {
                    let end = section.range().end;
                    outline.schema_section = Some(end - section.data().len()..end);
                }
                Ok(Payload::ExportSection(exports)) => {
                    let mut names = exports.into_iter().flatten();
                    if names.any(|export| export.name == SCHEMA_FUNCTION) {
                        outline.schema_module = modules.last().cloned();
                    }
                }
                Ok(_) => {}
                Err(_) => return outline,
            }
        }
        outline
    }

    /// The stages it exports.
    pub fn stages(&self) -> Vec<Stage> {
        let exports = |stage: &Stage| {
            let prefix = export_prefix(*stage);
            self.exports.iter().any(|name| name.starts_with(prefix))
        };
        Stage::ALL.into_iter().filter(exports).collect()
    }

    /// The JSON Schema of the settings type that the SDK embeds; `None` for a
    /// component of another SDK. Compiles what one function of the core module
    /// reaches, without optimisation, and runs it without imports: up to a
    /// second of CPU time.
    /// For components that were built on this machine.
    ///
    /// # Errors
    /// Why the function gives no schema.
    pub fn settings_schema(&self, bytes: &[u8]) -> Result<Option<String>, String> {
        if let Some(text) = self.schema_section.clone().and_then(|at| bytes.get(at)) {
            return match std::str::from_utf8(text) {
                Ok(text) if text.len() <= SCHEMA_BYTES => Ok(Some(text.to_owned())),
                Ok(_) => Err(format!("the schema has more than {SCHEMA_BYTES} bytes")),
                Err(error) => Err(format!("the schema is not UTF-8: {error}")),
            };
        }
        let Some(module) = self.schema_module.clone().and_then(|at| bytes.get(at)) else {
            return Ok(None);
        };
        run_schema_function(module)
            .map(Some)
            .map_err(|error| error.to_string())
    }
}

/// The component without the code that only the schema function reaches: in a policy of the SDK a
/// quarter, which no decision and no `prepare` calls. A component of another SDK stays as it is.
pub(crate) fn without_schema_code(component: &[u8]) -> Vec<u8> {
    component_with_reachable_code(component, &|export| export != SCHEMA_FUNCTION)
}

fn run_schema_function(module: &[u8]) -> wasmtime::Result<String> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .memory_reservation(0)
        .memory_guard_size(0);
    compile_quickly(&mut config);
    let engine = wasmtime::Engine::new(&config)?;
    let module = with_reachable_code(module, &|export| {
        export == SCHEMA_FUNCTION || export == INITIALIZE
    });
    let module = Module::new(&engine, module)?;
    let mut linker: Linker<StoreLimits> = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module)?;
    let limits = StoreLimitsBuilder::new()
        .memory_size(SCHEMA_MEMORY)
        .memories(1)
        .table_elements(SCHEMA_TABLE)
        .tables(1)
        .build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    store.set_fuel(SCHEMA_FUEL)?;
    let instance = linker.instantiate(&mut store, &module)?;
    if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, INITIALIZE) {
        initialize.call(&mut store, ())?;
    }
    let schema = instance.get_typed_func::<(), u64>(&mut store, SCHEMA_FUNCTION)?;
    let packed = schema.call(&mut store, ())?;
    let (address, length) = ((packed >> 32) as usize, (packed & 0xffff_ffff) as usize);
    let memory = instance.get_memory(&mut store, "memory");
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("the module exports no memory"))?;
    let end = address.saturating_add(length);
    let text = memory
        .data(&store)
        .get(address..end)
        .filter(|text| text.len() <= SCHEMA_BYTES);
    let text = text.ok_or_else(|| wasmtime::Error::msg("the schema lies outside of the memory"))?;
    Ok(String::from_utf8(text.to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component with a function for decisions and one that names a schema.
    fn component(schema_function: &str) -> Vec<u8> {
        let text = format!(
            r#"(component (core module
                (func $schema_only (result i64) i64.const 77)
                (func $unused i32.const 66 drop)
                (func (export "decide") (result i32) i32.const 55)
                (func (export "{schema_function}") (result i64) call $schema_only)))"#
        );
        wat::parse_str(text).expect("a component")
    }

    #[test]
    fn code_of_the_schema_alone_is_left_out() {
        let all = component(SCHEMA_FUNCTION);
        let reduced = without_schema_code(&all);
        wasmparser::validate(&reduced).expect("valid");
        let has = |bytes: &[u8], code: &[u8]| bytes.windows(code.len()).any(|it| it == code);
        let (schema, decision) = (&[0x42, 0xcd, 0x00], &[0x41, 0x37]);
        assert!(has(&all, schema) && has(&all, decision));
        assert!(!has(&reduced, schema) && has(&reduced, decision));
    }

    #[test]
    fn a_component_of_another_sdk_is_compiled_as_it_is() {
        let other = component("schema");
        assert_eq!(without_schema_code(&other), other);
    }

    /// A component with a custom section of this content.
    fn with_schema_section(content: &[u8]) -> Vec<u8> {
        let mut bytes = component("schema");
        let mut body = vec![SCHEMA_SECTION.len() as u8];
        body.extend(SCHEMA_SECTION.bytes());
        body.extend(content);
        let mut length = body.len();
        bytes.push(0);
        while length > 0x7f {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn a_custom_section_gives_the_schema() {
        let bytes = with_schema_section(br#"{"type": "object"}"#);
        let schema = Outline::read(&bytes).settings_schema(&bytes);
        assert_eq!(schema, Ok(Some(r#"{"type": "object"}"#.to_owned())));
        let bytes = with_schema_section(b"\xff");
        let error = Outline::read(&bytes)
            .settings_schema(&bytes)
            .expect_err("no text");
        assert!(error.starts_with("the schema is not UTF-8"), "{error}");
        let bytes = with_schema_section(&vec![b' '; SCHEMA_BYTES + 1]);
        let error = Outline::read(&bytes)
            .settings_schema(&bytes)
            .expect_err("too long");
        assert!(error.contains("has more than"), "{error}");
    }

    #[test]
    fn bytes_that_are_no_component_have_no_exports() {
        for bytes in [&b""[..], b"\0asm", b"no wasm"] {
            let outline = Outline::read(bytes);
            assert_eq!(outline, Outline::default());
            assert_eq!(outline.settings_schema(bytes), Ok(None));
        }
    }
}
