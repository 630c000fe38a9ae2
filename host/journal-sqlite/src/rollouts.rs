//! Rollouts: at most one a company.

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    AuditEntry, CompanyId, Entry, JournalError, Note, Result, RolloutRow, Rollouts,
};
use rusqlite::params;

use super::entries::{COLUMNS, entry};
use super::{ChangeRecord, Query, SqliteJournal, clamp_i64, generations, id};

impl Rollouts for SqliteJournal {
    fn put_rollout(
        &self,
        company: CompanyId,
        rollout: RolloutRow,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<()> {
        check_length("terms", &rollout.terms, limits::ROLLOUT_TERMS)?;
        check_length("tally", &rollout.tally, limits::ROLLOUT_TALLY)?;
        let record = ChangeRecord::new(company, notes, audit)?;
        self.write(1, move |work| {
            let active = generations::active(work.sql, company)?;
            if active != Some(rollout.control) {
                return Err(JournalError::GenerationMoved { active });
            }
            generations::check_exists(work.sql, company, rollout.generation)?;
            work.sql.run(
                "INSERT INTO rollout (company, generation, control, terms, tally)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (company) DO UPDATE SET generation = excluded.generation,
                   control = excluded.control, terms = excluded.terms, tally = excluded.tally",
                params![
                    company.0,
                    clamp_i64(rollout.generation),
                    clamp_i64(rollout.control),
                    rollout.terms,
                    rollout.tally
                ],
            )?;
            record.append(work)
        })
    }

    fn save_rollout_tally(
        &self,
        company: CompanyId,
        generation: u64,
        tally: String,
    ) -> Result<bool> {
        check_length("tally", &tally, limits::ROLLOUT_TALLY)?;
        self.write(1, move |work| {
            let query = "UPDATE rollout SET tally = ?3 WHERE company = ?1 AND generation = ?2";
            let params = params![company.0, clamp_i64(generation), tally];
            Ok(work.sql.run(query, params)? > 0)
        })
    }

    fn end_rollout(
        &self,
        company: CompanyId,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool> {
        let record = ChangeRecord::new(company, notes, audit)?;
        self.write(1, move |work| {
            let existed = generations::delete_rollout(work.sql, company)?;
            if existed {
                record.append(work)?;
            }
            Ok(existed)
        })
    }

    fn rollout_ends(&self, company: CompanyId, before: u64, limit: usize) -> Result<Vec<Entry>> {
        let query = format!(
            "SELECT {COLUMNS} FROM entry e INDEXED BY entry_rollout_end
             LEFT JOIN conversation v ON v.number = e.conversation
             WHERE e.company = ?1 AND e.feed < ?2 AND e.kind = 86
             ORDER BY e.feed DESC LIMIT ?3"
        );
        let params = params![company.0, clamp_i64(before), clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, params, entry))
    }

    fn rollouts(&self) -> Result<Vec<(CompanyId, String, RolloutRow)>> {
        let query = "SELECT r.company, c.name, r.generation, r.control, r.terms, r.tally
             FROM rollout r JOIN company c ON c.id = r.company ORDER BY c.name";
        self.read(|sql| {
            sql.read_all(query, [], |row| {
                let rollout = RolloutRow {
                    generation: row.get(2)?,
                    control: row.get(3)?,
                    terms: row.get(4)?,
                    tally: row.get(5)?,
                };
                Ok((id(row, 0)?, row.get(1)?, rollout))
            })
        })
    }
}
