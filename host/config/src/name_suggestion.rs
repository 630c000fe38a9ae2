//! Suggests names for a mistyped one.

/// Longest name that is compared, in characters.
const CHARS: usize = 64;
/// Most names a message lists.
const LISTED: usize = 20;

/// The nearest known name: one typing error in three to seven characters, two
/// in longer names. A missing, extra, replaced or swapped letter is one error.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().take(CHARS + 1).count();
    let errors = match length {
        0..=2 => 0,
        3..=7 => 1,
        _ => 2,
    };
    let near = known.into_iter().filter_map(|known| {
        let other = known.chars().take(CHARS + 1).count();
        let is_near = length.max(other) <= CHARS && length.abs_diff(other) <= errors;
        let far = is_near.then(|| strsim::osa_distance(name, known))?;
        (far <= errors).then_some((far, known))
    });
    near.min().map(|(_, known)| known)
}

/// Message for an unknown name: the nearest name, and the first twenty names.
pub fn suggest(name: &str, what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return format!("there are no {what}");
    }
    let listed: Vec<&str> = names.iter().take(LISTED).map(String::as_str).collect();
    let more = match names.len() - listed.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let all = format!("the {what} are {}{more}", listed.join(", "));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {meant:?}? {all}"),
        None => all,
    }
}

/// The nearest of the names that a message of serde lists: ``unknown field `skils`, expected
/// one of `skills`, `sla` ``. The derived readers say this in their message only.
pub fn nearest_of_message(message: &str) -> Option<&str> {
    let (problem, expected) = message.split_once(", expected ")?;
    let is_name = ["unknown field", "unknown variant"];
    if !is_name.iter().any(|start| problem.starts_with(start)) {
        return None;
    }
    let name = problem.split('`').nth(1)?;
    nearest(name, expected.split('`').skip(1).step_by(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_match_and_other_words_do_not() {
        let known = ["harbour", "meridian", "northwind", "shop", "abc"];
        for (typed, meant) in [
            ("nrothwind", Some("northwind")),
            ("northwnd", Some("northwind")),
            ("norhtwid", Some("northwind")),
            ("harbor", Some("harbour")),
            ("shops", Some("shop")),
            ("sop", Some("shop")),
            ("abd", Some("abc")),
            ("ab", None),
            ("westwind", None),
            ("", None),
            ("acme", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(nearest(&"n".repeat(10_000), known), None);
    }

    #[test]
    fn the_nearest_name_of_a_message_is_found() {
        for (message, meant) in [
            (
                "unknown field `skils`, expected one of `default`, `skills`",
                Some("skills"),
            ),
            ("unknown variant `al`, expected one of `all`, `off`", None),
            (
                "unknown variant `sampld`, expected `sampled` or `off`",
                Some("sampled"),
            ),
            ("unknown field `x`, expected one of `default`", None),
            ("unknown field `skils`, there are no fields", None),
            ("missing field `skils`, expected `skills`", None),
        ] {
            assert_eq!(nearest_of_message(message), meant, "{message}");
        }
    }

    #[test]
    fn a_message_lists_twenty_names() {
        assert_eq!(suggest("a", "queues", &[]), "there are no queues");
        let names = ["billing".to_owned(), "general".to_owned()];
        assert_eq!(
            suggest("biling", "queues", &names),
            "did you mean \"billing\"? the queues are billing, general"
        );
        let many: Vec<String> = (0..100).map(|number| format!("agent-{number}")).collect();
        let message = suggest("zoe", "agents", &many);
        assert!(message.ends_with("agent-19 and 80 more"), "{message}");
    }
}
