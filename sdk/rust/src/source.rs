//! Where what a policy reads comes from: in a component the host, elsewhere
//! plain data. Both have the same shape, so the rest of the crate is written
//! once.

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::bindings::imports::patchbay::care::*;

#[cfg(not(target_arch = "wasm32"))]
mod plain;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use plain::*;
