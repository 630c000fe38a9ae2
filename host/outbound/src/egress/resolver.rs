//! Resolving host names.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// Future addresses of a host, best first.
pub type Resolved<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Resolves host names, once for each request. The caller checks the
/// addresses before it connects.
pub trait Resolve: Send + Sync {
    /// The addresses of a host, with this port.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolved<'a>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug)]
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolved<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
