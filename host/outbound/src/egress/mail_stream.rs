//! Connections to mail servers, under the rules for outgoing connections.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use patchbay_model::mail_server::{MailProtocol, MailSecurity, MailServer};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};

use super::Egress;
use super::connection::{connect_tcp, connect_timeout, secure};
use super::error::{EgressError, EgressProblem};

/// A connection, with or without TLS.
pub trait MailConnection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> MailConnection for S {}

/// A connection to a mail server. Dropping it closes it.
pub type MailStream = Box<dyn MailConnection>;

impl fmt::Debug for dyn MailConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailConnection")
    }
}

impl Egress {
    /// Connects to a mail server, with TLS where it comes first. The rules are those of
    /// [`Egress`]; a mailbox is read without encryption only on this machine.
    ///
    /// # Errors
    /// [`EgressError`].
    pub async fn connect_mail(&self, server: &MailServer) -> Result<MailStream, EgressError> {
        let opened = self.open_mail(server).await;
        opened.map_err(|problem| of_server(server, problem))
    }

    /// Begins TLS on a connection to a mail server, after STARTTLS.
    ///
    /// # Errors
    /// [`EgressError`].
    pub async fn secure_mail(
        &self,
        server: &MailServer,
        stream: MailStream,
    ) -> Result<MailStream, EgressError> {
        let secured = self.begin_mail_tls(server.host(), stream).await;
        secured.map_err(|problem| of_server(server, problem))
    }

    pub(super) async fn open_mail(&self, server: &MailServer) -> Result<MailStream, EgressProblem> {
        let limit = self.settings.connect_timeout;
        let addresses = self.resolve_mail(server).await?;
        let until = Instant::now() + limit;
        let connecting = async {
            let (stream, _) = connect_tcp(&addresses, until, limit).await?;
            match server.security() {
                MailSecurity::Tls => self.mail_tls(server.host(), Box::new(stream)).await,
                MailSecurity::StartTls | MailSecurity::None => Ok(Box::new(stream) as MailStream),
            }
        };
        let connected = timeout(limit, connecting).await;
        connected.unwrap_or_else(|_| Err(connect_timeout(limit)))
    }

    pub(super) async fn begin_mail_tls(
        &self,
        host: &str,
        stream: MailStream,
    ) -> Result<MailStream, EgressProblem> {
        let limit = self.settings.connect_timeout;
        let secured = timeout(limit, self.mail_tls(host, stream)).await;
        secured.unwrap_or_else(|_| Err(connect_timeout(limit)))
    }

    async fn mail_tls(&self, host: &str, stream: MailStream) -> Result<MailStream, EgressProblem> {
        let config = self.tls.as_deref().map(|config| {
            let mut config = ClientConfig::clone(config);
            config.alpn_protocols.clear();
            Arc::new(config)
        });
        Ok(Box::new(secure(config, host, stream).await?))
    }

    /// The addresses of a mail server that pass the rules; never empty.
    async fn resolve_mail(&self, server: &MailServer) -> Result<Vec<SocketAddr>, EgressProblem> {
        let mut addresses = self.look_up(server.host(), server.port()).await?;
        let is_plain = server.security() == MailSecurity::None;
        if is_plain && server.protocol() == MailProtocol::Imap {
            // A password leaves with each session.
            let first = addresses.first().map(|address| address.ip().to_canonical());
            addresses.retain(|address| address.ip().to_canonical().is_loopback());
            if let (Some(address), true) = (first, addresses.is_empty()) {
                return Err(EgressProblem::UnencryptedMailbox { address });
            }
        }
        let unencrypted = is_plain.then_some(unencrypted as fn(IpAddr) -> _);
        self.settings.permitted(addresses, unencrypted)
    }
}

fn unencrypted(address: IpAddr) -> EgressProblem {
    EgressProblem::UnencryptedMail { address }
}

fn of_server(server: &MailServer, problem: EgressProblem) -> EgressError {
    EgressError {
        origin: server.to_string(),
        problem,
    }
}
