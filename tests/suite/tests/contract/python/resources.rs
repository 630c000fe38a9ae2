//! `resources.py`: what a policy reads, one class for each resource.

use wit_bindgen_core::wit_parser::{Function, FunctionKind, TypeDefKind, TypeId};

use super::text::{class_name, docstring, field_name};
use crate::Contract;

const HEAD: &str = r#"# Generated from wit/ by `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract`.
"""What a policy reads: the interaction, its author, its conversation, and so on.

An attribute is read from the host when it is first used, and kept. An object is valid until the
decision returns.
"""

from __future__ import annotations

from typing import ClassVar

"#;

/// The method that returns what policies nearly always read as one record.
const READ: &str = "read";

/// The source of the module.
pub(super) fn module(contract: &Contract) -> String {
    let mut source = String::new();
    let mut records = Vec::new();
    let mut names = Vec::new();
    for (_, interface) in contract.interfaces() {
        let interface = &contract.resolve.interfaces[interface];
        for (name, id) in &interface.types {
            let def = &contract.resolve.types[*id];
            if !matches!(def.kind, TypeDefKind::Resource) {
                continue;
            }
            let docs = def.docs.contents.as_deref().unwrap_or_default();
            let methods: Vec<_> = interface
                .functions
                .values()
                .filter(|function| matches!(function.kind, FunctionKind::Method(of) if of == *id))
                .collect();
            source.push_str(&class(contract, name, docs, &methods, &mut records));
            names.push(class_name(name));
        }
    }
    records.sort();
    records.dedup();
    names.sort();
    let imported = records.join(", ");
    let listed: String = names
        .iter()
        .map(|name| format!("    \"{name}\",\n"))
        .collect();
    let mut integers = vec!["S64", "U8", "U32", "U64"];
    integers.retain(|one| source.contains(one));
    let integers = integers.join(", ");
    let imports = format!(
        "from .integers import {integers}\nfrom .records import {imported}\nfrom .resource import Resource\n"
    );
    format!("{HEAD}{imports}{source}\n\n__all__ = [\n{listed}]\n")
}

fn class(
    contract: &Contract,
    name: &str,
    docs: &str,
    methods: &[&Function],
    records: &mut Vec<String>,
) -> String {
    let mut source = format!(
        "\n\nclass {}(Resource):\n{}\n",
        class_name(name),
        docstring(docs, 4)
    );
    let (attributes, calls): (Vec<&Function>, Vec<&Function>) = methods
        .iter()
        .copied()
        .partition(|method| method.params.len() == 1);
    let mut wrapped = Vec::new();
    let mut fields = Vec::new();
    let mut viewed = Vec::new();
    for method in attributes {
        let Some(result) = &method.result else {
            continue;
        };
        if method.item_name() == READ {
            viewed = record_fields(contract, result);
            continue;
        }
        let field = field_name(method.item_name());
        if let Some(resource) = contract.resource_in(result) {
            wrapped.push((field.clone(), resource_name(contract, resource)));
        }
        if let Some(record) = record_in(contract, result) {
            records.push(record);
        }
        let docs = method.docs.contents.as_deref().unwrap_or_default();
        let ty = contract.python_type(result);
        source.push_str(&format!("    {field}: {ty}\n{}", docstring(docs, 4)));
        fields.push(field);
    }
    viewed.retain(|field| fields.contains(field));
    let fields: String = fields
        .iter()
        .map(|field| format!("            \"{field}\",\n"))
        .collect();
    source.push_str(&format!(
        "\n    _fields: ClassVar[frozenset[str]] = frozenset(\n        (\n{fields}        )\n    )\n"
    ));
    if !viewed.is_empty() {
        let viewed: String = viewed
            .iter()
            .map(|field| format!("            \"{field}\",\n"))
            .collect();
        source.push_str(&format!(
            "    _view: ClassVar[frozenset[str]] = frozenset(\n        (\n{viewed}        )\n    )\n"
        ));
    }
    if !wrapped.is_empty() {
        let entries: String = wrapped
            .iter()
            .map(|(field, class)| format!("        \"{field}\": \"{class}\",\n"))
            .collect();
        source.push_str(&format!(
            "    _resources: ClassVar[dict[str, str]] = {{\n{entries}    }}\n"
        ));
    }
    for method in calls {
        let Some(result) = &method.result else {
            continue;
        };
        let parameters: Vec<_> = method.params[1..]
            .iter()
            .map(|one| (field_name(&one.name), contract.python_type(&one.ty)))
            .collect();
        let declared: String = parameters
            .iter()
            .map(|(name, ty)| format!(", {name}: {ty}"))
            .collect();
        let passed: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
        let (name, ty) = (field_name(method.item_name()), contract.python_type(result));
        let docs = method.docs.contents.as_deref().unwrap_or_default();
        source.push_str(&format!(
            "\n    def {name}(self{declared}) -> {ty}:\n{}        value: {ty} = self._host.{name}({})\n        return value\n",
            docstring(docs, 8),
            passed.join(", ")
        ));
    }
    source
}

fn resource_name(contract: &Contract, id: TypeId) -> String {
    class_name(
        contract.resolve.types[id]
            .name
            .as_deref()
            .unwrap_or_default(),
    )
}

/// The class of a record in a type, also in a list or an option.
fn record_in(contract: &Contract, ty: &wit_bindgen_core::wit_parser::Type) -> Option<String> {
    use wit_bindgen_core::wit_parser::Type;
    let Type::Id(id) = ty else { return None };
    let def = &contract.resolve.types[*id];
    match &def.kind {
        TypeDefKind::Record(_) => Some(class_name(def.name.as_deref().unwrap_or_default())),
        TypeDefKind::List(ty) | TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => {
            record_in(contract, ty)
        }
        _ => None,
    }
}

/// Names of the fields of a record.
fn record_fields(contract: &Contract, ty: &wit_bindgen_core::wit_parser::Type) -> Vec<String> {
    use wit_bindgen_core::wit_parser::Type;
    let Type::Id(id) = ty else { return Vec::new() };
    match &contract.resolve.types[*id].kind {
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| field_name(&field.name))
            .collect(),
        _ => Vec::new(),
    }
}
