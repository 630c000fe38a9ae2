//! Values, ranges and places of problems in the settings file.

use super::super::EXAMPLE;
use super::*;

fn problems(text: &str) -> Vec<(String, Option<(usize, usize)>)> {
    let problems = parse(text, Path::new("/etc/patchbay")).expect_err("wrong");
    let place = |problem: &FileProblem| (problem.message.clone(), problem.line_column(text));
    problems.iter().map(place).collect()
}

#[test]
fn the_example_lists_every_key_with_its_default() {
    let given = parse(EXAMPLE, Path::new("/etc/patchbay")).expect("the example is valid");
    assert_eq!(
        given.companies,
        [Path::new("/etc/patchbay/companies/northwind.toml")]
    );
    assert_eq!(given.packs, [Path::new("/etc/patchbay/packs")]);
    let default = ServerSettings {
        companies: given.companies.clone(),
        packs: given.packs.clone(),
        store: given.store.clone(),
        engine: EngineSettings {
            queue_deadline: given.deadline,
            ..EngineSettings::default()
        },
        workers: given.workers,
        journal: parse(
            "[journal]\npath = \"patchbay.db\"",
            Path::new("/etc/patchbay"),
        )
        .expect("a path is enough")
        .journal,
        ..ServerSettings::default()
    };
    assert_eq!(format!("{given:?}"), format!("{default:?}"));
    for key in [
        "listen",
        "body-limit",
        "body-budget",
        "write-timeout",
        "backups",
        "backlog",
        "request-timeout",
        "header-timeout",
        "deadline",
        "workers",
        "queue-length",
        "queue-per-company",
        "requests-per-company",
        "backlog-in-all",
        "busy",
        "full",
        "busy-after",
        "full-after",
        "connections",
        "shutdown",
        "watch",
        "trusted-proxies",
        "instances",
        "allocation",
        "made-ahead",
        "allow",
        "level",
        "format",
        "sample",
    ]
    .into_iter()
    .chain(Limits::TABLE.iter().map(|limit| limit.key))
    {
        assert!(
            EXAMPLE.contains(&format!("\n{key} = ")),
            "{key} is not in the example"
        );
    }
}

#[test]
fn an_unknown_key_is_rejected_at_its_line() {
    let found = problems("[server]\ncolour = 1\n");
    assert!(found[0].0.contains("colour"), "{found:?}");
    assert_eq!(found[0].1.map(|(line, _)| line), Some(2));
}

#[test]
fn every_value_out_of_range_is_reported_at_once() {
    let found = problems(
        "[server]\nworkers = 0\ndeadline = \"0ms\"\nlisten = \"here\"\n[log]\nlevel = \"loud\"\n",
    );
    let lines: Vec<_> = found
        .iter()
        .filter_map(|(_, place)| place.map(|(line, _)| line))
        .collect();
    assert_eq!(lines.len(), 4, "{found:?}");
    for line in [2, 3, 4, 6] {
        assert!(lines.contains(&line), "{found:?}");
    }
}

#[test]
fn an_invalid_address_range_is_reported_at_its_line() {
    let text = "[egress]\nallow = [\n  \"127.0.0.0/8\",\n  \"localhost\",\n  \"10.0.0.8/8\",\n]\n";
    let found = problems(text);
    let lines: Vec<_> = found
        .iter()
        .filter_map(|(_, place)| place.map(|(line, _)| line))
        .collect();
    assert_eq!(lines, [4, 5], "{found:?}");
    assert!(found[1].0.contains("write \"10.0.0.0/8\""), "{found:?}");
}

#[test]
fn the_collector_address_and_sample_are_parsed() {
    let settings = |text: &str| parse(text, Path::new("/etc")).expect("valid").telemetry;
    let usual = settings("[telemetry]\notlp = \"http://127.0.0.1:4318\"\nsample = \"2.5%\"\n");
    let address = usual.otlp.expect("an address");
    assert_eq!(address.path_and_query(), "/v1/traces");
    assert_eq!((address.port(), usual.sample), (4318, 0.025));
    let own = settings("[telemetry]\notlp = \"https://otel.example/in?key=1\"\n");
    let address = own.otlp.expect("an address");
    assert_eq!((address.path_and_query(), own.sample), ("/in?key=1", 0.01));
    let found = problems("[telemetry]\notlp = \"collector:4318\"\nsample = \"101%\"\n");
    let lines: Vec<_> = found
        .iter()
        .filter_map(|(_, place)| place.map(|(line, _)| line))
        .collect();
    assert_eq!(lines, [2, 3], "{found:?}");
    for wrong in ["0.01", "-1%", "NaN%", "some"] {
        let found = problems(&format!("[telemetry]\nsample = \"{wrong}\"\n"));
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
    }
}

#[test]
fn address_ranges_are_shown_as_written() {
    let text = "[egress]\nallow = [\"127.0.0.0/8\", \"fd00::/8\"]\n";
    let settings = parse(text, Path::new("/etc")).expect("valid");
    let allow: Vec<_> = settings
        .egress
        .allow
        .iter()
        .map(AddressRange::to_string)
        .collect();
    assert_eq!(allow, ["127.0.0.0/8", "fd00::/8"]);
}

#[test]
fn trusted_proxies_are_address_ranges() {
    let text = "[server]\ntrusted-proxies = [\"10.0.0.0/8\", \"::1/128\"]\n";
    let settings = parse(text, Path::new("/etc")).expect("valid");
    assert_eq!(settings.trusted_proxies.len(), 2);
    let found = problems("[server]\ntrusted-proxies = [\"proxy.example\"]\n");
    let [(message, place)] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(message.contains("`trusted-proxies` has"), "{message}");
    assert_eq!(place.map(|(line, _)| line), Some(2));
}

#[test]
fn an_absolute_path_is_not_resolved() {
    let settings = parse("companies = [\"/srv/a.toml\"]", Path::new("/etc")).expect("valid");
    assert_eq!(settings.companies, [Path::new("/srv/a.toml")]);
}

#[test]
fn the_store_of_packs_is_relative_to_the_file() {
    let settings = parse("store = \"store\"\n", Path::new("/etc/patchbay")).expect("valid");
    assert_eq!(settings.store, Some(PackStore::at("/etc/patchbay/store")));
}

fn lmtp(section: &str) -> String {
    format!("[journal]\npath = \"desk.db\"\n[lmtp]\n{section}")
}

#[test]
fn a_listener_for_mails_is_private_or_lists_its_peers() {
    let read = |section: &str| parse(&lmtp(section), Path::new("/etc/patchbay"));
    for listen in [
        "127.0.0.1:2424",
        "[::1]:2424",
        "10.1.2.3:24",
        "[fd00::1]:24",
    ] {
        let settings = read(&format!("listen = \"{listen}\"\n")).expect("valid");
        let address = settings.lmtp.expect("a listener").listen.to_string();
        assert_eq!(address, listen);
    }
    for listen in [
        "0.0.0.0:2424",
        "203.0.113.1:24",
        "[::]:24",
        "[2001:db8::1]:24",
    ] {
        let found = problems(&lmtp(&format!("listen = \"{listen}\"\n")));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].0.contains("LMTP has no authentication"),
            "{found:?}"
        );
        let told = format!("listen = \"{listen}\"\npeers = [\"203.0.113.7\"]\n");
        assert!(read(&told).is_ok(), "{listen}");
    }
    let socket = read("listen = \"unix:run/lmtp.sock\"\n").expect("valid");
    let address = socket.lmtp.expect("a listener").listen;
    assert_eq!(address.to_string(), "unix:/etc/patchbay/run/lmtp.sock");
}

#[test]
fn a_domain_or_address_belongs_to_one_company() {
    let section = "listen = \"127.0.0.1:0\"\nconnections = 7\nmail-timeout = \"1m\"\n[lmtp.companies]\n\"northwind.example\" = \"northwind\"\n\"press@northwind.example\" = \"press\"\n";
    let settings = parse(&lmtp(section), Path::new("/etc")).expect("valid");
    let settings = settings.lmtp.expect("a listener");
    assert_eq!(
        settings.company_of("Help+x@Northwind.example"),
        Some("northwind")
    );
    assert_eq!(
        settings.company_of("press@northwind.example"),
        Some("press")
    );
    assert_eq!(settings.company_of("help@example.org"), None);
    assert_eq!(
        (settings.connections, settings.mail_timeout.as_secs()),
        (7, 60)
    );
    for (section, line, words) in [
        ("listen = \"lmtp\"\n", 4, "not an address"),
        ("listen = \"unix:\"\n", 4, "not an address"),
        (
            "listen = \"127.0.0.1:24\"\nconnections = 0\n",
            5,
            "`connections` is 0",
        ),
        (
            "listen = \"127.0.0.1:24\"\npeers = [\"x\"]\n",
            5,
            "`peers` has",
        ),
        (
            "listen = \"127.0.0.1:24\"\n[lmtp.companies]\n\"*.example\" = \"a\"\n",
            6,
            "neither a domain nor an address",
        ),
        (
            "listen = \"127.0.0.1:24\"\n[lmtp.companies]\n\"A.example\" = \"a\"\n\"a.example\" = \"b\"\n",
            7,
            "stands twice",
        ),
    ] {
        let found = problems(&lmtp(section));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.contains(words), "{found:?}");
        assert_eq!(found[0].1.map(|(at, _)| at), Some(line), "{found:?}");
    }
    let found = problems("[lmtp]\nlisten = \"127.0.0.1:24\"\n");
    assert!(found[0].0.contains("needs a [journal]"), "{found:?}");
}
