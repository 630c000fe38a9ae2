//! A mail that the company's own mail server delivers: find its connection, accept it.

use jiff::Timestamp;
use patchbay_adapter::{InboundWay, MailRecipient, VerifiedRequest};
use patchbay_desk::DeskError;
use patchbay_email::{DeliveredMail, MailEnvelope};

use crate::connection::DeliveryResult;
use crate::gateway::Gateway;

/// Where a mail to an address goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailAddressee {
    /// To this connection.
    Connection(MailConnection),
    /// A secret of the connection that may have the address is not set. The log says
    /// which.
    NotOpen,
    /// No connection of the company has the address.
    Unknown,
}

/// A connection whose mails come by LMTP.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailConnection {
    channel: &'static str,
    name: String,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailReception {
    /// It is on disk, or in quarantine.
    Stored,
    /// A bound turned it away: the mail server delivers it again.
    Busy,
    /// The company has no such connection any more, or it is not open.
    NotOpen,
}

impl Gateway {
    /// The connection of a company that a mail to an address belongs to. Of several
    /// that may have it, the one that made the address is the first, then the one that
    /// has the account. Blocks.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn mail_addressee(&self, company: &str, address: &str) -> Result<MailAddressee, DeskError> {
        let all = self.connections(company)?;
        let by_lmtp = all
            .iter()
            .filter(|it| it.settings.inbound() == InboundWay::Lmtp);
        let mut found: Option<(MailRecipient, &str, &'static str)> = None;
        let mut is_any_closed = false;
        for connection in by_lmtp {
            let Ok(adapter) = &connection.adapter else {
                is_any_closed = true;
                continue;
            };
            let settings = &connection.settings;
            if let Some(how) = adapter.mail_recipient(address)
                && found.is_none_or(|(best, ..)| how > best)
            {
                found = Some((how, &settings.name, settings.adapter.name));
            }
        }
        Ok(match found {
            Some((_, name, channel)) => MailAddressee::Connection(MailConnection {
                channel,
                name: name.to_owned(),
            }),
            None if is_any_closed => MailAddressee::NotOpen,
            None => MailAddressee::Unknown,
        })
    }

    /// Decodes and accepts a mail for the recipients of one connection. Blocks until it
    /// is on disk; does not wait for decisions.
    ///
    /// # Errors
    /// [`DeskError`]: nothing is acknowledged; the mail server delivers it again.
    pub fn receive_mail(
        &self,
        company: &str,
        connection: &MailConnection,
        envelope: &MailEnvelope,
        content: &[u8],
    ) -> Result<MailReception, DeskError> {
        let found = self.connection(company, connection.channel, &connection.name)?;
        let found = found.filter(|it| it.settings.inbound() == InboundWay::Lmtp);
        let Some(connection) = found else {
            return Ok(MailReception::NotOpen);
        };
        let Ok(adapter) = &connection.adapter else {
            return Ok(MailReception::NotOpen);
        };
        let now = Timestamp::now();
        let mail = DeliveredMail::new(envelope, now.as_second(), content);
        let request = mail.request();
        let delivery = VerifiedRequest::of_own_mail_server(&request);
        let taken = self.take(company, &connection, &**adapter, &delivery, None);
        if taken.is_err() {
            connection.count(DeliveryResult::Busy, now);
        }
        Ok(match taken? {
            true => MailReception::Stored,
            false => MailReception::Busy,
        })
    }
}
