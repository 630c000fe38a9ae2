//! Company names and their numbers.

use patchbay_journal::limits::check_length;
use patchbay_journal::{Companies, CompanyId, Result};
use rusqlite::Connection;

use super::{Query, SqliteJournal, only_id};
use crate::database_error;

impl Companies for SqliteJournal {
    fn company(&self, name: &str) -> Result<CompanyId> {
        check_length("company", name, patchbay_model::input::ID_BYTES)?;
        if let Some(id) = self.companies.read().get(name) {
            return Ok(*id);
        }
        let new = name.to_owned();
        let id = self.write(1, move |work| {
            if let Some(id) = find(work.sql, &new)? {
                return Ok(id);
            }
            let query = "INSERT INTO company (name) VALUES (?1) RETURNING id";
            let mut statement = work.sql.prepare_cached(query).map_err(database_error)?;
            statement.query_row([&new], only_id).map_err(database_error)
        })?;
        self.bytes.set_name(id, name);
        self.companies.write().insert(name.to_owned(), id);
        Ok(id)
    }

    fn find_company(&self, name: &str) -> Result<Option<CompanyId>> {
        self.read(|sql| find(sql, name))
    }
}

fn find(sql: &Connection, name: &str) -> Result<Option<CompanyId>> {
    sql.read_first("SELECT id FROM company WHERE name = ?1", [name], only_id)
}
