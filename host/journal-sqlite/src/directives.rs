//! Operator directives.

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{AuditEntry, CompanyId, Directive, Directives, JournalError, Note, Result};
use patchbay_model::input;
use rusqlite::params;

use super::{ChangeRecord, Query, SqliteJournal};

const REMOVE: &str = "DELETE FROM directive WHERE company = ?1 AND name = ?2";

impl Directives for SqliteJournal {
    fn put_directive(
        &self,
        company: CompanyId,
        directive: Directive,
        ended: &[String],
        notes: Vec<Note>,
        audit: AuditEntry,
    ) -> Result<()> {
        if directive.name.is_empty() {
            return Err(JournalError::invalid("directive", "must have a name"));
        }
        check_length("directive", &directive.name, input::ID_BYTES)?;
        check_length("directive body", &directive.body, limits::DIRECTIVE_BODY)?;
        let record = ChangeRecord::new(company, notes, audit)?;
        let ended = ended.to_vec();
        self.write(ended.len() + record.len(), move |work| {
            for name in &ended {
                work.sql.run(REMOVE, params![company.0, name])?;
            }
            work.sql.run(
                "INSERT INTO directive (company, name, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT (company, name) DO UPDATE SET body = excluded.body",
                params![company.0, directive.name, directive.body],
            )?;
            record.append(work)
        })
    }

    fn remove_directive(
        &self,
        company: CompanyId,
        name: &str,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool> {
        let record = ChangeRecord::new(company, notes, audit)?;
        let name = name.to_owned();
        self.write(1 + record.len(), move |work| {
            let existed = work.sql.run(REMOVE, params![company.0, name])? > 0;
            if existed {
                record.append(work)?;
            }
            Ok(existed)
        })
    }

    fn directives(&self, company: CompanyId) -> Result<Vec<Directive>> {
        let query = "SELECT name, body FROM directive WHERE company = ?1 ORDER BY name";
        self.read(|sql| {
            sql.read_all(query, [company.0], |row| {
                Ok(Directive {
                    name: row.get(0)?,
                    body: row.get(1)?,
                })
            })
        })
    }
}
