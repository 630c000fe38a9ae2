//! Requests that observe the host. They are answered at any load.

/// Whether a request for this path asks about health, status or metrics.
pub fn is_observation(path: &str) -> bool {
    ["/healthz", "/readyz", "/metrics", "/v1/status"].contains(&path)
}
