//! How values cross the boundary: the types of records, enums, resources and functions.

use std::fmt::Write as _;

use wit_bindgen_core::wit_parser::{Function, Handle, Type, TypeDefKind};

use super::{Generator, HEADER, camel};

impl Generator<'_> {
    pub(super) fn tables(&self) -> String {
        let mut out = HEADER.to_owned();
        let mut records = String::new();
        let mut enums = String::new();
        let mut resources = String::new();
        for (id, kind) in self.definitions() {
            let key = self.key(id);
            match kind {
                TypeDefKind::Record(record) => {
                    writeln!(records, "  \"{key}\": {{").expect("text");
                    for field in &record.fields {
                        let ty = self.shape(&field.ty);
                        writeln!(records, "    {}: {ty},", camel(&field.name)).expect("text");
                    }
                    records.push_str("  },\n");
                }
                TypeDefKind::Enum(choice) => {
                    let cases: Vec<_> = choice
                        .cases
                        .iter()
                        .map(|case| format!("\"{}\"", case.name))
                        .collect();
                    writeln!(enums, "  \"{key}\": [{}],", cases.join(", ")).expect("text");
                }
                TypeDefKind::Resource => {
                    writeln!(resources, "  \"{key}\": {{").expect("text");
                    for method in self.methods(id) {
                        let name = camel(method.item_name());
                        let call = self.call(method, 1);
                        writeln!(resources, "    {name}: {call},").expect("text");
                    }
                    resources.push_str("  },\n");
                }
                _ => {}
            }
        }
        let mut interfaces = String::new();
        for interface in &self.interfaces {
            let functions: Vec<_> = self.functions(interface).collect();
            if functions.is_empty() {
                continue;
            }
            let name = interface.name.as_deref().expect("a name");
            writeln!(interfaces, "  {name}: {{").expect("text");
            for function in functions {
                let call = self.call(function, 0);
                writeln!(interfaces, "    {}: {call},", camel(&function.name)).expect("text");
            }
            interfaces.push_str("  },\n");
        }
        let mut packages = String::new();
        for interface in &self.interfaces {
            let id = interface.package.expect("a package");
            let package = &self.resolve.packages[id].name;
            let name = interface.name.as_deref().expect("a name");
            let version = package.version.as_ref().expect("a version");
            writeln!(
                packages,
                "  {name}: \"{}:{}/{name}@{version}\",",
                package.namespace, package.name
            )
            .expect("text");
        }
        write!(
            out,
            "\n/** Fields of each record with their types. @type {{Record<string, Record<string, any>>}} */\nexport const records = {{\n{records}}};\n\
             \n/** Cases of each enum. @type {{Record<string, string[]>}} */\nexport const enums = {{\n{enums}}};\n\
             \n/** Methods of each resource: types of parameters, and of the result. @type {{Record<string, Record<string, [any[], any]>>}} */\nexport const resources = {{\n{resources}}};\n\
             \n/** Functions of each interface: types of parameters, and of the result. @type {{Record<string, Record<string, [any[], any]>>}} */\nexport const interfaces = {{\n{interfaces}}};\n\
             \n/** Full name of each interface. @type {{Record<string, string>}} */\nexport const names = {{\n{packages}}};\n"
        )
        .expect("text");
        out
    }

    fn call(&self, function: &Function, skipped: usize) -> String {
        let parameters = function.params.iter().skip(skipped);
        let parameters: Vec<_> = parameters.map(|one| self.shape(&one.ty)).collect();
        let result = function
            .result
            .map_or("null".to_owned(), |ty| self.shape(&ty));
        format!("[[{}], {result}]", parameters.join(", "))
    }

    /// A type as the tables have it: a name, or an object with the kind and what it is of.
    fn shape(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else {
            let name = match ty {
                Type::Bool => "bool",
                Type::String => "string",
                Type::U8 => "u8",
                Type::U32 => "u32",
                Type::U64 => "u64",
                Type::S64 => "s64",
                Type::F64 => "f64",
                other => panic!("the generator does not know {other:?}"),
            };
            return format!("\"{name}\"");
        };
        let optional = |ty: &Option<Type>| ty.map_or("null".to_owned(), |ty| self.shape(&ty));
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(inner) => self.shape(inner),
            TypeDefKind::List(Type::U8) => "\"bytes\"".to_owned(),
            TypeDefKind::List(inner) => format!("{{ list: {} }}", self.shape(inner)),
            TypeDefKind::Option(inner) => format!("{{ option: {} }}", self.shape(inner)),
            TypeDefKind::Record(_) => format!("{{ record: \"{}\" }}", self.key(*id)),
            TypeDefKind::Enum(_) => format!("{{ enum: \"{}\" }}", self.key(*id)),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => {
                format!("{{ resource: \"{}\" }}", self.key(self.origin(*id)))
            }
            TypeDefKind::Result(result) => format!(
                "{{ ok: {}, err: {} }}",
                optional(&result.ok),
                optional(&result.err)
            ),
            other => panic!("the generator does not know {other:?}"),
        }
    }
}
