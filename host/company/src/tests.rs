use super::*;
use patchbay_model::capacity;

const EXAMPLE: &str = include_str!("../../../docs/company.example.toml");

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
fn an_unknown_key_is_located() {
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
fn every_problem_is_reported_at_once() {
    let text = "company = \"North Wind\"\n[pipeline]\nroute = [\"vip\"]\n[queue.a]\ndefault = true\nskills = { x = 9 }\n[queue.b]\ndefault = true\npriority = 101\nsla = { hours = \"office\" }\n";
    let found = problems(text);
    for (line, words) in [
        (1, "not a valid company name"),
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
fn an_invalid_url_is_located_without_its_password() {
    let with = |url: &str| {
        format!(
            "company = \"n\"\n[queue.a]\ndefault = true\n[target.press]\nwebhook = {{ url = \"{url}\" }}\n"
        )
    };
    for (url, words) in [
        ("ftp://hooks.example", "neither https"),
        ("https:///press", "no host"),
        ("https://jo:pass@hooks.example/", "user or password"),
        ("hooks.example", "is not a URL"),
    ] {
        let found = problems(&with(url));
        assert_eq!(found[0].0, 5, "{found:?}");
        assert!(found[0].1.contains(words), "{found:?}");
        assert!(!found[0].1.contains("pass@"), "{found:?}");
    }
    for url in ["https://hooks.example/press?k=v", "http://127.0.0.1:8080/"] {
        assert!(CompanyFile::parse(&with(url)).is_ok(), "{url}");
    }
}

#[test]
fn undefined_publish_targets_are_located() {
    let text = "company = \"n\"\npublish = \"nowhere\"\n[queue.a]\ndefault = true\n[channel.x]\npublish = \"press\"\n[channel.sms]\npublish = \"phone\"\n[target.press]\nwebhook = { url = \"https://hooks.example\" }\n";
    let found = problems(text);
    let lines: Vec<_> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 8], "{found:?}");
    assert!(found[0].1.contains("\"nowhere\""), "{found:?}");
    assert!(found[1].1.contains("channel \"sms\""), "{found:?}");
}

#[test]
fn a_channel_publishes_to_its_own_target_or_the_companys() {
    let file = CompanyFile::parse(EXAMPLE).expect("valid");
    assert_eq!(file.publish_target("x"), Some("social-gateway"));
    assert_eq!(file.publish_target("email"), Some("help-desk"));
    let nowhere = CompanyFile::parse("company = \"n\"\n[queue.a]\ndefault = true\n");
    assert_eq!(nowhere.expect("valid").publish_target("x"), None);
}

#[test]
fn missing_grants_are_named() {
    let needs = Grants {
        agents: true,
        state: [patchbay_model::state::Scope::Contact].into(),
        ..Grants::default()
    };
    assert_eq!(
        Grants::default().missing(&needs),
        ["agents", "state \"contact\""]
    );
    assert!(needs.missing(&needs).is_empty());
}

#[test]
fn the_record_rules_of_the_example_are_the_defaults() {
    let file = CompanyFile::parse(EXAMPLE).expect("valid");
    assert_eq!(*file.record.get_ref(), RecordRules::default());
    let wrong = EXAMPLE.replace("limit = \"256KiB\"", "limit = \"1B\"");
    let problems = CompanyFile::parse(&wrong).expect_err("refused");
    assert!(problems[0].message.contains("limit 1B"), "{problems:?}");
}

#[test]
fn the_desk_rules_of_the_example_are_the_defaults() {
    let file = CompanyFile::parse(EXAMPLE).expect("valid");
    assert_eq!(*file.desk.get_ref(), DeskRules::default());
}

/// `PATCHBAY_UPDATE=1 cargo test -p patchbay-company` writes the lists.
#[test]
fn the_example_lists_the_channels_of_each_medium() {
    let media = capacity::default_media();
    let lines = EXAMPLE.lines().map(|line| {
        let medium = line.strip_prefix("media.").and_then(|line| {
            let (name, rest) = line.split_once(" = { channels = [")?;
            Some((name, media.get(name)?, rest.split_once(']')?.1))
        });
        medium.map_or(line.to_owned(), |(name, medium, rest)| {
            let channels: Vec<_> = medium.channels.iter().collect();
            format!("media.{name} = {{ channels = {channels:?}{rest}")
        })
    });
    let expected: String = lines.map(|line| line + "\n").collect();
    if std::env::var_os("PATCHBAY_UPDATE").is_some_and(|value| value == "1") {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/company.example.toml"
        );
        std::fs::write(path, expected).expect("the example can be written");
    } else {
        assert!(
            EXAMPLE == expected,
            "the channels in docs/company.example.toml differ from the table; run \
             `PATCHBAY_UPDATE=1 cargo test -p patchbay-company` to write them"
        );
    }
}

#[test]
fn a_desk_rule_out_of_range_is_located() {
    let text = "company = \"a\"\n[queue.general]\ndefault = true\n[desk]\noffer-timeout = \"0s\"\n";
    let problems = CompanyFile::parse(text).expect_err("refused");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].message.contains("offer-timeout"),
        "{problems:?}"
    );
}

#[test]
fn invalid_structure_and_invalid_values_are_reported_together() {
    let text = "company = 7\n[pipeline]\nroute = [\"care\", \"vip\"]\n[plugin.care]\ngrants = { interactions = true }\n[plugin.other]\npack = \"other\"\nreuse = \"often\"\ngrant = {}\n[queue.a]\ndefault = \"yes\"\npriority = 101\n[queue.b]\npriorty = 3\nsla = { first-response = \"soon\" }\n";
    let found = problems(text);
    for (line, words) in [
        (1, "invalid type"),
        (4, "missing field `pack`"),
        (8, "invalid type"),
        (9, "unknown field `grant`"),
        (11, "invalid type"),
        (14, "unknown field `priorty`"),
        (15, "soon"),
        // The remaining entries are checked too.
        (3, "names plugin \"vip\""),
        (10, "priority 101"),
    ] {
        let matches = |(at, message): &(usize, String)| *at == line && message.contains(words);
        assert!(
            found.iter().any(matches),
            "{words} at line {line}: {found:?}"
        );
    }
    assert_eq!(
        found.len(),
        9,
        "no problem only follows from another: {found:?}"
    );
}

#[test]
fn every_syntax_error_is_located() {
    let found = problems("company = \"a\"\n[queue.a\ndefault = true\npriority = = 3\n");
    assert!(found.iter().any(|(line, _)| *line == 2), "{found:?}");
    assert!(found.iter().any(|(line, _)| *line == 4), "{found:?}");
    let found = problems("[queue.a]\ndefault = 7\n");
    assert!(
        found
            .iter()
            .any(|(_, message)| message.contains("names no company"))
    );
    assert!(found.iter().any(|(line, _)| *line == 2), "{found:?}");
}

fn with_channels(channels: &str) -> String {
    format!("company = \"a\"\n[queue.general]\ndefault = true\n{channels}")
}

/// The rule that the company gives a channel.
#[test]
fn a_company_gives_a_channel_a_limit_and_a_unit() {
    for (channel, entry, rule) in [
        ("fax", "", None),
        ("x", "legacy-140 = true", Some(LengthRule::X_2017)),
        (
            "fax",
            "length-limit = 500",
            Some(LengthRule::new(LengthUnit::Characters, 500)),
        ),
        (
            "line",
            "length-limit = 5000\nlength-unit = \"utf-16\"",
            Some(LengthRule::new(LengthUnit::Utf16, 5_000)),
        ),
        (
            "facebook",
            "length-limit = 8000",
            Some(LengthRule::new(LengthUnit::Characters, 8_000)),
        ),
        (
            "instagram",
            "length-limit = 300",
            Some(LengthRule::new(LengthUnit::Characters, 300)),
        ),
        (
            "x-direct",
            "length-limit = 1000",
            Some(LengthRule::new(LengthUnit::Characters, 1_000)),
        ),
        (
            "sms",
            "length-limit = 3",
            Some(LengthRule::new(LengthUnit::Sms, 3)),
        ),
        (
            "bluesky",
            "length-limit = 300\nlength-unit = \"graphemes\"",
            Some(LengthRule::new(LengthUnit::Graphemes, 300)),
        ),
    ] {
        let text = with_channels(&format!("[channel.{channel}]\n{entry}\n"));
        let file = CompanyFile::parse(&text).expect("valid");
        assert_eq!(
            file.channel[channel].length_rule(channel),
            rule,
            "{channel} {entry}"
        );
    }
}

#[test]
fn a_length_of_a_channel_that_makes_no_sense_is_located() {
    for (entry, line, words) in [
        ("length-limit = 0", 5, "is 0"),
        ("length-limit = 2000000", 5, "is 2000000"),
        ("length-unit = \"bytes\"", 5, "without a length-limit"),
        ("legacy-140 = true\nlength-limit = 100", 6, "legacy-140"),
        ("length-unit = \"words\"\nlength-limit = 9", 5, "words"),
    ] {
        let found = problems(&with_channels(&format!("[channel.x]\n{entry}\n")));
        assert!(
            found
                .iter()
                .any(|(at, problem)| *at == line && problem.contains(words)),
            "{entry}: {found:?}"
        );
    }
}

#[test]
fn names_are_what_a_person_reads() {
    for (entry, words) in [
        ("[agent.\"ana \"]\n", "white space"),
        ("[agent.\"a\\u001bna\"]\n", "control"),
        ("[agent.ana]\n[agent.\"\u{430}na\"]\n", "looks like"),
        (
            "[target.\"a\\nb\"]\nwebhook = { url = \"https://hooks.example\" }\n",
            "line breaks",
        ),
    ] {
        let found = problems(&with_channels(entry));
        let [(_, problem)] = &found[..] else {
            panic!("{entry}: {found:?}");
        };
        assert!(problem.contains(words), "{entry}: {problem}");
        assert!(
            !problem.contains('\u{1b}') && !problem.contains('\n'),
            "{problem:?}"
        );
    }
    let fine = with_channels("[agent.\"Ana Maria\"]\n[agent.al]\n[agent.a1]\n");
    assert!(CompanyFile::parse(&fine).is_ok());
}

#[test]
fn a_capacity_limit_of_a_misspelt_channel_is_an_error() {
    let with = |entry: &str| {
        let file = "company = \"a\"\n[queue.general]\ndefault = true\n";
        format!("{file}{entry}\n")
    };
    for (entry, line, expected) in [
        (
            "[desk]\ncapacity.channels = { whatsap = 1 }",
            4,
            "desk.capacity.channels names the unknown channel \"whatsap\"",
        ),
        (
            "[agent.zoe]\nchannel-capacity = { instagram-drect = 1 }",
            4,
            "channel-capacity of agent \"zoe\" names the unknown channel \"instagram-drect\"",
        ),
    ] {
        let found = problems(&with(entry));
        assert_eq!(found, [(line, expected.to_owned())]);
    }
    for entry in [
        "[desk]\ncapacity.channels = { whatsapp = 1, x-direct = 0, kiosk = 2 }",
        "[channel.whatsap]\n[agent.zoe]\nchannel-capacity = { whatsap = 1 }",
        "[desk]\ncapacity = { other = \"m\", channels = { emails = 1 }, media.m = { channels = [\"emails\"], weight = 1, maximum = 1 } }",
    ] {
        CompanyFile::parse(&with(entry)).expect(entry);
    }
}
