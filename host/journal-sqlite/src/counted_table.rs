//! What a row of each table counts as stored by its company. The same
//! expressions count a change and everything.

use std::collections::HashMap;

use patchbay_journal::{CompanyId, Result};
use rusqlite::Connection;

use super::{Query, id, value};

/// Bytes that a row counts beyond its texts and contents: numbers, headers, and
/// entries of indexes.
const ROW: u32 = 128;
/// Component bytes of a use, in the table that follows `generation_use u`.
const PART: &str = "SELECT octet_length(bytes) FROM generation_part WHERE digest =";

/// A table whose rows belong to companies.
pub(super) struct CountedTable {
    name: String,
    /// Columns of texts and bytes.
    columns: Vec<String>,
    /// Rows name their company, and not its number.
    is_by_name: bool,
}

impl CountedTable {
    /// Every table with a column `company`, except the one that holds the counts.
    pub(super) fn all(sql: &Connection) -> Result<Vec<CountedTable>> {
        let tables =
            "SELECT t.name, c.type = 'TEXT' FROM main.sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name = 'company' AND t.name <> 'stored_bytes'
             ORDER BY t.name";
        let columns =
            "SELECT name FROM pragma_table_info(?1) WHERE type IN ('TEXT', 'BLOB') ORDER BY cid";
        let tables: Vec<(String, bool)> =
            sql.read_all(tables, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let table = |(name, is_by_name): (String, bool)| {
            Ok(CountedTable {
                columns: sql.read_all(columns, [&name], value)?,
                name,
                is_by_name,
            })
        };
        tables.into_iter().map(table).collect()
    }

    /// Expression of a row's size; `row` is `new.`, `old.` or empty.
    fn size(&self, row: &str) -> String {
        let columns = self.columns.iter();
        let columns = columns.map(|name| format!(" + ifnull(octet_length({row}{name}), 0)"));
        format!("{ROW}{}", columns.collect::<String>())
    }

    /// Expression of a row's company, null if it has none.
    fn company(&self, row: &str) -> String {
        match self.is_by_name {
            true => format!("(SELECT id FROM company WHERE name = {row}company)"),
            false => format!("{row}company"),
        }
    }

    /// Triggers that call the function `count` with the company and the change of
    /// its size when a row changes.
    pub(super) fn triggers(&self, count: &str) -> String {
        let CountedTable { name, columns, .. } = self;
        let [new, old] = ["new.", "old."].map(|row| (self.company(row), self.size(row)));
        let columns = columns.join(", ");
        let on = |event: &str, action: &str| {
            let word = event.split(' ').next().unwrap_or_default();
            format!(
                "CREATE TEMP TRIGGER count_{name}_{word} AFTER {event} ON main.{name} {action};\n"
            )
        };
        let call =
            |company: &str, size: &str| format!("BEGIN SELECT {count}({company}, {size}); END");
        let mut triggers = on("INSERT", &call(&new.0, &new.1));
        triggers += &on("DELETE", &call(&old.0, &format!("-({})", old.1)));
        if columns.is_empty() {
            // All rows have one size.
            return triggers;
        }
        let change = format!("({}) - ({})", new.1, old.1);
        triggers += &on(
            &format!("UPDATE OF {columns}"),
            &format!("WHEN {change} <> 0 {}", call(&new.0, &change)),
        );
        triggers
    }

    /// Query of what each company stores in the table.
    fn total(&self) -> String {
        let CountedTable { name, .. } = self;
        let (company, size) = (self.company(""), self.size(""));
        format!("SELECT {company} AS company, sum({size}) AS bytes FROM main.{name} GROUP BY 1")
    }
}

/// Triggers for what the columns of a table do not say. A company stores a
/// component once, however many of its generations use it; and its number may be
/// younger than its first entry of the audit trail.
pub(super) fn special_triggers(count: &str, tables: &[CountedTable]) -> String {
    let mut triggers = String::new();
    for (event, row, sign) in [("INSERT", "new.", ""), ("DELETE", "old.", "-")] {
        triggers += &format!(
            "CREATE TEMP TRIGGER count_part_{event} AFTER {event} ON main.generation_use
             WHEN NOT EXISTS (SELECT 1 FROM generation_use u WHERE u.company = {row}company
               AND u.digest = {row}digest AND u.number <> {row}number)
             BEGIN SELECT {count}({row}company, {sign}ifnull(({PART} {row}digest), 0)); END;\n"
        );
    }
    for table in tables.iter().filter(|table| table.is_by_name) {
        let (name, size) = (&table.name, table.size(""));
        triggers += &format!(
            "CREATE TEMP TRIGGER count_{name}_of_company AFTER INSERT ON main.company BEGIN
               SELECT {count}(new.id, (SELECT sum({size}) FROM {name} WHERE company = new.name));
             END;\n"
        );
    }
    triggers
}

/// Count what every company stores. Reads the size of every row.
pub(super) fn count_all(sql: &Connection) -> Result<HashMap<CompanyId, i64>> {
    let tables = CountedTable::all(sql)?;
    let totals = tables.iter().map(CountedTable::total);
    let parts = format!(
        "SELECT company, sum(({PART} u.digest)) AS bytes
         FROM (SELECT DISTINCT company, digest FROM generation_use) u GROUP BY 1"
    );
    let totals: Vec<_> = totals.chain([parts]).collect();
    let query = format!(
        "SELECT company, sum(bytes) FROM ({}) WHERE company IS NOT NULL GROUP BY 1",
        totals.join(" UNION ALL ")
    );
    let rows = sql.read_all(&query, [], |row| {
        Ok((id(row, 0)?, row.get::<_, Option<i64>>(1)?.unwrap_or(0)))
    })?;
    Ok(rows.into_iter().collect())
}
