//! TLS at the door: how the server proves who it is, and which names a client's
//! certificate has.
//!
//! The files are read again when they change, or on SIGHUP: what connects then
//! gets the new certificate, and what is connected stays. Files that do not go
//! together change nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

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

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// Why there is no TLS with these files.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read, or does not hold what it should.
    #[error("{path}: {problem}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// They do not go together.
    #[error("{path} and its key do not go together: {problem}", path = path.display())]
    Mismatch {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// DNS names and URIs of a client's certificate, which its authority vouches
/// for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerNames(pub(crate) Arc<[String]>);

/// The certificate in use, and the files it comes from.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: TlsSettings,
    config: RwLock<Arc<ServerConfig>>,
    /// The files as they were just before they were first read.
    first: Stamp,
}

/// Length and time of change of each file.
type Stamp = Vec<Option<(u64, SystemTime)>>;

impl Tls {
    /// Read the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn of(settings: &TlsSettings) -> Result<Tls, TlsError> {
        // Before they are read: what changes meanwhile is read again.
        let first = stamp(settings);
        let config = RwLock::new(Arc::new(config(settings)?));
        Ok(Tls {
            settings: settings.clone(),
            config,
            first,
        })
    }

    /// Speak TLS with somebody who connected.
    ///
    /// # Errors
    /// They do not, or are nobody who may.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> std::io::Result<(TlsStream<S>, PeerNames)> {
        let stream = TlsAcceptor::from(self.current()).accept(stream).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let names = certificates.and_then(|all| names(all.first()?));
        Ok((stream, names.unwrap_or_default()))
    }

    fn current(&self) -> Arc<ServerConfig> {
        let config = self.config.read();
        Arc::clone(&config.unwrap_or_else(PoisonError::into_inner))
    }

    /// Read the files again; what is wrong with them changes nothing.
    pub(crate) fn reload(&self) {
        match config(&self.settings) {
            Ok(config) => {
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("the server's certificate was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the server's certificate stays what it was");
            }
        }
    }

    /// Read the files again whenever they change, and on SIGHUP.
    pub(crate) async fn keep_fresh(self: Arc<Self>) {
        let mut ticks = interval(EVERY);
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => {
                tracing::error!(%error, "the server's certificate is not read again");
                return;
            }
        };
        let mut last = self.first.clone();
        loop {
            let told = tokio::select! {
                _ = ticks.tick() => false,
                _ = hangups.recv() => true,
            };
            let now = stamp(&self.settings);
            if told || now != last {
                last = now;
                let tls = Arc::clone(&self);
                // One that panicked has said so.
                let _ = tokio::task::spawn_blocking(move || tls.reload()).await;
            }
        }
    }
}

fn stamp(settings: &TlsSettings) -> Stamp {
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

/// The names a certificate has. Only alternative names count: a common name is
/// no identity (RFC 9525, 2).
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
        true => Err(file(path, &"holds no certificate")),
        false => Ok(all),
    }
}

fn file(path: &Path, problem: &dyn std::fmt::Display) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}
