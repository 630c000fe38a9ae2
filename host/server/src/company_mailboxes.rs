//! The mailboxes of the companies, to which their mail servers deliver by LMTP. What a
//! mail is, the gateway says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_config::bound::Bound;
use patchbay_desk::DeskError;
use patchbay_email::MAIL_BYTES;
use patchbay_email::MailEnvelope;
use patchbay_gateway::{Gateway, MailAddressee, MailConnection, MailReception};
use patchbay_http::bounds::{BoundPermit, Requester};
use patchbay_http::problem::Problem;
use patchbay_journal::JournalError;
use patchbay_lmtp::{Deferral, Lookup, Mail, Mailboxes, Verdict};
use patchbay_service::app::App;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::intake_work::{IntakeRefusal, on_intake};
/// How long a mail may wait to be stored. Mail servers wait ten minutes for the answer
/// (RFC 5321, 4.5.3.2.6); one that is stored later all the same is a duplicate when it
/// comes again.
const STORE_TIMEOUT: Duration = Duration::from_secs(120);

/// The mailboxes of a server's companies.
#[derive(Clone)]
pub(crate) struct CompanyMailboxes {
    app: Arc<App>,
}

/// A connection of a company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CompanyMailbox {
    company: Arc<str>,
    connection: MailConnection,
}

impl CompanyMailboxes {
    pub(crate) fn of(app: Arc<App>) -> CompanyMailboxes {
        CompanyMailboxes { app }
    }

    /// Runs `work` for a company on a thread for deliveries, unless the company or the
    /// host does not accept any now.
    async fn on_intake<T: Send + 'static>(
        &self,
        company: &Arc<str>,
        work: impl FnOnce(&Gateway, &str) -> Result<T, Deferral> + Send + 'static,
    ) -> Result<T, Deferral> {
        let done = on_intake(&self.app, company, work).await;
        done.unwrap_or_else(|refusal| {
            Err(match refusal {
                IntakeRefusal::NotReady => Deferral::NotReady,
                IntakeRefusal::Draining => Deferral::Draining,
                IntakeRefusal::Panicked => Deferral::Failed,
            })
        })
    }

    /// Stores a mail for the recipients of one connection.
    async fn store(
        &self,
        mailbox: &CompanyMailbox,
        envelope: MailEnvelope,
        content: Arc<Vec<u8>>,
    ) -> Verdict {
        // Sealing it takes its size once more. What came counts already.
        let mut sealing = self.share(mailbox);
        if !self.grow(&mut sealing, content.len()) {
            return Verdict::Deferred(Deferral::Busy);
        }
        let (app, connection) = (Arc::clone(&self.app), mailbox.connection.clone());
        let stored = self.on_intake(&mailbox.company, move |gateway, company| {
            let _sealing = sealing;
            app.check_free_space()
                .map_err(|_: Problem| Deferral::NoSpace)?;
            let received = gateway.receive_mail(company, &connection, &envelope, &content);
            match received {
                Ok(MailReception::Stored) => Ok(()),
                Ok(MailReception::Busy) => Err(Deferral::Busy),
                Ok(MailReception::NotOpen) => Err(Deferral::NotOpen),
                Err(error) => Err(deferral(company, error)),
            }
        });
        match timeout(STORE_TIMEOUT, stored).await {
            Ok(Ok(())) => Verdict::Stored,
            Ok(Err(why)) => Verdict::Deferred(why),
            Err(_) => Verdict::Deferred(Deferral::Busy),
        }
    }
}

/// Why a mail is deferred that the desk did not accept.
fn deferral(company: &str, error: DeskError) -> Deferral {
    match error {
        DeskError::Draining(_) => Deferral::Draining,
        DeskError::Stopping | DeskError::Journal(JournalError::CompanyFull { .. }) => {
            Deferral::Busy
        }
        DeskError::Journal(JournalError::DiskFull) => Deferral::NoSpace,
        error => {
            tracing::error!(company, %error, "cannot store a mail; the mail server delivers it again");
            Deferral::Failed
        }
    }
}

impl Mailboxes for CompanyMailboxes {
    type Mailbox = CompanyMailbox;
    type Share = BoundPermit;

    fn mail_bytes(&self) -> usize {
        MAIL_BYTES
    }

    async fn find(&self, address: &str) -> Lookup<CompanyMailbox> {
        let settings = self.app.settings.lmtp.as_ref();
        let Some(company) = settings.and_then(|settings| settings.company_of(address)) else {
            return Lookup::Unknown;
        };
        let (company, address): (Arc<str>, _) = (company.into(), address.to_owned());
        let found = self.on_intake(&company, move |gateway, company| {
            gateway.mail_addressee(company, &address).map_err(|error| {
                tracing::warn!(company, %error, "cannot look up the recipient of a mail");
                Deferral::NotReady
            })
        });
        match found.await {
            Ok(MailAddressee::Connection(connection)) => Lookup::Found(CompanyMailbox {
                company,
                connection,
            }),
            Ok(MailAddressee::Unknown) => Lookup::Unknown,
            Ok(MailAddressee::NotOpen) => Lookup::Deferred(Deferral::NotOpen),
            Err(why) => Lookup::Deferred(why),
        }
    }

    fn share(&self, mailbox: &CompanyMailbox) -> BoundPermit {
        let requester = Requester {
            company: Some(Arc::clone(&mailbox.company)),
            token: None,
        };
        self.app
            .bounds
            .enter_with_nothing(Bound::Bodies, &requester)
    }

    fn grow(&self, share: &mut BoundPermit, bytes: usize) -> bool {
        share.grow(bytes as u64).is_ok()
    }

    async fn deliver(&self, mail: Mail<CompanyMailbox>) -> Vec<Verdict> {
        let Mail {
            return_path,
            recipients,
            content,
        } = mail;
        let content = Arc::new(content);
        let mut groups: BTreeMap<&CompanyMailbox, Vec<usize>> = BTreeMap::new();
        for (index, (_, mailbox)) in recipients.iter().enumerate() {
            groups.entry(mailbox).or_default().push(index);
        }
        // At once: a company that is busy does not hold up another.
        let mut storing = JoinSet::new();
        for (mailbox, indexes) in groups {
            let addresses = indexes.iter().map(|index| recipients[*index].0.clone());
            let envelope = MailEnvelope {
                return_path: return_path.clone(),
                recipients: addresses.collect(),
            };
            let (mailboxes, mailbox) = (self.clone(), mailbox.clone());
            let content = Arc::clone(&content);
            storing.spawn(async move {
                let verdict = mailboxes.store(&mailbox, envelope, content).await;
                (verdict, indexes)
            });
        }
        let mut verdicts = vec![Verdict::Deferred(Deferral::Failed); recipients.len()];
        while let Some(stored) = storing.join_next().await {
            let Ok((verdict, indexes)) = stored else {
                continue;
            };
            for index in indexes {
                verdicts[index] = verdict;
            }
        }
        verdicts
    }
}
