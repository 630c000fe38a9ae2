//! Rules for outgoing connections, and the only code that opens them.
//!
//! - https; plain http only to addresses in a range the operator lists.
//! - Each request resolves its host once and connects to an address that
//!   passed the check, so a name that changes its answer in between (DNS
//!   rebinding) gains nothing.
//! - Private, loopback, link-local, cloud metadata and other special-purpose
//!   addresses are refused unless listed, in every form an IPv4 address can
//!   take. If a host has several addresses, only the permitted ones are used.
//! - An idle connection is reused for the same company, origin and checked
//!   address only.
//! - No redirects, no proxies from the environment.
//! - The host's certificate must chain to one of the system's authorities.
//! - Time is limited. Of an answer to [`Egress::post`], at most 64 KiB are read
//!   and discarded; an answer to [`Egress::exchange`] may not be longer than the
//!   request permits, a reply of a mail server to [`Egress::submit_mail`] not longer
//!   than 16 KiB.
//! - A mail server speaks TLS, at once or by STARTTLS; without it only at an
//!   address that the operator lists, and it gets no password there. A mailbox is read
//!   without TLS only on this machine itself, at a listed address.

mod address_range;
mod connection;
mod error;
mod exchange;
mod idle_connections;
mod mail_stream;
mod mail_submission;
mod open_answer;
mod resolver;
mod special_ranges;
mod whole_answer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

pub use self::address_range::{AddressRange, AddressRangeError};
pub use self::error::{EgressError, EgressProblem};
pub use self::exchange::{Answer, Delivery};
use self::idle_connections::IdleConnections;
pub use self::mail_stream::{MailConnection, MailStream};
pub use self::mail_submission::{InvalidMail, MailCheck, MailLogin, MailReply, MailSubmission};
pub use self::open_answer::OpenAnswer;
use self::resolver::SystemResolver;
pub use self::resolver::{Resolve, Resolved};
pub use self::whole_answer::{EgressAnswer, EgressRequest, ExchangeFailure};

/// Slowest transfer of what is sent, in bytes a second.
const SLOWEST: usize = 128 << 10;

/// Time for sending so many bytes, beyond that for a short request.
fn transfer_time(bytes: usize) -> Duration {
    Duration::from_secs((bytes / SLOWEST) as u64)
}

/// The operator's rules for outgoing connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressSettings {
    /// Special-purpose ranges that are permitted, and without encryption.
    /// Default: none.
    pub allow: Vec<AddressRange>,
    /// Limit for name resolution, TCP and TLS together. Default: 5 s.
    pub connect_timeout: Duration,
    /// Limit for a whole exchange over HTTP, and for each command to a mail
    /// server and for the bytes of a mail. Default: 15 s.
    pub timeout: Duration,
    /// Limit for the answer to the end of a mail: servers search it for spam first.
    /// Default: 2 min.
    pub mail_timeout: Duration,
    /// How long an unused connection stays open for the next request to the
    /// same address. Default: 30 s.
    pub idle_timeout: Duration,
}

impl Default for EgressSettings {
    fn default() -> EgressSettings {
        EgressSettings {
            allow: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            mail_timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// HTTP and mail client under an operator's rules. Cheap to clone; clones share idle
/// connections.
#[derive(Clone)]
pub struct Egress {
    settings: Arc<EgressSettings>,
    resolver: Arc<dyn Resolve>,
    /// Absent if the machine has no certificate authorities.
    tls: Option<Arc<ClientConfig>>,
    idle: Arc<IdleConnections>,
    company: Arc<str>,
}

impl Egress {
    /// Reads the system's certificate authorities, or those of
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`; blocks on the file system. If there
    /// are none, every https request fails with
    /// [`EgressProblem::NoAuthorities`].
    pub fn new(settings: EgressSettings) -> Egress {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "cannot read a certificate authority");
        }
        Egress {
            idle: IdleConnections::new(settings.idle_timeout),
            settings: Arc::new(settings),
            resolver: Arc::new(SystemResolver),
            tls: tls_config(found.certs),
            company: Arc::default(),
        }
    }

    /// Replaces the system's resolver.
    #[must_use]
    pub fn with_resolver(self, resolver: impl Resolve + 'static) -> Egress {
        Egress {
            resolver: Arc::new(resolver),
            idle: IdleConnections::new(self.settings.idle_timeout),
            ..self
        }
    }

    /// Trusts these certificate authorities instead of the system's.
    #[must_use]
    pub fn with_authorities(
        self,
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Egress {
        Egress {
            tls: tls_config(authorities),
            idle: IdleConnections::new(self.settings.idle_timeout),
            ..self
        }
    }

    /// Permits other special-purpose ranges.
    #[must_use]
    pub fn with_allowed(&self, allow: Vec<AddressRange>) -> Egress {
        let settings = EgressSettings {
            allow,
            ..EgressSettings::clone(&self.settings)
        };
        Egress {
            settings: Arc::new(settings),
            idle: IdleConnections::new(self.settings.idle_timeout),
            ..self.clone()
        }
    }

    /// The client for a company's requests: it shares no connection with other
    /// companies.
    #[must_use]
    pub fn for_company(&self, company: &str) -> Egress {
        Egress {
            company: company.into(),
            ..self.clone()
        }
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Egress").field(&self.settings).finish()
    }
}

fn tls_config(
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
        .expect("ring supports TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Arc::new(config))
}
