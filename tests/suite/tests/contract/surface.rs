//! The items of a contract, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::{
    Function, FunctionKind, Handle, Interface, InterfaceId, PackageId, Resolve, Stability, Type,
    TypeDefKind, TypeId, TypeOwner, WorldId, WorldItem,
};

/// Major, minor and patch.
pub(crate) type Version = (u64, u64, u64);

/// One function, method, type, interface or world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Name of its package, without the version.
    pub(crate) package: String,
    /// What a compiled component relies on: everything but the documentation.
    pub(crate) signature: String,
    /// Version in its `@since`; absent without one.
    pub(crate) since: Option<Version>,
    /// Its interface or world; an interface or world itself has its own name.
    pub(crate) within: String,
    /// Which side has it.
    pub(crate) kind: Kind,
}

/// Which side has an item; decides whether it may be added after a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The host has it: a policy that does not know it does not call it.
    Import,
    /// A function of an interface that policies export: a policy that does not know it lacks it.
    Export,
    /// An interface a world imports; it has a `@since` of its own.
    WorldImport,
    /// An interface a world exports.
    WorldExport,
}

/// Every item of a contract.
#[derive(Debug)]
pub(crate) struct Surface {
    /// Items by name, with packages without their version.
    pub(crate) items: BTreeMap<String, Item>,
    /// Versions of the packages.
    pub(crate) packages: BTreeMap<String, Version>,
}

impl Surface {
    /// Reads every package.
    pub(crate) fn of(resolve: &Resolve) -> Surface {
        let mut reader = Reader {
            resolve,
            exported: exported(resolve),
            items: BTreeMap::new(),
        };
        let mut packages = BTreeMap::new();
        for (id, package) in resolve.packages.iter() {
            let version = package.name.version.as_ref();
            let version = version.map_or((0, 0, 0), |it| (it.major, it.minor, it.patch));
            packages.insert(reader.package(id), version);
            for interface in package.interfaces.values() {
                reader.interface(*interface);
            }
            for world in package.worlds.values() {
                reader.world(*world);
            }
        }
        Surface {
            items: reader.items,
            packages,
        }
    }
}

/// Interfaces that a world exports.
fn exported(resolve: &Resolve) -> BTreeSet<InterfaceId> {
    let worlds = resolve.worlds.iter();
    worlds
        .flat_map(|(_, world)| world.exports.values())
        .filter_map(|item| match item {
            WorldItem::Interface { id, .. } => Some(*id),
            _ => None,
        })
        .collect()
}

struct Reader<'a> {
    resolve: &'a Resolve,
    exported: BTreeSet<InterfaceId>,
    items: BTreeMap<String, Item>,
}

impl Reader<'_> {
    fn package(&self, id: PackageId) -> String {
        let name = &self.resolve.packages[id].name;
        format!("{}:{}", name.namespace, name.name)
    }

    fn name_of(&self, interface: &Interface) -> String {
        let package = interface.package.map(|id| self.package(id));
        let name = interface.name.as_deref().unwrap_or("(unnamed)");
        format!("{}/{name}", package.unwrap_or_default())
    }

    /// Adds an item of an interface or a world; an empty name stands for that itself.
    fn add(
        &mut self,
        within: &str,
        name: &str,
        signature: String,
        stability: &Stability,
        kind: Kind,
    ) {
        let package = within.split('/').next().unwrap_or_default().to_owned();
        let since = match stability {
            Stability::Stable { since, .. } => Some((since.major, since.minor, since.patch)),
            _ => None,
        };
        let item = Item {
            package,
            signature,
            since,
            within: within.to_owned(),
            kind,
        };
        self.items.insert(format!("{within}{name}"), item);
    }

    fn interface(&mut self, id: InterfaceId) {
        let interface = &self.resolve.interfaces[id];
        let name = self.name_of(interface);
        self.add(
            &name,
            "",
            "interface".to_owned(),
            &interface.stability,
            Kind::Import,
        );
        for (type_name, id) in &interface.types {
            let definition = &self.resolve.types[*id];
            if self.is_use(*id) {
                continue;
            }
            self.add(
                &name,
                &format!(".{type_name}"),
                self.definition(*id),
                &definition.stability,
                Kind::Import,
            );
        }
        let kind = match self.exported.contains(&id) {
            true => Kind::Export,
            false => Kind::Import,
        };
        for function in interface.functions.values() {
            let signature = self.function(function);
            let function_name = format!(".{}", plain_name(function));
            self.add(&name, &function_name, signature, &function.stability, kind);
        }
    }

    fn world(&mut self, id: WorldId) {
        let world = &self.resolve.worlds[id];
        let package = world.package.map(|id| self.package(id)).unwrap_or_default();
        let name = format!("{package}/{} (world)", world.name);
        self.add(
            &name,
            "",
            "world".to_owned(),
            &world.stability,
            Kind::Import,
        );
        for (verb, items, kind) in [
            ("imports", &world.imports, Kind::WorldImport),
            ("exports", &world.exports, Kind::WorldExport),
        ] {
            for (key, item) in items {
                let (what, signature) = match item {
                    WorldItem::Interface { id, .. } => {
                        let interface = &self.resolve.interfaces[*id];
                        (self.name_of(interface), "interface".to_owned())
                    }
                    WorldItem::Function(function) => {
                        (self.resolve.name_world_key(key), self.function(function))
                    }
                    WorldItem::Type { id, .. } => {
                        (self.resolve.name_world_key(key), self.definition(*id))
                    }
                };
                let what = format!(" {verb} {what}");
                self.add(&name, &what, signature, &Stability::Unknown, kind);
            }
        }
    }

    /// Whether a type is another interface's, under a name of its own here.
    fn is_use(&self, id: TypeId) -> bool {
        let TypeDefKind::Type(Type::Id(original)) = self.resolve.types[id].kind else {
            return false;
        };
        self.resolve.types[original].owner != self.resolve.types[id].owner
    }

    fn function(&self, function: &Function) -> String {
        let is_async = matches!(
            function.kind,
            FunctionKind::AsyncFreestanding
                | FunctionKind::AsyncMethod(_)
                | FunctionKind::AsyncStatic(_)
        );
        let parameters: Vec<String> = function
            .params
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, self.reference(&parameter.ty)))
            .collect();
        let mut text = format!("func({})", parameters.join(", "));
        if is_async {
            text.insert_str(0, "async ");
        }
        if let Some(result) = &function.result {
            text = format!("{text} -> {}", self.reference(result));
        }
        text
    }

    /// A type where it is declared.
    fn definition(&self, id: TypeId) -> String {
        let kind = &self.resolve.types[id].kind;
        let parts: Vec<String> = match kind {
            TypeDefKind::Record(record) => record
                .fields
                .iter()
                .map(|field| format!("{}: {}", field.name, self.reference(&field.ty)))
                .collect(),
            TypeDefKind::Variant(variant) => variant
                .cases
                .iter()
                .map(|case| match &case.ty {
                    Some(ty) => format!("{}({})", case.name, self.reference(ty)),
                    None => case.name.clone(),
                })
                .collect(),
            TypeDefKind::Enum(choice) => {
                let cases = choice.cases.iter();
                cases.map(|case| case.name.clone()).collect()
            }
            TypeDefKind::Flags(flags) => {
                let flags = flags.flags.iter();
                flags.map(|flag| flag.name.clone()).collect()
            }
            TypeDefKind::Resource => return "resource".to_owned(),
            _ => return format!("type {}", self.structure(id)),
        };
        format!("{} {{ {} }}", kind.as_str(), parts.join(", "))
    }

    /// A type where it is used: by name where it has one of its own.
    fn reference(&self, ty: &Type) -> String {
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
            Type::Id(id) => self.structure(*id),
        }
    }

    fn structure(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        let maybe = |ty: &Option<Type>| match ty {
            Some(ty) => self.reference(ty),
            None => "_".to_owned(),
        };
        match &definition.kind {
            // An alias counts as the type it names.
            TypeDefKind::Type(ty) => self.reference(ty),
            TypeDefKind::Handle(Handle::Own(id)) => self.structure(*id),
            TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", self.structure(*id)),
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<String> = tuple.types.iter().map(|ty| self.reference(ty)).collect();
                format!("tuple<{}>", types.join(", "))
            }
            TypeDefKind::Option(ty) => format!("option<{}>", self.reference(ty)),
            TypeDefKind::Result(result) => {
                format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err))
            }
            TypeDefKind::List(ty) => format!("list<{}>", self.reference(ty)),
            TypeDefKind::Map(key, value) => {
                format!("map<{}, {}>", self.reference(key), self.reference(value))
            }
            TypeDefKind::FixedLengthList(ty, length) => {
                format!("list<{}, {length}>", self.reference(ty))
            }
            TypeDefKind::Future(ty) => format!("future<{}>", maybe(ty)),
            TypeDefKind::Stream(ty) => format!("stream<{}>", maybe(ty)),
            TypeDefKind::Record(_)
            | TypeDefKind::Resource
            | TypeDefKind::Flags(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Unknown => {
                let name = definition.name.as_deref().unwrap_or("(unnamed)");
                match definition.owner {
                    TypeOwner::Interface(owner) => {
                        let owner = &self.resolve.interfaces[owner];
                        format!("{}.{name}", self.name_of(owner))
                    }
                    _ => name.to_owned(),
                }
            }
        }
    }
}

/// `agent.id` of `[method]agent.id`.
fn plain_name(function: &Function) -> String {
    match function.kind {
        FunctionKind::Constructor(_) => function.name.replace("[constructor]", "constructor "),
        _ => match function.name.rsplit_once(']') {
            Some((_, name)) => name.to_owned(),
            None => function.name.clone(),
        },
    }
}
