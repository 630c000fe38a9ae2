//! That a host proves who it is.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_outbound::egress::{Egress, EgressError, Resolve, Resolved};
use patchbay_outbound::webhook::SendError;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::sink::{Sink, egress, webhook};

const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/hooks.example.der");
const KEY: &[u8] = include_bytes!("tls/hooks.example.key.der");

/// Every name leads here.
struct Here(SocketAddr);

impl Resolve for Here {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        Box::pin(async move { Ok(vec![self.0]) })
    }
}

/// A sink that proves to be `hooks.example`.
async fn secured() -> Sink {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
    let certificate = CertificateDer::from(CERTIFICATE);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
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
async fn a_host_that_proves_who_it_is_is_told() {
    let sink = secured().await;
    let egress = egress()
        .resolving_with(Here(sink.address))
        .trusting([CertificateDer::from(AUTHORITY)]);
    assert_eq!(send(&egress, "hooks.example").await, Ok(()));
    assert_eq!(sink.seen()[0].header("host"), "hooks.example");
}

#[tokio::test]
async fn a_host_that_proves_to_be_another_is_told_nothing() {
    let sink = secured().await;
    let egress = egress()
        .resolving_with(Here(sink.address))
        .trusting([CertificateDer::from(AUTHORITY)]);
    let error = send(&egress, "other.example").await.expect_err("another");
    let is_untrusted = matches!(error, SendError::Egress(EgressError::Untrusted { .. }));
    assert!(is_untrusted, "{error}");
    assert!(!error.is_final(), "a certificate may be put right");
    assert!(sink.seen().is_empty());
}

#[tokio::test]
async fn a_host_nobody_vouches_for_is_told_nothing() {
    let sink = secured().await;
    let to_here = |egress: Egress| egress.resolving_with(Here(sink.address));
    // The leaf vouches for nobody, itself included.
    let other = to_here(egress()).trusting([CertificateDer::from(CERTIFICATE)]);
    assert!(send(&other, "other.example").await.is_err());
    let nobody = to_here(egress()).trusting([]);
    let error = send(&nobody, "hooks.example").await.expect_err("nobody");
    let words = "no certificate authorities";
    assert!(error.to_string().contains(words), "{error}");
    assert!(sink.seen().is_empty());
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_told_nothing() {
    let sink = Sink::start([]).await;
    let egress = egress()
        .resolving_with(Here(sink.address))
        .trusting([CertificateDer::from(AUTHORITY)]);
    let error = send(&egress, "hooks.example").await.expect_err("no TLS");
    let is_untrusted = matches!(error, SendError::Egress(EgressError::Untrusted { .. }));
    assert!(is_untrusted, "{error}");
    assert!(sink.seen().is_empty());
}
