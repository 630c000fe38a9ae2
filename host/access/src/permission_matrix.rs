//! The matrix of roles and operations: the one table that authorization reads,
//! the OpenAPI document repeats and `docs/access.md` prints.

use std::collections::{BTreeMap, HashMap};

use http::Method;
use patchbay_model::access::Role::{self, Agent, Auditor, Integrator, Operator, Supervisor};
use patchbay_model::access::TokenScope;
use serde_json::{Map, Value, json};

/// Which roles may call an operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// The operation's id in the OpenAPI document.
    pub operation: &'static str,
    roles: &'static [Role],
    /// Whether an agent's token reaches only what belongs to that agent.
    own_only: bool,
    /// Whether no token is required.
    public: bool,
    /// Whether a company's token may call an operation whose path names no
    /// company, and sees that company only.
    narrows: bool,
    /// Whether it is about the caller alone, whatever their company.
    about_caller: bool,
}

const fn row(operation: &'static str, roles: &'static [Role]) -> Permission {
    Permission {
        operation,
        roles,
        own_only: false,
        public: false,
        narrows: false,
        about_caller: false,
    }
}

impl Permission {
    const fn own_only(mut self) -> Permission {
        self.own_only = true;
        self
    }

    const fn narrowing_to_company(mut self) -> Permission {
        self.narrows = true;
        self
    }

    const fn about_caller(mut self) -> Permission {
        self.narrows = true;
        self.about_caller = true;
        self
    }

    const fn public(mut self) -> Permission {
        self.public = true;
        self
    }

    pub(crate) const fn narrows_to_company(&self) -> bool {
        self.narrows
    }

    pub(crate) fn allows(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The roles, joined by "or".
    pub(crate) fn role_names(&self) -> String {
        let names: Vec<_> = self.roles.iter().map(|role| role.as_str()).collect();
        names.join(" or ")
    }

    /// What a role reaches: `any`, `own`, or nothing.
    fn reach(&self, role: Role) -> Option<&'static str> {
        match (self.public, self.allows(role)) {
            (true, _) => Some("any"),
            (false, true) if self.own_only && role == Agent => Some("own"),
            (false, true) => Some("any"),
            (false, false) => None,
        }
    }
}

/// Which roles may call which operation. A test fails for an operation without
/// a row. A path without a company takes a token for the whole host, unless the
/// row narrows to the token's company.
pub const PERMISSIONS: &[Permission] = &[
    // Decisions and intake, called by programs.
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
    row(
        "conversation_counts",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    // Who may not read words does not learn which conversations have them.
    row(
        "search_conversations",
        &[Operator, Agent, Supervisor, Auditor],
    ),
    row("conversation", &[Operator, Agent, Supervisor, Auditor]),
    row("messages", &[Operator, Agent, Supervisor, Auditor]),
    row("history", &[Operator, Agent, Supervisor, Auditor]),
    row("attachment", &[Operator, Agent, Supervisor, Auditor]),
    row("journey", &[Operator, Agent, Supervisor, Auditor]),
    row("act", &[Operator, Agent, Supervisor]).own_only(),
    row("act_on_many", &[Operator, Agent, Supervisor]).own_only(),
    row("reply", &[Operator, Agent, Supervisor]).own_only(),
    row("reply_outcome", &[Operator, Agent, Supervisor, Auditor]),
    row("check_reply", &[Operator, Agent, Supervisor]).own_only(),
    row("upload_file", &[Operator, Agent, Supervisor]).own_only(),
    row("file", &[Operator, Agent, Supervisor, Auditor]),
    row("remove_file", &[Operator, Agent, Supervisor]).own_only(),
    row("take_back_reply", &[Operator, Agent, Supervisor]).own_only(),
    // A colleague who knows something says so without taking the conversation.
    row("notes", &[Operator, Agent, Supervisor, Auditor]),
    row("add_note", &[Operator, Agent, Supervisor]).own_only(),
    row("mark_seen", &[Operator, Agent, Supervisor]).own_only(),
    row("viewers", &[Operator, Agent, Supervisor, Auditor]),
    row("view", &[Operator, Agent, Supervisor]).own_only(),
    row("end_view", &[Operator, Agent, Supervisor]).own_only(),
    // Policies may name agents as approvers.
    row("approvals", &[Operator, Agent, Supervisor, Auditor]),
    row("approve", &[Operator, Agent, Supervisor]).own_only(),
    row("reject", &[Operator, Agent, Supervisor]).own_only(),
    // Generations and rollouts.
    row("generations", &[Integrator, Operator, Auditor]),
    row("generation", &[Integrator, Operator, Auditor]),
    row("generation_differences", &[Integrator, Operator, Auditor]),
    row("apply", &[Operator]),
    row("validate_company_file", &[Integrator, Operator]),
    row("activate_generation", &[Operator]),
    row("delete_generation", &[Operator]),
    row("roll_back", &[Operator]),
    row("rollout", &[Integrator, Operator, Supervisor, Auditor]),
    row("last_rollout", &[Integrator, Operator, Supervisor, Auditor]),
    row(
        "rollout_history",
        &[Integrator, Operator, Supervisor, Auditor],
    ),
    row("try_generation", &[Operator]),
    row("promote", &[Operator]),
    row("abort_rollout", &[Operator]),
    // Recorded decisions. Unsealed, also as a case, they hold customers' words:
    // auditors only.
    row("decisions", &[Integrator, Operator, Supervisor, Auditor]),
    row("decision", &[Integrator, Operator, Supervisor, Auditor]),
    row("replay_decision", &[Integrator, Operator, Auditor]),
    row("decision_case", &[Integrator, Operator, Auditor]),
    row("what_if_decision", &[Integrator, Operator, Auditor]),
    row("start_what_if", &[Integrator, Operator, Auditor]),
    row("what_if", &[Integrator, Operator, Auditor]),
    row("cancel_what_if", &[Integrator, Operator, Auditor]),
    row("unseal_decisions", &[Auditor]),
    // Contacts. The card holds only what an agent needs to answer.
    row("contact_card", &[Operator, Agent, Supervisor, Auditor]),
    row("export_contact", &[Operator, Supervisor, Auditor]),
    row("erase_contact", &[Operator, Supervisor]),
    row("import_contacts", &[Integrator, Operator, Supervisor]),
    row("opt_outs", &[Operator, Supervisor, Auditor]),
    row("import_opt_outs", &[Integrator, Operator, Supervisor]),
    row("merge_contacts", &[Operator, Supervisor]),
    row("split_contact", &[Operator, Supervisor]),
    row("undo_contact_change", &[Operator, Supervisor]),
    // Agents.
    row(
        "agents",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row("import_agents", &[Operator, Supervisor]),
    row("agent", &[Operator, Agent, Supervisor, Auditor]).own_only(),
    row("put_agent", &[Operator, Supervisor]),
    row("remove_agent", &[Operator, Supervisor]),
    row("set_presence", &[Operator, Agent, Supervisor]).own_only(),
    row("offers", &[Operator, Agent, Supervisor, Auditor]).own_only(),
    row("accept_offer", &[Operator, Agent, Supervisor]).own_only(),
    row("decline_offer", &[Operator, Agent, Supervisor]).own_only(),
    row(
        "queues",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    // Supervising a company.
    row("statistics", &[Integrator, Operator, Supervisor, Auditor]),
    row("alerts", &[Integrator, Operator, Supervisor, Auditor]),
    row("acknowledge_alert", &[Operator, Supervisor]),
    row(
        "incidents",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row(
        "incident",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row("change_incident", &[Operator, Supervisor]),
    row(
        "templates",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row(
        "knowledge",
        &[Integrator, Operator, Agent, Supervisor, Auditor],
    ),
    row("outbox", &[Operator, Supervisor, Auditor]),
    row("retry_outbox", &[Operator]),
    row("channels", &[Integrator, Operator, Supervisor, Auditor]),
    row("retry_channel", &[Operator]),
    row("test_connection", &[Operator]),
    row("quarantine", &[Operator, Auditor]),
    row("quarantined_body", &[Operator, Auditor]),
    row("retry_quarantined", &[Operator]),
    row("remove_quarantined", &[Operator]),
    row("requeue", &[Operator, Supervisor]),
    row("bypasses", &[Integrator, Operator, Supervisor, Auditor]),
    row("breakers", &[Integrator, Operator, Supervisor, Auditor]),
    row("close_breaker", &[Operator]),
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
    row("create_link", &[Operator]),
    row("tokens", &[Operator, Auditor]),
    row("revoke_token", &[Operator]),
    row("audit", &[Operator, Auditor]),
    row("verify_audit", &[Operator, Auditor]),
    row("metrics", &[Operator]),
    row("status", &[Operator, Auditor]).narrowing_to_company(),
    row("active_alerts", &[Operator, Auditor]).narrowing_to_company(),
    // Every caller who is signed in, about themselves.
    row("me", &Role::ALL).about_caller(),
    row("keep_session", &Role::ALL).about_caller(),
    row("sign_out", &Role::ALL).about_caller(),
    // Public: they reveal nothing about companies or callers.
    row("sign_in", &[]).public(),
    row("sign_in_ways", &[]).public(),
    row("begin_sign_in", &[]).public(),
    row("finish_sign_in", &[]).public(),
    row("healthz", &[]).public(),
    row("readyz", &[]).public(),
    row("openapi", &[]).public(),
    row("contract", &[]).public(),
];

/// Applies to an operation without a row: no role may call it.
static NO_ROLE: Permission = row("", &[]);

fn permission_of(operation: &Value) -> &'static Permission {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let mut rows = PERMISSIONS.iter();
    rows.find(|row| row.operation == id).unwrap_or(&NO_ROLE)
}

/// What the matrix says of a request's path and method.
#[derive(Clone, Copy, Debug)]
pub enum MatrixEntry {
    /// A described operation.
    Operation(&'static Permission),
    /// No such path, or not this method: the router answers which.
    NoRoute,
    /// A path that the OpenAPI document does not describe: no role may call it.
    Undescribed,
}

impl MatrixEntry {
    /// Whether no token is required.
    pub const fn is_public(self) -> bool {
        matches!(self, MatrixEntry::Operation(permission) if permission.public)
    }
}

/// Permissions by path and method of the OpenAPI document.
#[derive(Debug)]
pub struct PermissionIndex(HashMap<String, HashMap<String, &'static Permission>>);

impl PermissionIndex {
    /// Index the operations of an OpenAPI document.
    pub fn new(document: &mut Value) -> PermissionIndex {
        let mut by_path = HashMap::<String, HashMap<_, _>>::new();
        for_each_operation(document, |path, method, operation| {
            let methods = by_path.entry(path.to_owned()).or_default();
            methods.insert(method.to_uppercase(), permission_of(operation));
        });
        PermissionIndex(by_path)
    }

    /// Ids of the operations that a caller of this standing may call, sorted; without a
    /// standing all, as on a host without tokens. Public ones are left out.
    pub fn operations(&self, standing: Option<&TokenScope>) -> Vec<&'static str> {
        let by_path = self.0.iter();
        let all = by_path.flat_map(|(path, methods)| methods.values().map(move |it| (path, *it)));
        let allowed = all.filter(|(path, permission)| {
            let Some(standing) = standing else {
                return !permission.public;
            };
            let for_host = !path.contains("{company}") && !permission.narrows;
            permission.allows(standing.role) && !(for_host && standing.company.is_some())
        });
        let mut ids: Vec<_> = allowed
            .map(|(_, permission)| permission.operation)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The entry for a path as the router matched it (none: no route), and a
    /// method. `HEAD` counts as `GET`.
    pub fn find(&self, path: Option<&str>, method: &Method) -> MatrixEntry {
        let Some(path) = path else {
            return MatrixEntry::NoRoute;
        };
        let Some(methods) = self.0.get(path) else {
            return MatrixEntry::Undescribed;
        };
        let method = match *method {
            Method::HEAD => "GET",
            ref other => other.as_str(),
        };
        match methods.get(method) {
            Some(permission) => MatrixEntry::Operation(permission),
            None => MatrixEntry::NoRoute,
        }
    }
}

/// Add to the OpenAPI document which roles may call each operation (`x-roles`,
/// `x-scope`), the security scheme, and the answers 401 and 403.
pub fn add_to_openapi(document: &mut Value) {
    document["components"]["securitySchemes"]["token"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "A token made by `patchbay token create`. Not required while the host has no tokens.",
    });
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        })
    };
    for_each_operation(document, |path, _, operation| {
        let permission = permission_of(operation);
        if permission.public {
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
        responses["401"] = problem("The request shows no token, or one that is not valid.");
        if responses["403"].is_null() {
            responses["403"] = problem("The token does not allow the request.");
        }
    });
}

/// Which tokens an operation takes: for the company, the host, either, or any, as it is
/// about the caller.
fn scope(path: &str, permission: &Permission) -> &'static str {
    match path.contains("{company}") {
        true => "company",
        false if permission.about_caller => "caller",
        false if permission.narrows => "host or company",
        false => "host",
    }
}

/// The matrix as a Markdown table in the order of the paths, for
/// `docs/access.md`.
pub fn markdown(document: &mut Value) -> String {
    let names = Role::ALL.map(Role::as_str).join(" | ");
    let mut text = format!("| endpoint | scope | {names} |\n| --- | --- |");
    text += &" :-: |".repeat(Role::ALL.len());
    text.push('\n');
    let mut lines = BTreeMap::new();
    for_each_operation(document, |path, method, operation| {
        let permission = permission_of(operation);
        let scope = match permission.public {
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

fn for_each_operation(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Value)) {
    let paths = document["paths"].as_object_mut();
    for (path, methods) in paths.into_iter().flatten() {
        let methods = methods.as_object_mut();
        for (method, operation) in methods.into_iter().flatten() {
            if operation["operationId"].is_string() {
                visit(path, method, operation);
            }
        }
    }
}
