//! Where traces go, and how many.

use patchbay_config::web_address::WebAddress;

/// Where traces go, and how many.
#[derive(Clone, Debug, PartialEq)]
pub struct TelemetrySettings {
    /// Address of the collector for traces, over OTLP/HTTP. Default none:
    /// nothing is traced.
    pub otlp: Option<WebAddress>,
    /// Share of traces that is sampled, 0 to 1. Default 0.01.
    pub sample: f64,
}

impl Default for TelemetrySettings {
    fn default() -> TelemetrySettings {
        TelemetrySettings {
            otlp: None,
            sample: 0.01,
        }
    }
}
