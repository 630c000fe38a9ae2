//! The types of the Python SDK, generated from the contract and from the codes of the Rust SDK.

mod codes;
mod records;
mod resources;
mod text;

use std::fs;

use wit_bindgen_core::wit_parser::{InterfaceId, Type, TypeDefKind, TypeId};

use crate::{Contract, root};

/// `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract` writes them.
#[test]
fn python_types_match_the_contract() {
    let contract = Contract::read();
    let directory = root().join("sdk/python/src/patchbay_sdk");
    let update = std::env::var_os("PATCHBAY_UPDATE").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for (file, source) in [
        ("records.py", records::module(&contract)),
        ("resources.py", resources::module(&contract)),
        ("codes.py", codes::module()),
    ] {
        let path = directory.join(file);
        if fs::read_to_string(&path).ok().as_ref() == Some(&source) {
            continue;
        }
        if update {
            fs::write(&path, source).expect("the types can be written");
        } else {
            differing.push(file);
        }
    }
    assert!(
        differing.is_empty(),
        "{} in sdk/python/src/patchbay_sdk differ from wit/; run `PATCHBAY_UPDATE=1 cargo test -p \
         patchbay-suite --test contract` to write them",
        differing.join(", "),
    );
}

impl Contract {
    /// Every interface that a policy imports or exports, with its package, in the order of the
    /// packages' dependencies.
    fn interfaces(&self) -> Vec<(&'static str, InterfaceId)> {
        let mut interfaces = Vec::new();
        for package in crate::PACKAGES {
            let mut own: Vec<_> = self.package(package).interfaces.iter().collect();
            // A package lists its interfaces in the order of its files on disk; the types come
            // first, since others use them.
            own.sort_by_key(|(name, _)| (name.as_str() != "types", name.to_owned()));
            interfaces.extend(own.into_iter().map(|(_, id)| (package, *id)));
        }
        interfaces
    }

    /// The Python type of a type, `Optional` as `T | None`.
    fn python_type(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".to_owned(),
            Type::String | Type::Char => "str".to_owned(),
            Type::F32 | Type::F64 => "float".to_owned(),
            Type::Id(id) => self.python_type_of(*id),
            Type::U8 => "U8".to_owned(),
            Type::U16 | Type::U32 => "U32".to_owned(),
            Type::U64 => "U64".to_owned(),
            _ => "S64".to_owned(),
        }
    }

    fn python_type_of(&self, id: TypeId) -> String {
        let def = &self.resolve.types[id];
        match &def.kind {
            TypeDefKind::List(Type::U8) => "bytes".to_owned(),
            TypeDefKind::List(item) => format!("list[{}]", self.python_type(item)),
            TypeDefKind::Option(item) => format!("{} | None", self.python_type(item)),
            TypeDefKind::Handle(handle) => {
                use wit_bindgen_core::wit_parser::Handle;
                let (Handle::Own(id) | Handle::Borrow(id)) = handle;
                self.python_type_of(*id)
            }
            TypeDefKind::Tuple(tuple) => {
                let items: Vec<_> = tuple
                    .types
                    .iter()
                    .map(|item| self.python_type(item))
                    .collect();
                format!("tuple[{}]", items.join(", "))
            }
            TypeDefKind::Type(ty) => match ty {
                Type::Id(id) => self.python_type_of(*id),
                plain => self.python_type(plain),
            },
            _ => text::class_name(def.name.as_deref().unwrap_or_default()),
        }
    }

    /// The resource that a type is a handle of, also in a list or an option.
    fn resource_in(&self, ty: &Type) -> Option<TypeId> {
        use wit_bindgen_core::wit_parser::Handle;
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Resource => Some(*id),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => Some(self.original(*id)),
            TypeDefKind::List(ty) | TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => {
                self.resource_in(ty)
            }
            _ => None,
        }
    }

    /// The definition that a type of another interface stands for.
    fn original(&self, id: TypeId) -> TypeId {
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(Type::Id(other)) => self.original(*other),
            _ => id,
        }
    }
}
