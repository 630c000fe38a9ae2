//! Generates the types and tables of the JavaScript SDK from the contract: `contract.d.ts` has what
//! a policy's author sees, `tables.js` how values cross the boundary.

mod declarations;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use wit_bindgen_core::wit_parser::{
    Function, FunctionKind, Interface, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldItem,
};

use crate::Contract;

const HEADER: &str =
    "// Generated from wit/ by `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract`.\n";

/// Text of each generated file by its name.
pub(crate) fn generate(contract: &Contract) -> BTreeMap<String, String> {
    let generator = Generator::of(contract);
    BTreeMap::from([
        ("contract.d.ts".to_owned(), generator.declarations()),
        ("tables.js".to_owned(), generator.tables()),
    ])
}

/// The method of a resource that returns what policies nearly always read.
const READ: &str = "read";

struct Generator<'a> {
    resolve: &'a Resolve,
    /// Every interface, those that a policy imports first.
    interfaces: Vec<&'a Interface>,
    /// Interfaces that a policy exports.
    exported: BTreeSet<String>,
    /// Records that a policy gives to the host: their lists and options may be left out.
    given: BTreeSet<TypeId>,
}

impl<'a> Generator<'a> {
    fn of(contract: &'a Contract) -> Self {
        let resolve = &contract.resolve;
        let world = contract.package("policy").worlds["policy"];
        let world = &resolve.worlds[world];
        let interface = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
            _ => None,
        };
        let mut imported: Vec<_> = world.imports.values().filter_map(interface).collect();
        let mut exported: Vec<_> = world.exports.values().filter_map(interface).collect();
        for list in [&mut imported, &mut exported] {
            list.sort_by_key(|interface| interface.name.clone());
        }
        let mut generator = Self {
            resolve,
            exported: exported.iter().filter_map(|one| one.name.clone()).collect(),
            given: BTreeSet::new(),
            interfaces: imported.iter().chain(&exported).copied().collect(),
        };
        for function in imported.iter().flat_map(|one| one.functions.values()) {
            for parameter in &function.params {
                generator.mark_given(&parameter.ty);
            }
        }
        for function in exported.iter().flat_map(|one| one.functions.values()) {
            generator.mark_given(&function.result.expect("a decision has a result"));
        }
        generator
    }

    fn mark_given(&mut self, ty: &Type) {
        let Type::Id(id) = ty else { return };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Record(record) => {
                self.given.insert(*id);
                for field in &record.fields {
                    self.mark_given(&field.ty);
                }
            }
            TypeDefKind::List(ty) | TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => {
                self.mark_given(ty);
            }
            TypeDefKind::Result(result) => {
                for ty in [&result.ok, &result.err].into_iter().flatten() {
                    self.mark_given(ty);
                }
            }
            _ => {}
        }
    }

    /// The name of a type in TypeScript; of two with one name, each with its interface.
    fn name(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        let own = definition.name.as_deref().expect("it has a name");
        let same = self.interfaces.iter().filter(|interface| {
            let other = interface.types.get(own);
            other.is_some_and(|other| self.origin(*other) == *other)
        });
        match same.count() {
            1 => pascal(own),
            _ => pascal(&format!("{}-{own}", self.owner(id))),
        }
    }

    /// The key of a record, enum or resource in the tables.
    fn key(&self, id: TypeId) -> String {
        let name = self.resolve.types[id].name.as_deref().expect("a name");
        format!("{}.{name}", self.owner(id))
    }

    fn owner(&self, id: TypeId) -> &str {
        let TypeOwner::Interface(owner) = self.resolve.types[id].owner else {
            panic!("a type outside of an interface");
        };
        self.resolve.interfaces[owner]
            .name
            .as_deref()
            .expect("a name")
    }

    /// Whether a record is what the method `read` of a resource returns.
    fn is_view(&self, id: TypeId) -> bool {
        let functions = self
            .interfaces
            .iter()
            .flat_map(|one| one.functions.values());
        let mut reads = functions.filter(|function| function.item_name() == READ);
        reads.any(|function| function.result == Some(Type::Id(id)))
    }

    /// The type that a name stands for: an interface lists those it uses of others too.
    fn origin(&self, id: TypeId) -> TypeId {
        match self.resolve.types[id].kind {
            TypeDefKind::Type(Type::Id(other)) => self.origin(other),
            _ => id,
        }
    }

    /// Types that interfaces define themselves.
    fn definitions(&self) -> impl Iterator<Item = (TypeId, &TypeDefKind)> {
        let types = self.interfaces.iter().flat_map(|one| one.types.values());
        types
            .filter(|id| self.origin(**id) == **id)
            .map(|id| (*id, &self.resolve.types[*id].kind))
    }

    fn kind(&self, ty: &Type) -> Option<&TypeDefKind> {
        match ty {
            Type::Id(id) => Some(&self.resolve.types[*id].kind),
            _ => None,
        }
    }

    /// The type in an option, and whether it is one.
    fn option(&self, ty: &Type) -> (Type, bool) {
        match self.kind(ty) {
            Some(TypeDefKind::Option(inner)) => (*inner, true),
            _ => (*ty, false),
        }
    }

    fn functions(&self, interface: &'a Interface) -> impl Iterator<Item = &'a Function> {
        let functions = interface.functions.values();
        functions.filter(|function| function.kind == FunctionKind::Freestanding)
    }

    fn methods(&self, resource: TypeId) -> impl Iterator<Item = &Function> {
        let functions = self
            .interfaces
            .iter()
            .flat_map(|one| one.functions.values());
        functions.filter(move |function| function.kind == FunctionKind::Method(resource))
    }
}

fn camel(kebab: &str) -> String {
    let mut words = kebab.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    first + &words.map(capital).collect::<String>()
}

fn pascal(kebab: &str) -> String {
    kebab.split('-').map(capital).collect()
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
