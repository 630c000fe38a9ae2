//! Files that a provider stored, while it did not take the messages with them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Most ids that are kept; the oldest go first.
const MOST: usize = 1_000;
/// How long an id is kept. WhatsApp keeps a file for 30 days.
const AGE: Duration = Duration::from_secs(24 * 3_600);

/// Ids of stored files by the parts of replies that need them. They are lost with the process:
/// then the files are stored again.
#[derive(Default)]
pub(crate) struct StoredMedia(Mutex<VecDeque<Stored>>);

struct Stored {
    key: MediaKey,
    id: String,
    at: Instant,
}

/// A part of a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MediaKey {
    company: String,
    delivery: String,
    part: u32,
}

impl MediaKey {
    pub(crate) fn new(company: &str, delivery: &str, part: u32) -> MediaKey {
        MediaKey {
            company: company.to_owned(),
            delivery: delivery.to_owned(),
            part,
        }
    }
}

impl StoredMedia {
    /// Keeps the id of a file for the next attempt.
    pub(crate) fn keep(&self, key: MediaKey, id: String, at: Instant) {
        let mut kept = self.0.lock();
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back(Stored { key, id, at });
    }

    /// The id of a file, once: the provider may not have the file any more.
    pub(crate) fn take(&self, key: &MediaKey, now: Instant) -> Option<String> {
        let mut kept = self.0.lock();
        kept.retain(|stored| now.saturating_duration_since(stored.at) < AGE);
        let position = kept.iter().position(|stored| stored.key == *key)?;
        Some(kept.remove(position)?.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_for_its_part_for_a_day_and_taken_once() {
        let (media, now) = (StoredMedia::default(), Instant::now());
        let key = || MediaKey::new("northwind", "reply-1", 2);
        media.keep(key(), "id".to_owned(), now);
        for other in [
            MediaKey::new("contoso", "reply-1", 2),
            MediaKey::new("northwind", "reply-2", 2),
            MediaKey::new("northwind", "reply-1", 1),
        ] {
            assert_eq!(media.take(&other, now), None, "{other:?}");
        }
        assert_eq!(media.take(&key(), now).as_deref(), Some("id"));
        assert_eq!(media.take(&key(), now), None);
        media.keep(key(), "id".to_owned(), now);
        assert_eq!(media.take(&key(), now + AGE), None);
    }

    #[test]
    fn the_oldest_of_too_many_ids_goes() {
        let (media, now) = (StoredMedia::default(), Instant::now());
        for part in 0..=u32::try_from(MOST).expect("few") {
            media.keep(MediaKey::new("northwind", "r", part), part.to_string(), now);
        }
        let take = |part| media.take(&MediaKey::new("northwind", "r", part), now);
        assert_eq!(take(0), None);
        assert_eq!(take(1).as_deref(), Some("1"));
    }
}
