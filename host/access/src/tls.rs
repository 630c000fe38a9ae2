//! TLS termination: the server's certificate, and the names of a client's.
//!
//! The files are read again when they change and on SIGHUP. New connections get
//! the new certificate, existing ones stay. Files that do not fit together are
//! logged and change nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::RwLock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::interval;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use webpki::EndEntityCert;

use crate::settings::TlsSettings;

/// How often the files are checked for changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Why TLS cannot be set up with the files of the settings.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read or parsed.
    #[error("{path}: {problem}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        problem: String,
    },
    /// The key is not that of the certificate.
    #[error("the key does not match the certificate {path}: {problem}", path = path.display())]
    Mismatch {
        /// The certificate file.
        path: PathBuf,
        /// The cause.
        problem: String,
    },
}

/// Verified DNS names (in lower case) and URIs of a client's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerNames(pub Arc<[String]>);

/// Accepts TLS connections with the current certificate.
#[derive(Debug)]
pub struct TlsTerminator {
    settings: TlsSettings,
    config: RwLock<Arc<ServerConfig>>,
    /// The files just before they were first read.
    first: FileStamps,
}

/// Length and modification time of each file.
type FileStamps = Vec<Option<(u64, SystemTime)>>;

impl TlsTerminator {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(settings: &TlsSettings) -> Result<TlsTerminator, TlsError> {
        // Taken first, so that a change during reading is noticed.
        let first = stamps(settings);
        let config = RwLock::new(Arc::new(config(settings)?));
        Ok(TlsTerminator {
            settings: settings.clone(),
            config,
            first,
        })
    }

    /// Perform the handshake on a new connection.
    ///
    /// # Errors
    /// The client does not speak TLS, or shows no acceptable certificate.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> std::io::Result<(TlsStream<S>, PeerNames)> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config.read()));
        let stream = acceptor.accept(stream).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let names = certificates.and_then(|all| names(all.first()?));
        Ok((stream, names.unwrap_or_default()))
    }

    /// Read the files again; an error is logged and changes nothing.
    pub fn reload(&self) {
        match config(&self.settings) {
            Ok(config) => {
                *self.config.write() = Arc::new(config);
                tracing::info!("reloaded the TLS certificate");
            }
            Err(error) => {
                tracing::error!(%error, "cannot reload the TLS certificate; the previous one stays in use");
            }
        }
    }

    /// Reload whenever the files change, and on SIGHUP. Runs until aborted.
    pub async fn watch(self: Arc<Self>) {
        let mut ticks = interval(CHECK_INTERVAL);
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => {
                tracing::error!(%error, "cannot watch for SIGHUP; the TLS certificate is not reloaded until a restart");
                return;
            }
        };
        let mut last = self.first.clone();
        loop {
            let signalled = tokio::select! {
                _ = ticks.tick() => false,
                _ = hangups.recv() => true,
            };
            let now = stamps(&self.settings);
            if signalled || now != last {
                last = now;
                let tls = Arc::clone(&self);
                // A panic has been logged by its hook.
                let _ = tokio::task::spawn_blocking(move || tls.reload()).await;
            }
        }
    }
}

fn stamps(settings: &TlsSettings) -> FileStamps {
    let files = [
        Some(&settings.certificate),
        Some(&settings.key),
        settings.client_ca.as_ref(),
    ];
    let stamp = |path: &PathBuf| {
        let about = std::fs::metadata(path).ok()?;
        Some((about.len(), about.modified().ok()?))
    };
    files.into_iter().flatten().map(stamp).collect()
}

/// The subject alternative names of a certificate. The common name does not
/// count (RFC 9525, 2).
fn names(certificate: &CertificateDer<'_>) -> Option<PeerNames> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let dns = certificate.valid_dns_names().map(str::to_ascii_lowercase);
    let uris = certificate.valid_uri_names().map(str::to_owned);
    Some(PeerNames(dns.chain(uris).collect()))
}

fn config(settings: &TlsSettings) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&settings.certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(&settings.key).map_err(|error| file(&settings.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| file(&settings.certificate, &error))?;
    let builder = match &settings.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority).map_err(|error| file(path, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = match settings.optional {
                true => verifier.allow_unauthenticated(),
                false => verifier,
            };
            builder.with_client_cert_verifier(verifier.build().map_err(|error| file(path, &error))?)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| TlsError::Mismatch {
            path: settings.certificate.clone(),
            problem: error.to_string(),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(path).map_err(|error| file(path, &error))?;
    let all: Result<Vec<_>, _> = all.collect();
    let all = all.map_err(|error| file(path, &error))?;
    match all.is_empty() {
        true => Err(file(path, &"contains no PEM certificate")),
        false => Ok(all),
    }
}

fn file(path: &Path, problem: &dyn std::fmt::Display) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}
