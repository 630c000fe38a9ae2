//! The host's side of `patchbay:care`: everything a guest can read, write and
//! call, one state per instance.

mod agents;
mod contacts;
mod conversation;
mod data;
mod draft;
mod handles;
mod host_calls;
mod host_result;
mod host_state;
mod interaction;
mod interactions;
mod knowledge;
pub(crate) mod log_buffer;
pub(crate) mod recall;
pub(crate) mod recorder;
mod services;
mod state;
#[cfg(test)]
mod test_state;
pub(crate) mod transcript;
mod views;

use wasmtime::component::{HasSelf, Linker};

use crate::contract;
pub(crate) use handles::{HostObject, NewHandle};
pub(crate) use host_state::{CallScope, HostState, PluginContext};

/// Link `patchbay:care`. Calls that need a grant are denied without it.
pub(crate) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    macro_rules! add {
        ($($interface:ident)+) => {
            $( contract::$interface::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?; )+
        };
    }
    add! { types interactions agents knowledge state data contacts clock random settings log }
    Ok(())
}
