//! Speaking TLS with the server of settings at hand.
//!
//! They say which certificate the server has, so that one and no other is
//! believed: whatever name it is for, and whoever vouches for it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use patchbay_server::settings::TlsSettings;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::exit::{Exit, Failure};

/// The certificate and key that are shown to a server which asks for them.
static SHOWN: OnceLock<Option<(PathBuf, PathBuf)>> = OnceLock::new();

/// Name the files of the certificate and its key, once and for the whole run.
pub(crate) fn shows(certificate: Option<PathBuf>, key: Option<PathBuf>) {
    let _ = SHOWN.set(certificate.zip(key));
}

/// How a server is spoken with.
#[derive(Clone)]
pub(crate) struct Secured {
    config: Arc<ClientConfig>,
}

impl Secured {
    /// The server of these settings.
    pub(crate) fn of(settings: &TlsSettings) -> Result<Secured, Failure> {
        let wrong = |path: &PathBuf, error: &dyn std::fmt::Display| {
            Failure::new(Exit::Machine, format!("{}: {error}", path.display()))
        };
        let path = &settings.certificate;
        let own = CertificateDer::from_pem_file(path).map_err(|error| wrong(path, &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Arc::new(Exactly {
            certificate: own,
            provider: Arc::clone(&provider),
        });
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(path, &error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match SHOWN.get().and_then(Option::as_ref) {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = CertificateDer::pem_file_iter(certificate)
                    .and_then(Iterator::collect)
                    .map_err(|error| wrong(certificate, &error))?;
                let own = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
                builder
                    .with_client_auth_cert(chain, own)
                    .map_err(|error| wrong(certificate, &error))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Secured {
            config: Arc::new(config),
        })
    }

    /// Speak TLS on a connection.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        address: SocketAddr,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::IpAddress(address.ip().into());
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(name, stream).await
    }
}

/// Believes one certificate, where its holder has the key.
#[derive(Debug)]
struct Exactly {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Exactly {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match shown == &self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}
