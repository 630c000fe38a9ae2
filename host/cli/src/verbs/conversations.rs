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
    let api = Api::of_config(&args.config)?;
    let path = format!("/v1/companies/{}/conversations", part(&args.company));
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

/// Ids of everything that waits in a queue, or that an agent holds.
fn all_of(api: &Api, path: &str, which: &WhichConversations) -> Result<Vec<String>, Failure> {
    let held = [
        "active",
        "on-hold",
        "awaiting-approval",
        "waiting-on-customer",
        "wrapping",
    ];
    let states: &[&str] = match (&which.queue, &which.agent) {
        (_, Some(_)) => &held,
        (Some(_), None) => &["queued", "reserved"],
        (None, None) => {
            return Err(Failure::advised(
                Exit::Usage,
                "--all needs a queue or an agent",
                "name one with --queue or --agent",
            ));
        }
    };
    let state = |one: &Value| states.iter().any(|state| one["state"] == **state);
    let found = find(api, path, which, state)?;
    let ids = found.iter().filter_map(|one| one["id"].as_str());
    Ok(ids.map(str::to_owned).collect())
}

/// Conversations that are not resolved and fit.
fn find(
    api: &Api,
    path: &str,
    which: &WhichConversations,
    fits: impl Fn(&Value) -> bool,
) -> Result<Vec<Value>, Failure> {
    let is = |one: &Value, field: &str, wanted: &Option<String>| match wanted {
        Some(wanted) => one[field].as_str() == Some(wanted),
        None => true,
    };
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let mut page = api.get(&match after.as_str() {
            "" => path.to_owned(),
            after => format!("{path}?after={}", part(after)),
        })?;
        if let Some(Value::Array(found)) = page.get_mut("conversations").map(Value::take) {
            all.extend(found.into_iter().filter(|one| {
                is(one, "queue", &which.queue) && is(one, "owner", &which.agent) && fits(one)
            }));
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return Ok(all),
        }
    }
}

fn list(found: &[Value], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&json!({"conversations": found}));
    }
    if found.is_empty() {
        output::line("nothing")?;
    }
    for one in found {
        let text = |field: &str| one[field].as_str().unwrap_or("-");
        output::line(format!(
            "{}  {:<19}  {:<16}  {:<16}  since {}",
            text("id"),
            text("state"),
            text("queue"),
            text("owner"),
            text("created_at"),
        ))?;
    }
    Ok(())
}

fn show(found: &Value) -> Result<(), Failure> {
    list(std::slice::from_ref(found), false)?;
    let history = found["history"].as_array().into_iter().flatten();
    for entry in history {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        output::line(format!(
            "{:>5}  {}  {}",
            entry["sequence"].as_u64().unwrap_or_default(),
            text("at"),
            text("kind"),
        ))?;
    }
    Ok(())
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
