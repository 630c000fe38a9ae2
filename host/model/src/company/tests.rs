use super::*;

const EXAMPLE: &str = include_str!("../../../../docs/company.example.toml");

fn problems(text: &str) -> Vec<(usize, String)> {
    CompanyFile::parse(text)
        .expect_err("something is wrong")
        .into_iter()
        .map(|problem| {
            let line = problem.line_column(text).map_or(0, |(line, _)| line);
            (line, problem.message)
        })
        .collect()
}

#[test]
fn the_documented_example_is_valid() {
    let file = CompanyFile::parse(EXAMPLE).expect("valid");
    assert_eq!(file.default_queue(), Some("general"));
    let directory = file.directory().expect("agents and queues fit");
    assert_eq!(directory.agents().len(), 1);
}

#[test]
fn an_unknown_key_is_pointed_at() {
    let text = EXAMPLE.replace("priority = 40", "priorty = 40");
    let line = EXAMPLE
        .lines()
        .position(|line| line.starts_with("priority"))
        .expect("there")
        + 1;
    let found = problems(&text);
    assert_eq!(found[0].0, line, "{found:?}");
    assert!(found[0].1.contains("priorty"), "{found:?}");
}

#[test]
fn every_problem_is_told_at_once() {
    let text = "company = \"North Wind\"\n[pipeline]\nroute = [\"vip\"]\n[queue.a]\ndefault = true\nskills = { x = 9 }\n[queue.b]\ndefault = true\npriority = 101\nsla = { hours = \"office\" }\n";
    let found = problems(text);
    for (line, words) in [
        (1, "no company name"),
        (3, "names plugin \"vip\""),
        (7, "second default"),
        (4, "proficiency 9"),
        (7, "priority 101"),
        (7, "hours \"office\""),
    ] {
        assert!(
            found
                .iter()
                .any(|(at, message)| *at == line && message.contains(words)),
            "{words} at line {line}: {found:?}"
        );
    }
}

#[test]
fn only_https_is_told() {
    let text = "company = \"n\"\n[queue.a]\ndefault = true\n[target.press]\nwebhook = { url = \"http://hooks.example\" }\n";
    assert_eq!(problems(text)[0].0, 5);
}

#[test]
fn what_is_asked_for_and_not_granted_is_named() {
    let needs = Grants {
        agents: true,
        state: [crate::state::Scope::Contact].into(),
        ..Grants::default()
    };
    assert_eq!(
        Grants::default().missing(&needs),
        ["agents", "state \"contact\""]
    );
    assert!(needs.missing(&needs).is_empty());
}
