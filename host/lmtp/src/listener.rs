//! Accepts connections of mail servers, within bounds, and ends them when the server
//! stops.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::connection;
use crate::counts::{ConnectionResult, LmtpCounts};
use crate::mailboxes::Mailboxes;
use crate::reply::Reply;
use crate::settings::{LmtpAddress, LmtpSettings};

/// Connections the system queues until the listener accepts them.
const BACKLOG: u32 = 128;
/// Permissions of a socket of the file system: its user and group may deliver.
const SOCKET_MODE: u32 = 0o660;
/// Pause after the system refused a connection, most likely for lack of files.
const PAUSE: Duration = Duration::from_millis(100);

/// The address cannot be bound.
#[derive(Debug, Error)]
#[error(
    "cannot listen for LMTP on {address}: {error}; is another server running, or the port reserved?"
)]
pub struct BindError {
    /// The address in the settings.
    pub address: LmtpAddress,
    /// The system's error.
    pub error: io::Error,
}

/// A bound address.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: LmtpAddress,
    settings: LmtpSettings,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// Phase of the shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Mails that arrived wholly are stored and answered.
    Finishing,
    /// Remaining connections are closed.
    CutOff,
}

impl Listener {
    /// Binds the address of the settings. Call it in a tokio runtime.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn bind(settings: &LmtpSettings) -> Result<Listener, BindError> {
        let bound = match &settings.listen {
            LmtpAddress::Tcp(address) => bind_tcp(*address),
            LmtpAddress::Unix(path) => bind_unix(path),
        };
        let (socket, address) = bound.map_err(|error| BindError {
            address: settings.listen.clone(),
            error,
        })?;
        Ok(Listener {
            socket,
            address,
            settings: settings.clone(),
        })
    }

    /// The bound address; its port is never 0.
    pub fn address(&self) -> &LmtpAddress {
        &self.address
    }

    /// Starts to accept connections.
    pub fn start<B: Mailboxes>(self, mailboxes: Arc<B>, counts: Arc<LmtpCounts>) -> LmtpServer {
        let phase = watch::Sender::new(Phase::Serving);
        let acceptor = Acceptor {
            permits: Arc::new(Semaphore::new(self.settings.connections)),
            peers: Arc::default(),
            settings: Arc::new(self.settings),
            mailboxes,
            counts,
            phase: phase.clone(),
        };
        LmtpServer {
            accepting: tokio::spawn(acceptor.accept(self.socket)),
            phase,
        }
    }
}

/// A running listener.
#[derive(Debug)]
pub struct LmtpServer {
    accepting: JoinHandle<()>,
    phase: watch::Sender<Phase>,
}

impl LmtpServer {
    /// Accepts nothing more, and ends every connection: at once where it waits for a
    /// command or a mail, and where a mail is being stored after its reply, for which it
    /// waits up to `bound`.
    pub async fn stop(self, bound: Duration) {
        self.accepting.abort();
        let _ = self.accepting.await;
        self.phase.send_replace(Phase::Finishing);
        // The channel closes with the last connection.
        if timeout(bound, self.phase.closed()).await.is_err() {
            self.phase.send_replace(Phase::CutOff);
            self.phase.closed().await;
        }
    }
}

struct Acceptor<B> {
    permits: Arc<Semaphore>,
    peers: Arc<PeerCounts>,
    settings: Arc<LmtpSettings>,
    mailboxes: Arc<B>,
    counts: Arc<LmtpCounts>,
    phase: watch::Sender<Phase>,
}

impl<B: Mailboxes> Acceptor<B> {
    async fn accept(self, socket: Socket) {
        loop {
            let accepted = match &socket {
                Socket::Tcp(listener) => match listener.accept().await {
                    Ok((stream, peer)) => {
                        self.take_tcp(stream, peer.ip().to_canonical());
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
                Socket::Unix(listener, _) => match listener.accept().await {
                    Ok((stream, _)) => {
                        self.take_unix(stream);
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = accepted {
                tracing::warn!(%error, "cannot accept LMTP connections; retrying in 100 ms");
                sleep(PAUSE).await;
            }
        }
    }

    fn take_tcp(&self, stream: TcpStream, peer: IpAddr) {
        // Replies are small writes; do not wait to fill a segment.
        let _ = stream.set_nodelay(true);
        let refusal = match self.place(Some(peer)) {
            Ok(place) => return self.serve(stream, place),
            Err(refusal) => refusal,
        };
        let _ = stream.try_write(&refusal.to_bytes());
    }

    fn take_unix(&self, stream: UnixStream) {
        let refusal = match self.place(None) {
            Ok(place) => return self.serve(stream, place),
            Err(refusal) => refusal,
        };
        let _ = stream.try_write(&refusal.to_bytes());
    }

    /// A place among the open connections. Whoever may open a socket of the file system
    /// may deliver.
    fn place(&self, peer: Option<IpAddr>) -> Result<Place, Reply> {
        let refuse = |result, refusal| {
            self.counts.count_connection(result);
            Err(refusal)
        };
        if peer.is_some_and(|peer| !self.settings.may_deliver(peer)) {
            return refuse(ConnectionResult::NotAllowed, Reply::PEER_NOT_ALLOWED);
        }
        let most = self.settings.connections_per_peer;
        let counted = match peer {
            Some(peer) => match PeerCounts::enter(&self.peers, peer, most) {
                Some(counted) => Some(counted),
                None => return refuse(ConnectionResult::TooMany, Reply::TOO_MANY_CONNECTIONS),
            },
            None => None,
        };
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return refuse(ConnectionResult::TooMany, Reply::TOO_MANY_CONNECTIONS);
        };
        self.counts.count_connection(ConnectionResult::Accepted);
        self.counts.open();
        Ok(Place {
            counts: Arc::clone(&self.counts),
            _peer: counted,
            _permit: permit,
        })
    }

    fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, place: Place) {
        let mailboxes = Arc::clone(&self.mailboxes);
        let settings = Arc::clone(&self.settings);
        let counts = Arc::clone(&self.counts);
        let (mut finishing, mut cut) = (self.phase.subscribe(), self.phase.subscribe());
        tokio::spawn(async move {
            let stopping = async move {
                let _ = finishing.wait_for(|phase| *phase >= Phase::Finishing).await;
            };
            let limits = (&*settings, &*counts);
            let served = connection::serve(stream, &*mailboxes, limits, stopping);
            tokio::select! {
                () = served => {}
                _ = cut.wait_for(|phase| *phase >= Phase::CutOff) => {}
            }
            drop(place);
        });
    }
}

/// A connection's place; dropping it gives it back.
struct Place {
    counts: Arc<LmtpCounts>,
    _peer: Option<PeerPlace>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counts.close();
    }
}

/// Open connections by the address of their peer.
#[derive(Debug, Default)]
struct PeerCounts(Mutex<HashMap<IpAddr, usize>>);

struct PeerPlace {
    peers: Arc<PeerCounts>,
    peer: IpAddr,
}

impl PeerCounts {
    fn enter(peers: &Arc<PeerCounts>, peer: IpAddr, most: usize) -> Option<PeerPlace> {
        let mut open = peers.0.lock();
        let count = open.entry(peer).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(PeerPlace {
            peers: Arc::clone(peers),
            peer,
        })
    }
}

impl Drop for PeerPlace {
    fn drop(&mut self) {
        let mut open = self.peers.0.lock();
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<(Socket, LmtpAddress)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A restarted server can bind although old connections linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = LmtpAddress::Tcp(listener.local_addr()?);
    Ok((Socket::Tcp(listener), address))
}

/// Binds a socket of the file system. One that a server left behind is replaced; another
/// file is not.
fn bind_unix(path: &Path) -> io::Result<(Socket, LmtpAddress)> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    let address = LmtpAddress::Unix(path.to_owned());
    Ok((Socket::Unix(listener, path.to_owned()), address))
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Socket::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}
