//! A core module or component with only the code that some of its functions
//! reach, so that running these does not compile the rest.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use wasmparser::{
    BinaryReader, CompositeInnerType, ConstExpr, ElementItems, ExternalKind, FuncType,
    FunctionBody, Operator, Parser, Payload, TypeRef,
};

/// Section id of the code.
const CODE_SECTION: u8 = 10;
/// A body that traps: no locals, `unreachable`, `end`.
const TRAP: [u8; 3] = [0x00, 0x00, 0x0b];

/// Section id of a core module in a component, and of a component in it.
const MODULE_SECTION: u8 = 1;
const COMPONENT_SECTION: u8 = 4;

/// The component, with [`with_reachable_code`] of each core module in it. The
/// component itself, where its sections cannot be read.
pub(crate) fn component_with_reachable_code(
    component: &[u8],
    is_root: &dyn Fn(&str) -> bool,
) -> Vec<u8> {
    reduced_component(component, is_root).unwrap_or_else(|| component.to_vec())
}

fn reduced_component(bytes: &[u8], is_root: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
    let (preamble, mut rest) = bytes.split_at_checked(8)?;
    let mut reduced = preamble.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let mut head = BinaryReader::new(after, 0);
        let length = head.read_var_u32().ok()? as usize;
        let section = after.get(head.original_position()..)?;
        let (section, next) = section.split_at_checked(length)?;
        rest = next;
        let section = match *id {
            MODULE_SECTION => with_reachable_code(section, is_root),
            COMPONENT_SECTION => reduced_component(section, is_root)?,
            _ => section.to_vec(),
        };
        reduced.push(*id);
        write_number(&mut reduced, section.len());
        reduced.extend_from_slice(&section);
    }
    Some(reduced)
}

/// The module, with a body that traps for every function that the exports of
/// these names and the start function cannot reach. The module itself, where all
/// its exports have such names or its calls cannot be told from its code.
pub(super) fn with_reachable_code(module: &[u8], is_root: &dyn Fn(&str) -> bool) -> Vec<u8> {
    reduced(module, is_root).unwrap_or_else(|| module.to_vec())
}

fn reduced(bytes: &[u8], is_root: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
    let module = CodeMap::read(bytes, is_root)?;
    if !module.has_other_exports {
        return None;
    }
    let reachable = module.reachable()?;
    let mut code = Vec::new();
    write_number(&mut code, module.bodies.len());
    for (index, body) in module.bodies.iter().enumerate() {
        let body = match reachable.contains(&(module.imported + index as u32)) {
            true => bytes.get(body.range())?,
            false => &TRAP,
        };
        write_number(&mut code, body.len());
        code.extend_from_slice(body);
    }
    let mut reduced = bytes.get(..module.code.start)?.to_vec();
    reduced.push(CODE_SECTION);
    write_number(&mut reduced, code.len());
    reduced.extend_from_slice(&code);
    reduced.extend_from_slice(bytes.get(module.code.end..)?);
    Some(reduced)
}

/// What the functions of a module may call.
#[derive(Default)]
struct CodeMap<'a> {
    /// Imported functions; they have the first numbers.
    imported: u32,
    /// Types of functions; a call through a table takes every equal type.
    kinds: Vec<Option<FuncType>>,
    /// The type of each function.
    types: Vec<u32>,
    /// Functions in tables, and others whose address is taken.
    addressed: Vec<u32>,
    /// Whether other modules call functions through its tables.
    shares_table: bool,
    /// Where the reachable code begins.
    roots: Vec<u32>,
    /// Whether it exports functions that are no roots.
    has_other_exports: bool,
    bodies: Vec<FunctionBody<'a>>,
    /// The code section with its head.
    code: Range<usize>,
}

impl<'a> CodeMap<'a> {
    fn read(bytes: &'a [u8], is_root: &dyn Fn(&str) -> bool) -> Option<CodeMap<'a>> {
        let mut map = CodeMap::default();
        // Where the section before the code ends.
        let mut end = 8;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.ok()?;
            match &payload {
                Payload::TypeSection(groups) => {
                    for group in groups.clone() {
                        let types = group.ok()?.into_types();
                        map.kinds.extend(types.map(|kind| {
                            let CompositeInnerType::Func(function) = kind.composite_type.inner
                            else {
                                return None;
                            };
                            Some(function)
                        }));
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        match import.ok()?.ty {
                            TypeRef::Func(kind) => {
                                map.types.push(kind);
                                map.imported += 1;
                            }
                            TypeRef::Table(_) => map.shares_table = true,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions.clone() {
                        map.types.push(kind.ok()?);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals.clone() {
                        map.take_addresses(&global.ok()?.init_expr)?;
                    }
                }
                Payload::ExportSection(all) => {
                    for export in all.clone() {
                        let export = export.ok()?;
                        match export.kind {
                            ExternalKind::Func if is_root(export.name) => {
                                map.roots.push(export.index);
                            }
                            ExternalKind::Func => map.has_other_exports = true,
                            ExternalKind::Table => map.shares_table = true,
                            _ => {}
                        }
                    }
                }
                Payload::StartSection { func, .. } => map.roots.push(*func),
                Payload::ElementSection(elements) => {
                    for element in elements.clone() {
                        match element.ok()?.items {
                            ElementItems::Functions(functions) => {
                                for function in functions {
                                    map.addressed.push(function.ok()?);
                                }
                            }
                            ElementItems::Expressions(_, expressions) => {
                                for expression in expressions {
                                    map.take_addresses(&expression.ok()?)?;
                                }
                            }
                        }
                    }
                }
                Payload::CodeSectionStart { range, .. } => map.code = end..range.end,
                Payload::CodeSectionEntry(body) => map.bodies.push(body.clone()),
                _ => {}
            }
            if let Some((_, range)) = payload.as_section() {
                end = range.end;
            }
        }
        (!map.bodies.is_empty()).then_some(map)
    }

    fn take_addresses(&mut self, expression: &ConstExpr<'_>) -> Option<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator.ok()? {
                self.addressed.push(function_index);
            }
        }
        Some(())
    }

    fn kind(&self, index: u32) -> Option<&FuncType> {
        self.kinds.get(index as usize)?.as_ref()
    }

    /// Functions that the roots may call: directly, or through a table with the
    /// type of the call.
    fn reachable(&self) -> Option<HashSet<u32>> {
        let mut by_type: HashMap<&FuncType, Vec<u32>> = HashMap::new();
        for function in &self.addressed {
            let kind = self.kind(*self.types.get(*function as usize)?)?;
            by_type.entry(kind).or_default().push(*function);
        }
        let mut reachable = HashSet::new();
        let mut pending = self.roots.clone();
        if self.shares_table {
            pending.extend(&self.addressed);
        }
        while let Some(function) = pending.pop() {
            if !reachable.insert(function) || function < self.imported {
                continue;
            }
            let body = self.bodies.get((function - self.imported) as usize)?;
            for operator in body.get_operators_reader().ok()? {
                match operator.ok()? {
                    Operator::Call { function_index }
                    | Operator::ReturnCall { function_index }
                    | Operator::RefFunc { function_index } => pending.push(function_index),
                    Operator::CallIndirect { type_index, .. }
                    | Operator::ReturnCallIndirect { type_index, .. } => {
                        let kind = self.kind(type_index)?;
                        pending.extend(by_type.remove(kind).into_iter().flatten());
                    }
                    Operator::CallRef { .. } | Operator::ReturnCallRef { .. } => return None,
                    _ => {}
                }
            }
        }
        Some(reachable)
    }
}

/// Append an unsigned LEB128 number.
fn write_number(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, Instance, Module, Store};

    use super::*;

    /// `wanted` calls `direct`, and through the table `addressed` of one type;
    /// nothing calls `other`, and `unrelated` has another type.
    const MODULE: &str = r#"(module
        (type $number (func (result i32)))
        (type $again (func (result i32)))
        (type $none (func))
        (table funcref (elem $addressed $unrelated))
        (func $direct (result i32) i32.const 1)
        (func $addressed (type $again) i32.const 2)
        (func $unrelated (type $none) i32.const 77 drop)
        (func $other (result i32) i32.const 66)
        (func (export "wanted") (result i32)
            call $direct
            i32.const 0
            call_indirect (type $number)
            i32.add)
        (func (export "unwanted") (result i32) call $other))"#;

    fn module() -> Vec<u8> {
        wat::parse_str(MODULE).expect("a module")
    }

    fn is_wanted(export: &str) -> bool {
        export == "wanted"
    }

    fn run(module: &[u8], export: &str) -> Option<i32> {
        let engine = Engine::default();
        let module = Module::new(&engine, module).expect("valid");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        let function = instance.get_typed_func::<(), i32>(&mut store, export);
        function.expect("exported").call(&mut store, ()).ok()
    }

    #[test]
    fn a_function_answers_as_before_and_others_trap() {
        let reduced = with_reachable_code(&module(), &is_wanted);
        assert_eq!(run(&module(), "unwanted"), Some(66));
        assert_eq!(run(&reduced, "wanted"), Some(3));
        assert_eq!(run(&reduced, "unwanted"), None);
    }

    #[test]
    fn code_that_is_not_reached_is_left_out() {
        let reduced = with_reachable_code(&module(), &is_wanted);
        let map = CodeMap::read(&reduced, &is_wanted).expect("code");
        let is_trap = |body: &FunctionBody<'_>| reduced[body.range()] == TRAP;
        let traps: Vec<_> = map.bodies.iter().map(is_trap).collect();
        assert_eq!(traps, [false, false, true, true, false, true]);
    }

    #[test]
    fn what_other_modules_call_through_a_shared_table_stays() {
        let shared = MODULE.replace("(table funcref", "(table (export \"table\") funcref");
        let reduced = with_reachable_code(&wat::parse_str(shared).expect("a module"), &is_wanted);
        let map = CodeMap::read(&reduced, &is_wanted).expect("code");
        let traps = map
            .bodies
            .iter()
            .filter(|body| reduced[body.range()] == TRAP);
        assert_eq!(traps.count(), 2, "`other` and `unwanted`");
    }

    #[test]
    fn modules_in_a_component_are_reduced() {
        let text =
            format!("(component (component {MODULE}) {MODULE})").replace("(module", "(core module");
        let component = wat::parse_str(text).expect("a component");
        let reduced = component_with_reachable_code(&component, &is_wanted);
        wasmparser::validate(&reduced).expect("valid");
        assert!(reduced.len() < component.len());
        for bytes in [&b""[..], b"no wasm", &component[..component.len() - 1]] {
            assert_eq!(component_with_reachable_code(bytes, &is_wanted), bytes);
        }
    }

    #[test]
    fn bytes_that_are_no_module_stay() {
        for bytes in [&b""[..], b"\0asm\x01\0\0\0", b"no wasm"] {
            assert_eq!(with_reachable_code(bytes, &is_wanted), bytes);
        }
    }
}
