//! What an attribute of a worker is on an agent of Patchbay.

use std::collections::BTreeMap;

use crate::expression::{Comparison, Expression, Operand, Operator, Reference, Scope};
use crate::names::{code_of, tags};
use crate::value::Value;

/// What an attribute of a worker is on an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A list: the agent's skills that begin with a prefix, without it.
    Skills {
        /// Prefix of the skills; empty: all.
        prefix: String,
    },
    /// A number: the agent's proficiency in a skill; NULL without the skill.
    Level {
        /// The skill.
        skill: String,
    },
    /// A text: the rest of the agent's one skill with a prefix; NULL without one.
    Choice {
        /// Prefix of the skill.
        prefix: String,
    },
    /// `true` if the agent has the skill, else `false`.
    Flag {
        /// The skill.
        skill: String,
    },
    /// A list: the agent's languages.
    Languages,
    /// A list: the agent's teams.
    Teams,
    /// A text: the agent's site.
    Site,
    /// A text: the agent's display name.
    Name,
    /// A text: the agent's id.
    Id,
}

/// What Patchbay knows of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its id.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// Proficiency by skill.
    pub skills: BTreeMap<String, u8>,
    /// Languages.
    pub languages: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
    /// Site.
    pub site: Option<String>,
}

/// Facts by attribute of a worker, and codes by the vendor's names.
#[derive(Clone, Debug)]
pub struct Facts {
    by_attribute: BTreeMap<String, Entry>,
    skills: BTreeMap<String, String>,
    languages: BTreeMap<String, String>,
    workers: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
enum Entry {
    One(Fact),
    /// Of `path.*`: the last part names the skill.
    Levels,
}

/// Attributes that need no entry. `sid` and `friendly_name` are fields of every worker; Flex has
/// `routing.skills` and `routing.levels`.
const USUAL: [(&str, &str); 8] = [
    ("skills", "skills"),
    ("routing.skills", "skills"),
    ("levels.*", "levels"),
    ("routing.levels.*", "levels"),
    ("languages", "languages"),
    ("teams", "teams"),
    ("sid", "id"),
    ("friendly_name", "id"),
];

impl Facts {
    /// The usual attributes.
    pub fn usual() -> Facts {
        let mut facts = Facts {
            by_attribute: BTreeMap::new(),
            skills: BTreeMap::new(),
            languages: BTreeMap::new(),
            workers: BTreeMap::new(),
        };
        for (attribute, code) in USUAL {
            let known = facts.add(attribute, code);
            debug_assert!(known.is_ok(), "{known:?}");
        }
        facts
    }

    /// Sets what an attribute is: `skills`, `skills:PREFIX`, `level:SKILL`, `choice:PREFIX`,
    /// `flag:SKILL`, `languages`, `teams`, `site`, `name` or `id`; and `levels` for `path.*`.
    ///
    /// # Errors
    /// What would be right.
    pub fn add(&mut self, attribute: &str, code: &str) -> Result<(), String> {
        let (kind, name) = code.split_once(':').unwrap_or((code, ""));
        let is_group = attribute.ends_with(".*");
        let name = name.to_owned();
        let fact = match (kind, name.is_empty()) {
            ("levels", true) if is_group => {
                self.by_attribute
                    .insert(attribute.to_owned(), Entry::Levels);
                return Ok(());
            }
            _ if is_group => {
                return Err("`levels` is expected for a name that ends in `.*`".to_owned());
            }
            ("skills", _) => Fact::Skills { prefix: name },
            ("level", false) => Fact::Level { skill: name },
            ("choice", false) => Fact::Choice { prefix: name },
            ("flag", false) => Fact::Flag { skill: name },
            ("languages", true) => Fact::Languages,
            ("teams", true) => Fact::Teams,
            ("site", true) => Fact::Site,
            ("name", true) => Fact::Name,
            ("id", true) => Fact::Id,
            _ => {
                return Err(
                    "one of skills, skills:PREFIX, level:SKILL, choice:PREFIX, flag:SKILL, languages, \
                     teams, site, name and id is expected"
                        .to_owned(),
                );
            }
        };
        self.by_attribute
            .insert(attribute.to_owned(), Entry::One(fact));
        Ok(())
    }

    /// Sets the skill that a name of the vendor is. Other names are written in lower case with hyphens.
    pub fn add_skill(&mut self, name: &str, skill: &str) {
        self.skills.insert(name.to_owned(), skill.to_owned());
    }

    /// Sets the language tag that a name of the vendor is.
    pub fn add_language(&mut self, name: &str, tag: &str) {
        self.languages.insert(name.to_owned(), tag.to_lowercase());
    }

    /// Sets the agent that a SID or friendly name of a worker is.
    pub fn add_worker(&mut self, name: &str, agent: &str) {
        self.workers.insert(name.to_owned(), agent.to_owned());
    }

    /// The skill of a vendor's name.
    pub fn skill(&self, name: &str) -> String {
        self.skills
            .get(name)
            .cloned()
            .unwrap_or_else(|| code_of(name))
    }

    /// The agent of a worker's SID or friendly name: the name itself where no entry has it.
    pub fn agent<'a>(&'a self, name: &'a str) -> &'a str {
        self.workers.get(name).map_or(name, String::as_str)
    }

    /// What an attribute is; `None` where nothing says so.
    pub fn of(&self, attribute: &Reference) -> Option<Fact> {
        let dotted = attribute.dotted();
        if let Some(Entry::One(fact)) = self.by_attribute.get(&dotted) {
            return Some(fact.clone());
        }
        let (parent, last) = dotted.rsplit_once('.')?;
        match self.by_attribute.get(&format!("{parent}.*"))? {
            Entry::Levels => Some(Fact::Level {
                skill: self.skill(last),
            }),
            Entry::One(_) => None,
        }
    }

    /// The value of a fact on an agent.
    pub fn value(&self, fact: &Fact, agent: &Profile) -> Value {
        let texts =
            |items: &mut dyn Iterator<Item = &str>| Value::List(items.map(Value::from).collect());
        let with = |prefix: &'_ str| {
            let prefix = prefix.to_owned();
            agent
                .skills
                .keys()
                .filter_map(move |skill| skill.strip_prefix(prefix.as_str()))
        };
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        match fact {
            Fact::Skills { prefix } => texts(&mut with(prefix)),
            Fact::Choice { prefix } => with(prefix).next().map_or(Value::Null, Value::from),
            Fact::Level { skill } => match agent.skills.get(skill) {
                Some(level) => Value::Number(f64::from(*level)),
                None => Value::Null,
            },
            Fact::Flag { skill } => Value::Bool(agent.skills.contains_key(skill)),
            // A primary subtag stands for its regions, as in a step of the host.
            Fact::Languages => Value::List(
                agent
                    .languages
                    .iter()
                    .flat_map(|tag| tags(tag))
                    .map(Value::Text)
                    .collect(),
            ),
            Fact::Teams => texts(&mut agent.teams.iter().map(String::as_str)),
            Fact::Site => optional(&agent.site),
            Fact::Name => optional(&agent.name),
            Fact::Id => Value::from(agent.id.as_str()),
        }
    }

    /// The other side of a comparison with a fact, in the form the fact has.
    pub(crate) fn comparable(&self, fact: &Fact, value: Value) -> Value {
        match value {
            Value::List(items) => Value::List(
                items
                    .into_iter()
                    .map(|it| self.comparable(fact, it))
                    .collect(),
            ),
            Value::Text(text) | Value::Untyped(text)
                if matches!(
                    fact,
                    Fact::Skills { .. } | Fact::Choice { .. } | Fact::Languages | Fact::Id
                ) =>
            {
                Value::Text(match fact {
                    Fact::Languages => match self.languages.get(&text) {
                        Some(tag) => tag.clone(),
                        None => text.to_lowercase(),
                    },
                    Fact::Id => self.agent(&text).to_owned(),
                    _ => self.skill(&text),
                })
            }
            other => other,
        }
    }

    /// What cannot be decided about a worker, each with its column.
    pub fn problems(&self, expression: &Expression) -> Vec<(usize, String)> {
        let mut problems = Vec::new();
        expression.visit(&mut |comparison| {
            let workers: Vec<&Reference> = comparison
                .references()
                .filter(|reference| reference.scope == Scope::Worker)
                .collect();
            if let [first, _] = workers[..] {
                let message = "two attributes of a worker cannot be compared; compare each with a value or with the task";
                problems.push((first.column, message.to_owned()));
                return;
            }
            for attribute in workers {
                if let Err(message) = self.check(attribute, comparison) {
                    problems.push((attribute.column, message));
                }
            }
        });
        problems
    }

    fn check(&self, attribute: &Reference, comparison: &Comparison) -> Result<(), String> {
        let dotted = attribute.dotted();
        if dotted == "activity_name" || dotted == "activity_sid" {
            return Err(format!(
                "`worker.{dotted}`: Patchbay has no activities; it offers to agents who are present"
            ));
        }
        let Some(fact) = self.of(attribute) else {
            return Err(format!(
                "`worker.{dotted}` has no counterpart; say what it is in `worker-attributes`, such as \
                 \"{dotted}\" = \"level:{}\"",
                code_of(&dotted)
            ));
        };
        let operator = comparison.operator;
        let is_left = matches!(&comparison.left, Operand::Reference(left) if left == attribute);
        let fits = match &fact {
            Fact::Skills { .. } | Fact::Languages | Fact::Teams => match operator {
                Operator::Has => is_left,
                Operator::In | Operator::NotIn => !is_left,
                _ => false,
            },
            Fact::Level { .. } => !matches!(operator, Operator::Contains | Operator::Has),
            Fact::Flag { .. } => matches!(operator, Operator::Equal | Operator::Unequal),
            Fact::Choice { .. } | Fact::Id => match operator {
                Operator::Equal | Operator::Unequal => true,
                Operator::In | Operator::NotIn => is_left,
                _ => false,
            },
            Fact::Site | Fact::Name => match operator {
                Operator::Equal | Operator::Unequal | Operator::Contains => true,
                Operator::In | Operator::NotIn => is_left,
                _ => false,
            },
        };
        if !fits {
            let kind = fact.kind();
            let operator = operator.as_str();
            return Err(format!(
                "`worker.{dotted}` is {kind}; `{operator}` does not fit here"
            ));
        }
        let other = if is_left {
            &comparison.right
        } else {
            &comparison.left
        };
        match (&fact, other) {
            (Fact::Flag { .. }, Operand::Constant(value)) if !matches!(value, Value::Bool(_)) => {
                Err(format!(
                    "`worker.{dotted}` is true or false; compare it with one of them"
                ))
            }
            (Fact::Level { .. }, Operand::Constant(value)) => check_level(&dotted, value),
            _ => Ok(()),
        }
    }
}

/// A proficiency is 1 to 5: a bound outside would hold for every agent or for none.
fn check_level(dotted: &str, value: &Value) -> Result<(), String> {
    let wrong = match value {
        Value::Number(number) => !(0.0..=5.0).contains(number),
        Value::Text(_) | Value::Untyped(_) | Value::Bool(_) => true,
        Value::Null => false,
        Value::List(items) => return items.iter().try_for_each(|it| check_level(dotted, it)),
        Value::Object(_) => true,
    };
    match wrong {
        true => Err(format!(
            "`worker.{dotted}` is a proficiency from 1 to 5; bring the levels of the workers and this bound \
             into that range"
        )),
        false => Ok(()),
    }
}

impl Fact {
    fn kind(&self) -> &'static str {
        match self {
            Fact::Skills { .. } => "a list of skills",
            Fact::Level { .. } => "a proficiency",
            Fact::Choice { .. } => "one of several values",
            Fact::Flag { .. } => "true or false",
            Fact::Languages => "a list of languages",
            Fact::Teams => "a list of teams",
            Fact::Site => "a site",
            Fact::Name => "a name",
            Fact::Id => "an id",
        }
    }
}
