//! Company names and their numbers.

use rusqlite::Connection;

use super::{Query, SqliteJournal, value};
use crate::limits::check_length;
use crate::{Companies, CompanyId, Result};

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
            let mut statement = work.sql.prepare_cached(query)?;
            Ok(statement.query_row([&new], value)?)
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
    sql.read_first("SELECT id FROM company WHERE name = ?1", [name], value)
}
