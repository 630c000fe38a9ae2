//! `patchbay channels`: the connections of a company to providers.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use patchbay_adapter::{AdapterKind, InboundWay};
use patchbay_channels::{ADAPTERS, adapter_kind};
use patchbay_client::{BlockingClient, Method, company_path};
use patchbay_command::args::{ChannelsArgs, ChannelsVerb, QuarantineItems, QuarantineVerb};
use patchbay_command::document::{list, number, text};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_command::server::connect;
use patchbay_config::name_suggestion;
use serde_json::{Value, json};

use crate::verbs::channel_actions;

pub(crate) fn run(args: &ChannelsArgs) -> Outcome {
    match &args.verb {
        ChannelsVerb::Setup {
            channel: None,
            connection: _,
        } => print_adapters(args),
        ChannelsVerb::Setup {
            channel: Some(channel),
            connection,
        } => setup(args, channel, connection),
        ChannelsVerb::List => {
            let (company, api) = access(args)?;
            let connections = connections(&api, company)?;
            let document = json!({"connections": connections});
            output::result(args.server.json, &document, || {
                print_connections(company, &connections)
            })?;
            Ok(Exit::Success)
        }
        ChannelsVerb::Check => check(args),
        ChannelsVerb::Test(which) => {
            let (company, api) = access(args)?;
            let connections = connections(&api, company)?;
            channel_actions::test((args.server.json, company), &api, &connections, which)
        }
        ChannelsVerb::Retry { channel } => {
            let (company, api) = access(args)?;
            let connections = connections(&api, company)?;
            channel_actions::retry((args.server.json, company), &api, &connections, channel)
        }
        ChannelsVerb::Quarantine { verb } => quarantine(args, verb),
    }
}

/// The counts are in the server's memory: it has to run.
fn access(args: &ChannelsArgs) -> Result<(&str, BlockingClient), Failure> {
    Ok((args.company.name()?, connect(&args.server.config)?))
}

fn connections(api: &BlockingClient, company: &str) -> Result<Vec<Value>, Failure> {
    let document = api.get(&company_path(company, "channels"))?;
    Ok(list(&document, "connections").to_vec())
}

fn print_connections(company: &str, connections: &[Value]) -> Result<(), Failure> {
    let rows = connections.iter().map(|connection| {
        let requests = &connection["requests"];
        vec![
            text(connection, "channel").to_owned(),
            text(connection, "name").to_owned(),
            state(connection).to_owned(),
            number(requests, "accepted").to_string(),
            number(requests, "rejected").to_string(),
            number(requests, "quarantined").to_string(),
            text(connection, "last_delivery").to_owned(),
        ]
    });
    let none =
        format!("{company} has no connections; `patchbay channels setup` lists the channels");
    output::table(
        &[
            "channel",
            "connection",
            "state",
            "accepted",
            "rejected",
            "quarantined",
            "last delivery",
        ],
        &rows.collect::<Vec<_>>(),
        &none,
    )
}

fn state(connection: &Value) -> &'static str {
    let is_unread = connection["poll"].get("failing_since").is_some();
    match (connection["open"].as_bool(), connection.get("broken_since")) {
        (Some(true), _) if is_unread => "cannot read",
        (Some(true), None) => "open",
        (Some(true), Some(_)) => "cannot send",
        _ => "not open",
    }
}

/// Whether messages reach a connection by requests to its URL.
fn has_webhook(connection: &Value) -> bool {
    text(connection, "inbound") == "webhook"
}

/// What is wrong with a connection, and what to do. `held` are the company's deliveries
/// in quarantine.
fn problems(connection: &Value, held: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(problem) = connection.get("problem").and_then(Value::as_str) {
        problems.push(format!("it is not open: {problem}"));
    }
    if let Some(problem) = connection.get("broken_by").and_then(Value::as_str) {
        let since = text(connection, "broken_since");
        problems.push(format!("it cannot send since {since}: {problem}"));
    }
    let poll = &connection["poll"];
    if let Some(problem) = poll.get("problem").and_then(Value::as_str) {
        let since = text(poll, "failing_since");
        problems.push(format!("it cannot be read since {since}: {problem}"));
    }
    if text(poll, "activity") == "no-place" {
        problems.push(
            "it is not read: raise `pollers` or `pollers-per-company` under [bounds] in the server settings".to_owned(),
        );
    }
    let unreached = list(connection, "unreached_accounts");
    for account in unreached.iter().filter_map(Value::as_str) {
        problems.push(format!(
            "no mail reaches {account}: give the address or its domain to the company under [lmtp.companies] in the server settings"
        ));
    }
    if has_webhook(connection) && connection.get("url").is_none() {
        problems.push("its URL is unknown: set public-url in the company file".to_owned());
    }
    let requests = &connection["requests"];
    let (accepted, rejected) = (number(requests, "accepted"), number(requests, "rejected"));
    if rejected > 0 && accepted == 0 {
        problems.push(format!(
            "all {rejected} requests were rejected: compare its secrets with the provider's"
        ));
    }
    let is_own = |item: &&Value| {
        text(item, "channel") == text(connection, "channel")
            && text(item, "connection") == text(connection, "name")
    };
    let held = held.iter().filter(is_own).count();
    if held > 0 {
        problems.push(format!(
            "{held} deliveries could not be decoded: see `patchbay channels quarantine list`"
        ));
    }
    problems
}

fn check(args: &ChannelsArgs) -> Outcome {
    let (company, api) = access(args)?;
    let connections = connections(&api, company)?;
    let held = quarantined(&api, company)?;
    let checks: Vec<Value> = connections
        .iter()
        .map(|connection| {
            json!({
                "channel": connection["channel"],
                "name": connection["name"],
                "problems": problems(connection, &held),
            })
        })
        .collect();
    let is_right = |check: &Value| list(check, "problems").is_empty();
    let all_right = checks.iter().all(is_right);
    output::result(args.server.json, &json!({"connections": checks}), || {
        if checks.is_empty() {
            return output::line(format!("{company} has no connections"));
        }
        for check in &checks {
            let name = format!("{}/{}", text(check, "channel"), text(check, "name"));
            if is_right(check) {
                output::line(format!("{name}: no problem found"))?;
            }
            for problem in list(check, "problems").iter().filter_map(Value::as_str) {
                output::line(format!("{name}: {problem}"))?;
            }
        }
        Ok(())
    })?;
    Ok(Exit::success_if(all_right))
}

fn print_adapters(args: &ChannelsArgs) -> Outcome {
    let document: Vec<Value> = ADAPTERS
        .iter()
        .map(|kind| json!({"channel": kind.name, "delivers": kind.channels}))
        .collect();
    output::result(args.server.json, &json!({"channels": document}), || {
        let rows = ADAPTERS
            .iter()
            .map(|kind| vec![kind.name.to_owned(), delivered_by(kind)]);
        output::table(&["channel", "delivers"], &rows.collect::<Vec<_>>(), "")
    })?;
    Ok(Exit::Success)
}

/// The channels that an adapter delivers.
fn delivered_by(kind: &AdapterKind) -> String {
    match kind.channels {
        [] => "those that its settings list".to_owned(),
        channels => channels.join(", "),
    }
}

fn setup(args: &ChannelsArgs, channel: &str, connection: &str) -> Outcome {
    let kind = adapter_kind(channel).ok_or_else(|| {
        let names: Vec<String> = ADAPTERS.iter().map(|kind| kind.name.to_owned()).collect();
        Failure::advised(
            Exit::Usage,
            format!("there is no adapter for the channel {channel:?}"),
            name_suggestion::suggest(channel, "channels", &names),
        )
    })?;
    let known = known_connection(args, kind, connection)?;
    let company = args.company.name().unwrap_or("COMPANY");
    let url = known
        .as_ref()
        .and_then(|known| known.get("url").and_then(Value::as_str).map(str::to_owned));
    let url =
        url.unwrap_or_else(|| format!("https://PUBLIC-URL{}", kind.path(company, connection)));
    let steps: Vec<String> = kind
        .setup
        .iter()
        .map(|step| step.replace("{url}", &url))
        .collect();
    let secrets: Vec<Value> = kind
        .secrets
        .iter()
        .map(|role| json!({"name": role.name, "source": role.source, "required": role.is_required}))
        .collect();
    let settings: Vec<Value> = kind
        .settings
        .iter()
        .map(|it| json!({"name": it.name, "meaning": it.meaning, "required": it.is_required, "example": it.example}))
        .collect();
    let problems = known.as_ref().map(|known| problems(known, &[]));
    let is_shown = match &known {
        Some(known) => has_webhook(known),
        None => kind.inbound.contains(&InboundWay::Webhook),
    };
    let shown_url = is_shown.then_some(url.as_str());
    let document = json!({
        "channel": kind.name,
        "url": shown_url,
        "settings": settings,
        "secrets": secrets,
        "steps": steps,
        "problems": problems,
    });
    output::result(args.server.json, &document, || {
        print_setup(kind, (shown_url, connection), &steps, problems.as_deref())
    })?;
    Ok(Exit::Success)
}

fn print_setup(
    kind: &AdapterKind,
    (url, connection): (Option<&str>, &str),
    steps: &[String],
    problems: Option<&[String]>,
) -> Result<(), Failure> {
    output::line("At the provider:")?;
    for (number, step) in (1..).zip(steps) {
        output::line(format!("  {number}. {step}"))?;
    }
    output::line("\nIn the company file:")?;
    if kind.signs_url {
        output::line("  public-url = \"https://…\"        # at the top of the file")?;
    }
    output::line(format!("  [channel.{}.connection.{connection}]", kind.name))?;
    for setting in kind.settings {
        // An optional one is shown as a comment.
        let comment = if setting.is_required { "" } else { "# " };
        output::line(format!(
            "  {comment}settings.{} = {}   # {}",
            setting.name, setting.example, setting.meaning
        ))?;
    }
    for role in kind.secrets {
        let variable = role.name.to_uppercase().replace('-', "_");
        let channel = kind.name.to_uppercase().replace('-', "_");
        // One that the settings may need is shown as a comment.
        let comment = if role.is_required { "" } else { "# " };
        output::line(format!(
            "  {comment}secrets.{} = {{ env = \"{channel}_{variable}\" }}   # {}",
            role.name, role.source
        ))?;
    }
    output::line(match url {
        Some(url) => format!("\nURL of the webhook: {url}"),
        None => "\nThe connection has no webhook.".to_owned(),
    })?;
    match problems {
        None => output::line(
            "The connection is not in the active generation yet: run `patchbay apply`.",
        ),
        Some([]) => output::line("The connection is open, and no problem was found."),
        Some(problems) => {
            for problem in problems {
                output::line(format!("Problem: {problem}"))?;
            }
            Ok(())
        }
    }
}

/// The connection on the server, if a company is given and the server answers.
fn known_connection(
    args: &ChannelsArgs,
    kind: &AdapterKind,
    connection: &str,
) -> Result<Option<Value>, Failure> {
    let Ok(company) = args.company.name() else {
        return Ok(None);
    };
    let Ok(api) = connect(&args.server.config) else {
        output::note("no server answers: the URL below is a pattern");
        return Ok(None);
    };
    let all = connections(&api, company)?;
    Ok(all
        .into_iter()
        .find(|it| text(it, "channel") == kind.name && text(it, "name") == connection))
}

fn quarantine(args: &ChannelsArgs, verb: &QuarantineVerb) -> Outcome {
    let (company, api) = access(args)?;
    match verb {
        QuarantineVerb::List => {
            let items = quarantined(&api, company)?;
            output::result(args.server.json, &json!({"items": items}), || {
                print_quarantine(company, &items)
            })?;
        }
        QuarantineVerb::Show { number, output } => {
            return show(args, (company, &api), *number, output.as_deref());
        }
        QuarantineVerb::Retry(items) => return retry(args, (company, &api), items),
        QuarantineVerb::Remove(items) => {
            let numbers = selected(&api, company, items)?;
            for number in &numbers {
                api.delete(&company_path(company, &format!("quarantine/{number}")))?;
            }
            output::result(args.server.json, &json!({"removed": numbers}), || {
                output::line(format!("{} deliveries are removed", numbers.len()))
            })?;
        }
    }
    Ok(Exit::Success)
}

/// Shows what came, or writes it to a file.
fn show(
    args: &ChannelsArgs,
    (company, api): (&str, &BlockingClient),
    wanted: u64,
    file: Option<&Path>,
) -> Outcome {
    let path = company_path(company, &format!("quarantine/{wanted}"));
    let answer = api.send(Method::GET, &path, &[], String::new())?;
    if !answer.status.is_success() {
        answer.into_result()?;
        return Ok(Exit::NotRight);
    }
    if let Some(file) = file {
        let new = OpenOptions::new().write(true).create_new(true).open(file);
        new.and_then(|mut new| new.write_all(&answer.body))
            .map_err(io(file))?;
        let document = json!({"number": wanted, "bytes": answer.body.len(), "file": file});
        return output::result(args.server.json, &document, || {
            output::line(format!("{} bytes in {}", answer.body.len(), file.display()))
        });
    }
    let items = quarantined(api, company)?;
    let item = items
        .into_iter()
        .find(|item| number(item, "number") == wanted);
    let mut document = item.unwrap_or_else(|| json!({"number": wanted}));
    document["body"] = answer.text().into();
    output::result(args.server.json, &document, || {
        for (title, field) in [
            ("channel", "channel"),
            ("connection", "connection"),
            ("received", "received_at"),
            ("place", "place"),
            ("problem", "reason"),
        ] {
            output::line(format!("{title:11}{}", text(&document, field)))?;
        }
        let body = text(&document, "body").replace("\r\n", "\n");
        output::line(format!("\n{body}"))
    })
}

/// Decodes deliveries again; exit code 1 if one still cannot be decoded.
fn retry(
    args: &ChannelsArgs,
    (company, api): (&str, &BlockingClient),
    items: &QuarantineItems,
) -> Outcome {
    let mut results = Vec::new();
    for number in selected(api, company, items)? {
        let path = company_path(company, &format!("quarantine/{number}/retry"));
        let mut result = api.post(&path, &json!({}))?;
        result["number"] = number.into();
        results.push(result);
    }
    let is_accepted = |result: &Value| text(result, "result") == "accepted";
    let all_accepted = results.iter().all(is_accepted);
    output::result(args.server.json, &json!({"results": results}), || {
        for result in &results {
            let number = number(result, "number");
            output::line(match is_accepted(result) {
                true => format!("delivery {number} is accepted"),
                false => format!(
                    "delivery {number} still cannot be decoded: {} {}",
                    text(result, "place"),
                    text(result, "reason")
                ),
            })?;
        }
        Ok(())
    })?;
    Ok(Exit::success_if(all_accepted))
}

/// The numbers of the chosen deliveries.
fn selected(
    api: &BlockingClient,
    company: &str,
    items: &QuarantineItems,
) -> Result<Vec<u64>, Failure> {
    if !items.all {
        return Ok(items.numbers.clone());
    }
    let all = quarantined(api, company)?;
    Ok(all.iter().map(|item| number(item, "number")).collect())
}

fn quarantined(api: &BlockingClient, company: &str) -> Result<Vec<Value>, Failure> {
    Ok(api.list(&company_path(company, "quarantine"), "items", "after")?)
}

fn print_quarantine(company: &str, items: &[Value]) -> Result<(), Failure> {
    let rows = items.iter().map(|item| {
        vec![
            number(item, "number").to_string(),
            text(item, "channel").to_owned(),
            text(item, "connection").to_owned(),
            text(item, "received_at").to_owned(),
            text(item, "place").to_owned(),
            text(item, "reason").to_owned(),
        ]
    });
    output::table(
        &[
            "number",
            "channel",
            "connection",
            "received",
            "place",
            "problem",
        ],
        &rows.collect::<Vec<_>>(),
        &format!("{company} has no deliveries in quarantine"),
    )
}
