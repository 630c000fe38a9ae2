//! Accepts connections up to a limit, serves HTTP on each within its timeouts,
//! and ends them in order when the server stops. Connections beyond the limit get
//! an answer about health, status and metrics, or 503.

mod turned_away;

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use patchbay_access::{PeerNames, TlsTerminator};
use patchbay_config::bound::{Bound, Scope};
use patchbay_settings::ServerSettings;
use patchbay_telemetry::Telemetry;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::lingering_stream::LingeringStream;

use turned_away::{Reserve, ReservePlace};

/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 << 10;
/// Open files a server needs beside its connections.
const OTHER_FILES: u64 = 256 + turned_away::CLOSING as u64;

/// Address at the other end of a request's connection, an extension of the request: a
/// client's, or that of a proxy in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

/// Phase of the shutdown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Requests in progress finish.
    Finishing,
    /// Remaining connections are closed.
    CutOff,
}

/// All connections of a server.
pub struct Connections {
    router: Router,
    header_timeout: Duration,
    write_timeout: Duration,
    /// Absent: plain HTTP.
    tls: Option<Arc<TlsTerminator>>,
    permits: Arc<Semaphore>,
    reserve: Arc<Reserve>,
    phase: watch::Sender<Phase>,
    abandoned: Arc<AtomicUsize>,
    is_stopping: Arc<AtomicBool>,
}

impl Connections {
    /// Connections whose requests `router` answers. Without `tls` they are plain
    /// HTTP. `telemetry` counts those that are turned away.
    pub fn new(
        router: Router,
        tls: Option<Arc<TlsTerminator>>,
        settings: &ServerSettings,
        telemetry: Arc<Telemetry>,
    ) -> Connections {
        let reserve = settings.bounds.count(Bound::Connections, Scope::Item);
        Connections {
            router,
            tls,
            header_timeout: settings.header_timeout,
            write_timeout: settings.write_timeout,
            permits: Arc::new(Semaphore::new(settings.connections)),
            reserve: Reserve::new(reserve, settings.connections, telemetry),
            phase: watch::Sender::new(Phase::Serving),
            abandoned: Arc::default(),
            is_stopping: Arc::default(),
        }
    }

    /// Accept connections until dropped.
    pub async fn accept(&self, listener: &TcpListener) {
        loop {
            // A place for the connection before it is accepted: without one it
            // waits in the system's queue.
            let place = match Arc::clone(&self.permits).try_acquire_owned() {
                Ok(permit) => Place::Served(permit),
                Err(_) => tokio::select! {
                    biased;
                    permit = Arc::clone(&self.permits).acquire_owned() => match permit {
                        Ok(permit) => Place::Served(permit),
                        Err(_) => return,
                    },
                    place = self.reserve.place() => Place::Reserved(place),
                },
            };
            let (stream, peer) = match listener.accept().await {
                Ok((stream, peer)) => (stream, PeerAddress(peer.ip().to_canonical())),
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) => {
                    // Most likely out of file descriptors: wait for connections to close.
                    tracing::warn!(%error, "cannot accept connections; retrying in 100 ms");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            // Others may have closed while this one was awaited.
            let place = match place {
                Place::Reserved(reserved) => match Arc::clone(&self.permits).try_acquire_owned() {
                    Ok(permit) => Place::Served(permit),
                    Err(_) => {
                        reserved.occupy();
                        Place::Reserved(reserved)
                    }
                },
                served => served,
            };
            tokio::spawn(self.serve(stream, peer, place));
        }
    }

    /// Let requests in progress finish for up to `bound`, then close the
    /// remaining connections; returns their number.
    pub async fn finish(&self, bound: Duration) -> usize {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.phase.send_replace(Phase::Finishing);
        // The channel closes with the last connection.
        if timeout(bound, self.phase.closed()).await.is_err() {
            self.phase.send_replace(Phase::CutOff);
            self.phase.closed().await;
        }
        self.abandoned.load(Ordering::Relaxed)
    }

    fn serve(
        &self,
        stream: TcpStream,
        peer: PeerAddress,
        place: Place,
    ) -> impl Future<Output = ()> + Send + 'static {
        // Answers are single small writes; do not wait to fill a segment.
        let _ = stream.set_nodelay(true);
        let (tls, handshake_timeout) = (self.tls.clone(), self.header_timeout);
        let server = self.connection_server(peer);
        let mut phase = self.phase.subscribe();
        async move {
            let Some(tls) = tls else {
                return server.serve(stream, PeerNames::default(), place).await;
            };
            let accepted = tokio::select! {
                accepted = timeout(handshake_timeout, tls.accept(stream)) => accepted,
                // No request is in progress.
                _ = phase.wait_for(|phase| *phase >= Phase::Finishing) => return,
                () = place.evicted() => return,
            };
            drop(phase);
            match accepted {
                Ok(Ok((stream, names))) => server.serve(stream, names, place).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake timed out"),
            }
        }
    }

    fn connection_server(&self, peer: PeerAddress) -> ConnectionServer {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_header_size(HEAD_BYTES);
        ConnectionServer {
            builder,
            peer,
            router: self.router.clone(),
            write_timeout: self.write_timeout,
            phase: self.phase.subscribe(),
            abandoned: Arc::clone(&self.abandoned),
            is_stopping: Arc::clone(&self.is_stopping),
        }
    }
}

/// A connection's place among those that are open.
#[derive(Debug)]
enum Place {
    /// Within the limit.
    Served(#[allow(dead_code, reason = "held")] tokio::sync::OwnedSemaphorePermit),
    /// Beyond the limit.
    Reserved(ReservePlace),
}

impl Place {
    /// Completes when the connection must make way; never within the limit.
    async fn evicted(&self) {
        match self {
            Place::Served(_) => std::future::pending().await,
            Place::Reserved(place) => place.evicted().await,
        }
    }

    /// Completes when the connection has its refusal and another needs its place.
    async fn cut(&self) {
        match self {
            Place::Served(_) => std::future::pending().await,
            Place::Reserved(place) => place.cut().await,
        }
    }
}

/// Serves HTTP on one connection.
struct ConnectionServer {
    builder: http1::Builder,
    peer: PeerAddress,
    router: Router,
    write_timeout: Duration,
    phase: watch::Receiver<Phase>,
    abandoned: Arc<AtomicUsize>,
    is_stopping: Arc<AtomicBool>,
}

impl ConnectionServer {
    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        names: PeerNames,
        place: Place,
    ) {
        let ConnectionServer {
            mut builder,
            router,
            peer,
            mut phase,
            ..
        } = self;
        if let Place::Reserved(_) = &place {
            builder.keep_alive(false);
        }
        let place = Arc::new(place);
        let has_request = Arc::new(AtomicBool::new(false));
        let (any_request, within) = (Arc::clone(&has_request), Arc::clone(&place));
        let service = service_fn(move |mut request: Request<Incoming>| {
            any_request.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(names.clone());
            request.extensions_mut().insert(peer);
            answer(router.clone(), request, Arc::clone(&within))
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let io = TokioIo::new(LingeringStream::new(
            Box::pin(stream),
            Arc::clone(&self.is_stopping),
        ));
        let mut connection = builder.serve_connection(io, service);
        let mut finishing = phase.clone();
        let mut is_finishing = pin!(async move {
            let _ = finishing.wait_for(|phase| *phase >= Phase::Finishing).await;
        });
        let has_begun = || has_request.load(Ordering::Relaxed);
        let event = loop {
            let event = tokio::select! {
                ended = &mut connection => Event::Ended(ended),
                () = is_finishing.as_mut() => Event::Finishing,
                () = place.evicted(), if !has_begun() => Event::Evicted,
                () = place.cut() => Event::Cut,
            };
            match event {
                // Its request arrived at the same moment.
                Event::Evicted if has_begun() => {}
                event => break event,
            }
        };
        match event {
            Event::Evicted => {
                let mut stream = connection.into_parts().io.into_inner();
                if let Place::Reserved(place) = &*place {
                    place.refuse(&mut stream).await;
                }
                return;
            }
            Event::Ended(Err(error)) if error.is_timeout() && !has_begun() => {
                // An idle client gets no answer; one that is late is told so.
                let parts = connection.into_parts();
                let mut stream = parts.io.into_inner();
                let answer: &[u8] = match parts.read_buf.is_empty() {
                    true => &[],
                    false => LATE,
                };
                if stream.write_all(answer).await.is_ok() {
                    let _ = stream.shutdown().await;
                }
                return;
            }
            Event::Cut => return,
            Event::Ended(ended) => return log_end(ended),
            Event::Finishing => {}
        }
        if !has_request.load(Ordering::Relaxed) {
            // No request arrived yet: hyper would wait for the first one.
            return;
        }
        Pin::new(&mut connection).graceful_shutdown();
        tokio::select! {
            ended = connection => log_end(ended),
            _ = phase.wait_for(|phase| *phase >= Phase::CutOff) => {
                self.abandoned.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// What happens first to a connection.
enum Event {
    Ended(hyper::Result<()>),
    Finishing,
    Evicted,
    /// Its client has had the time to read the refusal.
    Cut,
}

/// The answer on a connection whose first request does not arrive in time.
const LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

async fn answer(
    router: Router,
    request: Request<Incoming>,
    place: Arc<Place>,
) -> Result<Response, Infallible> {
    if let Place::Reserved(reserved) = &*place
        && let Some(refusal) = reserved.answer(request.uri().path())
    {
        return Ok(refusal);
    }
    router.oneshot(request).await
}

fn log_end(ended: hyper::Result<()>) {
    // Clients disconnect, stall and send garbage: not worth a warning.
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended with an error");
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Raise this process's limit of open files to what the connections need, as far
/// as the system allows.
pub fn raise_file_limit(connections: usize) {
    let wanted = connections as u64 + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|current| *current < wanted) else {
        return;
    };
    let most = limit.maximum.unwrap_or(wanted).min(wanted);
    let raised = Rlimit {
        current: Some(most),
        maximum: limit.maximum,
    };
    if most > current && setrlimit(Resource::Nofile, raised).is_err() || most < wanted {
        tracing::warn!(
            wanted,
            most,
            "the system's limit of open files is below what `connections` needs; raise it with `ulimit -n`"
        );
    }
}
