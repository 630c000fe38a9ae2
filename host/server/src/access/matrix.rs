//! The matrix of roles and endpoints: the one table that the guard reads, the
//! OpenAPI document repeats and `docs/access.md` prints.

use std::collections::HashMap;
use std::sync::OnceLock;

use axum::http::Method;
use patchbay_model::access::Role::{self, Agent, Auditor, Integrator, Operator, Supervisor};
use serde_json::{Map, Value, json};

use crate::openapi;

/// Who may call an operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Permission {
    /// Its id in the OpenAPI document.
    pub(crate) operation: &'static str,
    roles: &'static [Role],
    /// Whether an agent's token reaches what is that agent's only.
    own: bool,
    /// Whether nobody is asked for a token.
    everybody: bool,
    /// Whether a company's token is answered about that company alone, where
    /// no company is named.
    narrows: bool,
}

const fn row(operation: &'static str, roles: &'static [Role]) -> Permission {
    Permission {
        operation,
        roles,
        own: false,
        everybody: false,
        narrows: false,
    }
}

impl Permission {
    /// Agents reach what is their own.
    const fn own(mut self) -> Permission {
        self.own = true;
        self
    }

    /// A company's token sees its company.
    const fn narrowing(mut self) -> Permission {
        self.narrows = true;
        self
    }

    pub(crate) const fn narrows(&self) -> bool {
        self.narrows
    }

    /// Nobody is asked.
    const fn everybodys(mut self) -> Permission {
        self.everybody = true;
        self
    }

    pub(crate) const fn is_everybodys(&self) -> bool {
        self.everybody
    }

    pub(crate) fn allows(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The roles, in words.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.roles.iter().map(|role| role.as_str()).collect();
        match names.as_slice() {
            [] => "nobody has".to_owned(),
            names => names.join(" or "),
        }
    }

    /// How far a role reaches; absent: it may not.
    fn reach(&self, role: Role) -> Option<&'static str> {
        match (self.everybody, self.allows(role)) {
            (true, _) => Some("any"),
            (false, true) if self.own && role == Agent => Some("own"),
            (false, true) => Some("any"),
            (false, false) => None,
        }
    }
}

/// Who may do what. An operation without a row is nobody's, and a test fails.
/// Whose company it must be is told by the path: what names none is the whole
/// host's, and takes a token for that, unless it narrows to the token's company.
pub(crate) const MATRIX: &[Permission] = &[
    // Deciding and taking in: what programs do.
    row("decide", &[Integrator, Operator]),
    row("tone", &[Integrator, Operator]),
    row("accept", &[Integrator, Operator]),
    row(
        "events",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    // Conversations.
    row(
        "conversations",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row("conversation", &[Operator, Agent, Supervisor, Auditor]),
    row("journey", &[Operator, Agent, Supervisor, Auditor]),
    row("act", &[Operator, Agent, Supervisor]).own(),
    row("reply", &[Operator, Agent, Supervisor]).own(),
    row("check_reply", &[Operator, Agent, Supervisor]).own(),
    // Agents are among the approvers the policies name.
    row("approvals", &[Operator, Agent, Supervisor, Auditor]),
    row("approve", &[Operator, Agent, Supervisor]).own(),
    row("reject", &[Operator, Agent, Supervisor]).own(),
    // Setups.
    row("generations", &[Integrator, Operator, Auditor]),
    row("generation", &[Integrator, Operator, Auditor]),
    row("generation_differences", &[Integrator, Operator, Auditor]),
    row("apply", &[Operator]),
    row("activate_generation", &[Operator]),
    row("roll_back", &[Operator]),
    row("rollout", &[Integrator, Operator, Supervisor, Auditor]),
    row("try_generation", &[Operator]),
    row("promote", &[Operator]),
    row("abort_rollout", &[Operator]),
    // What was decided. Unsealed, and as a case, it holds what customers
    // wrote: that is the auditor's.
    row("decisions", &[Integrator, Operator, Supervisor, Auditor]),
    row("decision", &[Integrator, Operator, Supervisor, Auditor]),
    row("replay_decision", &[Integrator, Operator, Auditor]),
    row("decision_case", &[Auditor]),
    row("unseal_decisions", &[Auditor]),
    // People on the other side.
    row("export_contact", &[Operator, Supervisor, Auditor]),
    row("erase_contact", &[Operator, Supervisor]),
    row("merge_contacts", &[Operator, Supervisor]),
    row("split_contact", &[Operator, Supervisor]),
    row("undo_contact_change", &[Operator, Supervisor]),
    // People on this side.
    row(
        "agents",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row("import_agents", &[Operator, Supervisor]),
    row("agent", &[Operator, Agent, Supervisor, Auditor]).own(),
    row("put_agent", &[Operator, Supervisor]),
    row("remove_agent", &[Operator, Supervisor]),
    row("set_presence", &[Operator, Agent, Supervisor]).own(),
    row("offers", &[Operator, Agent, Supervisor, Auditor]).own(),
    row("accept_offer", &[Operator, Agent, Supervisor]).own(),
    row("decline_offer", &[Operator, Agent, Supervisor]).own(),
    row(
        "queues",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    // Watching over a company.
    row("alerts", &[Integrator, Operator, Supervisor, Auditor]),
    row(
        "incidents",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row("outbox", &[Operator, Supervisor, Auditor]),
    row("retry_outbox", &[Operator]),
    row("requeue", &[Operator, Supervisor]),
    row("bypasses", &[Integrator, Operator, Supervisor, Auditor]),
    row("bypass", &[Operator]),
    row("lift_bypass", &[Operator]),
    row(
        "company_drain",
        &[Integrator, Operator, Supervisor, Auditor],
    ),
    row("begin_company_drain", &[Operator]),
    row("undo_company_drain", &[Operator]),
    row("company_audit", &[Operator, Auditor]),
    // Running the host.
    row("journal_status", &[Operator, Auditor]),
    row("journal_backup", &[Operator]),
    row("journal_check", &[Operator, Auditor]),
    row("journal_compact", &[Operator]),
    row("drain", &[Operator, Auditor]),
    row("begin_drain", &[Operator]),
    row("undo_drain", &[Operator]),
    row("create_token", &[Operator]),
    row("tokens", &[Operator, Auditor]),
    row("revoke_token", &[Operator]),
    row("audit", &[Operator, Auditor]),
    row("verify_audit", &[Operator, Auditor]),
    row("metrics", &[Operator]),
    row("status", &[Operator, Auditor]).narrowing(),
    // Told to everybody: they say nothing of anybody.
    row("healthz", &[]).everybodys(),
    row("readyz", &[]).everybodys(),
    row("openapi", &[]).everybodys(),
];

/// An operation that stands in no row.
static NOBODYS: Permission = row("", &[]);

fn of_operation(id: &str) -> &'static Permission {
    let mut rows = MATRIX.iter();
    rows.find(|row| row.operation == id).unwrap_or(&NOBODYS)
}

/// What a request found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// An operation.
    Permission(&'static Permission),
    /// No path, or not this method: the router says which.
    Nothing,
    /// A path that is not described: nobody's.
    Undescribed,
}

/// Permissions by path and method.
type ByPath = HashMap<String, HashMap<String, &'static Permission>>;

/// The operation at a path of the description.
pub(super) fn find(path: Option<&str>, method: &Method) -> Found {
    static BY_PATH: OnceLock<ByPath> = OnceLock::new();
    let by_path = BY_PATH.get_or_init(|| {
        let mut by_path = ByPath::new();
        each_operation(&mut openapi::document(), |path, method, operation| {
            let permission = of_operation(operation["operationId"].as_str().unwrap_or_default());
            let methods = by_path.entry(path.to_owned()).or_default();
            methods.insert(method.to_uppercase(), permission);
        });
        by_path
    });
    let Some(path) = path else {
        return Found::Nothing;
    };
    let Some(methods) = by_path.get(path) else {
        return Found::Undescribed;
    };
    // HEAD is answered by what answers GET.
    let method = match *method {
        Method::HEAD => "GET",
        ref other => other.as_str(),
    };
    match methods.get(method) {
        Some(permission) => Found::Permission(permission),
        None => Found::Nothing,
    }
}

/// Write into the OpenAPI document who may call what: the roles as `x-roles`,
/// the way to show a token, and what is answered without.
pub(crate) fn describe(document: &mut Value) {
    document["components"]["securitySchemes"]["token"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `patchbay token create`. None is needed while the host has none.",
    });
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        })
    };
    each_operation(document, |path, _, operation| {
        let permission = of_operation(operation["operationId"].as_str().unwrap_or_default());
        if permission.is_everybodys() {
            operation["security"] = json!([]);
            operation["x-roles"] = json!({"everybody": "any"});
            return;
        }
        operation["security"] = json!([{"token": []}]);
        let reach = |role: &Role| Some((role.as_str().to_owned(), permission.reach(*role)?.into()));
        let roles: Map<String, Value> = Role::ALL.iter().filter_map(reach).collect();
        operation["x-roles"] = Value::Object(roles);
        operation["x-scope"] = scope(path, permission).into();
        let responses = &mut operation["responses"];
        responses["401"] = problem("No token is shown, or one that is not good.");
        if responses["403"].is_null() {
            responses["403"] = problem("The token does not allow it.");
        }
    });
}

/// Whose an operation is.
fn scope(path: &str, permission: &Permission) -> &'static str {
    match path.contains("{company}") {
        true => "company",
        false if permission.narrows => "host or company",
        false => "host",
    }
}

/// The matrix as Markdown, in the order of the paths.
#[cfg(test)]
pub(crate) fn markdown() -> String {
    let names = Role::ALL.map(Role::as_str).join(" | ");
    let mut text = format!("| endpoint | scope | {names} |\n| --- | --- |");
    text += &" :-: |".repeat(Role::ALL.len());
    text.push('\n');
    let mut lines = std::collections::BTreeMap::new();
    each_operation(&mut openapi::document(), |path, method, operation| {
        let permission = of_operation(operation["operationId"].as_str().unwrap_or_default());
        let scope = match permission.is_everybodys() {
            true => "everybody",
            false => scope(path, permission),
        };
        let cells = Role::ALL.map(|role| match permission.reach(role) {
            Some("own") => "own",
            Some(_) => "yes",
            None => "–",
        });
        let line = format!(
            "| `{} {path}` | {scope} | {} |\n",
            method.to_uppercase(),
            cells.join(" | ")
        );
        lines.insert((path.to_owned(), method.to_owned()), line);
    });
    text.extend(lines.into_values());
    text
}

fn each_operation(document: &mut Value, mut look: impl FnMut(&str, &str, &mut Value)) {
    let paths = document["paths"].as_object_mut();
    for (path, methods) in paths.into_iter().flatten() {
        let methods = methods.as_object_mut();
        for (method, operation) in methods.into_iter().flatten() {
            if operation["operationId"].is_string() {
                look(path, method, operation);
            }
        }
    }
}
