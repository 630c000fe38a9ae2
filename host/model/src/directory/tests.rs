mod naive;

use super::*;
use crate::identifier::LookAlikes;

fn agent(json: &str) -> Agent {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn queue(json: &str) -> Queue {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn floor() -> Directory {
    Directory::new(
        vec![
            agent(r#"{"id": "ana", "skills": {"fraud": 4}, "languages": ["pt-BR", "en"], "idle": 120}"#),
            agent(r#"{"id": "bo", "skills": {"fraud": 2, "billing": 5}, "languages": ["pt"], "presence": "busy", "idle": 300}"#),
            agent(r#"{"id": "cy", "skills": {"billing": 1}, "presence": "away", "idle": 300, "queues": ["vip"]}"#),
            agent(r#"{"id": "di", "languages": ["EN-gb"], "presence": "offline"}"#),
        ],
        vec![
            queue(r#"{"id": "general", "default": true}"#),
            queue(r#"{"id": "billing", "skills": {"billing": 2}, "waiting": 3, "longest_wait": 90, "open": false}"#),
            queue(r#"{"id": "vip"}"#),
        ],
    )
    .expect("a valid directory")
}

fn ids(page: &Page) -> Vec<&str> {
    page.items.iter().map(|agent| agent.id.as_str()).collect()
}

fn find(directory: &Directory, query: Query) -> Vec<String> {
    ids(&directory.find(&Query { limit: 64, ..query }))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn skill(name: &str, least: u8) -> Vec<(String, u8)> {
    vec![(name.to_owned(), least)]
}

#[test]
fn agents_are_sorted_by_idle_time_then_id() {
    assert_eq!(find(&floor(), Query::default()), ["bo", "cy", "ana", "di"]);
}

#[test]
fn a_skill_is_met_from_its_least_proficiency_up() {
    let fraud = |least| {
        find(
            &floor(),
            Query {
                skills: skill("fraud", least),
                ..Query::default()
            },
        )
    };
    assert_eq!(fraud(0), ["bo", "ana"]);
    assert_eq!(fraud(2), ["bo", "ana"]);
    assert_eq!(fraud(3), ["ana"]);
    assert_eq!(fraud(5), [""; 0]);
    assert_eq!(fraud(6), [""; 0]);
    assert_eq!(
        find(
            &floor(),
            Query {
                skills: skill("chess", 1),
                ..Query::default()
            }
        ),
        [""; 0]
    );
}

#[test]
fn a_primary_subtag_matches_its_variants_but_not_the_reverse() {
    let language = |tag: &str| {
        find(
            &floor(),
            Query {
                language: Some(tag.into()),
                ..Query::default()
            },
        )
    };
    assert_eq!(language("pt"), ["bo", "ana"]);
    assert_eq!(language("pt-BR"), ["ana"]);
    assert_eq!(language("PT-br"), ["ana"]);
    assert_eq!(language("en"), ["ana", "di"]);
    assert_eq!(language("p"), [""; 0]);
}

#[test]
fn an_agent_without_queues_serves_every_queue_whose_skills_they_meet() {
    let members = |id: &str| {
        find(
            &floor(),
            Query {
                queue: Some(id.into()),
                ..Query::default()
            },
        )
    };
    assert_eq!(members("general"), ["bo", "ana", "di"]);
    assert_eq!(members("billing"), ["bo"]);
    assert_eq!(members("vip"), ["bo", "cy", "ana", "di"]);
    assert_eq!(members("nowhere"), [""; 0]);
    let floor = floor();
    for (id, queues) in [
        ("ana", &["general", "vip"][..]),
        ("bo", &["billing", "general", "vip"]),
        ("cy", &["vip"]),
    ] {
        let agent = floor.agent(id).expect(id);
        assert_eq!(floor.queues_of(agent).collect::<Vec<_>>(), queues);
    }
}

#[test]
fn present_is_available_or_busy_and_all_conditions_must_hold() {
    assert_eq!(
        find(
            &floor(),
            Query {
                present: true,
                ..Query::default()
            }
        ),
        ["bo", "ana"]
    );
    let query = Query {
        skills: [skill("fraud", 2), skill("billing", 3)].concat(),
        language: Some("pt".into()),
        queue: Some("vip".into()),
        present: true,
        limit: 5,
        ..Query::default()
    };
    assert_eq!(find(&floor(), query), ["bo"]);
}

#[test]
fn a_page_has_the_total_and_whether_it_is_complete() {
    let page = floor().find(&Query {
        limit: 2,
        ..Query::default()
    });
    assert_eq!(
        (ids(&page), page.total, page.truncated),
        (vec!["bo", "cy"], 4, true)
    );
    let page = floor().find(&Query {
        limit: 4,
        ..Query::default()
    });
    assert_eq!(
        (page.items.len(), page.total, page.truncated),
        (4, 4, false)
    );
    let page = floor().find(&Query::default());
    assert_eq!((page.items.len(), page.total, page.truncated), (0, 4, true));
    assert_eq!(floor().count(&Query::default()), 4);
    assert_eq!(
        Directory::default().find(&Query {
            limit: 9,
            ..Query::default()
        }),
        Page::default()
    );
}

#[test]
fn agents_and_queues_are_found_by_id() {
    let floor = floor();
    assert_eq!(
        floor.agent("ana").map(|ana| (ana.load, ana.capacity)),
        Some((0, 100))
    );
    assert_eq!(floor.agent("eve"), None);
    assert_eq!(
        floor
            .queue("billing")
            .map(|billing| (billing.waiting, billing.longest_wait, billing.open)),
        Some((3, Some(90), false))
    );
    assert_eq!(
        floor.default_queue().map(|queue| queue.id.as_str()),
        Some("general")
    );
    assert_eq!(
        floor.queue_ids().collect::<Vec<_>>(),
        ["billing", "general", "vip"]
    );
    assert_eq!(floor.agents().len(), 4);
}

#[test]
fn lists_are_sorted_and_unique() {
    let listed = agent(r#"{"id": "a", "languages": ["pt", "en", "pt"], "teams": ["b", "a"]}"#);
    let directory = Directory::new(vec![listed], Vec::new()).expect("a valid directory");
    let sorted = directory.agent("a").expect("the agent");
    assert_eq!(
        (sorted.languages.join(" "), sorted.teams.join(" ")),
        ("en pt".into(), "a b".into())
    );
}

#[test]
fn inconsistent_entries_are_rejected_and_named() {
    let ana = || agent(r#"{"id": "ana"}"#);
    let refused = |agents, queues| {
        Directory::new(agents, queues)
            .expect_err("invalid")
            .to_string()
    };
    assert_eq!(
        refused(vec![ana(), ana()], vec![]),
        "two agents have the id \"ana\"; give one of them another"
    );
    let general = || queue(r#"{"id": "general"}"#);
    assert_eq!(
        refused(vec![], vec![general(), general()]),
        "two queues have the id \"general\"; give one of them another"
    );
    let lost = agent(r#"{"id": "ana", "queues": ["vip"]}"#);
    assert_eq!(
        refused(vec![lost], vec![general()]),
        "agent \"ana\" is a member of the queue \"vip\", which does not exist"
    );
    let defaults = ["a", "b"].map(|id| queue(&format!(r#"{{"id": "{id}", "default": true}}"#)));
    assert_eq!(
        refused(vec![], defaults.into()),
        "the queues \"a\" and \"b\" are both the default; there can be one"
    );
    for proficiency in [0, 6] {
        let json = format!(r#"{{"id": "ana", "skills": {{"fraud": {proficiency}}}}}"#);
        let expected = format!(
            "the proficiency of \"fraud\" is {proficiency}; it must be 1 (learning) to 5 (expert)"
        );
        assert_eq!(
            refused(vec![agent(&json)], vec![]),
            format!("agent \"ana\": {expected}")
        );
        assert_eq!(
            refused(vec![], vec![queue(&json)]),
            format!("queue \"ana\": {expected}")
        );
    }
    assert_eq!(
        refused(vec![agent(r#"{"id": ""}"#)], vec![]),
        "agent \"\": id has 0 bytes; it must have 1 to 256"
    );
    let many = Agent {
        teams: (0..65).map(|team| team.to_string()).collect(),
        ..ana()
    };
    assert_eq!(
        refused(vec![many], vec![]),
        "agent \"ana\": teams has 65 entries; the most is 64"
    );
    let queues = (0..257)
        .map(|id| queue(&format!(r#"{{"id": "{id}"}}"#)))
        .collect();
    assert_eq!(
        refused(vec![], queues),
        "there are 257 queues; the most is 256"
    );
}

#[test]
fn unknown_fields_and_presences_are_rejected() {
    for (json, expected) in [
        (r#"{"id": "ana", "skill": {}}"#, "unknown field `skill`"),
        (
            r#"{"id": "ana", "presence": "lunch"}"#,
            "unknown variant `lunch`, expected one of `available`, `busy`, `away`, `offline`",
        ),
        (r#"{"name": "Ana"}"#, "missing field `id`"),
    ] {
        let error = serde_json::from_str::<Agent>(json)
            .expect_err(json)
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    for presence in Presence::ALL {
        assert_eq!(
            serde_json::to_value(presence).expect("a string"),
            presence.to_string()
        );
    }
}

#[test]
fn a_new_agent_has_names_that_a_person_can_tell_apart() {
    let known = LookAlikes::of(["ana", "Ana Maria"]);
    for (id, words) in [
        ("ana", None),
        ("Ana", None),
        ("Ana Maria", None),
        ("ben", None),
        (" ben", Some("white space")),
        ("ben\u{a0}", Some("white space")),
        ("b\u{1b}[31men", Some("control")),
        ("b\u{200b}en", Some("invisible")),
        (
            "\u{430}na",
            Some("\"\\u{430}na\", looks like that of the agent \"ana\""),
        ),
        (
            "Ana\u{2003}Maria",
            Some("looks like that of the agent \"Ana Maria\""),
        ),
    ] {
        let agent = agent(&serde_json::json!({"id": id}).to_string());
        let error = check_new_names(&agent, &known)
            .err()
            .map(|error| error.to_string());
        match (&error, words) {
            (None, None) => {}
            (Some(error), Some(words)) => {
                assert!(error.contains(words), "{error}");
                assert!(!error.contains('\u{1b}'), "{error}");
            }
            _ => panic!("{id:?}: {error:?}"),
        }
    }
    for field in [
        r#""teams": ["a "]"#,
        r#""site": " b""#,
        r#""skills": {"c\u0000": 1}"#,
        r#""name": "a\nb""#,
    ] {
        let agent = agent(&format!(r#"{{"id": "ben", {field}}}"#));
        assert!(check_new_names(&agent, &known).is_err(), "{field}");
    }
}
