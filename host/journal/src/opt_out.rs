//! Opt-outs: what customers said that the company may not send them.

use jiff::Timestamp;

use patchbay_model::opt_out_entry::OptOutEntry;

use crate::{AuditEntry, CompanyId, ContactId, Result};

/// What a customer said about messages of one account on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// The company.
    pub company: CompanyId,
    /// The customer.
    pub contact: ContactId,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on it; empty: all accounts, or the only one.
    pub account: String,
    /// Code of what it is about: every message, or advertisements.
    pub purpose: String,
    /// Whether they opted out; else they opted in again.
    pub is_opted_out: bool,
    /// Code of how they did; behind [`COMPANY_SOURCE`] where the company says so.
    pub source: String,
    /// When, by the provider's clock.
    pub at: Timestamp,
}

/// Codes of purpose and of source that decide whether a message may be sent.
const ANY: &str = "any";
const BLOCKED: &str = "blocked";

/// Before the source of what the company says, and no provider: of an entry by hand
/// or in a list.
pub const COMPANY_SOURCE: &str = "company.";

/// The opt-out that forbids an answer to a customer, of all that one said. For each
/// purpose the latest about the account, or about all accounts, counts. Without an
/// account, one about any account forbids.
pub fn forbidding<'a>(
    all: &'a [OptOut],
    channel: &str,
    account: Option<&str>,
    last_inbound: Option<Timestamp>,
) -> Option<&'a OptOut> {
    let of_channel = || all.iter().filter(|said| said.channel == channel);
    let accounts: Vec<&str> = match account {
        Some(account) => vec![account],
        None => of_channel().map(|said| said.account.as_str()).collect(),
    };
    accounts.into_iter().find_map(|account| {
        let in_effect = in_effect(all, channel, account, ANY);
        in_effect.filter(|said| said.forbids(last_inbound))
    })
}

/// What counts about an account: the latest of what was said about it and about all
/// accounts; of two at one time, the opt-out.
pub fn in_effect<'a>(
    all: &'a [OptOut],
    channel: &str,
    account: &str,
    purpose: &str,
) -> Option<&'a OptOut> {
    let about = all.iter().filter(|said| {
        let is_account = said.account == account || said.account.is_empty();
        said.channel == channel && said.purpose == purpose && is_account
    });
    about.max_by_key(|said| (said.at, said.is_opted_out))
}

impl OptOut {
    /// Whether the company said so, by hand or in a list.
    pub fn is_by_company(&self) -> bool {
        self.source.starts_with(COMPANY_SOURCE)
    }

    /// Whether it is about every message, and not about advertisements alone.
    pub fn is_about_everything(&self) -> bool {
        self.purpose == ANY
    }

    /// Whether it forbids an answer to the customer, who wrote last at a time. Who
    /// blocked an account cannot write to it: a later message says that they no longer
    /// do. An opt-out by a word stays, whatever they write, until they opt in.
    pub fn forbids(&self, last_inbound: Option<Timestamp>) -> bool {
        let wrote_since = last_inbound.is_some_and(|wrote| wrote > self.at);
        self.is_opted_out && self.is_about_everything() && !(self.source == BLOCKED && wrote_since)
    }
}

/// How a list of opt-outs is imported.
#[derive(Clone, Debug)]
pub struct OptOutImport {
    /// The company.
    pub company: CompanyId,
    /// When. Entries without a time are of this time, and none is later.
    pub at: Timestamp,
    /// Whether to say what would happen, and change nothing.
    pub dry_run: bool,
    /// Whether an entry takes back what the customer said. Else it is refused.
    pub overrides: bool,
    /// Entry of the audit trail, appended if an entry changed anything. Its details
    /// are replaced by numbers.
    pub audit: AuditEntry,
}

/// What became of an entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOutOutcome {
    /// It counts from now on.
    Changed {
        /// Whether it took back what the customer said.
        overrides: bool,
    },
    /// It says what counts already, or is older than that.
    Unchanged,
    /// The customer opted out then, and it would take that back.
    Refused(Timestamp),
}

/// Stores what customers said about messages to them: for each contact, channel,
/// account and purpose the latest. The erasure of a contact deletes theirs.
pub trait OptOuts {
    /// Record what a customer said. Returns whether it changed anything: what is older
    /// than the stored does not, nor does an opt-in of someone who never opted out.
    fn record_opt_out(&self, new: OptOut) -> Result<bool>;

    /// Import entries in order, in one transaction; at most 1000. The outcomes are in
    /// their order. The contact of an address is created if it is new and opts out.
    fn import_opt_outs(
        &self,
        entries: Vec<OptOutEntry>,
        import: OptOutImport,
    ) -> Result<Vec<OptOutOutcome>>;

    /// What the first contacts after one said, in the order of their ids.
    fn opt_outs_of_company(
        &self,
        company: CompanyId,
        after: Option<ContactId>,
        contacts: usize,
    ) -> Result<Vec<OptOut>>;

    /// What a contact said, by channel, account and purpose.
    fn opt_outs(&self, company: CompanyId, contact: ContactId) -> Result<Vec<OptOut>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_about_an_account_or_all_accounts_counts() {
        let said = |account: &str, is_opted_out, second| OptOut {
            company: CompanyId(1),
            contact: ContactId([0; 16]),
            channel: "sms".to_owned(),
            account: account.to_owned(),
            purpose: "any".to_owned(),
            is_opted_out,
            source: "stop".to_owned(),
            at: Timestamp::from_second(second).expect("in range"),
        };
        for (all, account, forbids) in [
            (vec![said("", true, 5)], Some("a"), true),
            (vec![said("a", true, 5)], Some("b"), false),
            (vec![said("a", true, 5)], None, true),
            (
                vec![said("", true, 5), said("a", false, 6)],
                Some("a"),
                false,
            ),
            (
                vec![said("", true, 5), said("a", false, 6)],
                Some("b"),
                true,
            ),
            (vec![said("", false, 6), said("a", true, 5)], None, false),
            (
                vec![said("", false, 5), said("a", true, 5)],
                Some("a"),
                true,
            ),
        ] {
            let found = forbidding(&all, "sms", account, None);
            assert_eq!(found.is_some(), forbids, "{account:?} {all:?}");
            assert_eq!(forbidding(&all, "viber", account, None), None);
        }
    }

    #[test]
    fn an_opt_out_forbids_answers_until_it_is_taken_back() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let opt_out = |is_opted_out, purpose: &str, source: &str| OptOut {
            company: CompanyId(1),
            contact: ContactId([0; 16]),
            channel: "sms".to_owned(),
            account: String::new(),
            purpose: purpose.to_owned(),
            is_opted_out,
            source: source.to_owned(),
            at: at(100),
        };
        for (said, wrote, forbids) in [
            (opt_out(true, "any", "stop"), None, true),
            (opt_out(true, "any", "stop"), Some(99), true),
            // Another message takes no word back.
            (opt_out(true, "any", "stop"), Some(101), true),
            (opt_out(false, "any", "start"), Some(101), false),
            (opt_out(true, "any", "blocked"), None, true),
            (opt_out(true, "any", "blocked"), Some(100), true),
            // Who blocks the account cannot write to it.
            (opt_out(true, "any", "blocked"), Some(101), false),
            // Answers are no advertisements.
            (opt_out(true, "marketing", "stop"), Some(99), false),
        ] {
            assert_eq!(said.forbids(wrote.map(at)), forbids, "{said:?} {wrote:?}");
        }
    }
}
