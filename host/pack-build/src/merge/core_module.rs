//! A core module of a component, by its sections.

use std::collections::HashMap;

use wasmparser::{
    DataSectionReader, ElementSectionReader, ExternalKind, FunctionBody, Global, Import,
    MemoryType, Parser, Payload, Table, TypeRef, TypeSectionReader,
};

use super::MergeError;
use super::component_items::ItemKind;

/// The table that the instance fills which connects the shims.
const SHIM_TABLE: &str = "$imports";

/// An import of a module.
#[derive(Debug)]
pub(super) struct ModuleImport<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    pub(super) type_of: TypeRef,
}

impl ModuleImport<'_> {
    /// # Errors
    /// [`MergeError::Unsupported`] for tags.
    pub(super) fn kind(&self) -> Result<ItemKind, MergeError> {
        match self.type_of {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => Ok(ItemKind::Function),
            TypeRef::Table(_) => Ok(ItemKind::Table),
            TypeRef::Memory(_) => Ok(ItemKind::Memory),
            TypeRef::Global(_) => Ok(ItemKind::Global),
            TypeRef::Tag(_) => Err(MergeError::Unsupported("exceptions")),
        }
    }
}

/// A core module.
#[derive(Debug, Default)]
pub(super) struct CoreModule<'a> {
    pub(super) types: Option<TypeSectionReader<'a>>,
    /// Number of its types.
    pub(super) type_count: u32,
    pub(super) imports: Vec<ModuleImport<'a>>,
    /// Type of each function that it defines.
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<Table<'a>>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) exports: HashMap<&'a str, (ExternalKind, u32)>,
    pub(super) elements: Option<ElementSectionReader<'a>>,
    pub(super) data: Option<DataSectionReader<'a>>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    /// Whether its code names its data segments.
    pub(super) has_data_count: bool,
}

impl<'a> CoreModule<'a> {
    /// # Errors
    /// When it is invalid, or has what interpreters do not use.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, MergeError> {
        let mut module = CoreModule::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types.clone() {
                        module.type_count += group?.types().len() as u32;
                    }
                    module.types = Some(types);
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let Import {
                            module: of,
                            name,
                            ty,
                        } = import?;
                        module.imports.push(ModuleImport {
                            module: of,
                            name,
                            type_of: ty,
                        });
                    }
                }
                Payload::FunctionSection(functions) => {
                    module.functions = functions.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::TableSection(tables) => {
                    module.tables = tables.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::MemorySection(memories) => {
                    module.memories = memories.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(globals) => {
                    module.globals = globals.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let exported = (export.kind, export.index);
                        module.exports.insert(export.name, exported);
                    }
                }
                Payload::ElementSection(elements) => module.elements = Some(elements),
                Payload::DataSection(data) => module.data = Some(data),
                Payload::DataCountSection { .. } => module.has_data_count = true,
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::StartSection { .. } => {
                    return Err(MergeError::Unsupported("a start function"));
                }
                Payload::TagSection(_) => return Err(MergeError::Unsupported("exceptions")),
                _ => {}
            }
        }
        Ok(module)
    }

    pub(super) fn has_memory(&self) -> bool {
        !self.memories.is_empty()
    }

    pub(super) fn has_table(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Whether it connects the shims to the functions of the host, after all other instances.
    pub(super) fn fills_shims(&self) -> bool {
        let is_shim = |import: &ModuleImport<'_>| {
            import.name == SHIM_TABLE && matches!(import.type_of, TypeRef::Table(_))
        };
        self.imports.iter().any(is_shim)
    }

    /// Its imports from the argument of this name.
    pub(super) fn imports_from(&self, argument: &str) -> impl Iterator<Item = &ModuleImport<'a>> {
        let imports = self.imports.iter();
        imports.filter(move |import| import.module == argument)
    }

    /// The imports of a kind, in their order.
    pub(super) fn imports_of(
        &self,
        kind: ItemKind,
    ) -> impl Iterator<Item = &ModuleImport<'a>> + Clone {
        let imports = self.imports.iter();
        imports.filter(move |import| import.kind().is_ok_and(|found| found == kind))
    }

    /// Number of items of a kind that it defines.
    pub(super) fn defined(&self, kind: ItemKind) -> u32 {
        let count = match kind {
            ItemKind::Function => self.functions.len(),
            ItemKind::Table => self.tables.len(),
            ItemKind::Memory => self.memories.len(),
            ItemKind::Global => self.globals.len(),
            ItemKind::Instance => 0,
        };
        count as u32
    }
}
