//! Counts of the history by time.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    BucketKey, CompanyId, ConversationId, CountedPosition, Counts, Entry, FeedPage, Granularity,
    JournalError, Result, Statistics, StatisticsQuery,
};
use rusqlite::{Connection, Row, params};

use super::entries::entry;
use super::{
    Micros, Query, SqliteJournal, clamp_i64, newest_feed, oldest_feed, only_id, time, value,
};

/// As those of an entry, without its sealed part.
const COLUMNS: &str = "v.id, e.sequence, e.feed, e.kind, e.at, e.input, e.head, x'', NULL, e.scope";
/// Rows deleted in one step.
const STEP: i64 = 1_000;

impl Statistics for SqliteJournal {
    fn counted_position(&self, company: CompanyId) -> Result<CountedPosition> {
        self.read(|sql| position(sql, company))
    }

    fn entries_to_count(&self, company: CompanyId, after: u64, limit: usize) -> Result<FeedPage> {
        let query = format!(
            "SELECT {COLUMNS} FROM entry e LEFT JOIN conversation v ON v.number = e.conversation
             WHERE e.company = ?1 AND e.feed > ?2 ORDER BY e.feed LIMIT ?3"
        );
        let params = params![company.0, clamp_i64(after), clamp_i64(limit)];
        self.read(|sql| {
            Ok(FeedPage {
                entries: sql.read_all(&query, params, entry)?,
                oldest: oldest_feed(sql, company)?,
                newest: newest_feed(sql, company)?,
            })
        })
    }

    fn counted_entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        after: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let query = format!(
            "SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
               ON e.company = ?1 AND e.conversation = v.number
             WHERE v.company = ?1 AND v.id = ?2 AND e.sequence > ?3 AND e.feed <= ?4
             ORDER BY e.sequence LIMIT ?5"
        );
        let params = params![
            company.0,
            conversation.0,
            clamp_i64(after),
            clamp_i64(up_to),
            clamp_i64(limit)
        ];
        self.read(|sql| sql.read_all(&query, params, entry))
    }

    fn add_counts(
        &self,
        company: CompanyId,
        expected: &CountedPosition,
        to: CountedPosition,
        counts: BTreeMap<BucketKey, Counts>,
    ) -> Result<bool> {
        for bucket in counts.keys() {
            check_length("key", &bucket.key, limits::COMMIT_NAME)?;
        }
        let expected = expected.clone();
        let counts = Arc::new(counts);
        self.write(1 + counts.len(), move |work| {
            if position(work.sql, company)? != expected {
                return Ok(false);
            }
            for (bucket, added) in counts.iter() {
                add(work.sql, company, bucket, added)?;
            }
            put_position(work.sql, company, &to)?;
            Ok(true)
        })
    }

    fn restart_counting(&self, company: CompanyId, rules: u32, zone: &str) -> Result<()> {
        let zone = zone.to_owned();
        self.write(1_000, move |work| {
            let oldest = oldest_feed(work.sql, company)?;
            let first = "SELECT at FROM entry WHERE company = ?1 AND feed >= ?2
                         ORDER BY feed LIMIT 1";
            let first: Option<Timestamp> = match oldest {
                // Every entry is stored.
                0 | 1 => Some(Timestamp::UNIX_EPOCH),
                _ => work
                    .sql
                    .read_first(first, params![company.0, clamp_i64(oldest)], |row| {
                        time(row, 0)
                    })?,
            };
            if let Some(first) = first {
                for granularity in Granularity::ALL {
                    // The row that the first entry belongs to, and all after it.
                    let last_kept = first.saturating_sub(granularity.length()).unwrap_or(first);
                    work.sql.run(
                        "DELETE FROM statistic
                         WHERE company = ?1 AND granularity = ?2 AND start > ?3",
                        params![company.0, granularity.as_str(), Micros(last_kept)],
                    )?;
                }
            }
            let start = CountedPosition {
                feed: match first {
                    Some(_) => oldest.saturating_sub(1),
                    None => newest_feed(work.sql, company)?,
                },
                rules,
                zone: zone.clone(),
            };
            put_position(work.sql, company, &start)
        })
    }

    fn counts(
        &self,
        company: CompanyId,
        query: StatisticsQuery<'_>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, String, Counts)>> {
        let rows = "SELECT start, key, counts FROM statistic
             WHERE company = ?1 AND granularity = ?2 AND dimension = ?3
               AND start >= ?4 AND start < ?5 AND (?6 IS NULL OR key = ?6)
               AND (?7 IS NULL OR start > ?4 OR key > ?7)
             ORDER BY start, key LIMIT ?8";
        let from = query.after.map_or(query.from, |(start, _)| start);
        let params = params![
            company.0,
            query.granularity.as_str(),
            query.dimension.as_str(),
            Micros(from),
            Micros(query.until),
            query.key,
            query.after.map(|(_, key)| key),
            clamp_i64(limit)
        ];
        let stored = self.read(|sql| {
            sql.read_all(rows, params, |row| {
                Ok((time(row, 0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
            })
        })?;
        stored
            .into_iter()
            .map(|(start, key, bytes)| Ok((start, key, decode(&bytes)?)))
            .collect()
    }

    fn uncounted_companies(&self) -> Result<Vec<CompanyId>> {
        let query = "SELECT c.id FROM company c
             WHERE (SELECT coalesce(max(feed), 0) FROM entry WHERE company = c.id)
               > coalesce((SELECT feed FROM statistic_position WHERE company = c.id), 0)
             ORDER BY c.id";
        self.read(|sql| sql.read_all(query, [], only_id))
    }

    fn delete_counts(&self, granularity: Granularity, before: Timestamp) -> Result<u64> {
        let mut deleted = 0;
        let companies: Vec<i64> =
            self.read(|sql| sql.read_all("SELECT id FROM company", [], value))?;
        for company in companies {
            // Mostly there is none: leave the writer alone.
            let old = "SELECT 1 FROM statistic
                       WHERE company = ?1 AND granularity = ?2 AND start < ?3";
            let params = params![company, granularity.as_str(), Micros(before)];
            while self.read(|sql| sql.has_row(old, params))? {
                deleted += self.write(STEP as usize, move |work| {
                    work.sql.run(
                        "DELETE FROM statistic
                         WHERE (company, granularity, dimension, start, key) IN
                           (SELECT company, granularity, dimension, start, key FROM statistic
                            WHERE company = ?1 AND granularity = ?2 AND start < ?3 LIMIT ?4)",
                        params![company, granularity.as_str(), Micros(before), STEP],
                    )
                })?;
            }
        }
        Ok(deleted)
    }
}

fn position(sql: &Connection, company: CompanyId) -> Result<CountedPosition> {
    let query = "SELECT feed, rules, zone FROM statistic_position WHERE company = ?1";
    let read = |row: &Row<'_>| {
        Ok(CountedPosition {
            feed: row.get(0)?,
            rules: row.get(1)?,
            zone: row.get(2)?,
        })
    };
    Ok(sql
        .read_first(query, [company.0], read)?
        .unwrap_or_default())
}

fn put_position(sql: &Connection, company: CompanyId, to: &CountedPosition) -> Result<()> {
    sql.run(
        "INSERT INTO statistic_position (company, feed, rules, zone) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET feed = ?2, rules = ?3, zone = ?4",
        params![company.0, clamp_i64(to.feed), to.rules, to.zone],
    )?;
    Ok(())
}

fn add(sql: &Connection, company: CompanyId, bucket: &BucketKey, added: &Counts) -> Result<()> {
    let key = params![
        company.0,
        bucket.granularity.as_str(),
        bucket.dimension.as_str(),
        Micros(bucket.start),
        bucket.key
    ];
    let stored: Option<Vec<u8>> = sql.read_first(
        "SELECT counts FROM statistic WHERE company = ?1 AND granularity = ?2
           AND dimension = ?3 AND start = ?4 AND key = ?5",
        key,
        value,
    )?;
    let mut counts = match stored {
        Some(stored) => decode(&stored)?,
        None => Counts::default(),
    };
    counts.merge(added);
    sql.run(
        "INSERT INTO statistic (company, granularity, dimension, start, key, counts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET counts = ?6",
        [key, params![counts.to_bytes()]].concat().as_slice(),
    )?;
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<Counts> {
    Counts::from_bytes(bytes).ok_or_else(|| {
        JournalError::Corrupt("counts of the statistics do not read back".to_owned())
    })
}
