//! A component with the merged module in place of its members.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection,
    ComponentSection, ExportKind, InstanceSection, ModuleArg, RawSection,
};

use super::MergeError;
use super::component_items::{ComponentItems, Item, ItemKind, Reference};
use super::core_module::CoreModule;
use super::linked_module::{LinkedModule, OUTSIDE};
use super::members::{divide, find_members};

/// A component that is written again: items that use nothing of the members first, then the merged
/// module, then the rest.
pub(super) struct ComponentWriter<'a> {
    items: &'a ComponentItems<'a>,
    linked: LinkedModule<'a>,
    /// Imports of the instances that are not merged, by module.
    modules: HashMap<u32, CoreModule<'a>>,
    /// Positions of items before and after the merged module.
    first: Vec<usize>,
    later: Vec<usize>,
    written: Component,
    /// Where an item stands now.
    indexes: HashMap<Reference, u32>,
    counts: HashMap<ItemKind, u32>,
    module_indexes: HashMap<u32, u32>,
    module_count: u32,
    merged_instance: u32,
}

impl<'a> ComponentWriter<'a> {
    /// # Errors
    /// When there is nothing to merge, or the members do not fit into one module.
    pub(super) fn new(items: &'a ComponentItems<'a>) -> Result<Self, MergeError> {
        let mut modules = HashMap::new();
        for (_, module, _) in items.instances() {
            if let Entry::Vacant(vacant) = modules.entry(module) {
                vacant.insert(CoreModule::read(items.module(module)?)?);
            }
        }
        let members = find_members(items, &modules)?;
        if members.len() == 1 {
            return Err(MergeError::OneModule);
        }
        let linked = LinkedModule::new(items, members)?;
        let (first, later) = divide(items, &linked);
        Ok(Self {
            items,
            linked,
            modules,
            first,
            later,
            written: Component::new(),
            indexes: HashMap::new(),
            counts: HashMap::new(),
            module_indexes: HashMap::new(),
            module_count: 0,
            merged_instance: 0,
        })
    }

    /// # Errors
    /// When the component has what the merge does not know.
    pub(super) fn write(mut self) -> Result<Vec<u8>, MergeError> {
        let exports = self.find_exports();
        for at in std::mem::take(&mut self.first) {
            self.write_item(at)?;
        }
        self.write_merged(&exports)?;
        for at in std::mem::take(&mut self.later) {
            self.write_item(at)?;
        }
        Ok(self.written.finish())
    }

    /// What the rest of the component uses of the members: member and name.
    fn find_exports(&self) -> BTreeSet<(usize, &'a str)> {
        let mut exports = BTreeSet::new();
        for &at in &self.later {
            match &self.items.items[at] {
                Item::CoreAlias { instance, name, .. } => {
                    if let Some(member) = self.linked.member_of(*instance) {
                        exports.insert((member, *name));
                    }
                }
                Item::Instance { module, arguments } => {
                    for (argument, instance) in arguments {
                        if let Some(member) = self.linked.member_of(*instance) {
                            let names = self.modules[module].imports_from(argument);
                            exports.extend(names.map(|import| (member, import.name)));
                        }
                    }
                }
                _ => {}
            }
        }
        exports
    }

    fn write_merged(&mut self, exports: &BTreeSet<(usize, &'a str)>) -> Result<(), MergeError> {
        let module = self.linked.write(exports)?;
        self.written.section(&ModuleBytes(&module));
        let module = self.module_count;
        self.module_count += 1;
        let mut imports = Vec::new();
        for (index, reference) in self.linked.outside().iter().enumerate() {
            imports.push((index.to_string(), ExportKind::Func, self.index(*reference)?));
        }
        let imported = self.write_bag(imports);
        let mut section = InstanceSection::new();
        section.instantiate(module, [(OUTSIDE, ModuleArg::Instance(imported))]);
        self.written.section(&section);
        self.merged_instance = self.count(ItemKind::Instance);
        Ok(())
    }

    /// An instance that holds items under names.
    fn write_bag(&mut self, items: Vec<(String, ExportKind, u32)>) -> u32 {
        let mut section = InstanceSection::new();
        section.export_items(items.iter().map(|(name, kind, at)| (&**name, *kind, *at)));
        self.written.section(&section);
        self.count(ItemKind::Instance)
    }

    fn write_item(&mut self, at: usize) -> Result<(), MergeError> {
        match &self.items.items[at] {
            Item::Whole { id, bytes } => {
                self.written.section(&RawSection {
                    id: *id,
                    data: bytes,
                });
            }
            Item::Module { number } => self.write_module(*number)?,
            Item::Instance { module, arguments } => self.write_instance(*module, arguments)?,
            Item::Bag { items } => {
                let mut section = InstanceSection::new();
                let mut written = Vec::new();
                for (name, reference) in items {
                    let kind = reference.kind.export_kind()?;
                    written.push((*name, kind, self.index(*reference)?));
                }
                section.export_items(written);
                self.written.section(&section);
            }
            Item::CoreAlias {
                kind,
                instance,
                name,
            } => self.write_alias(*kind, *instance, name)?,
            Item::Lift {
                function,
                type_index,
                options,
            } => {
                let function = self.index(Reference::function(*function))?;
                let options = self.options(options)?;
                let mut section = CanonicalFunctionSection::new();
                section.lift(function, *type_index, options);
                self.written.section(&section);
            }
            Item::Lower { function, options } => {
                let options = self.options(options)?;
                let mut section = CanonicalFunctionSection::new();
                section.lower(*function, options);
                self.written.section(&section);
            }
        }
        if let Some(reference) = self.items.defines[at] {
            let index = self.count(reference.kind);
            self.indexes.insert(reference, index);
        }
        Ok(())
    }

    /// A module, unless all its instances are merged.
    fn write_module(&mut self, number: u32) -> Result<(), MergeError> {
        let is_used = self.items.instances().any(|(reference, module, _)| {
            module == number && self.linked.member_of(reference.index).is_none()
        });
        if is_used {
            let module = self.items.module(number)?;
            self.written.section(&ModuleBytes(module));
            self.module_indexes.insert(number, self.module_count);
            self.module_count += 1;
        }
        Ok(())
    }

    fn write_instance(
        &mut self,
        module: u32,
        arguments: &[(&'a str, u32)],
    ) -> Result<(), MergeError> {
        let mut written = Vec::new();
        // By name: componentize-py lists stubs in another order each time.
        let mut arguments: Vec<_> = arguments.iter().collect();
        arguments.sort_by_key(|(name, _)| *name);
        for (name, instance) in arguments {
            let instance = match self.linked.member_of(*instance) {
                Some(member) => self.write_exports_of(member, module, name)?,
                None => self.index(Reference::instance(*instance))?,
            };
            written.push((*name, ModuleArg::Instance(instance)));
        }
        let module = self.module_indexes.get(&module);
        let module = *module.ok_or(MergeError::Unsupported("an instance before its module"))?;
        let mut section = InstanceSection::new();
        section.instantiate(module, written);
        self.written.section(&section);
        Ok(())
    }

    /// An instance with what a module imports of a member.
    fn write_exports_of(
        &mut self,
        member: usize,
        module: u32,
        argument: &str,
    ) -> Result<u32, MergeError> {
        let imports = self.modules[&module].imports_from(argument);
        let imports: Vec<_> = imports.map(|one| (one.name, one.kind())).collect();
        let mut items = Vec::new();
        for (name, kind) in imports {
            let kind = kind?;
            let exported = self.linked.export_name(member, name);
            let index = self.write_core_alias(kind.export_kind()?, self.merged_instance, &exported);
            self.count(kind);
            items.push((name.to_owned(), kind.export_kind()?, index));
        }
        Ok(self.write_bag(items))
    }

    fn write_alias(&mut self, kind: ItemKind, instance: u32, name: &str) -> Result<(), MergeError> {
        let (instance, name) = match self.linked.member_of(instance) {
            Some(member) => (self.merged_instance, self.linked.export_name(member, name)),
            None => (self.index(Reference::instance(instance))?, name.to_owned()),
        };
        self.write_core_alias(kind.export_kind()?, instance, &name);
        Ok(())
    }

    /// Writes an alias, and gives the index that what it defines gets.
    fn write_core_alias(&mut self, kind: ExportKind, instance: u32, name: &str) -> u32 {
        let mut section = ComponentAliasSection::new();
        section.alias(Alias::CoreInstanceExport {
            instance,
            kind,
            name,
        });
        self.written.section(&section);
        let kind = ItemKind::of_export(kind);
        kind.and_then(|kind| self.counts.get(&kind).copied())
            .unwrap_or_default()
    }

    fn options(
        &self,
        options: &[wasmparser::CanonicalOption],
    ) -> Result<Vec<CanonicalOption>, MergeError> {
        let function = |index: &u32| self.index(Reference::function(*index));
        let options = options.iter().map(|option| {
            Ok(match option {
                wasmparser::CanonicalOption::UTF8 => CanonicalOption::UTF8,
                wasmparser::CanonicalOption::UTF16 => CanonicalOption::UTF16,
                wasmparser::CanonicalOption::CompactUTF16 => CanonicalOption::CompactUTF16,
                wasmparser::CanonicalOption::Memory(index) => {
                    CanonicalOption::Memory(self.index(Reference::memory(*index))?)
                }
                wasmparser::CanonicalOption::Realloc(index) => {
                    CanonicalOption::Realloc(function(index)?)
                }
                wasmparser::CanonicalOption::PostReturn(index) => {
                    CanonicalOption::PostReturn(function(index)?)
                }
                _ => return Err(MergeError::Unsupported("asynchronous functions")),
            })
        });
        options.collect()
    }

    fn index(&self, reference: Reference) -> Result<u32, MergeError> {
        let index = self.indexes.get(&reference).copied();
        index.ok_or(MergeError::Unsupported(
            "a module that uses what is made of a later one",
        ))
    }

    fn count(&mut self, kind: ItemKind) -> u32 {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        *count - 1
    }
}

/// A core module as it is.
struct ModuleBytes<'a>(&'a [u8]);

impl wasm_encoder::Encode for ModuleBytes<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.0.encode(sink);
    }
}

impl ComponentSection for ModuleBytes<'_> {
    fn id(&self) -> u8 {
        wasm_encoder::ComponentSectionId::CoreModule.into()
    }
}
