//! Writes `packages.json`: the packages of `wit/` with their interfaces, types, functions and
//! documentation, for whoever shows the contract without reading WIT.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value, json};
use wit_parser::{
    Docs, Function, FunctionKind, Handle, IndexMap, InterfaceId, PackageId, Param, Resolve,
    Stability, Type, TypeDefKind, TypeId, TypeOwner, WorldId, WorldItem, WorldKey,
};

/// The packages, each after those it uses.
const PACKAGES: [&str; 7] = [
    "care",
    "classification",
    "routing",
    "tone",
    "escalation",
    "lifecycle",
    "policy",
];

fn main() -> Result<(), Box<dyn Error>> {
    let contract = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../wit");
    println!("cargo::rerun-if-changed={}", contract.display());
    let mut resolve = Resolve::default();
    let mut packages = Vec::new();
    for name in PACKAGES {
        let pushed = resolve.push_dir(contract.join(name));
        let (id, _) = pushed.map_err(|error| format!("wit/{name}: {error:#}"))?;
        packages.push(id);
    }
    let reader = Reader(&resolve);
    let documents: Vec<_> = packages.into_iter().map(|id| reader.package(id)).collect();
    let to = Path::new(&env::var("OUT_DIR")?).join("packages.json");
    fs::write(&to, json!(documents).to_string())?;
    Ok(())
}

/// Reads items of the contract as documents.
struct Reader<'a>(&'a Resolve);

impl Reader<'_> {
    fn package(&self, id: PackageId) -> Value {
        let package = &self.0.packages[id];
        let interfaces = package.interfaces.values().map(|id| self.interface(*id));
        let worlds = package.worlds.values().map(|id| self.world(*id));
        json!({
            "name": self.package_name(id),
            "version": package.name.version.as_ref().map(ToString::to_string),
            "description": description(&package.docs),
            "interfaces": interfaces.collect::<Vec<_>>(),
            "worlds": worlds.collect::<Vec<_>>(),
        })
    }

    fn package_name(&self, id: PackageId) -> String {
        let name = &self.0.packages[id].name;
        format!("{}:{}", name.namespace, name.name)
    }

    fn world(&self, id: WorldId) -> Value {
        let world = &self.0.worlds[id];
        let names = |items: &IndexMap<WorldKey, WorldItem>| {
            let interfaces = items.values().filter_map(|item| match item {
                WorldItem::Interface { id, .. } => Some(self.interface_name(*id)),
                _ => None,
            });
            interfaces.collect::<Vec<_>>()
        };
        json!({
            "name": world.name,
            "description": description(&world.docs),
            "since": since(&world.stability),
            "imports": names(&world.imports),
            "exports": names(&world.exports),
        })
    }

    fn interface_name(&self, id: InterfaceId) -> String {
        let interface = &self.0.interfaces[id];
        let package = interface.package.map(|id| self.package_name(id));
        let name = interface.name.as_deref().unwrap_or_default();
        format!("{}/{name}", package.unwrap_or_default())
    }

    fn interface(&self, id: InterfaceId) -> Value {
        let interface = &self.0.interfaces[id];
        let mut uses = Map::new();
        let mut types = Vec::new();
        for (name, ty) in &interface.types {
            match self.used_from(id, *ty) {
                Some(owner) => _ = uses.insert(name.clone(), json!(self.interface_name(owner))),
                None => types.push(self.type_definition(id, *ty)),
            }
        }
        let functions = interface.functions.values();
        let functions = functions.filter(|it| matches!(it.kind, FunctionKind::Freestanding));
        json!({
            "name": interface.name,
            "description": description(&interface.docs),
            "since": since(&interface.stability),
            "uses": uses,
            "types": types,
            "functions": functions.map(|it| self.function(it)).collect::<Vec<_>>(),
        })
    }

    /// The interface that an interface takes a type from; `None` where it defines it.
    fn used_from(&self, by: InterfaceId, id: TypeId) -> Option<InterfaceId> {
        let mut id = id;
        while let TypeDefKind::Type(Type::Id(original)) = &self.0.types[id].kind {
            id = *original;
        }
        match self.0.types[id].owner {
            TypeOwner::Interface(owner) if owner != by => Some(owner),
            _ => None,
        }
    }

    fn type_definition(&self, owner: InterfaceId, id: TypeId) -> Value {
        let definition = &self.0.types[id];
        let mut document = json!({
            "name": definition.name,
            "kind": match definition.kind {
                TypeDefKind::Type(_) | TypeDefKind::List(_) | TypeDefKind::Option(_)
                | TypeDefKind::Tuple(_) | TypeDefKind::Result(_) => "alias",
                ref kind => kind.as_str(),
            },
            "description": description(&definition.docs),
            "since": since(&definition.stability),
            "members": self.members(&definition.kind),
            "functions": self.methods(owner, id),
        });
        let is_alias = document["kind"] == "alias";
        document["type"] = is_alias
            .then(|| self.type_text_of_kind(&definition.kind))
            .into();
        document
    }

    fn members(&self, kind: &TypeDefKind) -> Vec<Value> {
        let member = |name: &str, ty: Option<&Type>, docs: &Docs| {
            json!({
                "name": name,
                "type": ty.map(|ty| self.type_text(ty)),
                "description": description(docs),
            })
        };
        match kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter();
                fields
                    .map(|it| member(&it.name, Some(&it.ty), &it.docs))
                    .collect()
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter();
                cases
                    .map(|it| member(&it.name, it.ty.as_ref(), &it.docs))
                    .collect()
            }
            TypeDefKind::Enum(set) => {
                let cases = set.cases.iter();
                cases.map(|it| member(&it.name, None, &it.docs)).collect()
            }
            TypeDefKind::Flags(flags) => {
                let flags = flags.flags.iter();
                flags.map(|it| member(&it.name, None, &it.docs)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Functions of a resource.
    fn methods(&self, owner: InterfaceId, id: TypeId) -> Vec<Value> {
        let functions = self.0.interfaces[owner].functions.values();
        let own = functions.filter(|it| it.kind.resource() == Some(id));
        own.map(|it| self.function(it)).collect()
    }

    fn function(&self, function: &Function) -> Value {
        // The first parameter of a method is the resource itself.
        let is_method = matches!(function.kind, FunctionKind::Method(_));
        let parameters = function.params.iter().skip(usize::from(is_method));
        let parameter =
            |Param { name, ty, .. }: &Param| json!({"name": name, "type": self.type_text(ty)});
        json!({
            "name": function.item_name(),
            "description": description(&function.docs),
            "since": since(&function.stability),
            "parameters": parameters.map(parameter).collect::<Vec<_>>(),
            "result": function.result.as_ref().map(|ty| self.type_text(ty)),
        })
    }

    /// A type as WIT writes it.
    fn type_text(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".to_owned(),
            Type::U8 => "u8".to_owned(),
            Type::U16 => "u16".to_owned(),
            Type::U32 => "u32".to_owned(),
            Type::U64 => "u64".to_owned(),
            Type::S8 => "s8".to_owned(),
            Type::S16 => "s16".to_owned(),
            Type::S32 => "s32".to_owned(),
            Type::S64 => "s64".to_owned(),
            Type::F32 => "f32".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::Char => "char".to_owned(),
            Type::String => "string".to_owned(),
            Type::ErrorContext => "error-context".to_owned(),
            Type::Id(id) => {
                let definition = &self.0.types[*id];
                let name = definition.name.clone();
                name.unwrap_or_else(|| self.type_text_of_kind(&definition.kind))
            }
        }
    }

    fn type_text_of_kind(&self, kind: &TypeDefKind) -> String {
        let text = |ty: &Type| self.type_text(ty);
        let optional = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), text);
        match kind {
            TypeDefKind::Type(ty) => text(ty),
            TypeDefKind::Option(ty) => format!("option<{}>", text(ty)),
            TypeDefKind::List(ty) => format!("list<{}>", text(ty)),
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(text).collect();
                format!("tuple<{}>", types.join(", "))
            }
            TypeDefKind::Result(result) => {
                format!(
                    "result<{}, {}>",
                    optional(&result.ok),
                    optional(&result.err)
                )
            }
            TypeDefKind::Handle(Handle::Own(id)) => text(&Type::Id(*id)),
            TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", text(&Type::Id(*id))),
            other => other.as_str().to_owned(),
        }
    }
}

fn description(docs: &Docs) -> Option<&str> {
    docs.contents.as_deref().map(str::trim)
}

fn since(stability: &Stability) -> Option<String> {
    match stability {
        Stability::Stable { since, .. } => Some(since.to_string()),
        Stability::Unstable { .. } | Stability::Unknown => None,
    }
}
