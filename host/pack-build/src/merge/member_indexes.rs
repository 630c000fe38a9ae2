//! The functions, globals, types and constants of a member, as the merged module has them.

use wasm_encoder::ConstExpr;
use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::Operator;

use super::MergeError;
use super::component_items::ItemKind;
use super::linked_module::{Definition, LinkedModule};

/// The indexes of a member in the merged module.
pub(super) struct MemberIndexes<'l, 'a> {
    linked: &'l LinkedModule<'a>,
    at: usize,
}

impl<'l, 'a> MemberIndexes<'l, 'a> {
    pub(super) fn new(linked: &'l LinkedModule<'a>, at: usize) -> Self {
        MemberIndexes { linked, at }
    }

    fn index(&self, kind: ItemKind, index: u32) -> Result<u32, Error<MergeError>> {
        let index = self.linked.final_index((self.at, kind, index));
        index.map_err(Error::UserError)
    }

    /// A constant expression of a member without what it reads of globals: the engine knows a table
    /// in advance if the places of its elements are numbers.
    fn constant(&self, value: wasmparser::ConstExpr<'_>) -> Result<Constant, MergeError> {
        let mut numbers = Vec::new();
        let mut reader = value.get_operators_reader();
        while !reader.is_end_then_eof() {
            let number = match reader.read()? {
                Operator::I32Const { value } => value,
                Operator::GlobalGet { global_index } => match self.global(global_index)? {
                    Constant::Number(number) => number,
                    other if numbers.is_empty() && reader.is_end_then_eof() => return Ok(other),
                    Constant::Other(_) => {
                        return Err(MergeError::Unsupported("arithmetic of long constants"));
                    }
                },
                operator @ (Operator::I32Add | Operator::I32Sub) => {
                    let (Some(right), Some(left)) = (numbers.pop(), numbers.pop()) else {
                        return Err(MergeError::Unsupported("an invalid constant"));
                    };
                    match operator {
                        Operator::I32Add => i32::wrapping_add(left, right),
                        _ => i32::wrapping_sub(left, right),
                    }
                }
                _ if numbers.is_empty() => return self.other_constant(value),
                _ => return Err(MergeError::Unsupported("arithmetic of long constants")),
            };
            numbers.push(number);
        }
        match *numbers {
            [number] => Ok(Constant::Number(number)),
            _ => Err(MergeError::Unsupported("an invalid constant")),
        }
    }

    /// A constant of one operator that is no 32-bit integer.
    fn other_constant(&self, value: wasmparser::ConstExpr<'_>) -> Result<Constant, MergeError> {
        let mut reader = value.get_operators_reader();
        reader.read()?;
        if !reader.is_end_then_eof() {
            return Err(MergeError::Unsupported("arithmetic of long constants"));
        }
        let mut indexes = MemberIndexes::new(self.linked, self.at);
        let value = wasm_encoder::reencode::utils::const_expr(&mut indexes, value)?;
        Ok(Constant::Other(value))
    }

    /// The first value of a global of a member.
    fn global(&self, index: u32) -> Result<Constant, MergeError> {
        let Definition::Member((at, _, index)) =
            self.linked.resolve((self.at, ItemKind::Global, index))?
        else {
            return Err(MergeError::Unsupported("a global from outside"));
        };
        let imports = self.linked.modules[at].imports_of(ItemKind::Global).count() as u32;
        let global = self.linked.modules[at]
            .globals
            .get((index - imports) as usize);
        let global = global.ok_or(MergeError::Unsupported("an absent global"))?;
        match global.ty.mutable {
            true => Err(MergeError::Unsupported("a constant that changes")),
            false => MemberIndexes::new(self.linked, at).constant(global.init_expr.clone()),
        }
    }
}

impl Reencode for MemberIndexes<'_, '_> {
    type Error = MergeError;

    fn data_index(&mut self, data: u32) -> Result<u32, Error<MergeError>> {
        Ok(self.linked.offsets.data[self.at] + data)
    }

    fn element_index(&mut self, element: u32) -> Result<u32, Error<MergeError>> {
        Ok(self.linked.offsets.elements[self.at] + element)
    }

    fn function_index(&mut self, function: u32) -> Result<u32, Error<MergeError>> {
        self.index(ItemKind::Function, function)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<MergeError>> {
        self.index(ItemKind::Global, global)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<MergeError>> {
        self.index(ItemKind::Memory, memory)
    }

    fn table_index(&mut self, table: u32) -> Result<u32, Error<MergeError>> {
        self.index(ItemKind::Table, table)
    }

    fn type_index(&mut self, type_index: u32) -> Result<u32, Error<MergeError>> {
        Ok(self.linked.offsets.types[self.at] + type_index)
    }

    fn const_expr(
        &mut self,
        value: wasmparser::ConstExpr<'_>,
    ) -> Result<ConstExpr, Error<MergeError>> {
        match self.constant(value) {
            Ok(Constant::Number(number)) => Ok(ConstExpr::i32_const(number)),
            Ok(Constant::Other(value)) => Ok(value),
            Err(error) => Err(Error::UserError(error)),
        }
    }
}

/// A constant expression.
enum Constant {
    Number(i32),
    Other(ConstExpr),
}
