//! The rules of what may be reached from here, and the only way there.
//!
//! - https; plain http only to addresses in a range the operator lists.
//! - A host is looked up once for a connection, and the connection goes to
//!   exactly the address that was checked: a name that changes its answer in
//!   between (DNS rebinding) gains nothing.
//! - Addresses that are no public host's are refused unless listed: private,
//!   loopback, link-local, metadata services, and the rest of the registries
//!   of special addresses, in each form an IPv4 address can take. Of a host
//!   with several addresses only those are used that may be.
//! - Redirects are not followed, and no proxy is taken from the environment.
//! - A host proves who it is to the system's certificate authorities.
//! - Time is bounded, and so is what is read of an answer: 64 KiB of its body,
//!   thrown away.

mod dial;
mod error;
mod exchange;
mod range;
mod resolve;
mod special;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

pub use self::error::EgressError;
pub use self::exchange::Answer;
pub use self::range::{AddressRange, AddressRangeError};
use self::resolve::SystemResolver;
pub use self::resolve::{Resolve, Resolved};

/// What the operator decides about what may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressSettings {
    /// Ranges that may be reached although they are no public host's, and
    /// without encryption. Default none.
    pub allow: Vec<AddressRange>,
    /// How long looking up, connecting and proving may take together.
    /// Default 5 s.
    pub connect_timeout: Duration,
    /// How long all of an exchange may take. Default 15 s.
    pub timeout: Duration,
}

impl Default for EgressSettings {
    fn default() -> EgressSettings {
        EgressSettings {
            allow: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
        }
    }
}

/// The way to other hosts. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    settings: EgressSettings,
    resolver: Arc<dyn Resolve>,
    /// Absent where there are no certificate authorities.
    tls: Option<Arc<ClientConfig>>,
}

impl Egress {
    /// A way out under an operator's rules. Reads the system's certificate
    /// authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`; where it
    /// finds none, every https address fails with
    /// [`EgressError::NoAuthorities`].
    pub fn new(settings: EgressSettings) -> Egress {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some certificate authorities cannot be read");
        }
        Egress {
            inner: Arc::new(Inner {
                settings,
                resolver: Arc::new(SystemResolver),
                tls: trusting(found.certs),
            }),
        }
    }

    /// The same, looking up hosts in another way.
    #[must_use]
    pub fn resolving_with(self, resolver: impl Resolve + 'static) -> Egress {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        inner.resolver = Arc::new(resolver);
        Egress {
            inner: Arc::new(inner),
        }
    }

    /// The same, trusting other certificate authorities, and only those.
    #[must_use]
    pub fn trusting(
        self,
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Egress {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        inner.tls = trusting(authorities);
        Egress {
            inner: Arc::new(inner),
        }
    }

    /// The rules.
    pub fn settings(&self) -> &EgressSettings {
        &self.inner.settings
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Egress").field(&self.inner.settings).finish()
    }
}

fn trusting(
    authorities: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Option<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities);
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Arc::new(config))
}
