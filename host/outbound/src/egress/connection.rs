//! Opening connections: resolve once, check, connect to a checked address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use patchbay_config::web_address::WebAddress;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::EgressProblem;
use super::special_ranges::special_range;
use super::whole_answer::Departure;
use super::{Egress, EgressSettings};

/// Most bytes of an answer's head.
const HEAD_BYTES: usize = 64 << 10;

/// An HTTP/1.1 connection. Dropping it closes it.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// The connection's driver, and a timer while the connection is idle.
    pub(super) tasks: JoinSet<()>,
}

impl Connection {
    async fn new(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Result<Connection, EgressProblem> {
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // The sender reports the same error.
            let _ = driver.await;
        });
        Ok(Connection { sender, tasks })
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        departure: &Departure,
    ) -> hyper::Result<Response<Incoming>> {
        self.sender.ready().await?;
        let before = departure.begin();
        let sent = self.sender.try_send_request(request).await;
        sent.map_err(|mut error| {
            // A request that comes back was not written.
            if error.take_message().is_some() {
                departure.undo(before);
            }
            error.into_error()
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl Egress {
    /// The addresses of a host that pass the rules; never empty.
    pub(super) async fn resolve(&self, to: &WebAddress) -> Result<Vec<SocketAddr>, EgressProblem> {
        let addresses = self.look_up(to.host(), to.port()).await?;
        let unencrypted = (!to.is_https()).then_some(unencrypted as fn(IpAddr) -> _);
        self.settings.permitted(addresses, unencrypted)
    }

    pub(super) async fn look_up(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, EgressProblem> {
        let limit = self.settings.connect_timeout;
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        timeout(limit, self.resolver.resolve(host, port))
            .await
            .map_err(|_| connect_timeout(limit))?
            .map_err(|error| EgressProblem::NotFound(error.to_string()))
    }

    /// Connects to one of `addresses` before `until`.
    pub(super) async fn connect(
        &self,
        to: &WebAddress,
        addresses: &[SocketAddr],
        until: Instant,
    ) -> Result<(Connection, SocketAddr), EgressProblem> {
        let limit = self.settings.connect_timeout;
        let connecting = async {
            let (stream, address) = connect_tcp(addresses, until, limit).await?;
            let connection = match to.is_https() {
                true => {
                    let secured = secure(self.tls.clone(), to.host(), stream).await?;
                    Connection::new(secured).await?
                }
                false => Connection::new(stream).await?,
            };
            Ok((connection, address))
        };
        let connected = timeout_at(until, connecting).await;
        connected.unwrap_or_else(|_| Err(connect_timeout(limit)))
    }
}

fn unencrypted(address: IpAddr) -> EgressProblem {
    EgressProblem::Unencrypted { address }
}

/// Begins TLS with a host, whose certificate must be valid for its name.
pub(super) async fn secure<S: AsyncRead + AsyncWrite + Send + Unpin>(
    config: Option<Arc<ClientConfig>>,
    host: &str,
    stream: S,
) -> Result<TlsStream<S>, EgressProblem> {
    let config = config.ok_or(EgressProblem::NoAuthorities)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| EgressProblem::Untrusted(error.to_string()))?;
    let secured = TlsConnector::from(config).connect(name, stream).await;
    secured.map_err(|error| EgressProblem::Untrusted(error.to_string()))
}

impl EgressSettings {
    /// The addresses that pass the rules, or the reason why the first does
    /// not. `unencrypted` is the problem of a public address, for a connection
    /// without encryption.
    pub(super) fn permitted(
        &self,
        addresses: Vec<SocketAddr>,
        unencrypted: Option<fn(IpAddr) -> EgressProblem>,
    ) -> Result<Vec<SocketAddr>, EgressProblem> {
        let mut problem = EgressProblem::NotFound("the name has no address".to_owned());
        let mut permitted = Vec::new();
        for (index, mut address) in addresses.into_iter().enumerate() {
            let ip = address.ip().to_canonical();
            if ip != address.ip() {
                // The IPv6 form of an IPv4 address. Others keep their zone.
                address = SocketAddr::new(ip, address.port());
            }
            match self.check(ip, unencrypted) {
                Ok(()) => permitted.push(address),
                Err(refusal) if index == 0 => problem = refusal,
                Err(_) => {}
            }
        }
        match permitted.is_empty() {
            true => Err(problem),
            false => Ok(permitted),
        }
    }

    fn check(
        &self,
        address: IpAddr,
        unencrypted: Option<fn(IpAddr) -> EgressProblem>,
    ) -> Result<(), EgressProblem> {
        if self.allow.iter().any(|range| range.contains(address)) {
            return Ok(());
        }
        match (special_range(address), unencrypted) {
            (Some(range), _) => Err(EgressProblem::Refused { address, range }),
            (None, None) => Ok(()),
            (None, Some(problem)) => Err(problem(address)),
        }
    }
}

/// Connects to the first address that accepts. Each address gets an equal
/// share of the remaining time, so that one that drops packets does not use it
/// up.
pub(super) async fn connect_tcp(
    addresses: &[SocketAddr],
    until: Instant,
    limit: Duration,
) -> Result<(TcpStream, SocketAddr), EgressProblem> {
    let mut problem = connect_timeout(limit);
    for (index, &address) in addresses.iter().enumerate() {
        let remaining = until.saturating_duration_since(Instant::now());
        let share = remaining / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        problem = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(error)) => EgressProblem::Unreachable {
                address,
                problem: error.to_string(),
            },
            Err(_) => connect_timeout(limit),
        };
    }
    Err(problem)
}

pub(super) fn connect_timeout(limit: Duration) -> EgressProblem {
    EgressProblem::Timeout {
        step: "accept a connection",
        limit,
    }
}
