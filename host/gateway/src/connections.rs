//! The open connections of all companies.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use patchbay_adapter::CompanyKey;
use patchbay_desk::{Desk, DeskError};
use patchbay_generations::{Environment, Generation};

use crate::connection::Connection;

/// Connections of a company, as a generation has them.
struct CompanyConnections {
    generation: u64,
    all: Vec<Arc<Connection>>,
}

/// The open connections of all companies. A company's are opened when one is first
/// used, and again after its generation changed.
pub(crate) struct Connections {
    environment: Environment,
    companies: RwLock<HashMap<String, Arc<CompanyConnections>>>,
}

impl Connections {
    pub(crate) fn new(environment: Environment) -> Connections {
        Connections {
            environment,
            companies: RwLock::default(),
        }
    }

    /// A company's connections by its active generation.
    pub(crate) fn of(&self, desk: &Desk, company: &str) -> Result<Vec<Arc<Connection>>, DeskError> {
        let generation = desk.generation(company)?;
        let known = self.companies.read().get(company).cloned();
        if let Some(known) = &known
            && known.generation == generation.number
        {
            return Ok(known.all.clone());
        }
        let before = known.as_deref();
        let all = self.open_all(desk, company, &generation, before)?;
        let opened = CompanyConnections {
            generation: generation.number,
            all: all.clone(),
        };
        let mut companies = self.companies.write();
        // Another thread may have opened them meanwhile: whoever holds a connection counts
        // in the one that others see.
        if let Some(first) = companies.get(company)
            && first.generation == generation.number
        {
            return Ok(first.all.clone());
        }
        companies.insert(company.to_owned(), Arc::new(opened));
        Ok(all)
    }

    fn open_all(
        &self,
        desk: &Desk,
        company: &str,
        generation: &Generation,
        before: Option<&CompanyConnections>,
    ) -> Result<Vec<Arc<Connection>>, DeskError> {
        if generation.connections.is_empty() {
            return Ok(Vec::new());
        }
        let key = desk.channels().message_key(company)?;
        let connections = generation.connections.iter().map(|settings| {
            let adapter = settings.open(&self.environment, CompanyKey::new(*key));
            let adapter = adapter.map_err(|problem| problem.to_string());
            if let Err(problem) = &adapter {
                let (channel, name) = (settings.adapter.name, &settings.name);
                tracing::error!(company, channel, connection = %name, %problem, "a connection does not work");
            }
            let is_same = |old: &&Arc<Connection>| {
                old.settings.adapter.name == settings.adapter.name && old.settings.name == settings.name
            };
            let old = before.and_then(|before| before.all.iter().find(is_same));
            Arc::new(Connection::new(settings.clone(), adapter).continuing(old))
        });
        Ok(connections.collect())
    }
}

/// The connection that serves the account the customer wrote to. Without an account,
/// the only one.
pub(crate) fn find_connection(
    all: Vec<Arc<Connection>>,
    account: Option<&str>,
) -> Option<Arc<Connection>> {
    let is_only = all.len() == 1;
    let serves = |connection: &Arc<Connection>| match (&connection.adapter, account) {
        (Ok(adapter), Some(account)) => adapter.serves(account),
        (_, None) => is_only,
        // Its accounts are not known while it is not open.
        (Err(_), Some(_)) => is_only,
    };
    all.into_iter().find(serves)
}
