//! The configuration of a Wasm artifact: what registries show of a component.

use patchbay_engine::component::Digest;
use serde::Serialize;

/// The configuration document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WasmConfig {
    created: &'static str,
    architecture: &'static str,
    os: &'static str,
    layer_digests: Vec<Digest>,
    component: ComponentConfig,
}

#[derive(Debug, Serialize)]
struct ComponentConfig {
    exports: Vec<String>,
    imports: Vec<String>,
}

impl WasmConfig {
    /// The configuration of a component with these interfaces. It names no time of its making, so
    /// that the same sources give the same digest.
    pub(crate) fn new(
        layer_digests: Vec<Digest>,
        exports: Vec<String>,
        imports: Vec<String>,
    ) -> WasmConfig {
        WasmConfig {
            created: "1970-01-01T00:00:00Z",
            architecture: "wasm",
            os: "wasip2",
            layer_digests,
            component: ComponentConfig { exports, imports },
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Strings and lists: cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
