//! A mail server of a company: one that takes its outgoing mails, whose steps are here
//! too, or one that holds its mailbox. The outbound client decides which addresses may
//! be reached.

use std::fmt;

use patchbay_config::web_address::{WebAddressError, is_host, split_port};
use thiserror::Error;

use crate::codes;

/// What a mail server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailProtocol {
    /// To send mails (RFC 6409).
    Smtp,
    /// To read a mailbox (RFC 9051).
    Imap,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS before anything else; a server that does not offer it gets nothing.
    StartTls,
    /// None. By SMTP: only to addresses that the operator lists, and without a login. By
    /// IMAP: only to this machine, if the operator lists its addresses.
    None,
}

/// Schemes and ports.
const SCHEMES: [(MailProtocol, MailSecurity, &str, u16); 6] = [
    (MailProtocol::Smtp, MailSecurity::Tls, "smtps", 465),
    (MailProtocol::Smtp, MailSecurity::StartTls, "smtp", 587),
    (MailProtocol::Smtp, MailSecurity::None, "smtp-plain", 25),
    (MailProtocol::Imap, MailSecurity::Tls, "imaps", 993),
    (MailProtocol::Imap, MailSecurity::StartTls, "imap", 143),
    (MailProtocol::Imap, MailSecurity::None, "imap-plain", 143),
];

impl MailProtocol {
    /// Its schemes for people, the encrypted ones first.
    fn schemes(self) -> &'static str {
        match self {
            MailProtocol::Smtp => "smtps://, smtp:// and smtp-plain://",
            MailProtocol::Imap => "imaps://, imap:// and imap-plain://",
        }
    }

    fn example(self) -> &'static str {
        match self {
            MailProtocol::Smtp => "smtps://mail.example:465",
            MailProtocol::Imap => "imaps://mail.example:993",
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

/// A mail server: `smtps://mail.example`, `imap://mail.example:143`.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    scheme: &'static str,
    protocol: MailProtocol,
    security: MailSecurity,
    /// In lower case; an IPv6 address in brackets.
    host: String,
    port: u16,
}

/// Why a text is not the address of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailServerError {
    /// Another scheme, or none.
    #[error("begins with none of {}; write for example {:?}", .0.schemes(), .0.example())]
    Scheme(MailProtocol),
    /// A user name or password.
    #[error("has a user or password before the host; the user is a setting, the password a secret")]
    UserInfo,
    /// Missing or invalid host, or something behind the port.
    #[error("has no host, or an invalid one; write for example {:?}", .0.example())]
    Host(MailProtocol),
    /// Invalid port.
    #[error("has a port that is not 1 to 65535")]
    Port,
}

impl MailServer {
    /// Parses the address of a server that speaks a protocol. Without a port it is 465
    /// for `smtps`, 587 for `smtp`, 25 for `smtp-plain`, 993 for `imaps`, and 143 for
    /// `imap` and `imap-plain`.
    ///
    /// # Errors
    /// [`MailServerError`].
    pub fn parse(protocol: MailProtocol, text: &str) -> Result<MailServer, MailServerError> {
        let no_scheme = || MailServerError::Scheme(protocol);
        let (scheme, rest) = text.split_once("://").ok_or_else(no_scheme)?;
        let row = SCHEMES
            .iter()
            .find(|row| row.0 == protocol && row.2.eq_ignore_ascii_case(scheme));
        let &(_, security, scheme, default_port) = row.ok_or_else(no_scheme)?;
        if rest.contains('@') {
            return Err(MailServerError::UserInfo);
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(MailServerError::Host(protocol));
        }
        let (host, port) = split_port(authority).map_err(|error| match error {
            WebAddressError::Port => MailServerError::Port,
            _ => MailServerError::Host(protocol),
        })?;
        if !is_host(host) {
            return Err(MailServerError::Host(protocol));
        }
        Ok(MailServer {
            scheme,
            protocol,
            security,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(default_port),
        })
    }

    /// What it is asked for.
    pub fn protocol(&self) -> MailProtocol {
        self.protocol
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
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
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

    fn parse(text: &str) -> Result<MailServer, MailServerError> {
        let is_mailbox = text.to_ascii_lowercase().starts_with("imap");
        let protocol = match is_mailbox {
            true => MailProtocol::Imap,
            false => MailProtocol::Smtp,
        };
        MailServer::parse(protocol, text)
    }

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
                "IMAPS://mail.example",
                "imaps://mail.example:993",
                "mail.example",
            ),
            (
                "imap://mail.example",
                "imap://mail.example:143",
                "mail.example",
            ),
            (
                "imap-plain://127.0.0.1:31143",
                "imap-plain://127.0.0.1:31143",
                "127.0.0.1",
            ),
            (
                "smtps://[2001:db8::1]:9",
                "smtps://[2001:db8::1]:9",
                "2001:db8::1",
            ),
        ] {
            let server = parse(text).unwrap_or_else(|error| panic!("{text} {error}"));
            assert_eq!((server.to_string().as_str(), server.host()), (shown, host));
            assert_eq!(parse(shown), Ok(server));
        }
    }

    #[test]
    fn each_invalid_address_has_its_error() {
        use MailProtocol::{Imap, Smtp};
        use MailServerError::*;
        for (text, error) in [
            ("", Scheme(Smtp)),
            ("mail.example", Scheme(Smtp)),
            ("mail.example:465", Scheme(Smtp)),
            ("https://mail.example", Scheme(Smtp)),
            ("imaps://mail.example", Scheme(Smtp)),
            ("smtps://jo@mail.example", UserInfo),
            ("smtps://jo:hush@mail.example", UserInfo),
            ("smtps://", Host(Smtp)),
            ("smtps:///", Host(Smtp)),
            ("smtps://mail..example", Host(Smtp)),
            ("smtps://mail.example/x", Host(Smtp)),
            ("smtps://mail.example?x", Host(Smtp)),
            ("smtps://mail example", Host(Smtp)),
            ("smtps://mail.example\r\n", Host(Smtp)),
            ("smtps://mail.example:0", Port),
            ("smtps://mail.example:99999", Port),
            ("smtps://mail.example:", Port),
        ] {
            let parsed = MailServer::parse(Smtp, text);
            assert_eq!(parsed, Err(error), "{text:?}");
        }
        let parsed = MailServer::parse(Imap, "smtps://mail.example");
        assert_eq!(
            parsed.expect_err("another protocol").to_string(),
            "begins with none of imaps://, imap:// and imap-plain://; write for example \"imaps://mail.example:993\""
        );
    }
}
