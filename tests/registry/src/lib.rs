//! Registries for tests. One is in the process: it serves packs as the distribution protocol says, or lies,
//! cuts connections and forgets as the test tells it.

mod answer;
mod authorization;
mod docker_registry;
mod routes;

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use answer::{Canned, End};
pub use authorization::Protection;
pub use docker_registry::{CutConnection, DockerRegistry};

/// A registry on a free loopback port, until it is dropped.
pub struct TestRegistry {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    _stop: oneshot::Sender<()>,
}

/// What the registry holds, and how it behaves.
#[derive(Default)]
pub struct State {
    /// Bytes by digest.
    pub blobs: HashMap<String, Bytes>,
    /// Media type and bytes by `REPOSITORY NAME`, the name being a tag or a digest.
    pub manifests: HashMap<String, (String, Bytes)>,
    /// Bytes of unfinished uploads.
    pub uploads: HashMap<String, Vec<u8>>,
    /// Whether it lists referrers.
    pub has_referrers: bool,
    /// What it asks of clients.
    pub protection: Protection,
    /// The next downloads of blobs are cut off after so many bytes.
    pub cut_downloads: VecDeque<usize>,
    /// The next chunks are cut off after so many bytes.
    pub cut_uploads: VecDeque<usize>,
    /// Whether an upload that was cut off is forgotten.
    pub forgets_uploads: bool,
    /// Whether chunks are refused.
    pub refuses_chunks: bool,
    /// Whether each download begins at the first byte.
    pub ignores_ranges: bool,
    /// Most tags of a page. Default: 1,000.
    pub tag_page: usize,
    /// Whether the list of tags never ends: each page has a new tag and leads to a further page.
    pub has_endless_tags: bool,
    /// Answers instead of the registry's own, for requests whose `METHOD PATH` contains the text.
    pub canned: Vec<(String, Canned)>,
    /// The requests so far.
    pub seen: Vec<Seen>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method and path with query.
    pub line: String,
    /// Value of the field `Authorization`.
    pub authorization: Option<String>,
    /// Value of the field `Range`.
    pub range: Option<String>,
}

impl TestRegistry {
    /// Starts an empty registry with referrers and without protection.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn start() -> TestRegistry {
        let state = Arc::new(Mutex::new(State {
            has_referrers: true,
            tag_page: 1_000,
            ..State::default()
        }));
        let (started, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                let listener = listener.expect("a port");
                let _ = started.send(listener.local_addr().expect("bound"));
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        TestRegistry {
            address: address.recv().expect("started"),
            state,
            _stop: stop,
        }
    }

    /// `HOST:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What it holds and how it behaves, to look at and to change.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Answers requests whose `METHOD PATH` contains a text with this.
    pub fn answer(&self, request: &str, canned: Canned) {
        self.state().canned.push((request.to_owned(), canned));
    }

    /// Method and path of the requests since the last call.
    pub fn take_lines(&self) -> Vec<String> {
        let seen = std::mem::take(&mut self.state().seen);
        seen.into_iter().map(|one| one.line).collect()
    }

    /// Requests so far whose `METHOD PATH` contains a text.
    pub fn seen(&self, request: &str) -> Vec<Seen> {
        let state = self.state();
        let found = state.seen.iter().filter(|one| one.line.contains(request));
        found.cloned().collect()
    }
}

impl State {
    /// Stores a manifest under its digest and a tag.
    pub fn put_manifest(&mut self, repository: &str, tag: &str, media_type: &str, bytes: &[u8]) {
        for name in [tag, &digest(bytes)] {
            let content = (media_type.to_owned(), Bytes::copy_from_slice(bytes));
            self.manifests
                .insert(format!("{repository} {name}"), content);
        }
    }

    /// Stores a blob.
    pub fn put_blob(&mut self, bytes: &[u8]) {
        self.blobs
            .insert(digest(bytes), Bytes::copy_from_slice(bytes));
    }
}

/// `sha256:…` of bytes.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| routes::answer(Arc::clone(&state), request));
            // An error is a connection that the test cuts.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
