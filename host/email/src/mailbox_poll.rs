//! A poll of a mailbox: which mails are new, in the order of their numbers.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::poll::{
    NextPoll, Poll, PollAnswer, PollFailure, PollFailureKind, PollRequest, PollStep, PolledDelivery,
};
use patchbay_model::mailbox::{Folder, ListedMail, Listing, MailContent};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::MAIL_BYTES;
use super::mailbox::Mailbox;

/// Start of the URL of a request that a mail is kept as. No webhook's URL begins so.
pub(super) const SCHEME: &str = "imap:?";
/// Bytes that are kept of a mail that is too long: its header.
const HEADER_BYTES: usize = 64 << 10;
/// Numbers that are asked for at once, as long as mails are found.
const WINDOW: u32 = 1_000;
/// Where the numbers begin anew (UIDVALIDITY), mails are read again that came so long
/// before the last whole poll. Those that were taken before are duplicates by their ids.
const REREAD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The same where the settings name another mailbox.
const OTHER_MAILBOX: SignedDuration = SignedDuration::from_hours(24);
/// RFC 2177 has at most 29 minutes; some servers close earlier.
const AT_LATEST: Duration = Duration::from_secs(9 * 60);
/// Between polls of a server without IDLE.
const OTHERWISE: Duration = Duration::from_secs(60);

/// How far a mailbox was read. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// [`Mailbox::identity`].
    mailbox: String,
    /// UIDVALIDITY.
    validity: u32,
    /// Every mail up to this number was taken, or left out.
    uid: u32,
    /// Mails below `old_below` that came before this are left out.
    since: Timestamp,
    /// UIDNEXT when the numbering was first seen; absent: every mail is like one.
    old_below: Option<u32>,
    /// When the last poll began that read everything, to the hour.
    complete: Option<Timestamp>,
}

/// A poll.
#[derive(Debug)]
pub(super) struct MailboxPoll {
    mailbox: Mailbox,
    now: Timestamp,
    /// Absent: the mailbox was never opened.
    cursor: Option<Cursor>,
    stage: Stage,
    /// Of the folder as it was opened.
    uid_next: Option<u32>,
    window: u32,
}

#[derive(Debug)]
enum Stage {
    Open,
    List { from: u32, to: Option<u32> },
    Read(Batch),
    Done,
}

/// Mails of a listing that are not read yet.
#[derive(Debug)]
struct Batch {
    first: ListedMail,
    rest: VecDeque<ListedMail>,
    /// Every number up to this is read with the last of them.
    up_to: u32,
}

impl MailboxPoll {
    /// A poll from a cursor on. One that is not understood counts as none.
    pub(super) fn new(mailbox: &Mailbox, cursor: Option<&[u8]>, now: Timestamp) -> MailboxPoll {
        MailboxPoll {
            mailbox: mailbox.clone(),
            now,
            cursor: cursor.and_then(|bytes| serde_json::from_slice(bytes).ok()),
            stage: Stage::Open,
            uid_next: None,
            window: WINDOW,
        }
    }

    fn opened(&mut self, folder: Folder) {
        let is_same = |cursor: &&Cursor| {
            cursor.mailbox == self.mailbox.identity
                && cursor.validity == folder.uid_validity
                // A server that was restored from a backup numbers mails as before.
                && folder.uid_next.is_none_or(|next| next > cursor.uid)
        };
        self.uid_next = folder.uid_next;
        if self.cursor.as_ref().filter(is_same).is_none() {
            let since = match &self.cursor {
                None => {
                    let days = i64::from(self.mailbox.history_days);
                    earlier(self.now, SignedDuration::from_hours(days * 24))
                }
                Some(before) => {
                    let margin = match before.mailbox == self.mailbox.identity {
                        true => REREAD,
                        false => OTHER_MAILBOX,
                    };
                    let complete = before.complete.map(|it| earlier(it, margin));
                    complete.map_or(before.since, |it| it.max(before.since))
                }
            };
            self.cursor = Some(Cursor {
                mailbox: self.mailbox.identity.clone(),
                validity: folder.uid_validity,
                uid: 0,
                since,
                old_below: folder.uid_next,
                complete: self.cursor.as_ref().and_then(|before| before.complete),
            });
        }
        self.list_on();
    }

    fn uid(&self) -> u32 {
        self.cursor.as_ref().map_or(0, |cursor| cursor.uid)
    }

    /// Lists the next numbers, or ends the poll behind the highest.
    fn list_on(&mut self) {
        let Some(from) = self.uid().checked_add(1) else {
            return self.complete();
        };
        let last_known = self.uid_next.map(|next| next.saturating_sub(1));
        let to = last_known.filter(|last| *last >= from);
        let to = to.map(|last| from.saturating_add(self.window - 1).min(last));
        self.stage = Stage::List { from, to };
    }

    fn complete(&mut self) {
        if let Some(cursor) = &mut self.cursor {
            // To the hour: a poll that finds nothing changes nothing.
            let hour = self.now.as_second().div_euclid(3_600) * 3_600;
            cursor.complete = Timestamp::from_second(hour).ok();
        }
        self.stage = Stage::Done;
    }

    fn listed(&mut self, (from, to): (u32, Option<u32>), listing: Listing) {
        let mut mails = listing.mails;
        mails.retain(|mail| mail.uid >= from && to.is_none_or(|to| mail.uid <= to));
        let last = mails.last().map(|mail| mail.uid);
        let up_to = match (to, last, listing.has_more) {
            (Some(to), _, false) => to,
            (_, Some(last), _) => last,
            // Nothing up to the highest number.
            (None, None, _) => return self.complete(),
            (Some(to), None, true) => to,
        };
        self.window = match mails.is_empty() {
            // Servers number mails with gaps of any length.
            true => self.window.saturating_mul(4),
            false => WINDOW,
        };
        self.read_on(mails.into(), up_to);
    }

    /// Reads the next mail that is not too old, or lists on.
    fn read_on(&mut self, mut mails: VecDeque<ListedMail>, up_to: u32) {
        while let Some(mail) = mails.pop_front() {
            if self.is_wanted(&mail) {
                self.stage = Stage::Read(Batch {
                    first: mail,
                    rest: mails,
                    up_to,
                });
                return;
            }
            self.pass(mail.uid);
        }
        self.pass(up_to);
        self.list_on();
    }

    fn is_wanted(&self, mail: &ListedMail) -> bool {
        let Some(cursor) = &self.cursor else {
            return true;
        };
        let is_old = cursor.old_below.is_some_and(|below| mail.uid < below);
        !is_old || mail.date.is_none_or(|date| date >= cursor.since)
    }

    fn pass(&mut self, uid: u32) {
        if let Some(cursor) = &mut self.cursor {
            cursor.uid = cursor.uid.max(uid);
        }
    }

    /// The mail that is read now is done.
    fn next_mail(&mut self) -> Option<ListedMail> {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Read(Batch { first, rest, up_to }) => {
                self.pass(first.uid);
                self.read_on(rest, up_to);
                Some(first)
            }
            other => {
                self.stage = other;
                None
            }
        }
    }

    fn delivery(&self, mail: &ListedMail, more: &str, body: Vec<u8>) -> PolledDelivery {
        let folder = utf8_percent_encode(&self.mailbox.access.folder, NON_ALPHANUMERIC);
        let validity = self.cursor.as_ref().map_or(0, |cursor| cursor.validity);
        let uid = mail.uid;
        // When it came: the same each time it is read.
        let time = mail.date.map(|date| date.as_second().to_string());
        PolledDelivery {
            url: format!("{SCHEME}folder={folder}&validity={validity}&uid={uid}{more}"),
            headers: time
                .map(|time| ("webhook-timestamp", time))
                .into_iter()
                .collect(),
            body,
        }
    }

    fn read(&mut self, content: Option<Vec<u8>>) -> Vec<PolledDelivery> {
        let Some(mail) = self.next_mail() else {
            return Vec::new();
        };
        // It was expunged since it was listed.
        let Some(mut body) = content else {
            return Vec::new();
        };
        let delivery = match (is_long(&mail), body.len() > MAIL_BYTES) {
            (false, false) => self.delivery(&mail, "", body),
            (is_told, is_found) => {
                body.truncate(HEADER_BYTES);
                let found = is_found.then_some(MAIL_BYTES as u64 + 1);
                let size = mail.size.filter(|_| is_told).or(found).unwrap_or_default();
                self.delivery(&mail, &format!("&size={size}"), body)
            }
        };
        vec![delivery]
    }
}

impl Poll for MailboxPoll {
    fn step(&self) -> PollStep {
        match &self.stage {
            Stage::Open => PollStep::Ask(PollRequest::OpenFolder(Box::new(
                self.mailbox.access.clone(),
            ))),
            Stage::List { from, to } => PollStep::Ask(PollRequest::ListMails {
                from: *from,
                to: *to,
            }),
            Stage::Read(Batch { first, .. }) => {
                let (content, bytes) = match is_long(first) {
                    // Servers are wrong about sizes: one byte more shows it.
                    false => (MailContent::Whole, MAIL_BYTES + 1),
                    true => (MailContent::Header, HEADER_BYTES),
                };
                PollStep::Ask(PollRequest::ReadMail {
                    uid: first.uid,
                    content,
                    bytes,
                })
            }
            Stage::Done => PollStep::Done(NextPoll {
                at_latest: AT_LATEST,
                otherwise: OTHERWISE,
            }),
        }
    }

    fn answer(&mut self, answer: PollAnswer) -> Result<Vec<PolledDelivery>, PollFailure> {
        match (&self.stage, answer) {
            (Stage::Open, PollAnswer::Folder(folder)) => self.opened(folder),
            (Stage::List { from, to }, PollAnswer::Mails(listing)) => {
                self.listed((*from, *to), listing);
            }
            (Stage::Read(_), PollAnswer::Mail(content)) => return Ok(self.read(content)),
            _ => {
                let kind = PollFailureKind::Unavailable;
                return Err(PollFailure::new(
                    kind,
                    "the answer is not one to the request",
                ));
            }
        }
        Ok(Vec::new())
    }

    fn pass_over(&mut self) -> Option<PolledDelivery> {
        let mail = self.next_mail()?;
        Some(self.delivery(&mail, "&unread", Vec::new()))
    }

    fn cursor(&self) -> Vec<u8> {
        // A struct of plain values: serialization cannot fail.
        let cursor = self.cursor.as_ref();
        cursor.map_or(Vec::new(), |it| serde_json::to_vec(it).unwrap_or_default())
    }
}

fn is_long(mail: &ListedMail) -> bool {
    mail.size.is_some_and(|size| size > MAIL_BYTES as u64)
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// Why a request that a mail is kept as has no mail; `None` if it has one.
pub(super) fn problem(url: &str) -> Option<String> {
    let query = url.strip_prefix(SCHEME)?;
    let value = |name: &str| {
        let mut all = query
            .split('&')
            .map(|it| it.split_once('=').unwrap_or((it, "")));
        all.find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    };
    let uid = value("uid").unwrap_or_default();
    let place = format!("read it in the mailbox: it is the mail with UID {uid}");
    if let Some(size) = value("size") {
        return Some(format!(
            "has {size} bytes or more, and a mail may have {MAIL_BYTES}; {place}"
        ));
    }
    value("unread")
        .map(|_| format!("the mail server did not deliver it, though it delivers others; {place}"))
}
