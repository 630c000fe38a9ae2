//! Which of the names that are known somebody may have meant.

/// Most characters of a name that is compared.
const CHARS: usize = 64;
/// Most names that are told.
const TOLD: usize = 20;

/// The known name nearest to one that is not, where it is near enough to have
/// been meant: one slip in up to seven characters, two in more, a letter left
/// out, put in, replaced, or two of them swapped each counting as one.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().take(CHARS + 1).count();
    let slips = match length {
        0..=2 => 0,
        3..=7 => 1,
        _ => 2,
    };
    let near = known.into_iter().filter_map(|known| {
        let other = known.chars().take(CHARS + 1).count();
        let is_near = length.max(other) <= CHARS && length.abs_diff(other) <= slips;
        let far = is_near.then(|| strsim::osa_distance(name, known))?;
        (far <= slips).then_some((far, known))
    });
    near.min().map(|(_, known)| known)
}

/// What there is, for whoever named what there is not: the one that may have
/// been meant, and as many as can be told.
pub fn known(name: &str, what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return format!("there are no {what}");
    }
    let told: Vec<&str> = names.iter().take(TOLD).map(String::as_str).collect();
    let more = match names.len() - told.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let all = format!("the {what} are {}{more}", told.join(", "));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("is {meant:?} meant? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
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
    fn what_there_is_is_told_up_to_a_number() {
        assert_eq!(known("a", "queues", &[]), "there are no queues");
        let names = ["billing".to_owned(), "general".to_owned()];
        assert_eq!(
            known("biling", "queues", &names),
            "is \"billing\" meant? the queues are billing, general"
        );
        let many: Vec<String> = (0..100).map(|number| format!("agent-{number}")).collect();
        let told = known("zoe", "agents", &many);
        assert!(told.ends_with("agent-19 and 80 more"), "{told}");
    }
}
