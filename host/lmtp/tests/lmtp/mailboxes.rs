//! Mailboxes in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use patchbay_lmtp::{Deferral, Lookup, Mail, Mailboxes, Verdict};
use tokio::sync::Semaphore;

/// Most bytes of a mail.
pub(crate) const MAIL_BYTES: usize = 100_000;

/// A mail that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) return_path: Option<String>,
    pub(crate) recipients: Vec<String>,
    pub(crate) content: String,
}

/// Mailboxes of `a.example` and `b.example`: `full@` is not stored for, `later@` is
/// deferred at RCPT.
pub(crate) struct Memory {
    pub(crate) stored: Mutex<Vec<Stored>>,
    /// Memory for mails that arrive.
    pub(crate) room: Arc<AtomicUsize>,
    /// A permit for each delivery.
    pub(crate) gate: Semaphore,
    pub(crate) waiting: AtomicUsize,
}

impl Memory {
    pub(crate) fn new() -> Arc<Memory> {
        Arc::new(Memory {
            stored: Mutex::default(),
            room: Arc::new(AtomicUsize::new(1 << 20)),
            gate: Semaphore::new(1_000),
            waiting: AtomicUsize::new(0),
        })
    }

    pub(crate) fn stored(&self) -> Vec<Stored> {
        self.stored.lock().clone()
    }
}

/// Bytes of the room that a mail takes.
pub(crate) struct Share {
    room: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

impl Mailboxes for Memory {
    type Mailbox = &'static str;
    type Share = Share;

    fn mail_bytes(&self) -> usize {
        MAIL_BYTES
    }

    async fn find(&self, address: &str) -> Lookup<&'static str> {
        match address {
            "later@a.example" => Lookup::Deferred(Deferral::Draining),
            address if address.ends_with("@a.example") => Lookup::Found("a"),
            address if address.ends_with("@b.example") => Lookup::Found("b"),
            _ => Lookup::Unknown,
        }
    }

    fn share(&self, _mailbox: &&'static str) -> Share {
        Share {
            room: Arc::clone(&self.room),
            bytes: 0,
        }
    }

    fn grow(&self, share: &mut Share, bytes: usize) -> bool {
        let take = |room: usize| room.checked_sub(bytes);
        let taken = self
            .room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        if taken.is_ok() {
            share.bytes += bytes;
        }
        taken.is_ok()
    }

    async fn deliver(&self, mail: Mail<&'static str>) -> Vec<Verdict> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.expect("open").forget();
        let (full, good): (Vec<_>, Vec<_>) = mail
            .recipients
            .iter()
            .map(|(address, _)| address.clone())
            .partition(|address| address.starts_with("full@"));
        if !good.is_empty() {
            self.stored.lock().push(Stored {
                return_path: mail.return_path,
                recipients: good,
                content: String::from_utf8_lossy(&mail.content).into_owned(),
            });
        }
        let verdicts = mail
            .recipients
            .iter()
            .map(|(address, _)| match full.contains(address) {
                true => Verdict::Deferred(Deferral::Busy),
                false => Verdict::Stored,
            });
        verdicts.collect()
    }
}
