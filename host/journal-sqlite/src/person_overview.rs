//! What those who answer a person need to know, in one read.

use patchbay_journal::vault::Person;
use patchbay_journal::{
    CompanyId, ContactId, Conversation, OverviewLimits, PersonOverview, PersonOverviews, Result,
};
use rusqlite::{Connection, params};

use super::contacts::find_root;
use super::conversations::conversation;
use super::value;
use super::{PERSON, Query, SqliteJournal, clamp_i64, conversations, only_id, opt_outs};

impl PersonOverviews for SqliteJournal {
    fn person_overview(
        &self,
        company: CompanyId,
        contact: ContactId,
        limits: OverviewLimits,
    ) -> Result<PersonOverview> {
        let key = params![company.0, contact.0];
        let contacts = format!("{PERSON} SELECT id FROM person ORDER BY id");
        let resolved = format!(
            "{PERSON} SELECT count(*) FROM conversation
             WHERE company = ?1 AND contact IN (SELECT id FROM person) AND state = 'resolved'"
        );
        let said = format!(
            "{PERSON} SELECT {} FROM opt_out
             WHERE company = ?1 AND contact IN (SELECT id FROM person)
             ORDER BY contact, channel, account, purpose LIMIT ?3",
            opt_outs::COLUMNS
        );
        self.read(|sql| {
            find_root(sql, Person { company, contact })?;
            let said_key = params![company.0, contact.0, clamp_i64(limits.opt_outs)];
            Ok(PersonOverview {
                contacts: sql.read_all(&contacts, key, only_id)?,
                open: newest(sql, company, contact, "<>", limits.open)?,
                resolved: newest(sql, company, contact, "=", limits.resolved)?,
                resolved_count: sql.read_first(&resolved, key, value)?.unwrap_or(0),
                opt_outs: sql.read_all(&said, said_key, opt_outs::opt_out)?,
            })
        })
    }
}

/// The newest conversations of a person whose state compares to `resolved` like this.
fn newest(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
    comparison: &str,
    limit: usize,
) -> Result<Vec<Conversation>> {
    // The inner query sorts numbers, not snapshots.
    let query = format!(
        "{PERSON} SELECT {} FROM conversation WHERE number IN
           (SELECT number FROM conversation
            WHERE company = ?1 AND contact IN (SELECT id FROM person)
              AND state {comparison} 'resolved'
            ORDER BY opened_at DESC, number DESC LIMIT ?3)
         ORDER BY opened_at DESC, number DESC",
        conversations::COLUMNS
    );
    let key = params![company.0, contact.0, clamp_i64(limit)];
    sql.read_all(&query, key, conversation)
}
