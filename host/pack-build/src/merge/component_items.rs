//! The items of a component that define core items, and those that use them.

use std::collections::HashMap;

use wasm_encoder::reencode::{ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{ComponentNameSection, Encode, ExportKind};
use wasmparser::{
    CanonicalFunction, CanonicalOption, Chunk, ComponentAlias, ComponentName, CustomSectionReader,
    Encoding, ExternalKind, Instance, KnownCustom, Parser, Payload,
};

use super::MergeError;

/// Kind of a core item of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ItemKind {
    Function,
    Table,
    Memory,
    Global,
    Instance,
}

impl ItemKind {
    /// # Errors
    /// [`MergeError::Unsupported`] for tags.
    pub(super) fn of(kind: ExternalKind) -> Result<ItemKind, MergeError> {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Ok(ItemKind::Function),
            ExternalKind::Table => Ok(ItemKind::Table),
            ExternalKind::Memory => Ok(ItemKind::Memory),
            ExternalKind::Global => Ok(ItemKind::Global),
            ExternalKind::Tag => Err(MergeError::Unsupported("exceptions")),
        }
    }

    pub(super) fn of_export(kind: ExportKind) -> Option<ItemKind> {
        match kind {
            ExportKind::Func => Some(ItemKind::Function),
            ExportKind::Table => Some(ItemKind::Table),
            ExportKind::Memory => Some(ItemKind::Memory),
            ExportKind::Global => Some(ItemKind::Global),
            ExportKind::Tag => None,
        }
    }

    /// # Errors
    /// [`MergeError::Unsupported`] for an instance, which no core module exports.
    pub(super) fn export_kind(self) -> Result<ExportKind, MergeError> {
        match self {
            ItemKind::Function => Ok(ExportKind::Func),
            ItemKind::Table => Ok(ExportKind::Table),
            ItemKind::Memory => Ok(ExportKind::Memory),
            ItemKind::Global => Ok(ExportKind::Global),
            ItemKind::Instance => Err(MergeError::Unsupported("instances in instances")),
        }
    }
}

/// A core item: its kind, and its index among those of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Reference {
    pub(super) kind: ItemKind,
    pub(super) index: u32,
}

impl Reference {
    pub(super) fn function(index: u32) -> Reference {
        let kind = ItemKind::Function;
        Reference { kind, index }
    }

    pub(super) fn memory(index: u32) -> Reference {
        let kind = ItemKind::Memory;
        Reference { kind, index }
    }

    pub(super) fn instance(index: u32) -> Reference {
        let kind = ItemKind::Instance;
        Reference { kind, index }
    }
}

/// An item of a section, or a whole section.
#[derive(Debug)]
pub(super) enum Item<'a> {
    /// Written as it is: a section, or one of its entries as a section of its own. Uses no core items.
    Whole { id: u8, bytes: Vec<u8> },
    /// A core module.
    Module { number: u32 },
    /// An instance of a core module; each argument is an instance.
    Instance {
        module: u32,
        arguments: Vec<(&'a str, u32)>,
    },
    /// An instance that holds items under names.
    Bag { items: Vec<(&'a str, Reference)> },
    /// An export of a core instance.
    CoreAlias {
        kind: ItemKind,
        instance: u32,
        name: &'a str,
    },
    /// A core function that becomes one of the component.
    Lift {
        function: u32,
        type_index: u32,
        options: Box<[CanonicalOption]>,
    },
    /// A function of the component that becomes a core function.
    Lower {
        function: u32,
        options: Box<[CanonicalOption]>,
    },
}

impl Item<'_> {
    /// The core items that it uses.
    pub(super) fn uses(&self) -> Vec<Reference> {
        let of_options = |options: &[CanonicalOption]| -> Vec<Reference> {
            let used = options.iter().filter_map(|option| match option {
                CanonicalOption::Memory(index) => Some(Reference::memory(*index)),
                CanonicalOption::Realloc(index) | CanonicalOption::PostReturn(index) => {
                    Some(Reference::function(*index))
                }
                _ => None,
            });
            used.collect()
        };
        match self {
            Item::Whole { .. } | Item::Module { .. } => Vec::new(),
            Item::Instance { arguments, .. } => arguments
                .iter()
                .map(|(_, instance)| Reference::instance(*instance))
                .collect(),
            Item::Bag { items } => items.iter().map(|(_, reference)| *reference).collect(),
            Item::CoreAlias { instance, .. } => vec![Reference::instance(*instance)],
            Item::Lift {
                function, options, ..
            } => {
                let mut used = of_options(options);
                used.push(Reference::function(*function));
                used
            }
            Item::Lower { options, .. } => of_options(options),
        }
    }
}

/// The items of a component in their order.
#[derive(Debug, Default)]
pub(super) struct ComponentItems<'a> {
    pub(super) items: Vec<Item<'a>>,
    /// What the item at each position defines.
    pub(super) defines: Vec<Option<Reference>>,
    /// Position of the item that defines a reference.
    definitions: HashMap<Reference, usize>,
    counts: HashMap<ItemKind, u32>,
    modules: Vec<&'a [u8]>,
}

impl<'a> ComponentItems<'a> {
    /// # Errors
    /// When it is no component, or has constructs that the merge does not know.
    pub(super) fn read(component: &'a [u8]) -> Result<Self, MergeError> {
        let mut items = ComponentItems::default();
        let mut parser = Parser::new(0);
        let mut at = 0;
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(&component[at..], true)? else {
                return Err(MergeError::Unsupported("an end within a section"));
            };
            let mut end = at + consumed;
            match payload {
                Payload::Version { encoding, .. } if encoding != Encoding::Component => {
                    return Err(MergeError::Unsupported("no component but a module"));
                }
                Payload::Version { .. } => {}
                Payload::End(_) => return Ok(items),
                Payload::ModuleSection {
                    unchecked_range: range,
                    ..
                } => {
                    end = range.end;
                    let module = component.get(range);
                    let module = module.ok_or(MergeError::Unsupported("an end in a module"))?;
                    let number = items.modules.len() as u32;
                    items.modules.push(module);
                    items.push(Item::Module { number }, None);
                }
                Payload::InstanceSection(instances) => {
                    for instance in instances {
                        items.push_instance(instance?)?;
                    }
                }
                Payload::ComponentAliasSection(aliases) => {
                    let range = aliases.range();
                    let aliases: Vec<_> =
                        aliases.into_iter_with_offsets().collect::<Result<_, _>>()?;
                    let ends = aliases.iter().skip(1).map(|(start, _)| *start);
                    let ends: Vec<usize> = ends.chain([range.end]).collect();
                    for ((start, alias), end) in aliases.into_iter().zip(ends) {
                        items.push_alias(alias, &component[start..end])?;
                    }
                }
                Payload::ComponentCanonicalSection(functions) => {
                    let range = functions.range();
                    let functions: Vec<_> = functions
                        .into_iter_with_offsets()
                        .collect::<Result<_, _>>()?;
                    let ends = functions.iter().skip(1).map(|(start, _)| *start);
                    let ends: Vec<usize> = ends.chain([range.end]).collect();
                    for ((start, function), end) in functions.into_iter().zip(ends) {
                        items.push_function(function, &component[start..end])?;
                    }
                }
                Payload::CustomSection(section) => items.push_custom(&section)?,
                other => {
                    if let Payload::ComponentSection {
                        unchecked_range, ..
                    } = &other
                    {
                        end = unchecked_range.end;
                    }
                    let (id, range) = other
                        .as_section()
                        .ok_or(MergeError::Unsupported("something that is no section"))?;
                    let bytes = component.get(range);
                    let bytes = bytes.ok_or(MergeError::Unsupported("an end in a section"))?;
                    let bytes = bytes.to_vec();
                    items.push(Item::Whole { id, bytes }, None);
                }
            }
            at = end;
        }
    }

    /// The instances of core modules: what they define, their module, and their arguments.
    pub(super) fn instances(
        &self,
    ) -> impl Iterator<Item = (Reference, u32, &[(&'a str, u32)])> + '_ {
        let items = self.items.iter().zip(&self.defines);
        items.filter_map(|(item, defines)| match item {
            Item::Instance { module, arguments } => Some(((*defines)?, *module, &**arguments)),
            _ => None,
        })
    }

    /// The item that defines a reference.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn definition(&self, reference: Reference) -> Result<&Item<'a>, MergeError> {
        let at = self.definitions.get(&reference);
        let at = at.ok_or(MergeError::Unsupported("a core item that is not defined"))?;
        Ok(&self.items[*at])
    }

    /// # Errors
    /// When there is none of this number.
    pub(super) fn module(&self, number: u32) -> Result<&'a [u8], MergeError> {
        let module = self.modules.get(number as usize).copied();
        module.ok_or(MergeError::Unsupported("a module that is not in it"))
    }

    fn push(&mut self, item: Item<'a>, kind: Option<ItemKind>) {
        let defines = kind.map(|kind| {
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            let index = *count - 1;
            Reference { kind, index }
        });
        if let Some(defines) = defines {
            self.definitions.insert(defines, self.items.len());
        }
        self.items.push(item);
        self.defines.push(defines);
    }

    /// Adds a custom section. A name section loses the names of core items: the merge changes their
    /// indexes.
    fn push_custom(&mut self, section: &CustomSectionReader<'a>) -> Result<(), MergeError> {
        let mut bytes = Vec::new();
        section.name().encode(&mut bytes);
        match section.as_known() {
            KnownCustom::ComponentName(names) => {
                let mut kept = ComponentNameSection::new();
                for name in names {
                    let name = name?;
                    if is_of_component(&name) {
                        RoundtripReencoder
                            .parse_custom_component_name_subsection(&mut kept, name)
                            .map_err(|_| MergeError::Unsupported("names that cannot be read"))?;
                    }
                }
                bytes.extend_from_slice(&kept.as_custom().data);
            }
            _ => bytes.extend_from_slice(section.data()),
        }
        let id = wasm_encoder::ComponentSectionId::CoreCustom.into();
        self.push(Item::Whole { id, bytes }, None);
        Ok(())
    }

    fn push_instance(&mut self, instance: Instance<'a>) -> Result<(), MergeError> {
        let item = match instance {
            Instance::Instantiate { module_index, args } => Item::Instance {
                module: module_index,
                arguments: args.iter().map(|one| (one.name, one.index)).collect(),
            },
            Instance::FromExports(exports) => {
                let mut items = Vec::new();
                for export in &exports {
                    let kind = ItemKind::of(export.kind)?;
                    let index = export.index;
                    items.push((export.name, Reference { kind, index }));
                }
                Item::Bag { items }
            }
        };
        self.push(item, Some(ItemKind::Instance));
        Ok(())
    }

    fn push_alias(&mut self, alias: ComponentAlias<'a>, bytes: &[u8]) -> Result<(), MergeError> {
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index: instance,
                name,
            } => {
                let kind = ItemKind::of(kind)?;
                let item = Item::CoreAlias {
                    kind,
                    instance,
                    name,
                };
                self.push(item, Some(kind));
            }
            ComponentAlias::InstanceExport {
                kind: wasmparser::ComponentExternalKind::Module,
                ..
            } => return Err(MergeError::Unsupported("core modules of other components")),
            _ => {
                let bytes = [&[1][..], bytes].concat();
                let id = wasm_encoder::ComponentSectionId::Alias.into();
                self.push(Item::Whole { id, bytes }, None);
            }
        }
        Ok(())
    }

    fn push_function(
        &mut self,
        function: CanonicalFunction,
        bytes: &[u8],
    ) -> Result<(), MergeError> {
        let (item, kind) = match function {
            CanonicalFunction::Lift {
                core_func_index: function,
                type_index,
                options,
            } => {
                let lift = Item::Lift {
                    function,
                    type_index,
                    options,
                };
                (lift, None)
            }
            CanonicalFunction::Lower {
                func_index: function,
                options,
            } => (Item::Lower { function, options }, Some(ItemKind::Function)),
            CanonicalFunction::ResourceNew { .. }
            | CanonicalFunction::ResourceDrop { .. }
            | CanonicalFunction::ResourceRep { .. } => {
                let bytes = [&[1][..], bytes].concat();
                let id = wasm_encoder::ComponentSectionId::CanonicalFunction.into();
                (Item::Whole { id, bytes }, Some(ItemKind::Function))
            }
            _ => return Err(MergeError::Unsupported("asynchronous functions")),
        };
        self.push(item, kind);
        Ok(())
    }
}

/// Whether the names are of component items: the merge does not change their indexes.
fn is_of_component(names: &ComponentName<'_>) -> bool {
    matches!(
        names,
        ComponentName::Component { .. }
            | ComponentName::Types(_)
            | ComponentName::Instances(_)
            | ComponentName::Components(_)
            | ComponentName::Funcs(_)
            | ComponentName::Values(_)
    )
}
