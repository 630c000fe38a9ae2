//! From a priority of the host, 0 to 100, to one of the help desk.

use std::collections::BTreeMap;

use patchbay_adapter::ConfigError;

/// Key of the setting.
pub(crate) const SETTING: &str = "priorities";
/// The highest priority of the host.
const HIGHEST: u8 = 100;

/// Names of the help desk with the least priority of the host for each, the highest first.
pub(crate) struct Priorities(Vec<(u8, String)>);

impl Priorities {
    /// Checks the names and that no two begin at the same priority.
    pub(crate) fn new(
        given: BTreeMap<String, u8>,
        is_name: fn(&str) -> bool,
        expected: &str,
    ) -> Result<Priorities, ConfigError> {
        let mut steps = Vec::new();
        for (name, least) in given {
            if !is_name(&name) || least > HIGHEST {
                return Err(ConfigError::settings(format!(
                    "`{SETTING}`: `{name} = {least}` must be {expected}, and from 0 to {HIGHEST}"
                )));
            }
            steps.push((least, name));
        }
        steps.sort();
        steps.reverse();
        match steps.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(ConfigError::settings(format!(
                "`{SETTING}`: `{}` and `{}` begin at the same priority",
                pair[1].1, pair[0].1
            ))),
            None => Ok(Priorities(steps)),
        }
    }

    /// The name for a priority; `None` if it is below all.
    pub(crate) fn of(&self, priority: u8) -> Option<&str> {
        let mut steps = self.0.iter();
        let step = steps.find(|(least, _)| priority >= *least);
        step.map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, u8)]) -> Result<Priorities, ConfigError> {
        let given = given.iter();
        let given = given.map(|(name, least)| ((*name).to_owned(), *least));
        let is_name = |name: &str| ["low", "high", "urgent"].contains(&name);
        Priorities::new(given.collect(), is_name, "low, high or urgent")
    }

    #[test]
    fn the_highest_step_that_is_reached_counts() {
        let priorities = read(&[("high", 60), ("urgent", 80)]).expect("steps");
        for (priority, name) in [
            (0, None),
            (59, None),
            (60, Some("high")),
            (79, Some("high")),
            (80, Some("urgent")),
            (100, Some("urgent")),
        ] {
            assert_eq!(priorities.of(priority), name, "{priority}");
        }
        assert_eq!(read(&[]).expect("none").of(100), None);
    }

    #[test]
    fn an_unknown_name_and_two_steps_at_one_priority_are_errors() {
        for (given, part) in [
            (
                &[("urgnt", 80)][..],
                "`urgnt = 80` must be low, high or urgent",
            ),
            (&[("high", 101)], "from 0 to 100"),
            (
                &[("high", 60), ("low", 60)],
                "`high` and `low` begin at the same priority",
            ),
        ] {
            let problem = read(given).err().expect("an error").to_string();
            assert!(problem.contains(part), "{problem}");
        }
    }
}
