//! `patchbay conversations`: those that are not resolved, and having them
//! routed anew.

use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::args::{ConversationsArgs, ConversationsVerb, WhichConversations};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Most conversations of one request.
const BATCH: usize = 100;

pub(crate) fn run(args: &ConversationsArgs) -> Outcome {
    let company = args.company.name()?;
    let api = Api::of_config(&args.config)?;
    let path = format!("/v1/companies/{}/conversations", part(company));
    match &args.verb {
        ConversationsVerb::List(which) => {
            let found = find(&api, &path, which, |_| true)?;
            list(&found, args.json)?;
            Ok(Exit::Success)
        }
        ConversationsVerb::Show { id } => {
            let mut found = api.get(&format!("{path}/{}", part(id)))?;
            // What customers wrote is for those who answer them.
            if let Some(fields) = found.as_object_mut() {
                fields.remove("said");
            }
            match args.json {
                true => output::json(&found)?,
                false => show(&found)?,
            }
            Ok(Exit::Success)
        }
        ConversationsVerb::Requeue {
            ids,
            which,
            all,
            dry_run,
            by,
        } => {
            let ids = match all {
                false => ids.clone(),
                true => all_of(&api, &path, which)?,
            };
            requeue(api, &path, &ids, *dry_run, by, args.json)
        }
    }
}

/// Ids of everything that waits in a queue, or that an agent holds or has an
/// offer of.
fn all_of(api: &Api, path: &str, which: &WhichConversations) -> Result<Vec<String>, Failure> {
    if which.queue.is_none() && which.agent.is_none() {
        return Err(Failure::advised(
            Exit::Usage,
            "--all needs a queue or an agent",
            "name one with --queue or --agent",
        ));
    }
    let is_meant = |one: &Value| match which.agent {
        Some(_) => true,
        None => one["state"] == "queued" || one["state"] == "reserved",
    };
    let found = find(api, path, which, is_meant)?;
    let ids = found.iter().filter_map(|one| one["id"].as_str());
    Ok(ids.map(str::to_owned).collect())
}

/// Conversations that are not resolved and fit. The server refuses a queue or
/// an agent there is not.
fn find(
    api: &Api,
    path: &str,
    which: &WhichConversations,
    fits: impl Fn(&Value) -> bool,
) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let wanted = [
            ("queue", which.queue.as_deref()),
            ("agent", which.agent.as_deref()),
            ("after", after.as_deref()),
        ];
        let wanted = wanted
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let query: Vec<String> = wanted
            .map(|(name, value)| format!("{name}={}", part(value)))
            .collect();
        let mut page = api.get(&format!("{path}?{}", query.join("&")))?;
        if let Some(Value::Array(found)) = page.get_mut("conversations").map(Value::take) {
            all.extend(found.into_iter().filter(&fits));
        }
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            return Ok(all);
        }
    }
}

fn list(found: &[Value], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&json!({"conversations": found}));
    }
    let rows = found.iter().map(|one| {
        let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
        ["id", "state", "queue", "owner", "created_at"]
            .map(text)
            .to_vec()
    });
    output::table(
        &["conversation", "state", "queue", "agent", "since"],
        &rows.collect::<Vec<_>>(),
        "no conversation fits: all are resolved, or somewhere else",
    )
}

fn show(found: &Value) -> Result<(), Failure> {
    let text = |field: &str| found[field].as_str();
    let id = text("id").unwrap_or_default();
    output::line(format!(
        "{id}: {}",
        state(
            text("state").unwrap_or_default(),
            text("owner"),
            text("queue")
        )
    ))?;
    output::line(format!(
        "{} interactions on {} since {}, priority {}{}",
        found["interactions"],
        text("channel").unwrap_or("-"),
        text("created_at").unwrap_or("-"),
        found["priority"],
        match text("due_at") {
            Some(due) => format!("; a clock rings next at {due}"),
            None => String::new(),
        }
    ))?;
    let history = found["history"].as_array().into_iter().flatten();
    let rows = history.map(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        vec![
            entry["sequence"].as_u64().unwrap_or_default().to_string(),
            text("at").to_owned(),
            text("kind").to_owned(),
            meant(text("kind"), &entry["data"]),
        ]
    });
    output::table(
        &["entry", "at", "what", "meaning"],
        &rows.collect::<Vec<_>>(),
        "nothing happened to it so far",
    )
}

/// Where a conversation stands, in words.
fn state(state: &str, owner: Option<&str>, queue: Option<&str>) -> String {
    let agent = owner.unwrap_or("an agent");
    let queue = queue.unwrap_or("no queue");
    match state {
        "queued" => format!("it waits in queue {queue} for an agent"),
        "reserved" => format!("it is offered to an agent, out of queue {queue}"),
        "active" => format!("{agent} works on it (queue {queue})"),
        "waiting-on-customer" => format!("{agent} has answered, and the customer is next"),
        "on-hold" => format!("{agent} has put it on hold"),
        "awaiting-approval" => format!("a reply of {agent} waits for approval"),
        "wrapping" => format!("{agent} wraps it up"),
        "resolved" => "it is resolved".to_owned(),
        other => format!("it is {other}"),
    }
}

/// What an entry means, in words; nothing where its kind says it all.
fn meant(kind: &str, data: &Value) -> String {
    let text = |field: &str| data[field].as_str();
    let agent = text("agent").unwrap_or("an agent");
    let by = data["by"]["id"].as_str().or(text("by"));
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    match kind {
        "received" => "the customer wrote, and it was decided about".to_owned(),
        "edited" => "the customer reworded a message".to_owned(),
        "deleted" => "the customer took a message back".to_owned(),
        "reacted" => "the customer reacted to a message".to_owned(),
        "echoed" => "the channel showed what the company sent".to_owned(),
        "clock-rang" => "an SLA clock is at risk or breached".to_owned(),
        "woke-up" => "a moment came that a policy had asked for".to_owned(),
        "triggered" => "escalation was asked about something that happened".to_owned(),
        "routed" => "it was routed again".to_owned(),
        "quarantined" => "a message crashed the host again and again: no policy sees it".to_owned(),
        "alerted" => match text("alert") {
            Some(alert) => format!("somebody should look: {alert}"),
            None => "somebody should look".to_owned(),
        },
        "offered" => format!("it was offered to {agent}"),
        "accepted" => format!("{agent} took it"),
        "declined" => format!("{agent} did not want it"),
        "timed-out" => format!("{agent} did not answer the offer in time"),
        "withdrawn" => "the offer was taken back".to_owned(),
        "widened" => "more agents qualify than before".to_owned(),
        "assigned" => format!("it was given to {agent} by hand{by}"),
        "returned" => "its agent left it: it waits again, with its age".to_owned(),
        "transferred" => format!("it was sent elsewhere{by}"),
        "state-changed" => match text("to").or(text("state")) {
            Some(now) => format!("it is {now} now"),
            None => "it stands elsewhere now".to_owned(),
        },
        "parked" => "the customer is next and does not write: it takes no capacity".to_owned(),
        "requeued" => format!("it was routed anew{by}"),
        "reply-drafted" => "a reply was written".to_owned(),
        "reply-published" => "a reply is on its way to the channel".to_owned(),
        _ => String::new(),
    }
}

fn requeue(
    api: Api,
    path: &str,
    ids: &[String],
    dry_run: bool,
    by: &str,
    as_json: bool,
) -> Outcome {
    // A token says who acts; where there is none, this does.
    let by = match api.shows_token()? {
        true => Value::Null,
        false => by.into(),
    };
    let bar = output::progress(Some(ids.len() as u64), "requeued");
    let mut conversations = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let asked = json!({"conversations": batch, "dry_run": dry_run, "by": by});
        let mut done = api.post(&format!("{path}/requeue"), &asked)?;
        if let Some(Value::Array(all)) = done.get_mut("conversations").map(Value::take) {
            conversations.extend(all);
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    let is_refused = |one: &&Value| one.get("problem").is_some();
    let refused = conversations.iter().filter(is_refused).count();
    let requeued = conversations.len() - refused;
    if as_json {
        output::json(&json!({
            "requeued": requeued,
            "refused": refused,
            "dry_run": dry_run,
            "conversations": conversations,
        }))?;
    } else {
        for one in &conversations {
            output::line(in_words(one))?;
        }
        let would = match dry_run {
            true => "would be ",
            false => "",
        };
        output::line(format!("{requeued} {would}requeued, {refused} refused"))?;
    }
    Ok(match refused {
        0 => Exit::Success,
        _ => Exit::NotRight,
    })
}

fn in_words(one: &Value) -> String {
    let text = |field: &str| one[field].as_str();
    let id = text("id").unwrap_or_default();
    if let Some(problem) = one.get("problem") {
        let title = problem["title"].as_str().unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or(title);
        return format!("{id}  not requeued: {detail}");
    }
    let held = match text("agent") {
        Some(agent) => format!(" of {agent}"),
        None => String::new(),
    };
    let now = match text("state") {
        Some(state) => format!(" → {state}"),
        None => String::new(),
    };
    format!(
        "{id}  {}{held}{now}, queue {}",
        text("from").unwrap_or("-"),
        text("queue").unwrap_or("-"),
    )
}
