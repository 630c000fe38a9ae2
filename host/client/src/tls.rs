//! TLS with a server whose certificate is known from its settings: exactly that
//! certificate is trusted, whatever name it holds and whoever signed it.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::ClientError;

/// PEM files for an HTTPS server.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's own certificate: no other is accepted.
    pub server_certificate: PathBuf,
    /// Certificate chain and key of the client, for a server that requires one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Configuration for these files. Without files nothing is trusted, and only
/// plain HTTP works.
pub(crate) fn config(files: Option<&TlsFiles>) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3");
    let Some(files) = files else {
        let roots = rustls::RootCertStore::empty();
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    };
    let path = &files.server_certificate;
    let certificate = CertificateDer::from_pem_file(path).map_err(|error| unusable(path, error))?;
    let verifier = PinnedCertificate {
        certificate,
        provider,
    };
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let Some((chain, key)) = &files.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(chain, error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?;
    builder
        .with_client_auth_cert(certificates, key)
        .map_err(|error| unusable(chain, error))
}

fn unusable(file: &Path, problem: impl Display) -> ClientError {
    ClientError::Certificate {
        file: file.display().to_string(),
        problem: problem.to_string(),
    }
}

/// Accepts one certificate, from a server that proves it has the key.
#[derive(Debug)]
struct PinnedCertificate {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedCertificate {
    fn verify_server_cert(
        &self,
        presented: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match presented == &self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
