//! A requirement is met by exactly the agents for whom the expression holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use taskrouter_document::{
    Expression, Facts, Place, Profile, Reference, Requirement, Scope, Value,
};

fn facts() -> Facts {
    let mut facts = Facts::usual();
    for (attribute, code) in [
        ("english_level", "level:english"),
        ("location", "choice:location-"),
        ("vip", "flag:vip"),
        ("office", "site"),
    ] {
        facts
            .add(attribute, code)
            .unwrap_or_else(|error| panic!("{error}"));
    }
    facts.add_language("english", "en");
    facts.add_worker("WK1", "ana");
    facts
}

fn task(reference: &Reference) -> Cow<'static, Value> {
    Cow::Owned(match reference.dotted().as_str() {
        "skill" => Value::from("Billing"),
        "language" => Value::from("english"),
        "level" => Value::Untyped("3".to_owned()),
        "agents" => Value::List(vec![Value::from("WK1"), Value::from("bo")]),
        _ => Value::Null,
    })
}

fn requirement(text: &str) -> Requirement {
    let expression =
        Expression::parse(text, Place::Target).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(facts().problems(&expression), [], "{text}");
    Requirement::of(&expression, &facts(), &task)
}

#[test]
fn skills_levels_and_languages_become_a_requirement() {
    let found = requirement(
        "worker.skills HAS task.skill AND worker.english_level > 2 AND worker.levels.Card_Fraud >= 4 \
         AND (worker.languages HAS 'english' OR 'pt' IN worker.languages) AND worker.location == 'New York' \
         AND worker.vip == true AND task.missing == null",
    );
    let skills: Vec<(&str, u8)> = found
        .skills
        .iter()
        .map(|(name, level)| (name.as_str(), *level))
        .collect();
    assert_eq!(
        skills,
        [
            ("billing", 1),
            ("card-fraud", 4),
            ("english", 3),
            ("location-new-york", 1),
            ("vip", 1)
        ]
    );
    assert_eq!(found.languages, ["en", "pt"]);
    assert!(found.conditions.is_empty() && found.agent.is_none() && !found.is_impossible);
}

#[test]
fn one_worker_is_an_agent_and_other_conditions_stay() {
    assert_eq!(
        requirement("worker.sid == 'WK1'").agent.as_deref(),
        Some("ana")
    );
    assert!(requirement("worker.sid == 'WK1' AND worker.sid == 'WK2'").is_impossible);
    assert!(requirement("task.missing == 'x'").is_impossible);
    assert!(requirement("worker.skills HAS task.missing").is_impossible);
    assert!(requirement("worker.sid IN task.missing").is_impossible);
    assert!(requirement("worker.english_level > 5").is_impossible);
    assert_eq!(requirement("worker.sid IN task.agents").conditions.len(), 1);
    assert_eq!(requirement("NOT worker.skills HAS 'x'").conditions.len(), 1);
    assert_eq!(requirement("1==1"), Requirement::default());
}

#[test]
fn what_an_agent_does_not_have_is_named_with_its_column() {
    for (text, column, part) in [
        ("worker.shoe_size > 3", 1, "worker-attributes"),
        (
            "1==1 AND worker.activity_name == 'Break'",
            10,
            "no activities",
        ),
        ("worker.skills == 'x'", 1, "a list of skills"),
        ("worker.english_level >= 50", 1, "1 to 5"),
        ("worker.office == worker.location", 1, "two attributes"),
        ("worker.location > 'a'", 1, "does not fit"),
        ("worker.vip == 'yes'", 1, "true or false"),
    ] {
        let expression =
            Expression::parse(text, Place::Target).unwrap_or_else(|error| panic!("{error}"));
        let problems = facts().problems(&expression);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(
            problems[0].0 == column && problems[0].1.contains(part),
            "{text}: {problems:?}"
        );
    }
}

#[test]
fn only_a_requirement_that_drops_something_widens() {
    let narrow = requirement("worker.english_level >= 4 AND worker.languages HAS 'pt'");
    for (text, widens) in [
        (
            "worker.english_level >= 3 AND worker.languages HAS 'pt'",
            true,
        ),
        (
            "worker.english_level >= 4 AND (worker.languages HAS 'pt' OR worker.languages HAS 'en')",
            true,
        ),
        ("1==1", true),
        ("worker.english_level >= 5", false),
        ("worker.skills HAS 'x'", false),
        ("worker.languages HAS 'en'", false),
        ("worker.sid == 'WK1'", false),
        ("worker.english_level != 3", false),
    ] {
        assert_eq!(requirement(text).widens(&narrow), widens, "{text}");
    }
}

fn comparison() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "worker.skills HAS 'billing'",
        "worker.skills HAS task.skill",
        "'fraud' IN worker.skills",
        "'fraud' NOT IN worker.skills",
        "worker.english_level >= 3",
        "worker.english_level > task.level",
        "2 <= worker.english_level",
        "worker.english_level < 4",
        "worker.english_level == 5",
        "worker.english_level != null",
        "worker.languages HAS task.language",
        "worker.languages HAS 'pt'",
        "worker.location == 'NYC'",
        "worker.location != 'NYC'",
        "worker.location IN ['NYC', 'Rome']",
        "worker.vip == true",
        "worker.vip != true",
        "worker.sid == 'WK1'",
        "worker.sid != 'WK1'",
        "worker.sid IN task.agents",
        "worker.office CONTAINS 'por'",
        "task.missing == null",
        "task.missing == 'x'",
        "worker.skills HAS task.missing",
        "task.missing NOT IN worker.skills",
        "worker.sid == task.missing",
        "worker.sid != task.missing",
        "worker.sid IN task.missing",
        "worker.location == task.missing",
        "worker.english_level == task.missing",
    ])
    .prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("NOT {part}")),
        ]
    })
}

fn agent() -> impl Strategy<Value = Profile> {
    let skill = |name: &'static str| prop::option::of((Just(name.to_owned()), 1_u8..=5));
    let skills = (
        skill("billing"),
        skill("fraud"),
        skill("english"),
        skill("vip"),
    );
    let location = prop::option::of(prop::sample::select(vec!["location-nyc", "location-rome"]));
    let languages = prop::sample::subsequence(
        vec!["en".to_owned(), "pt".to_owned(), "de".to_owned()],
        0..=3,
    );
    let id = prop::sample::select(vec!["ana", "bo", "cy"]);
    let site = prop::option::of(Just("porto".to_owned()));
    (skills, location, languages, id, site).prop_map(|(skills, location, languages, id, site)| {
        let skills = [skills.0, skills.1, skills.2, skills.3]
            .into_iter()
            .flatten();
        let mut skills: BTreeMap<String, u8> = skills.collect();
        skills.extend(location.map(|skill| (skill.to_owned(), 1)));
        Profile {
            id: id.to_owned(),
            skills,
            languages,
            site,
            ..Profile::default()
        }
    })
}

/// The oracle: the worker's attributes as the vendor has them, evaluated by the expression itself.
fn attributes(agent: &Profile) -> Value {
    let texts =
        |texts: &mut dyn Iterator<Item = String>| Value::List(texts.map(Value::Text).collect());
    let vendor = |code: &str| match code {
        "billing" => "Billing".to_owned(),
        other => other.to_owned(),
    };
    let mut entries = vec![
        (
            "skills".to_owned(),
            texts(
                &mut agent
                    .skills
                    .keys()
                    .flat_map(|code| [code.clone(), vendor(code)]),
            ),
        ),
        (
            "languages".to_owned(),
            texts(
                &mut agent.languages.iter().flat_map(|tag| match tag.as_str() {
                    "en" => vec!["en".to_owned(), "english".to_owned()],
                    tag => vec![tag.to_owned()],
                }),
            ),
        ),
        (
            "vip".to_owned(),
            Value::Bool(agent.skills.contains_key("vip")),
        ),
        (
            "sid".to_owned(),
            Value::from(match agent.id.as_str() {
                "ana" => "WK1",
                other => other,
            }),
        ),
    ];
    let level = agent
        .skills
        .get("english")
        .map(|level| Value::Number(f64::from(*level)));
    entries.extend(level.map(|level| ("english_level".to_owned(), level)));
    let location = agent
        .skills
        .keys()
        .find_map(|skill| skill.strip_prefix("location-"));
    let location = location.map(|it| Value::from(if it == "nyc" { "NYC" } else { "Rome" }));
    entries.extend(location.map(|location| ("location".to_owned(), location)));
    entries.extend(
        agent
            .site
            .iter()
            .map(|site| ("office".to_owned(), Value::from(site.as_str()))),
    );
    Value::Object(entries)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_requirement_is_met_where_the_expression_holds(text in expression(), agent in agent()) {
        let parsed = Expression::parse(&text, Place::Target);
        let parsed = parsed.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let worker = attributes(&agent);
        let read = |reference: &Reference| match reference.scope {
            Scope::Worker => Cow::Owned(reference.within(&worker).clone()),
            _ => task(reference),
        };
        let facts = facts();
        let found = Requirement::of(&parsed, &facts, &task).is_met_by(&agent, &facts);
        prop_assert_eq!(found, parsed.holds(&read), "{}", text);
    }
}
