//! Connecting: look up once, keep to the rules, connect to exactly what was
//! checked.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use patchbay_model::web_address::WebAddress;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::error::EgressError;
use super::resolve::Resolve;
use super::special::special;
use super::{EgressSettings, Inner};

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Inner {
    /// Connect to an address within the time connecting may take.
    pub(super) async fn dial(&self, to: &WebAddress) -> Result<Box<dyn Stream>, EgressError> {
        let limit = self.settings.connect_timeout;
        let until = Instant::now() + limit;
        let connecting = async {
            let addresses = look_up(self.resolver.as_ref(), to).await?;
            let permitted = self.settings.permitted(to, addresses)?;
            let stream = connect(to, &permitted, until, limit).await?;
            match to.is_https() {
                true => Ok(Box::new(secured(to, self.tls.as_ref(), stream).await?) as _),
                false => Ok(Box::new(stream) as _),
            }
        };
        timeout_at(until, connecting)
            .await
            .unwrap_or_else(|_| Err(too_slow(to, limit)))
    }
}

impl EgressSettings {
    /// Those of a host's addresses that may be connected to.
    ///
    /// # Errors
    /// Why not even one may.
    fn permitted(
        &self,
        to: &WebAddress,
        addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, EgressError> {
        let mut refused = None;
        let mut permitted = Vec::new();
        for address in addresses {
            match self.check(to, address.ip()) {
                // An IPv4 address is connected to as what it is; an IPv6 one
                // keeps its zone.
                Ok(()) if address.ip() == address.ip().to_canonical() => permitted.push(address),
                Ok(()) => {
                    permitted.push(SocketAddr::new(address.ip().to_canonical(), address.port()));
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match (permitted.is_empty(), refused) {
            (false, _) => Ok(permitted),
            (true, Some(error)) => Err(error),
            (true, None) => Err(EgressError::NotFound {
                origin: to.origin(),
                problem: "it has no address".to_owned(),
            }),
        }
    }

    fn check(&self, to: &WebAddress, address: IpAddr) -> Result<(), EgressError> {
        let address = address.to_canonical();
        if self.allow.iter().any(|range| range.contains(address)) {
            return Ok(());
        }
        let origin = to.origin();
        match special(address) {
            Some(what) => Err(EgressError::Refused {
                origin,
                address,
                what,
            }),
            None if to.is_https() => Ok(()),
            None => Err(EgressError::Unencrypted { origin, address }),
        }
    }
}

async fn look_up(resolver: &dyn Resolve, to: &WebAddress) -> Result<Vec<SocketAddr>, EgressError> {
    if let Ok(address) = to.host().parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, to.port())]);
    }
    resolver
        .resolve(to.host(), to.port())
        .await
        .map_err(|error| EgressError::NotFound {
            origin: to.origin(),
            problem: error.to_string(),
        })
}

/// Connect to the first address that answers. Each gets its share of the time
/// that is left, so that one which swallows everything does not use it up.
async fn connect(
    to: &WebAddress,
    addresses: &[SocketAddr],
    until: Instant,
    limit: Duration,
) -> Result<TcpStream, EgressError> {
    let mut failed = too_slow(to, limit);
    for (tried, address) in addresses.iter().enumerate() {
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                failed = EgressError::Unreachable {
                    origin: to.origin(),
                    address: *address,
                    problem: error.to_string(),
                };
            }
            Err(_) => failed = too_slow(to, limit),
        }
    }
    Err(failed)
}

async fn secured(
    to: &WebAddress,
    tls: Option<&Arc<ClientConfig>>,
    stream: TcpStream,
) -> Result<impl Stream + use<>, EgressError> {
    let tls = tls.ok_or_else(|| EgressError::NoAuthorities {
        origin: to.origin(),
    })?;
    let untrusted = |problem: String| EgressError::Untrusted {
        origin: to.origin(),
        problem,
    };
    let name =
        ServerName::try_from(to.host().to_owned()).map_err(|error| untrusted(error.to_string()))?;
    TlsConnector::from(Arc::clone(tls))
        .connect(name, stream)
        .await
        .map_err(|error: io::Error| untrusted(error.to_string()))
}

fn too_slow(to: &WebAddress, limit: Duration) -> EgressError {
    EgressError::TooSlow {
        origin: to.origin(),
        what: "take a connection",
        limit,
    }
}
