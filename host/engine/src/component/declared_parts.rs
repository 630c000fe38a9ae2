//! The parts that a component declares, counted in its bytes before anything is
//! compiled: a few bytes can declare tables of millions of elements, which the
//! compiler writes out, an interface of many functions under many names, and more
//! parts than an instance may have.

use wasmparser::types::Types;
use wasmparser::{BinaryReader, Parser, Payload, ValidPayload, Validator};

use super::load_error::LoadError;
use crate::config::{CORE_INSTANCES, MEMORIES, TABLES};

/// Functions and types that all interfaces of a component may have together.
const INTERFACE_ITEMS: u64 = 20_000;

/// Counts of what a component's core modules define, without their imports, and of
/// what its interfaces have.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DeclaredParts {
    modules: u64,
    memories: u64,
    /// Bytes of all memories at the start.
    memory: u64,
    tables: u64,
    /// Elements of the largest table at the start.
    table_elements: u64,
    /// Functions and types of every imported, created or aliased interface.
    interface_items: u64,
    /// Items of the first section that declares more than it has bytes.
    impossible_items: Option<u32>,
}

impl DeclaredParts {
    /// Count the parts; those up to the first error, which the compiler names.
    /// Function bodies are not validated.
    pub(crate) fn read(bytes: &[u8]) -> DeclaredParts {
        let mut parts = DeclaredParts::default();
        let mut validator = Validator::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let Ok(payload) = payload else { break };
            // Readers reserve memory for as many items as a section declares.
            parts.impossible_items = impossible_items(&payload, bytes);
            if parts.impossible_items.is_some() {
                break;
            }
            match validator.payload(&payload) {
                Ok(ValidPayload::End(types)) => {
                    let items = interface_items(&types);
                    parts.interface_items = parts.interface_items.saturating_add(items);
                }
                Ok(_) => {}
                Err(_) => break,
            }
            match payload {
                Payload::ModuleSection { .. } => parts.modules += 1,
                Payload::MemorySection(memories) => {
                    for memory in memories.into_iter().flatten() {
                        let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(16));
                        let size = memory.initial.saturating_mul(page.unwrap_or(u64::MAX));
                        parts.memory = parts.memory.saturating_add(size);
                        parts.memories += 1;
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables.into_iter().flatten() {
                        parts.table_elements = parts.table_elements.max(table.ty.initial);
                        parts.tables += 1;
                    }
                }
                _ => {}
            }
        }
        parts
    }

    /// Check that an instance with these parts can start under the host's upper
    /// limits.
    ///
    /// # Errors
    /// [`LoadError::TooManyParts`], for the first count that is too large;
    /// [`LoadError::Invalid`] for a section that declares more items than it has bytes.
    pub(crate) fn check(&self, memory: u64, table_elements: u32) -> Result<(), LoadError> {
        if let Some(items) = self.impossible_items {
            return Err(LoadError::Invalid(format!(
                "a section declares {items} items, more than it has bytes"
            )));
        }
        for (part, count, most) in [
            ("core modules", self.modules, CORE_INSTANCES.into()),
            ("memories", self.memories, MEMORIES.into()),
            ("bytes of memory", self.memory, memory),
            ("tables", self.tables, TABLES.into()),
            (
                "elements in a table",
                self.table_elements,
                table_elements.into(),
            ),
            (
                "functions and types in its interfaces",
                self.interface_items,
                INTERFACE_ITEMS,
            ),
        ] {
            if count > most {
                return Err(LoadError::TooManyParts { part, count, most });
            }
        }
        Ok(())
    }
}

/// The number of items that a section declares, if it is larger than the section: an item
/// has at least one byte.
fn impossible_items(payload: &Payload<'_>, bytes: &[u8]) -> Option<u32> {
    let range = match payload {
        // These begin with something else than a number of items.
        Payload::ModuleSection { .. }
        | Payload::ComponentSection { .. }
        | Payload::StartSection { .. }
        | Payload::ComponentStartSection { .. }
        | Payload::DataCountSection { .. }
        | Payload::CustomSection(_)
        | Payload::UnknownSection { .. } => return None,
        section => section.as_section()?.1,
    };
    let section = bytes.get(range)?;
    let items = BinaryReader::new(section, 0).read_var_u32().ok()?;
    (items as usize > section.len()).then_some(items)
}

/// Functions and types of the interfaces of one component; none of a module.
fn interface_items(types: &Types) -> u64 {
    let count = u32::try_from(types.component_instance_count()).unwrap_or(u32::MAX);
    let interfaces = (0..count).map(|index| &types[types.component_instance_at(index)]);
    interfaces.map(|one| one.exports.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> DeclaredParts {
        DeclaredParts::read(&wat::parse_str(text).expect("a component"))
    }

    #[test]
    fn parts_of_all_modules_are_counted() {
        let text = r#"(component
            (core module (memory 1 5) (table 7 funcref))
            (import "a" (instance (export "f" (func)) (export "g" (func))))
            (component (core module (memory 2) (table 3 funcref) (table 4 9 funcref)))
            (core module (import "a" "b" (memory 100)) (import "a" "c" (table 100 funcref))))"#;
        let expected = DeclaredParts {
            modules: 3,
            memories: 2,
            memory: 3 << 16,
            tables: 3,
            table_elements: 7,
            interface_items: 2,
            impossible_items: None,
        };
        assert_eq!(parts(text), expected);
    }

    #[test]
    fn a_section_that_declares_more_items_than_bytes_is_refused() {
        let component = wat::parse_str("(component)").expect("a component");
        // 265,609 exports in two further bytes.
        let section = [11, 5, 0x89, 0x9b, 0x10, 0, 0];
        let parts = DeclaredParts::read(&[&component[..], &section].concat());
        assert_eq!(parts.impossible_items, Some(265_609));
        let error = parts.check(0, 0).expect_err("refused").to_string();
        assert!(error.contains("265609 items"), "{error}");
    }

    #[test]
    fn bytes_that_are_no_component_have_no_parts() {
        for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0\xff"] {
            assert_eq!(DeclaredParts::read(bytes), DeclaredParts::default());
        }
    }

    #[test]
    fn counts_at_a_limit_pass_and_above_it_are_named() {
        let text = |pages: u32, elements: u32| {
            format!(
                "(component (core module (memory {pages})) (core module (memory 1))
                 (core module (table {elements} funcref)))"
            )
        };
        let check = |pages, elements| parts(&text(pages, elements)).check(3 << 16, 10);
        assert!(check(2, 10).is_ok());
        let error = |pages, elements| check(pages, elements).expect_err("too many").to_string();
        assert!(error(3, 10).contains("262144 bytes of memory exceed the 196608"));
        assert!(error(2, 11).contains("11 elements in a table exceed the 10"));
        let modules = format!("(component {})", "(core module)".repeat(65));
        let error = parts(&modules).check(0, 0).expect_err("too many");
        assert!(error.to_string().contains("65 core modules"), "{error}");
    }
}
