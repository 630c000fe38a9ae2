//! Wakes the event streams of a visitor when their conversation has news, and tells
//! them that an agent is typing.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_journal::CompanyId;
use tokio::sync::watch;

/// A visitor's address, or the thread of their conversation.
type Key = (CompanyId, Vec<u8>);

/// What a stream watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Number of changes so far.
    pub changes: u64,
    /// How often an agent's typing was reported.
    pub typed: u64,
}

/// What visitors' open streams watch. Holds nothing of a visitor without one.
#[derive(Debug, Default)]
pub struct ChatSignals {
    watched: Mutex<HashMap<Key, watch::Sender<News>>>,
}

/// One stream's watch; dropping it ends it.
#[derive(Debug)]
pub struct ChatWatch {
    signals: Arc<ChatSignals>,
    key: Key,
    /// Changes with each piece of news.
    pub news: watch::Receiver<News>,
}

impl ChatSignals {
    /// Watch a key of a company. Subscribe before reading, so that nothing is missed.
    pub fn watch(self: &Arc<ChatSignals>, company: CompanyId, key: &[u8]) -> ChatWatch {
        let key = (company, key.to_vec());
        let mut watched = self.watched.lock();
        let sender = watched.entry(key.clone());
        let news = sender.or_default().subscribe();
        ChatWatch {
            signals: Arc::clone(self),
            key,
            news,
        }
    }

    /// There is something new on a key. Cheap where no stream is open.
    pub fn wake(&self, company: CompanyId, key: &[u8]) {
        self.change(company, key, |news| news.changes += 1);
    }

    /// An agent is typing on a thread.
    pub fn typed(&self, company: CompanyId, thread: &[u8]) {
        self.change(company, thread, |news| news.typed += 1);
    }

    fn change(&self, company: CompanyId, key: &[u8], change: impl FnOnce(&mut News)) {
        let watched = self.watched.lock();
        if watched.is_empty() {
            return;
        }
        if let Some(sender) = watched.get(&(company, key.to_vec())) {
            sender.send_modify(change);
        }
    }

    /// Wake every stream: the server stops.
    pub fn wake_all(&self) {
        for sender in self.watched.lock().values() {
            sender.send_modify(|news| news.changes += 1);
        }
    }

    /// Whether no stream is open.
    pub fn is_empty(&self) -> bool {
        self.watched.lock().is_empty()
    }
}

impl Drop for ChatWatch {
    fn drop(&mut self) {
        let mut watched = self.signals.watched.lock();
        let is_last = |sender: &watch::Sender<News>| sender.receiver_count() <= 1;
        if watched.get(&self.key).is_some_and(is_last) {
            watched.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_streams_of_the_changed_thread_wake() {
        let signals = Arc::new(ChatSignals::default());
        let watch = |company, key: &[u8]| signals.watch(CompanyId(company), key);
        let mut own = [watch(1, b"a"), watch(1, b"a")];
        let others = [watch(1, b"b"), watch(2, b"a")];
        signals.wake(CompanyId(1), b"a");
        signals.typed(CompanyId(1), b"a");
        for watch in &mut own {
            watch.news.changed().await.expect("open");
            let news = *watch.news.borrow_and_update();
            assert_eq!(
                news,
                News {
                    changes: 1,
                    typed: 1
                }
            );
        }
        for watch in &others {
            assert!(!watch.news.has_changed().expect("open"));
        }
        signals.wake_all();
        assert!(
            others
                .iter()
                .all(|watch| watch.news.has_changed().expect("open"))
        );
    }

    #[test]
    fn nothing_is_left_of_a_visitor_without_a_stream() {
        let signals = Arc::new(ChatSignals::default());
        let first = signals.watch(CompanyId(1), b"a");
        let second = signals.watch(CompanyId(1), b"a");
        drop(first);
        assert!(!signals.is_empty());
        signals.wake(CompanyId(1), b"a");
        assert!(second.news.has_changed().expect("open"));
        drop(second);
        assert!(signals.is_empty());
        signals.wake(CompanyId(1), b"a");
        assert!(signals.is_empty());
    }
}
