//! Names and documentation in the form of Python.

/// Longest line of generated sources.
const WIDTH: usize = 100;
/// Words that Python has taken.
const KEYWORDS: [&str; 4] = ["from", "match", "class", "import"];

/// `route-plan` as `RoutePlan`.
pub(crate) fn class_name(name: &str) -> String {
    let mut class = String::new();
    for word in name.split('-') {
        let mut letters = word.chars();
        class.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        class.extend(letters);
    }
    class
}

/// `reply-expected` as `reply_expected`.
pub(crate) fn field_name(name: &str) -> String {
    let name = name.replace('-', "_");
    match KEYWORDS.contains(&name.as_str()) {
        true => format!("{name}_"),
        false => name,
    }
}

/// `approve` as `APPROVE`.
pub(crate) fn constant_name(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// Documentation as a docstring, with the names of the contract as Python has them.
pub(crate) fn docstring(docs: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let docs = docs.trim().replace('\\', "\\\\");
    let mut lines = docs.lines();
    let first = lines.next().unwrap_or_default();
    let rest: Vec<_> = lines.collect();
    if rest.is_empty() && indent + first.len() + 6 <= WIDTH {
        return format!("{margin}\"\"\"{first}\"\"\"\n");
    }
    let mut text = format!("{margin}\"\"\"{first}\n");
    for line in rest {
        match line.trim_end() {
            "" => text.push('\n'),
            line => text.push_str(&format!("{margin}{line}\n")),
        }
    }
    text.push_str(&format!("{margin}\"\"\"\n"));
    text
}
