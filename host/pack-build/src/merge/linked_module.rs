//! The merged module: instances of core modules with what they import from each other resolved.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, EntityType, ExportSection,
    FunctionSection, GlobalSection, ImportSection, MemorySection, Module, TableSection,
    TypeSection,
};
use wasmparser::TypeRef;

use super::MergeError;
use super::component_items::{ComponentItems, Item, ItemKind, Reference};
use super::core_module::CoreModule;
use super::member_indexes::MemberIndexes;

/// Name of the module that the merged module imports from.
pub(super) const OUTSIDE: &str = "outside";

/// An instance that is merged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Index of the instance.
    pub(super) instance: u32,
    /// Number of its module.
    pub(super) module: u32,
}

/// An item of a member: the member, the kind, and the index in its module.
pub(super) type Place = (usize, ItemKind, u32);

/// Where an item is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definition {
    Member(Place),
    Outside(Reference),
}

/// What to add to the indexes of each member, by kind.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    pub(super) types: Vec<u32>,
    pub(super) data: Vec<u32>,
    pub(super) elements: Vec<u32>,
    /// Of what a member defines, counted from its first definition.
    functions: Vec<u32>,
    globals: Vec<u32>,
}

/// The instances that become one, in the order of their creation but for the first, which has the
/// memory.
#[derive(Debug)]
pub(super) struct LinkedModule<'a> {
    items: &'a ComponentItems<'a>,
    members: Vec<Member>,
    pub(super) modules: Vec<CoreModule<'a>>,
    member_of: HashMap<u32, usize>,
    resolved: RefCell<HashMap<Place, Definition>>,
    /// The core functions that it imports, by their index, and the type of each.
    outside: Vec<Reference>,
    outside_types: Vec<u32>,
    outside_index: HashMap<Reference, u32>,
    pub(super) offsets: Offsets,
    /// Index in the merged module of each function and global of each member, imports first.
    functions: Vec<Vec<u32>>,
    globals: Vec<Vec<u32>>,
}

impl<'a> LinkedModule<'a> {
    /// # Errors
    /// When the members do not fit into one module.
    pub(super) fn new(
        items: &'a ComponentItems<'a>,
        members: Vec<Member>,
    ) -> Result<Self, MergeError> {
        let modules: Vec<CoreModule<'a>> = members
            .iter()
            .map(|member| CoreModule::read(items.module(member.module)?))
            .collect::<Result<_, _>>()?;
        let all = |kind| {
            modules
                .iter()
                .map(move |one| one.defined(kind))
                .sum::<u32>()
        };
        if (all(ItemKind::Table), all(ItemKind::Memory)) != (1, 1) {
            return Err(MergeError::Unsupported("several tables or memories"));
        }
        let member_of = members.iter().enumerate();
        let member_of = member_of
            .map(|(at, member)| (member.instance, at))
            .collect();
        let mut linked = LinkedModule {
            items,
            members,
            member_of,
            resolved: RefCell::default(),
            outside: Vec::new(),
            outside_types: Vec::new(),
            outside_index: HashMap::new(),
            offsets: Offsets {
                types: offsets(modules.iter().map(|one| one.type_count)),
                data: offsets(modules.iter().map(|one| count(one.data.as_ref()))),
                elements: offsets(modules.iter().map(|one| count(one.elements.as_ref()))),
                functions: offsets(modules.iter().map(|one| one.defined(ItemKind::Function))),
                globals: offsets(modules.iter().map(|one| one.defined(ItemKind::Global))),
            },
            modules,
            functions: Vec::new(),
            globals: Vec::new(),
        };
        linked.find_outside()?;
        linked.functions = linked.indexes_of(ItemKind::Function)?;
        linked.globals = linked.indexes_of(ItemKind::Global)?;
        Ok(linked)
    }

    /// The member that an instance is.
    pub(super) fn member_of(&self, instance: u32) -> Option<usize> {
        self.member_of.get(&instance).copied()
    }

    pub(super) fn is_member(&self, reference: Reference) -> bool {
        reference.kind == ItemKind::Instance && self.member_of(reference.index).is_some()
    }

    /// The core functions that it imports, by their index.
    pub(super) fn outside(&self) -> &[Reference] {
        &self.outside
    }

    /// The name of a member's export in the merged module.
    pub(super) fn export_name(&self, member: usize, name: &str) -> String {
        format!("{member}:{name}")
    }

    /// The module, with these exports of its members.
    ///
    /// # Errors
    /// When a member has what the merge does not know.
    pub(super) fn write(&self, exports: &BTreeSet<(usize, &str)>) -> Result<Vec<u8>, MergeError> {
        let mut types = TypeSection::new();
        let mut imports = ImportSection::new();
        let mut functions = FunctionSection::new();
        let mut tables = TableSection::new();
        let mut memories = MemorySection::new();
        let mut globals = GlobalSection::new();
        let mut elements = ElementSection::new();
        let mut code = CodeSection::new();
        let mut data = DataSection::new();
        for (index, type_index) in self.outside_types.iter().enumerate() {
            let function = EntityType::Function(*type_index);
            imports.import(OUTSIDE, &index.to_string(), function);
        }
        for (at, module) in self.modules.iter().enumerate() {
            let mut indexes = MemberIndexes::new(self, at);
            if let Some(of_module) = &module.types {
                indexes.parse_type_section(&mut types, of_module.clone())?;
            }
            for function in &module.functions {
                functions.function(self.offsets.types[at] + function);
            }
            for table in &module.tables {
                indexes.parse_table(&mut tables, table.clone())?;
            }
            for memory in &module.memories {
                memories.memory(indexes.memory_type(*memory)?);
            }
            for global in &module.globals {
                indexes.parse_global(&mut globals, global.clone())?;
            }
            if let Some(of_module) = &module.elements {
                indexes.parse_element_section(&mut elements, of_module.clone())?;
            }
            for body in &module.bodies {
                indexes.parse_function_body(&mut code, body.clone())?;
            }
            if let Some(of_module) = &module.data {
                indexes.parse_data_section(&mut data, of_module.clone())?;
            }
        }
        let mut written = Module::new();
        written
            .section(&types)
            .section(&imports)
            .section(&functions);
        written
            .section(&tables)
            .section(&memories)
            .section(&globals);
        written.section(&self.exports(exports)?).section(&elements);
        if self.modules.iter().any(|module| module.has_data_count) {
            let count = data.len();
            written.section(&DataCountSection { count });
        }
        written.section(&code).section(&data);
        Ok(written.finish())
    }

    fn exports(&self, exports: &BTreeSet<(usize, &str)>) -> Result<ExportSection, MergeError> {
        let mut section = ExportSection::new();
        for (member, name) in exports {
            let (kind, index) = self.export_of(*member, name)?;
            let index = self.final_index((*member, kind, index))?;
            section.export(&self.export_name(*member, name), kind.export_kind()?, index);
        }
        Ok(section)
    }

    fn export_of(&self, member: usize, name: &str) -> Result<(ItemKind, u32), MergeError> {
        let exported = self.modules[member].exports.get(name);
        let (kind, index) = exported.ok_or(MergeError::Unsupported("an absent export"))?;
        Ok((ItemKind::of(*kind)?, *index))
    }

    fn find_outside(&mut self) -> Result<(), MergeError> {
        for at in 0..self.modules.len() {
            for kind in [
                ItemKind::Function,
                ItemKind::Table,
                ItemKind::Memory,
                ItemKind::Global,
            ] {
                let types: Vec<TypeRef> = self.modules[at]
                    .imports_of(kind)
                    .map(|import| import.type_of)
                    .collect();
                for (index, type_of) in types.into_iter().enumerate() {
                    let found = self.resolve((at, kind, index as u32))?;
                    let Definition::Outside(reference) = found else {
                        continue;
                    };
                    let TypeRef::Func(type_index) = type_of else {
                        let what = "an import from outside that is no function";
                        return Err(MergeError::Unsupported(what));
                    };
                    if !self.outside_index.contains_key(&reference) {
                        let index = self.outside.len() as u32;
                        self.outside_index.insert(reference, index);
                        self.outside.push(reference);
                        let type_index = self.offsets.types[at] + type_index;
                        self.outside_types.push(type_index);
                    }
                }
            }
        }
        Ok(())
    }

    /// Where an item is defined.
    pub(super) fn resolve(&self, place: Place) -> Result<Definition, MergeError> {
        let (at, kind, index) = place;
        let import = self.modules[at].imports_of(kind).nth(index as usize);
        let Some(import) = import else {
            return Ok(Definition::Member(place));
        };
        if let Some(found) = self.resolved.borrow().get(&place) {
            return Ok(*found);
        }
        let instance = Reference::instance(self.members[at].instance);
        let Item::Instance { arguments, .. } = self.items.definition(instance)? else {
            return Err(MergeError::Unsupported("a member that is no instance"));
        };
        let argument = arguments.iter().find(|(name, _)| *name == import.module);
        let (_, argument) = argument.ok_or(MergeError::Unsupported("an absent argument"))?;
        let found = self.export(*argument, import.name)?;
        self.resolved.borrow_mut().insert(place, found);
        Ok(found)
    }

    fn export(&self, instance: u32, name: &str) -> Result<Definition, MergeError> {
        if let Item::Bag { items } = self.items.definition(Reference::instance(instance))? {
            let item = items.iter().find(|(exported, _)| *exported == name);
            let (_, item) = item.ok_or(MergeError::Unsupported("an absent item"))?;
            return self.item(*item);
        }
        let member = self.member_of(instance).ok_or(MergeError::Unsupported(
            "a member that imports all of another instance",
        ))?;
        let (kind, index) = self.export_of(member, name)?;
        self.resolve((member, kind, index))
    }

    fn item(&self, reference: Reference) -> Result<Definition, MergeError> {
        let Item::CoreAlias { instance, name, .. } = self.items.definition(reference)? else {
            return Ok(Definition::Outside(reference));
        };
        let of = self.items.definition(Reference::instance(*instance))?;
        if self.member_of(*instance).is_some() || matches!(of, Item::Bag { .. }) {
            return self.export(*instance, name);
        }
        Ok(Definition::Outside(reference))
    }

    /// The index in the merged module of each item of a kind of each member.
    fn indexes_of(&self, kind: ItemKind) -> Result<Vec<Vec<u32>>, MergeError> {
        let members = self.modules.iter().enumerate().map(|(at, module)| {
            let count = module.imports_of(kind).count() as u32 + module.defined(kind);
            (0..count)
                .map(|index| self.find_index((at, kind, index)))
                .collect()
        });
        members.collect()
    }

    fn find_index(&self, place: Place) -> Result<u32, MergeError> {
        let (at, kind, index) = match self.resolve(place)? {
            Definition::Outside(reference) => {
                let index = self.outside_index.get(&reference).copied();
                return index.ok_or(MergeError::Unsupported("an export of another instance"));
            }
            Definition::Member(place) => place,
        };
        let first = match kind {
            ItemKind::Function => self.outside.len() as u32 + self.offsets.functions[at],
            _ => self.offsets.globals[at],
        };
        Ok(first + index - self.modules[at].imports_of(kind).count() as u32)
    }

    /// The index of an item in the merged module.
    pub(super) fn final_index(&self, (at, kind, index): Place) -> Result<u32, MergeError> {
        let indexes = match kind {
            ItemKind::Function => &self.functions[at],
            ItemKind::Global => &self.globals[at],
            // There is one of each.
            ItemKind::Table | ItemKind::Memory | ItemKind::Instance => return Ok(0),
        };
        let index = indexes.get(index as usize).copied();
        index.ok_or(MergeError::Unsupported("an index beyond its module"))
    }
}

/// The sum of what came before each.
fn offsets(counts: impl Iterator<Item = u32>) -> Vec<u32> {
    let sums = counts.scan(0, |sum, count| {
        let before = *sum;
        *sum += count;
        Some(before)
    });
    sums.collect()
}

/// Number of entries of a section.
fn count<'s, T: 's>(section: Option<&wasmparser::SectionLimited<'s, T>>) -> u32 {
    section.map_or(0, wasmparser::SectionLimited::count)
}
