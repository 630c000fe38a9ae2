//! Where policies read from: the host in a component, test values elsewhere. Both have the same
//! shape, so the rest of the crate is written once.

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::bindings::imports::patchbay::care::*;

#[cfg(not(target_arch = "wasm32"))]
mod plain;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use plain::*;
