//! What changes for a person at this moment and is not in the feed: who has their
//! conversations open, and what they have read elsewhere. Kept nowhere; a stream that is
//! not there, or is too slow, misses it.

use std::collections::HashMap;

use parking_lot::Mutex;
use patchbay_journal::{CompanyId, ConversationId};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::viewers::Viewer;

/// Most signals that wait for a stream; further ones are dropped.
const WAITING: usize = 64;

/// A change that is not in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveSignal {
    /// Who has a conversation open now.
    Viewers(ConversationId, Vec<Viewer>),
    /// The person has read a conversation up to an entry, in another tab or on another
    /// device.
    Seen(ConversationId, u64),
}

/// A person of a company.
type Person = (CompanyId, String);

/// The streams of people who want signals.
#[derive(Debug, Default)]
pub struct LiveSignals(Mutex<HashMap<Person, Vec<Sender<LiveSignal>>>>);

impl LiveSignals {
    /// Signals to a person from now on, until the receiver is dropped.
    pub fn follow(&self, company: CompanyId, person: &str) -> Receiver<LiveSignal> {
        let (sender, receiver) = channel(WAITING);
        let mut followers = self.0.lock();
        followers.retain(|_, streams| {
            streams.retain(|stream| !stream.is_closed());
            !streams.is_empty()
        });
        let streams = followers.entry((company, person.to_owned()));
        streams.or_default().push(sender);
        receiver
    }

    /// Tell people something. Does not wait.
    pub fn send<'a>(
        &self,
        company: CompanyId,
        people: impl IntoIterator<Item = &'a str>,
        signal: &LiveSignal,
    ) {
        let followers = self.0.lock();
        for person in people {
            let streams = followers.get(&(company, person.to_owned()));
            for stream in streams.into_iter().flatten() {
                // A slow stream misses it: the next read of its page shows what is so.
                let _ = stream.try_send(signal.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConversationId = ConversationId([1; 16]);

    #[test]
    fn a_signal_reaches_all_streams_of_the_named_people_of_its_company_and_no_other() {
        let signals = LiveSignals::default();
        let mut ana = [(); 2].map(|()| signals.follow(CompanyId(1), "ana"));
        let mut ben = signals.follow(CompanyId(1), "ben");
        let mut other = signals.follow(CompanyId(2), "ana");
        let seen = LiveSignal::Seen(ONE, 7);
        signals.send(CompanyId(1), ["ana", "eva"], &seen);
        for stream in &mut ana {
            assert_eq!(stream.try_recv().ok(), Some(seen.clone()));
        }
        assert!(ben.try_recv().is_err() && other.try_recv().is_err());
    }

    #[test]
    fn a_slow_stream_misses_signals_and_a_closed_one_is_forgotten() {
        let signals = LiveSignals::default();
        let mut slow = signals.follow(CompanyId(1), "ana");
        for number in 0..1_000 {
            signals.send(CompanyId(1), ["ana"], &LiveSignal::Seen(ONE, number));
        }
        let mut kept = 0;
        while slow.try_recv().is_ok() {
            kept += 1;
        }
        assert_eq!(kept, WAITING);
        drop(slow);
        let _ben = signals.follow(CompanyId(1), "ben");
        assert_eq!(signals.0.lock().len(), 1);
    }
}
