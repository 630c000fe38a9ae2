//! Sections of the template that belong to stages.
//!
//! A line `//# route` begins a section of the stage route, until the next such line or `//# end`. It
//! may name several stages, of which one must be chosen (`//# classify route`), none may be chosen
//! (`//# not classify route`), another must be chosen (`//# route with classify`) or must not be
//! (`//# route without classify`).

use patchbay_model::decision::stage::Stage;

/// The text with the sections of the chosen stages, without the lines that mark them.
pub(crate) fn select(text: &str, chosen: &[Stage]) -> String {
    let mut selected = String::with_capacity(text.len());
    let mut is_kept = true;
    for line in text.split_inclusive('\n') {
        match line.trim().strip_prefix("//# ") {
            Some(condition) => is_kept = holds(condition, chosen),
            None if is_kept => selected.push_str(line),
            None => {}
        }
    }
    selected
}

fn holds(condition: &str, chosen: &[Stage]) -> bool {
    let any = |names: &str| {
        let mut stages = names.split(' ').filter_map(Stage::from_code);
        stages.any(|stage| chosen.contains(&stage))
    };
    if condition == "end" {
        return true;
    }
    if let Some(names) = condition.strip_prefix("not ") {
        return !any(names);
    }
    if let Some((names, others)) = condition.split_once(" without ") {
        return any(names) && !any(others);
    }
    if let Some((names, others)) = condition.split_once(" with ") {
        return any(names) && any(others);
    }
    any(condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_other_stages_are_left_out() {
        let text = "a\n//# route\nb\n  //# not route\nc\n//# route without tone\nd\n//# route with tone\ne\n//# end\nf\n";
        assert_eq!(select(text, &[Stage::Route]), "a\nb\nd\nf\n");
        assert_eq!(select(text, &[Stage::Route, Stage::Tone]), "a\nb\ne\nf\n");
        assert_eq!(select(text, &[Stage::Tone]), "a\nc\nf\n");
    }
}
