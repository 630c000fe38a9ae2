//! A component linked to the host. Companies that use the same bytes share it:
//! settings, grants and data of a company live in an instance's store.

mod exports;
mod wasi;

use wasmtime::component::{Component, InstancePre, Linker};

use crate::care::HostState;
use crate::component::{Description, LoadError};
use exports::ExportIndices;
pub(crate) use exports::Exports;

/// A component with every import resolved, ready to be instantiated.
pub(crate) struct Linked {
    pub(crate) description: Description,
    pub(crate) pre: InstancePre<HostState>,
    pub(crate) exports: ExportIndices,
}

impl Linked {
    /// Resolve the imports of a component: the contract from `care`, WASI under
    /// the versions the component names.
    ///
    /// # Errors
    /// [`LoadError::Incompatible`], naming the item that differs.
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        care: &Linker<HostState>,
        component: &Component,
        description: Description,
    ) -> Result<Linked, LoadError> {
        let link = || -> wasmtime::Result<_> {
            let mut linker = care.clone();
            wasi::link(engine, &mut linker, component)?;
            let pre = linker.instantiate_pre(component)?;
            let exports = ExportIndices::find(&pre, &description)?;
            Ok((pre, exports))
        };
        let (pre, exports) = link().map_err(|error| {
            LoadError::unlinkable(&error, &[&description.imports, &description.exports])
        })?;
        Ok(Linked {
            description,
            pre,
            exports,
        })
    }
}
