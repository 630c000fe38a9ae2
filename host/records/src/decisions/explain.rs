//! A decision in words: what each plugin was asked, what it read, what it said,
//! and what the host did with that.

use serde_json::Value;

/// A decision's document, masked or not, in lines to read.
pub fn explain(decision: &Value) -> Vec<String> {
    let mut lines = vec![headline(decision)];
    if decision["erased"] == true {
        lines.push("Its author was erased: nothing more is kept.".to_owned());
        return lines;
    }
    let record = &decision["record"];
    if record.is_null() {
        lines.push("Nothing more of it is kept.".to_owned());
        return lines;
    }
    if let Some(text) = decision["texts"]["interaction"]["text"].as_str() {
        lines.push(format!("About: {text:?}"));
    }
    if let Some(text) = decision["given"]["draft"]["text"].as_str() {
        lines.push(format!("The draft: {text:?}"));
    }
    if let Some(code) = decision["given"]["trigger"]["code"].as_str() {
        lines.push(format!("Because of: {code}"));
    }
    for part in items(&record["stamp"]["plugins"]) {
        lines.push(String::new());
        lines.extend(of_part(part, record));
    }
    lines.push(String::new());
    lines.push(in_the_end(record));
    lines
}

fn headline(decision: &Value) -> String {
    format!(
        "Decision {} ({}), made {} by generation {}: {}",
        decision["id"],
        text(&decision["kind"]),
        text(&decision["at"]),
        decision["generation"],
        text(&decision["outcome"]),
    )
}

fn of_part(part: &Value, record: &Value) -> Vec<String> {
    let asked = match text(&part["stage"]) {
        "classify" => "what the interaction is",
        "route" => "who handles the conversation",
        "tone" => "whether the draft may go out",
        "escalate" => "whether more people must know",
        other => other,
    };
    let mut lines = vec![format!(
        "{} ({} {}) was asked {asked}.",
        text(&part["name"]),
        text(&part["pack"]),
        text(&part["version"]),
    )];
    if part["use"] == 0 {
        lines.push(format!("  It was not called: {}.", problem(part)));
        lines.push(format!("  {}", host_did(part, record)));
        return lines;
    }
    lines.push(format!("  It read {}.", read(part)));
    for line in items(&part["log"]) {
        lines.push(format!(
            "  It noted ({}): {}",
            text(&line["level"]),
            text(&line["message"])
        ));
    }
    lines.push(format!("  {}", said(part)));
    lines.push(format!("  {}", host_did(part, record)));
    lines
}

/// What it asked the host for, each once with how often.
fn read(part: &Value) -> String {
    let Some(calls) = part["transcript"].as_array() else {
        let count = part["host_calls"].as_u64().unwrap_or(0);
        return format!("what {count} host calls gave it; of which, no transcript was kept");
    };
    if calls.is_empty() {
        return "nothing".to_owned();
    }
    let mut seen: Vec<(String, u32)> = Vec::new();
    for call in calls {
        let what = question(call);
        match seen.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => seen.push((what, 1)),
        }
    }
    let seen = seen.into_iter().map(|(what, count)| match count {
        1 => what,
        2 => format!("{what} (twice)"),
        count => format!("{what} ({count} times)"),
    });
    seen.collect::<Vec<_>>().join(", ")
}

/// A host call as somebody would say it: `the interaction's text`, `agents.count
/// {"queue":"general"} → 3`.
fn question(call: &Value) -> String {
    let name = text(&call["name"]);
    let mut pieces = name.split('.');
    if let (Some(_), Some(of), Some(field)) = (pieces.next(), pieces.next(), pieces.next())
        && !name.starts_with("wasi:")
    {
        return format!("the {of}'s {}", field.replace('-', " "));
    }
    let answer = match (&call["stopped"], &call["result"]) {
        (Value::String(why), _) => format!(", and was stopped: {why}"),
        (_, Value::Null) => String::new(),
        (_, result) => format!(" → {}", short(result)),
    };
    match &call["args"] {
        Value::Null => format!("{name}{answer}"),
        args => format!("{name} {}{answer}", short(args)),
    }
}

/// A value on one line, its absent fields left out.
fn short(value: &Value) -> String {
    const LONGEST: usize = 120;
    let text = match value {
        Value::Object(fields) => {
            let told = fields.iter().filter(|(_, value)| {
                !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty())
            });
            let told = told.map(|(name, value)| (name.clone(), value.clone()));
            Value::Object(told.collect()).to_string()
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn said(part: &Value) -> String {
    let answer = &part["answer"];
    match text(&part["outcome"]) {
        "declined" => "It had no opinion.".to_owned(),
        "ok" => format!("It said: {}.", answer_in_words(answer)),
        "bad-output" if !answer.is_null() => format!(
            "It said: {}; which the contract does not allow: {}.",
            answer_in_words(answer),
            problem(part)
        ),
        _ => format!("It gave no answer: {}.", problem(part)),
    }
}

/// What did not go well.
fn problem(part: &Value) -> String {
    let problem = &part["problem"];
    let mut words = text(&part["outcome"]).to_owned();
    if let Some(limit) = problem["limit"]["limit"].as_str() {
        words += &format!(
            " (limit {limit}: {} {})",
            problem["limit"]["value"],
            text(&problem["limit"]["unit"])
        );
    }
    if let Some(detail) = problem["detail"].as_str() {
        words += &format!(": {detail}");
    }
    words
}

fn answer_in_words(answer: &Value) -> String {
    if answer.is_null() {
        return "its part of the answer below".to_owned();
    }
    let mut words = Vec::new();
    for intent in items(&answer["intents"]) {
        let sure = intent["confidence"].as_f64().unwrap_or(0.0) * 100.0;
        words.push(format!("{} ({sure:.0} %)", text(&intent["name"])));
    }
    for (field, name) in [
        ("urgency", "urgency"),
        ("sentiment", "sentiment"),
        ("priority", "priority"),
    ] {
        if answer[field].is_number() {
            words.push(format!("{name} {}", answer[field]));
        }
    }
    if let Some(target) = answer.get("target") {
        let id = target["id"].as_str().map(|id| format!(" {id}"));
        words.push(format!(
            "to {}{}",
            text(&target["kind"]),
            id.unwrap_or_default()
        ));
    }
    if let Some(verdict) = answer["verdict"].as_str() {
        words.push(verdict.to_owned());
    }
    for finding in items(&answer["findings"]) {
        words.push(format!(
            "{} ({})",
            text(&finding["code"]),
            text(&finding["severity"])
        ));
    }
    for action in items(&answer["actions"]) {
        let target = action["target"].as_str().map(|target| format!(" {target}"));
        words.push(format!(
            "{}{}",
            text(&action["kind"]),
            target.unwrap_or_default()
        ));
    }
    if words.is_empty() {
        words.push("nothing to do".to_owned());
    }
    let why = text(&answer["why"]);
    match why {
        "" => words.join(", "),
        why => format!("{}; because {why:?}", words.join(", ")),
    }
}

fn host_did(part: &Value, record: &Value) -> String {
    let stage = &part["stage"];
    let name = &part["name"];
    let fallback = items(&record["fallbacks"])
        .find(|fallback| &fallback["stage"] == stage && &fallback["plugin"] == name);
    if let Some(fallback) = fallback {
        let did = match text(&fallback["rule"]) {
            "continue" => "went on without it",
            "default-queue" => "sent the conversation to the default queue",
            "next" => "asked the next policy",
            "hold" => "held the draft for approval",
            "revise" => "gave the draft back to its agent",
            "block" => "kept the draft from going out",
            "alert" if part["outcome"] == "bypassed" => "escalated nothing on its word",
            "alert" => "alerted an operator",
            "let-through" => "went on as without it",
            other => other,
        };
        return format!("The host {did}, because {}.", text(&fallback["because"]));
    }
    let did = match (text(stage), text(&part["outcome"])) {
        (_, "declined") => "asked whoever comes next, or went by its own rules",
        ("classify", "ok") => "joined it with what the others said",
        ("route", "ok") => "went by it",
        ("tone", "ok") => "went by the strictest verdict of all",
        ("escalate", "ok") => "did that, with what the others asked for",
        _ => "left it out",
    };
    format!("The host {did}.")
}

fn in_the_end(record: &Value) -> String {
    let mut words = Vec::new();
    for field in ["classification", "route", "tone", "escalation"] {
        let answer = &record[field];
        if !answer.is_null() {
            let mut answer = answer.clone();
            answer["why"] = Value::Null;
            words.push(format!("{field}: {}", answer_in_words(&answer)));
        }
    }
    match words.is_empty() {
        true => "In the end nothing was decided.".to_owned(),
        false => format!("In the end: {}.", words.join("; ")),
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
