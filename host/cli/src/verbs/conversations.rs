//! `patchbay conversations`: list open conversations, show one, route them again.

mod descriptions;

use patchbay_client::{BlockingClient, company_path, path_segment};
use patchbay_command::args::{ConversationFilter, ConversationsArgs, ConversationsVerb};
use patchbay_command::document::{number, text};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::counted;
use patchbay_command::{output, server};
use serde_json::{Value, json};

/// Most conversations of one request.
const BATCH: usize = 100;

pub(crate) fn run(args: &ConversationsArgs) -> Outcome {
    let path = company_path(args.company.name()?, "conversations");
    let as_json = args.server.json;
    let api = server::connect(&args.server.config)?;
    match &args.verb {
        ConversationsVerb::List(filter) => {
            let mut found = find(&api, &path, &filter.parameters())?;
            found.iter_mut().for_each(remove_words);
            output::result(as_json, &json!({"conversations": found}), || print(&found))
        }
        ConversationsVerb::Show { id } => {
            let mut found = api.get(&format!("{path}/{}", path_segment(id)))?;
            remove_words(&mut found);
            output::result(as_json, &found, || print_one(&found))
        }
        ConversationsVerb::Requeue {
            ids,
            filter,
            all,
            dry_run,
            by,
        } => {
            let ids = match all {
                false => ids.clone(),
                true => all_ids(&api, &path, filter)?,
            };
            requeue(&api, &path, &ids, *dry_run, by, as_json)
        }
    }
}

/// Remove what the customer wrote and is called: words are for agents and supervisors, and a
/// terminal is recorded.
fn remove_words(conversation: &mut Value) {
    if let Some(fields) = conversation.as_object_mut() {
        for field in ["said", "snippet", "name"] {
            fields.remove(field);
        }
    }
}

/// Ids of the conversations that wait in a queue, or that an agent owns or is
/// offered.
fn all_ids(
    api: &BlockingClient,
    path: &str,
    filter: &ConversationFilter,
) -> Result<Vec<String>, Failure> {
    if filter.queue.is_none() && filter.agent.is_none() {
        return Err(Failure::advised(
            Exit::Usage,
            "--all needs a queue or an agent",
            "add --queue or --agent",
        ));
    }
    let found = find(api, path, &filter.parameters())?;
    let chosen = found.iter().filter(|one| {
        filter.agent.is_some() || one["state"] == "queued" || one["state"] == "reserved"
    });
    Ok(chosen.map(|one| text(one, "id").to_owned()).collect())
}

/// Conversations by query parameters. The server rejects unknown names and values.
fn find(
    api: &BlockingClient,
    path: &str,
    parameters: &[(&str, &str)],
) -> Result<Vec<Value>, Failure> {
    let parts = parameters.iter();
    let parts = parts.map(|(name, value)| format!("{name}={}", path_segment(value)));
    let query = parts.collect::<Vec<_>>().join("&");
    Ok(api.list(&format!("{path}?{query}"), "conversations", "after")?)
}

fn print(found: &[Value]) -> Result<(), Failure> {
    let rows = found.iter().map(|one| {
        let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
        ["id", "state", "queue", "owner", "created_at"]
            .map(text)
            .to_vec()
    });
    output::table(
        &["conversation", "state", "queue", "agent", "since"],
        &rows.collect::<Vec<_>>(),
        "no conversation matches",
    )
}

fn print_one(found: &Value) -> Result<(), Failure> {
    let field = |name: &str| found[name].as_str();
    let state = descriptions::state(text(found, "state"), field("owner"), field("queue"));
    output::line(format!("{}: {state}", text(found, "id")))?;
    output::line(format!(
        "{} on {} since {}, priority {}{}",
        counted(number(found, "interactions"), "interaction"),
        field("channel").unwrap_or("-"),
        field("created_at").unwrap_or("-"),
        found["priority"],
        match (field("due_at"), field("at_risk_at")) {
            (Some(due), Some(at_risk)) => format!("; SLA deadline {due}, at risk from {at_risk}"),
            (Some(due), None) => format!("; SLA deadline {due}"),
            (None, _) => String::new(),
        }
    ))?;
    let history = found["history"].as_array().into_iter().flatten();
    let rows = history.map(|entry| {
        vec![
            number(entry, "sequence").to_string(),
            text(entry, "at").to_owned(),
            text(entry, "kind").to_owned(),
            descriptions::entry(text(entry, "kind"), &entry["data"]),
        ]
    });
    output::table(
        &["entry", "at", "kind", "meaning"],
        &rows.collect::<Vec<_>>(),
        "no history",
    )
}

fn requeue(
    api: &BlockingClient,
    path: &str,
    ids: &[String],
    dry_run: bool,
    by: &str,
    as_json: bool,
) -> Outcome {
    // With a token the server takes the token's owner.
    let by = match api.has_token() {
        true => Value::Null,
        false => by.into(),
    };
    let bar = output::progress(Some(ids.len() as u64), "requeued");
    let mut conversations = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let body = json!({"conversations": batch, "dry_run": dry_run, "by": by});
        let mut done = api.post(&format!("{path}/requeue"), &body)?;
        if let Some(Value::Array(all)) = done.get_mut("conversations").map(Value::take) {
            conversations.extend(all);
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    let is_refused = |one: &&Value| one.get("problem").is_some();
    let refused = conversations.iter().filter(is_refused).count();
    let requeued = conversations.len() - refused;
    let document = json!({
        "requeued": requeued,
        "refused": refused,
        "dry_run": dry_run,
        "conversations": conversations,
    });
    output::result(as_json, &document, || {
        let lines = conversations.iter().map(requeued_line);
        lines.into_iter().try_for_each(output::line)?;
        let would = if dry_run { "would be " } else { "" };
        output::line(format!("{requeued} {would}requeued, {refused} refused"))
    })?;
    Ok(Exit::success_if(refused == 0))
}

fn requeued_line(one: &Value) -> String {
    let field = |name: &str| one[name].as_str();
    let id = text(one, "id");
    if let Some(problem) = one.get("problem") {
        let detail = problem["detail"].as_str();
        let detail = detail.unwrap_or_else(|| text(problem, "title"));
        return format!("{id}  not requeued: {detail}");
    }
    let agent = field("agent").map_or_else(String::new, |agent| format!(" of {agent}"));
    let now = field("state").map_or_else(String::new, |state| format!(" → {state}"));
    format!(
        "{id}  {}{agent}{now}, queue {}",
        field("from").unwrap_or("-"),
        field("queue").unwrap_or("-"),
    )
}
