//! Explains a decision in words: what each plugin read and answered, and how
//! the host used the answer.

use serde_json::Value;

/// Explains a decision's JSON document, masked or not, in lines of text.
pub fn explain(decision: &Value) -> Vec<String> {
    let mut lines = vec![headline(decision)];
    if decision["erased"] == true {
        lines.push("The author was erased, and the record with them.".to_owned());
        return lines;
    }
    let record = &decision["record"];
    if record.is_null() {
        lines.push("No record of the decision is stored.".to_owned());
        return lines;
    }
    if let Some(text) = decision["texts"]["interaction"]["text"].as_str() {
        lines.push(format!("Interaction: {text:?}"));
    }
    if let Some(text) = decision["given"]["draft"]["text"].as_str() {
        lines.push(format!("Draft: {text:?}"));
    }
    if let Some(code) = decision["given"]["trigger"]["code"].as_str() {
        lines.push(format!("Trigger: {code}"));
    }
    for part in items(&record["stamp"]["plugins"]) {
        lines.push(String::new());
        lines.extend(explain_plugin(part, record));
    }
    lines.push(String::new());
    lines.push(result(record));
    lines
}

fn headline(decision: &Value) -> String {
    format!(
        "Decision {} ({}) at {} by generation {}: {}",
        decision["id"],
        text(&decision["kind"]),
        text(&decision["at"]),
        decision["generation"],
        text(&decision["outcome"]),
    )
}

fn explain_plugin(part: &Value, record: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "Stage {}: {} ({} {})",
        text(&part["stage"]),
        text(&part["name"]),
        text(&part["pack"]),
        text(&part["version"]),
    )];
    if part["use"] == 0 {
        lines.push(format!("  Not called: {}.", problem(part)));
    } else {
        lines.push(format!("  Read: {}.", host_calls(part)));
        for line in items(&part["log"]) {
            let (level, message) = (text(&line["level"]), text(&line["message"]));
            lines.push(format!("  Log ({level}): {message}"));
        }
        lines.push(format!("  {}", plugin_answer(part)));
    }
    lines.push(format!("  {}", host_reaction(part, record)));
    lines
}

/// A decision's record in one line: what the stages answered, and why it ended
/// otherwise than `ok`.
pub fn summarize(record: &Value) -> String {
    let mut words = Vec::new();
    for field in ["classification", "route", "tone", "escalation"] {
        let answer = &record[field];
        if !answer.is_null() {
            words.push(describe_answer(answer));
        }
    }
    if record["outcome"] != "ok" || words.is_empty() {
        let detail = record["problem"]["detail"].as_str();
        let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
        words.insert(0, format!("{}{detail}", text(&record["outcome"])));
    }
    words.join("; ")
}

/// The host calls, each once with its count.
fn host_calls(part: &Value) -> String {
    let Some(calls) = part["transcript"].as_array() else {
        let count = part["host_calls"].as_u64().unwrap_or(0);
        return format!("{count} host calls; no transcript was stored");
    };
    if calls.is_empty() {
        return "nothing".to_owned();
    }
    let mut seen: Vec<(String, u32)> = Vec::new();
    for call in calls {
        let what = host_call(call);
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

/// `the interaction's text`, or `agents.count {"queue":"general"} → 3`.
fn host_call(call: &Value) -> String {
    let name = text(&call["name"]);
    let mut pieces = name.split('.');
    if let (Some(_), Some(of), Some(field)) = (pieces.next(), pieces.next(), pieces.next())
        && !name.starts_with("wasi:")
    {
        return format!("the {of}'s {}", field.replace('-', " "));
    }
    let answer = match (&call["stopped"], &call["result"]) {
        (Value::String(why), _) => format!(" (stopped: {why})"),
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
            let present = fields.iter().filter(|(_, value)| {
                !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty())
            });
            let present = present.map(|(name, value)| (name.clone(), value.clone()));
            Value::Object(present.collect()).to_string()
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn plugin_answer(part: &Value) -> String {
    let answer = &part["answer"];
    match text(&part["outcome"]) {
        "declined" => "Answer: none, the plugin declined.".to_owned(),
        "ok" => format!("Answer: {}.", describe_answer(answer)),
        "bad-output" if !answer.is_null() => format!(
            "Answer: {}; invalid: {}.",
            describe_answer(answer),
            problem(part)
        ),
        _ => format!("No answer: {}.", problem(part)),
    }
}

/// Outcome, exceeded limit and detail of a failed call.
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

fn describe_answer(answer: &Value) -> String {
    if answer.is_null() {
        return "see the result below".to_owned();
    }
    let mut words = Vec::new();
    for intent in items(&answer["intents"]) {
        let sure = intent["confidence"].as_f64().unwrap_or(0.0) * 100.0;
        words.push(format!("{} ({sure:.0} %)", text(&intent["name"])));
    }
    for field in ["urgency", "sentiment", "priority"] {
        if answer[field].is_number() {
            words.push(format!("{field} {}", answer[field]));
        }
    }
    let with = |name: &Value, detail: &Value| match detail.as_str() {
        Some(detail) => format!("{} {detail}", text(name)),
        None => text(name).to_owned(),
    };
    if let Some(target) = answer.get("target") {
        words.push(format!("to {}", with(&target["kind"], &target["id"])));
    }
    if let Some(verdict) = answer["verdict"].as_str() {
        words.push(verdict.to_owned());
    }
    for finding in items(&answer["findings"]) {
        let (code, severity) = (text(&finding["code"]), text(&finding["severity"]));
        words.push(format!("{code} ({severity})"));
    }
    for action in items(&answer["actions"]) {
        words.push(with(&action["kind"], &action["target"]));
    }
    if words.is_empty() {
        words.push("no action".to_owned());
    }
    let why = text(&answer["why"]);
    match why {
        "" => words.join(", "),
        why => format!("{}; reason: {why:?}", words.join(", ")),
    }
}

fn host_reaction(part: &Value, record: &Value) -> String {
    let stage = &part["stage"];
    let name = &part["name"];
    let fallback = items(&record["fallbacks"])
        .find(|fallback| &fallback["stage"] == stage && &fallback["plugin"] == name);
    if let Some(fallback) = fallback {
        let did = match text(&fallback["rule"]) {
            "continue" => "continued without it",
            "default-queue" => "sent the conversation to the default queue",
            "next" => "called the next plugin",
            "hold" => "held the draft for approval",
            "revise" => "returned the draft to its agent",
            "block" => "blocked the draft",
            "alert" if part["outcome"] == "bypassed" => "did not escalate",
            "alert" => "alerted an operator",
            "let-through" => "continued without it",
            other => other,
        };
        return format!("The host {did}, because {}.", text(&fallback["because"]));
    }
    let did = match (text(stage), text(&part["outcome"])) {
        (_, "declined") => "called the next plugin or applied its default",
        ("classify", "ok") => "merged this answer with the others",
        ("route", "ok") => "used this answer",
        ("tone", "ok") => "used the strictest verdict of all plugins",
        ("escalate", "ok") => "took these actions and those of the other plugins",
        _ => "ignored the answer",
    };
    format!("The host {did}.")
}

fn result(record: &Value) -> String {
    let mut words = Vec::new();
    for field in ["classification", "route", "tone", "escalation"] {
        let answer = &record[field];
        if !answer.is_null() {
            let mut answer = answer.clone();
            if let Some(fields) = answer.as_object_mut() {
                fields.remove("why");
            }
            words.push(format!("{field}: {}", describe_answer(&answer)));
        }
    }
    match words.is_empty() {
        true => "Result: no decision.".to_owned(),
        false => format!("Result: {}.", words.join("; ")),
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
