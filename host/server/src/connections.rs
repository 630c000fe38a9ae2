//! Connections: accepted up to a number, each with its patience, and ended in
//! order when the server stops.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
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
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::settings::ServerSettings;
use crate::tls::{PeerNames, Tls};

/// Most bytes of a request's head.
const HEAD: usize = 32 << 10;
/// Files a server opens beside its connections.
const OTHER_FILES: u64 = 256;

/// Where the server's life has come to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// What was begun is finished.
    Finishing,
    /// Whatever is left is cut off.
    CutOff,
}

/// All connections of a server.
pub(crate) struct Connections {
    router: Router,
    header_timeout: Duration,
    write_timeout: Duration,
    /// Absent: plain HTTP is spoken.
    tls: Option<Arc<Tls>>,
    places: Arc<Semaphore>,
    phase: watch::Sender<Phase>,
    abandoned: Arc<AtomicUsize>,
}

impl Connections {
    pub(crate) fn new(
        router: Router,
        tls: Option<Arc<Tls>>,
        settings: &ServerSettings,
    ) -> Connections {
        Connections {
            router,
            tls,
            header_timeout: settings.header_timeout,
            write_timeout: settings.write_timeout,
            places: Arc::new(Semaphore::new(settings.connections)),
            phase: watch::Sender::new(Phase::Serving),
            abandoned: Arc::default(),
        }
    }

    /// Accept for ever.
    pub(crate) async fn accept(&self, listener: &TcpListener) {
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return;
            };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) if concerns_one_connection(&error) => continue,
                Err(error) => {
                    // Out of files, most likely: some will be closed meanwhile.
                    tracing::warn!(%error, "cannot accept connections");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let connection = self.serve(stream);
            tokio::spawn(async move {
                connection.await;
                drop(place);
            });
        }
    }

    /// Let every connection finish what it began, up to a bound, and cut off
    /// the rest; how many that were.
    pub(crate) async fn finish(&self, bound: Duration) -> usize {
        self.phase.send_replace(Phase::Finishing);
        // Each connection watches the phase as long as it lives.
        if timeout(bound, self.phase.closed()).await.is_err() {
            self.phase.send_replace(Phase::CutOff);
            self.phase.closed().await;
        }
        self.abandoned.load(Ordering::Relaxed)
    }

    fn serve(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + 'static {
        // An answer is one small write; waiting to fill a segment is waste.
        let _ = stream.set_nodelay(true);
        let (tls, patience) = (self.tls.clone(), self.header_timeout);
        let serving = self.serving();
        let mut phase = self.phase.subscribe();
        async move {
            let Some(tls) = tls else {
                return serving.on(stream, PeerNames::default()).await;
            };
            let accepted = tokio::select! {
                accepted = timeout(patience, tls.accept(stream)) => accepted,
                // Nothing was begun.
                _ = phase.wait_for(|phase| *phase >= Phase::Finishing) => return,
            };
            drop(phase);
            match accepted {
                Ok(Ok((stream, names))) => serving.on(stream, names).await,
                // Clients come without TLS, or are nobody who may.
                Ok(Err(error)) => tracing::debug!(%error, "a client did not get in"),
                Err(_) => tracing::debug!("a client did not begin in time"),
            }
        }
    }

    fn serving(&self) -> Serving {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_header_size(HEAD);
        Serving {
            builder,
            router: self.router.clone(),
            write_timeout: self.write_timeout,
            phase: self.phase.subscribe(),
            abandoned: Arc::clone(&self.abandoned),
        }
    }
}

/// What one connection is served with.
struct Serving {
    builder: http1::Builder,
    router: Router,
    write_timeout: Duration,
    phase: watch::Receiver<Phase>,
    abandoned: Arc<AtomicUsize>,
}

impl Serving {
    async fn on(self, stream: impl AsyncRead + AsyncWrite + Send + 'static, names: PeerNames) {
        let Serving {
            builder,
            router,
            mut phase,
            ..
        } = self;
        let asked = Arc::new(AtomicBool::new(false));
        let any_request = Arc::clone(&asked);
        let service = service_fn(move |mut request: Request<Incoming>| {
            any_request.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(names.clone());
            answer(router.clone(), request)
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let io = TokioIo::new(Box::pin(stream));
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut finishing = phase.clone();
        tokio::select! {
            ended = connection.as_mut() => return note(ended),
            _ = finishing.wait_for(|phase| *phase >= Phase::Finishing) => {}
        }
        drop(finishing);
        if !asked.load(Ordering::Relaxed) {
            // Nothing was begun: hyper would wait for a first request.
            return;
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            ended = connection => note(ended),
            _ = phase.wait_for(|phase| *phase >= Phase::CutOff) => {
                self.abandoned.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn answer(router: Router, request: Request<Incoming>) -> Result<Response, Infallible> {
    router.oneshot(request).await
}

fn note(ended: hyper::Result<()>) {
    // Clients go, stall and send nonsense; none of it is the operator's concern.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Allow ourselves as many files as there may be connections, as far as the
/// system does.
pub(crate) fn raise_file_limit(connections: usize) {
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
            "the system allows fewer open files than connections are allowed"
        );
    }
}
