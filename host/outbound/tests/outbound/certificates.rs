//! Certificates of hosts.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_outbound::egress::{Egress, EgressProblem, Resolve, Resolved};
use patchbay_outbound::webhook::SendError;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::sink::{Sink, egress, webhook};

pub(crate) const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/hooks.example.der");
const KEY: &[u8] = include_bytes!("tls/hooks.example.key.der");

/// Resolves every name to one address.
pub(crate) struct FixedResolver(pub(crate) SocketAddr);

impl Resolve for FixedResolver {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        Box::pin(async move { Ok(vec![self.0]) })
    }
}

/// TLS with a certificate for `hooks.example`.
pub(crate) fn acceptor() -> TlsAcceptor {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
    let certificate = CertificateDer::from(CERTIFICATE);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a matching key");
    TlsAcceptor::from(Arc::new(config))
}

/// A TLS target with a certificate for `hooks.example`.
async fn tls_sink() -> Sink {
    let acceptor = acceptor();
    let (sink, listener) = Sink::bind([]).await;
    let serving = sink.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, serving) = (acceptor.clone(), serving.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serving.serve(stream).await;
                }
            });
        }
    });
    sink
}

async fn send(egress: &Egress, host: &str) -> Result<(), SendError> {
    let webhook = webhook(&format!("https://{host}/in"));
    webhook
        .send(egress, "k", Timestamp::UNIX_EPOCH, b"{}")
        .await
}

#[tokio::test]
async fn a_valid_certificate_is_accepted() {
    let sink = tls_sink().await;
    let egress = egress()
        .with_resolver(FixedResolver(sink.address))
        .with_authorities([CertificateDer::from(AUTHORITY)]);
    assert_eq!(send(&egress, "hooks.example").await, Ok(()));
    assert_eq!(sink.seen()[0].header("host"), "hooks.example");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let sink = tls_sink().await;
    let egress = egress()
        .with_resolver(FixedResolver(sink.address))
        .with_authorities([CertificateDer::from(AUTHORITY)]);
    let error = send(&egress, "other.example")
        .await
        .expect_err("another host");
    let is_untrusted = matches!(
        &error,
        SendError::Egress(error) if matches!(error.problem, EgressProblem::Untrusted(_))
    );
    assert!(is_untrusted, "{error}");
    assert!(!error.is_final(), "a certificate may be renewed");
    assert!(sink.seen().is_empty());
}

#[tokio::test]
async fn an_untrusted_authority_is_refused() {
    let sink = tls_sink().await;
    let to_here = |egress: Egress| egress.with_resolver(FixedResolver(sink.address));
    // The leaf is not an authority.
    let other = to_here(egress()).with_authorities([CertificateDer::from(CERTIFICATE)]);
    assert!(send(&other, "other.example").await.is_err());
    let none = to_here(egress()).with_authorities([]);
    let error = send(&none, "hooks.example")
        .await
        .expect_err("no authorities");
    let words = "no certificate authorities";
    assert!(error.to_string().contains(words), "{error}");
    assert!(sink.seen().is_empty());
}

#[tokio::test]
async fn a_host_without_tls_is_refused() {
    let sink = Sink::start([]).await;
    let egress = egress()
        .with_resolver(FixedResolver(sink.address))
        .with_authorities([CertificateDer::from(AUTHORITY)]);
    let error = send(&egress, "hooks.example").await.expect_err("no TLS");
    let is_untrusted = matches!(
        &error,
        SendError::Egress(error) if matches!(error.problem, EgressProblem::Untrusted(_))
    );
    assert!(is_untrusted, "{error}");
    assert!(sink.seen().is_empty());
}
