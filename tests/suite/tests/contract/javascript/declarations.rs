//! What a policy's author sees: the types of the contract in TypeScript.

use std::fmt::Write as _;

use wit_bindgen_core::wit_parser::{Docs, Function, Handle, Record, Type, TypeDefKind, TypeId};

use super::{Generator, HEADER, READ, camel, pascal};

impl Generator<'_> {
    pub(super) fn declarations(&self) -> String {
        let mut out = HEADER.to_owned();
        for (id, kind) in self.definitions() {
            let definition = &self.resolve.types[id];
            if self.is_view(id) {
                continue;
            }
            out.push('\n');
            comment(&mut out, &definition.docs, "");
            let name = self.name(id);
            match kind {
                TypeDefKind::Record(record) => self.declare_record(&mut out, id, &name, record),
                TypeDefKind::Enum(choice) => {
                    let cases: Vec<_> = choice
                        .cases
                        .iter()
                        .map(|case| format!("\"{}\"", case.name))
                        .collect();
                    writeln!(out, "export type {name} = {};", cases.join(" | ")).expect("text");
                }
                TypeDefKind::Resource => self.declare_resource(&mut out, id, &name),
                TypeDefKind::Type(ty) => {
                    writeln!(out, "export type {name} = {};", self.script(ty)).expect("text");
                }
                other => panic!("{name}: the generator does not know {other:?}"),
            }
        }
        for interface in &self.interfaces {
            let name = interface.name.as_deref().expect("a name");
            let functions: Vec<_> = self.functions(interface).collect();
            if self.exported.contains(name) || functions.is_empty() {
                continue;
            }
            out.push('\n');
            comment(&mut out, &interface.docs, "");
            writeln!(out, "export interface Host{} {{", pascal(name)).expect("text");
            for function in functions {
                comment(&mut out, &function.docs, "  ");
                let result = self.result(function);
                writeln!(
                    out,
                    "  {}({}): {result};",
                    camel(&function.name),
                    self.parameters(function, 0)
                )
                .expect("text");
            }
            out.push_str("}\n");
        }
        out
    }

    fn declare_record(&self, out: &mut String, id: TypeId, name: &str, record: &Record) {
        writeln!(out, "export interface {name} {{").expect("text");
        for field in &record.fields {
            comment(out, &field.docs, "  ");
            let (inner, is_option) = self.option(&field.ty);
            let is_list = matches!(self.kind(&inner), Some(TypeDefKind::List(_)));
            let optional = is_option || (is_list && self.given.contains(&id));
            let mark = if optional { "?" } else { "" };
            let or = if optional { " | undefined" } else { "" };
            writeln!(
                out,
                "  {}{mark}: {}{or};",
                camel(&field.name),
                self.script(&inner)
            )
            .expect("text");
        }
        out.push_str("}\n");
    }

    fn declare_resource(&self, out: &mut String, id: TypeId, name: &str) {
        writeln!(out, "export interface {name} {{").expect("text");
        for function in self.methods(id) {
            // Authors read properties; the SDK reads them at once.
            if function.item_name() == READ {
                continue;
            }
            comment(out, &function.docs, "  ");
            let method = camel(function.item_name());
            let result = self.result(function);
            match function.params.len() {
                // The first is the resource itself.
                1 => writeln!(out, "  readonly {method}: {result};"),
                _ => writeln!(
                    out,
                    "  {method}({}): {result};",
                    self.parameters(function, 1)
                ),
            }
            .expect("text");
        }
        out.push_str("}\n");
    }

    fn parameters(&self, function: &Function, skipped: usize) -> String {
        let parameters = function.params.iter().skip(skipped);
        let parameters: Vec<_> = parameters
            .map(|parameter| {
                let (inner, is_option) = self.option(&parameter.ty);
                let mark = if is_option { "?" } else { "" };
                format!("{}{mark}: {}", camel(&parameter.name), self.script(&inner))
            })
            .collect();
        parameters.join(", ")
    }

    fn result(&self, function: &Function) -> String {
        function
            .result
            .map_or("void".to_owned(), |ty| self.script(&ty))
    }

    /// A type in TypeScript.
    fn script(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "boolean".to_owned(),
            Type::String => "string".to_owned(),
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(inner) if self.resolve.types[*id].name.is_none() => {
                    self.script(inner)
                }
                TypeDefKind::Type(Type::Id(_)) => self.name(self.origin(*id)),
                TypeDefKind::List(Type::U8) => "Uint8Array".to_owned(),
                TypeDefKind::List(inner) => match self.script(inner) {
                    union if union.contains(' ') => format!("({union})[]"),
                    plain => format!("{plain}[]"),
                },
                TypeDefKind::Option(inner) => format!("{} | undefined", self.script(inner)),
                TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => {
                    self.name(self.origin(*id))
                }
                _ => self.name(*id),
            },
            _ => "number".to_owned(),
        }
    }
}

fn comment(out: &mut String, docs: &Docs, indent: &str) {
    let text = docs.contents.as_deref().unwrap_or_default().trim();
    let lines: Vec<&str> = text.lines().collect();
    match &*lines {
        [] => {}
        [line] => writeln!(out, "{indent}/** {line} */").expect("text"),
        lines => {
            writeln!(out, "{indent}/**").expect("text");
            for line in lines {
                let line = format!("{indent} * {line}");
                writeln!(out, "{}", line.trim_end()).expect("text");
            }
            writeln!(out, "{indent} */").expect("text");
        }
    }
}
