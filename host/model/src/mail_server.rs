//! The mail server that takes a company's outgoing mails, and the steps of a
//! submission. The outbound client decides which addresses may be reached.

use std::fmt;

use patchbay_config::web_address::{WebAddressError, is_host, split_port};
use thiserror::Error;

use crate::codes;

codes! {
    /// How a connection to a mail server is encrypted.
    pub enum MailSecurity {
        /// TLS from the first byte (RFC 8314).
        Tls = "smtps",
        /// STARTTLS before anything else; a server that does not offer it gets nothing.
        StartTls = "smtp",
        /// None: only to addresses that the operator lists, and without a login.
        None = "smtp-plain",
    }
}

impl MailSecurity {
    fn port(self) -> u16 {
        match self {
            MailSecurity::Tls => 465,
            MailSecurity::StartTls => 587,
            MailSecurity::None => 25,
        }
    }
}

codes! {
    /// The step of a submission that a mail server answered.
    pub enum MailStep {
        /// Greeting, EHLO or STARTTLS: the server and the host's address.
        Session = "session",
        /// AUTH: the user and the password.
        Login = "login",
        /// MAIL: the company's address.
        Sender = "sender",
        /// RCPT: the customer's address.
        Recipient = "recipient",
        /// DATA and the mail itself.
        Mail = "mail",
    }
}

/// A mail server: `smtps://mail.example`, `smtp://mail.example:587`.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    security: MailSecurity,
    /// In lower case; an IPv6 address in brackets.
    host: String,
    port: u16,
}

/// Why a text is not the address of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailServerError {
    /// Another scheme, or none.
    #[error(
        "begins with none of smtps://, smtp:// and smtp-plain://; write for example \"smtps://mail.example:465\""
    )]
    Scheme,
    /// A user name or password.
    #[error("has a user or password before the host; the user is a setting, the password a secret")]
    UserInfo,
    /// Missing or invalid host, or something behind the port.
    #[error("has no host, or an invalid one; write for example \"smtps://mail.example:465\"")]
    Host,
    /// Invalid port.
    #[error("has a port that is not 1 to 65535")]
    Port,
}

impl MailServer {
    /// Parses an address. Without a port it is 465 for `smtps`, 587 for `smtp` and 25
    /// for `smtp-plain`.
    ///
    /// # Errors
    /// [`MailServerError`].
    pub fn parse(text: &str) -> Result<MailServer, MailServerError> {
        let (scheme, rest) = text.split_once("://").ok_or(MailServerError::Scheme)?;
        let security = MailSecurity::from_code(&scheme.to_ascii_lowercase());
        let security = security.ok_or(MailServerError::Scheme)?;
        if rest.contains('@') {
            return Err(MailServerError::UserInfo);
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(MailServerError::Host);
        }
        let (host, port) = split_port(authority).map_err(|error| match error {
            WebAddressError::Port => MailServerError::Port,
            _ => MailServerError::Host,
        })?;
        if !is_host(host) {
            return Err(MailServerError::Host);
        }
        Ok(MailServer {
            security,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(security.port()),
        })
    }

    /// How the connection is encrypted.
    pub fn security(&self) -> MailSecurity {
        self.security
    }

    /// The host: a name, an IPv4 address, or an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        let bare = self.host.strip_prefix('[');
        let bare = bare.and_then(|host| host.strip_suffix(']'));
        bare.unwrap_or(&self.host)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.security, self.host, self.port)
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_a_host_and_a_port() {
        for (text, shown, host) in [
            (
                "smtps://mail.example",
                "smtps://mail.example:465",
                "mail.example",
            ),
            (
                "smtp://Mail.Example",
                "smtp://mail.example:587",
                "mail.example",
            ),
            (
                "SMTP://mail.example:25/",
                "smtp://mail.example:25",
                "mail.example",
            ),
            (
                "smtp-plain://10.0.0.2",
                "smtp-plain://10.0.0.2:25",
                "10.0.0.2",
            ),
            (
                "smtps://[2001:db8::1]:9",
                "smtps://[2001:db8::1]:9",
                "2001:db8::1",
            ),
        ] {
            let server = MailServer::parse(text).unwrap_or_else(|error| panic!("{text} {error}"));
            assert_eq!((server.to_string().as_str(), server.host()), (shown, host));
            assert_eq!(MailServer::parse(shown), Ok(server));
        }
    }

    #[test]
    fn each_invalid_address_has_its_error() {
        use MailServerError::*;
        for (text, error) in [
            ("", Scheme),
            ("mail.example", Scheme),
            ("mail.example:465", Scheme),
            ("https://mail.example", Scheme),
            ("smtps://jo@mail.example", UserInfo),
            ("smtps://jo:hush@mail.example", UserInfo),
            ("smtps://", Host),
            ("smtps:///", Host),
            ("smtps://mail..example", Host),
            ("smtps://mail.example/x", Host),
            ("smtps://mail.example?x", Host),
            ("smtps://mail example", Host),
            ("smtps://mail.example\r\n", Host),
            ("smtps://mail.example:0", Port),
            ("smtps://mail.example:99999", Port),
            ("smtps://mail.example:", Port),
        ] {
            assert_eq!(MailServer::parse(text), Err(error), "{text:?}");
        }
    }
}
