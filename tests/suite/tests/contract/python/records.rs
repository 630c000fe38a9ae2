//! `records.py`: the enums, the records that a policy answers with, and those that it reads.

use std::collections::BTreeSet;

use wit_bindgen_core::wit_parser::{Enum, Record, Type, TypeDefKind, TypeId};

use super::text::{class_name, constant_name, docstring, field_name};
use crate::Contract;

const HEAD: &str = r#"# Generated from wit/ by `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract`.
"""The records and enums of the contract.

An answer takes what it must have by position, and everything else by name. What is left out is
absent: no opinion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from .integers import S64, U8, U32, U64
"#;

/// The source of the module.
pub(super) fn module(contract: &Contract) -> String {
    let read = read_records(contract);
    let mut source = HEAD.to_owned();
    let mut names = Vec::new();
    for (_, interface) in contract.interfaces() {
        for (name, id) in &contract.resolve.interfaces[interface].types {
            let def = &contract.resolve.types[*id];
            let docs = def.docs.contents.as_deref().unwrap_or_default();
            match &def.kind {
                TypeDefKind::Enum(cases) => source.push_str(&enumeration(name, docs, cases)),
                TypeDefKind::Record(record) if !holds_resources(contract, record) => {
                    let is_read = read.contains(id);
                    source.push_str(&class(contract, name, docs, record, is_read));
                }
                _ => continue,
            }
            names.push(class_name(name));
        }
    }
    let mut integers = vec!["S64", "U8", "U32", "U64"];
    integers.retain(|one| source.matches(one).count() > 1);
    let source = source.replace(
        "import S64, U8, U32, U64",
        &format!("import {}", integers.join(", ")),
    );
    names.sort();
    let listed: String = names
        .iter()
        .map(|name| format!("    \"{name}\",\n"))
        .collect();
    format!("{source}\n\n__all__ = [\n{listed}]\n")
}

/// Records that functions and methods of the host return. The runtime creates them by position, in
/// the order of the contract.
fn read_records(contract: &Contract) -> BTreeSet<TypeId> {
    let mut read = BTreeSet::new();
    for (package, interface) in contract.interfaces() {
        if package != "care" {
            continue;
        }
        for function in contract.resolve.interfaces[interface].functions.values() {
            if let Some(result) = &function.result {
                collect(contract, result, &mut read);
            }
        }
    }
    read
}

fn collect(contract: &Contract, ty: &Type, read: &mut BTreeSet<TypeId>) {
    let Type::Id(id) = ty else { return };
    match &contract.resolve.types[*id].kind {
        TypeDefKind::Record(record) => {
            read.insert(*id);
            for field in &record.fields {
                collect(contract, &field.ty, read);
            }
        }
        TypeDefKind::List(ty) | TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => {
            collect(contract, ty, read);
        }
        _ => {}
    }
}

fn holds_resources(contract: &Contract, record: &Record) -> bool {
    let mut fields = record.fields.iter();
    fields.any(|field| contract.resource_in(&field.ty).is_some())
}

fn enumeration(name: &str, docs: &str, cases: &Enum) -> String {
    let mut source = format!(
        "\n\nclass {}(IntEnum):\n{}\n",
        class_name(name),
        docstring(docs, 4)
    );
    for (number, case) in cases.cases.iter().enumerate() {
        let docs = case.docs.contents.as_deref().unwrap_or_default();
        let constant = constant_name(&case.name);
        source.push_str(&format!(
            "    {constant} = {number}\n{}",
            docstring(docs, 4)
        ));
    }
    source
}

fn class(contract: &Contract, name: &str, docs: &str, record: &Record, is_read: bool) -> String {
    let mut source = format!(
        "\n\n@dataclass(slots=True)\nclass {}:\n{}\n",
        class_name(name),
        docstring(docs, 4)
    );
    for one in &record.fields {
        let docs = one.docs.contents.as_deref().unwrap_or_default();
        let default = match default(contract, name, &one.name, &one.ty) {
            Some(default) if !is_read => format!(" = field({default}, kw_only=True)"),
            _ => String::new(),
        };
        source.push_str(&format!(
            "    {}: {}{default}\n{}",
            field_name(&one.name),
            contract.python_type(&one.ty),
            docstring(docs, 4)
        ));
    }
    source
}

/// The default of a field that may be left out.
fn default(contract: &Contract, record: &str, field: &str, ty: &Type) -> Option<&'static str> {
    // As `Query::new` of the Rust SDK.
    match (record, field) {
        ("query", "present") => return Some("default=False"),
        ("query", "limit") => return Some("default=64"),
        _ => {}
    }
    let Type::Id(id) = ty else { return None };
    match &contract.resolve.types[*id].kind {
        TypeDefKind::Option(_) => Some("default=None"),
        TypeDefKind::List(_) => Some("default_factory=list"),
        _ => None,
    }
}
