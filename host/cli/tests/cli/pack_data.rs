//! Tables and bytes of a pack: built, looked up by decisions, and replaced by a company.

use patchbay_pack::pack_file::PackFile;
use serde_json::{Value, json};

use crate::command::{joined, stdout};
use crate::project::Project;
use crate::test_server::TestServer;

const POLICY: &str = r#"
use patchbay_sdk::prelude::*;

struct Tiers;

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde")]
struct Customer {
    tier: String,
    urgency: u8,
}

impl Policy for Tiers {
    type Settings = NoSettings;
    fn prepare(_: NoSettings) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl Classify for Tiers {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let greeting = data::bytes("greeting")?.read(0, 5);
        let greeting = String::from_utf8(greeting)?;
        let customer = data::table("tiers")?.get::<Customer>(interaction.text())?;
        Ok(customer.map(|it| {
            Classification::because(format!("{greeting} {}", it.tier)).urgency(it.urgency)
        }))
    }
}

export!(Tiers: classify);
"#;

const DATA: &str = "\n[data.tiers]\nfile = \"tiers.csv\"\nkind = \"table\"\nkey = \"customer\"\n\n[data.greeting]\nfile = \"greeting.txt\"\nkind = \"bytes\"\n";

fn project() -> Project {
    let project = Project::of_stages("classify");
    std::fs::write(project.path("src/lib.rs"), POLICY).expect("written");
    std::fs::remove_dir_all(project.path("cases")).expect("removed");
    std::fs::remove_file(project.path("settings.schema.json")).expect("removed");
    let manifest =
        "[pack]\nname = \"care\"\nversion = \"0.1.0\"\npublisher = \"acme\"\nlicence = \"MIT\"\n";
    std::fs::write(project.path("pack.toml"), format!("{manifest}{DATA}")).expect("written");
    let case = json!({"steps": [{
        "classify": {"id": "1", "channel": "chat", "text": "17"},
        "expect": {"classification": {"why": "hello gold", "urgency": 90}},
    }]});
    std::fs::create_dir(project.path("cases")).expect("created");
    std::fs::write(project.path("cases/gold.json"), case.to_string()).expect("written");
    let replaced = json!({
        "data": {"tiers": [{"customer": "17", "tier": "bronze", "urgency": "5"}], "greeting": "salut"},
        "steps": [{
            "classify": {"id": "1", "channel": "chat", "text": "17"},
            "expect": {"classification": {"why": "salut bronze", "urgency": 5}},
        }],
    });
    std::fs::write(project.path("cases/bronze.json"), replaced.to_string()).expect("written");
    project.write(
        "care/tiers.csv",
        "tier,customer,urgency\ngold,17,90\nsilver,18,40\n",
    );
    project.write("care/greeting.txt", "hello world");
    project
}

fn write_company(project: &Project, data: &str) {
    let company = format!(
        "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"care-0.1.0.pack\"\n{data}[queue.general]\ndefault = true\n"
    );
    project.write("northwind.toml", &company);
}

fn decide(server: &TestServer, customer: &str) -> Value {
    let body = json!({"interaction": {"id": customer, "channel": "chat", "text": customer}});
    let (status, decided) = server.send("POST", "decide", &body.to_string());
    assert_eq!(status, 200, "{decided}");
    decided
}

#[test]
fn a_policy_reads_the_packs_data_until_the_company_replaces_it() {
    let project = project();
    // What is wrong with a file is told with its line, before anything is built.
    project.write(
        "care/tiers.csv",
        "tier,customer,urgency\ngold,17,90\nsilver,17,40\n",
    );
    let shown = joined(&project.run(&["pack", "build", "care", "--offline"]), 3);
    assert!(
        shown.contains("tiers.csv: line 3: the row has the same key as that of line 2"),
        "{shown}"
    );
    assert!(shown.contains("[data.tiers]"), "{shown}");
    project.write(
        "care/tiers.csv",
        "tier,customer,urgency\ngold,17,90\nsilver,18,40\n",
    );
    // The pack's case runs with its data.
    joined(&project.run(&["pack", "build", "care", "--offline"]), 0);
    let shown = joined(&project.run(&["pack", "show", "care-0.1.0.pack"]), 0);
    assert!(
        shown.contains("data/tiers") && shown.contains("data/greeting"),
        "{shown}"
    );
    let checked = project.run(&["contract", "check", "care-0.1.0.pack", "--json"]);
    let checked: Value = serde_json::from_str(&stdout(&checked)).expect("JSON");
    assert_eq!(checked["runs"], true, "{checked}");
    let items = &checked["use"]["imports"]["patchbay:care/data@0.1.2"];
    assert_eq!(items, &json!(["get", "read", "size", "table"]));

    project.write(
        "patchbay.toml",
        "companies = []\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
    );
    let config = project.beside("patchbay.toml");
    let server = TestServer::start(&config);
    write_company(&project, "");
    joined(&project.run(&["apply", "northwind.toml", "--new"]), 0);
    let decided = decide(&server, "17");
    assert_eq!(decided["classification"]["why"], "hello gold", "{decided}");
    assert_eq!(decided["classification"]["urgency"], 90, "{decided}");
    let own = decided["stamp"]["plugins"][0]["data"].clone();
    assert!(
        own.as_str()
            .is_some_and(|digest| digest.starts_with("sha256:")),
        "{decided}"
    );
    assert_eq!(decide(&server, "19")["classification"]["why"], Value::Null);

    // A table of the company's own, which lacks a column at first.
    write_company(&project, "data = { tiers = \"own.csv\" }\n");
    project.write("own.csv", "customer,tier\n17,platinum\n");
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 1);
    assert!(shown.contains("it lacks the columns urgency"), "{shown}");
    assert!(shown.contains("northwind.toml:6"), "{shown}");
    project.write("own.csv", "customer,tier,urgency\n17,platinum,99\n");
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 0);
    assert!(shown.contains("plugin care data tiers"), "{shown}");
    let decided = decide(&server, "17");
    assert_eq!(
        decided["classification"]["why"], "hello platinum",
        "{decided}"
    );
    assert_ne!(decided["stamp"]["plugins"][0]["data"], own);
    // The data is part of the generation: the same file again is no change, another one is.
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 0);
    assert!(shown.contains("nothing"), "{shown}");
    write_company(&project, "data = { teirs = \"own.csv\" }\n");
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 1);
    assert!(
        shown.contains("has no such data") && shown.contains("did you mean \"tiers\""),
        "{shown}"
    );

    // A server reads it back from its journal.
    drop(server);
    std::fs::remove_file(project.beside("own.csv")).expect("removed");
    let server = TestServer::start(&config);
    assert_eq!(
        decide(&server, "17")["classification"]["why"],
        "hello platinum"
    );
    joined(&project.run(&["rollback", "--company", "northwind"]), 0);
    assert_eq!(decide(&server, "17")["classification"]["why"], "hello gold");

    // By digest, the file is not needed: a stored generation has the data.
    let show = [
        "generations",
        "diff",
        "1",
        "2",
        "--company",
        "northwind",
        "--json",
    ];
    let differences = stdout(&project.run(&show));
    let (_, rest) = differences
        .split_once("plugin care data tiers")
        .expect(&differences);
    let at = rest.find("sha256:").expect(rest);
    let digest = &rest[at..at + 71];
    write_company(&project, &format!("data = {{ tiers = {digest:?} }}\n"));
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 0);
    // Long values are cut off.
    assert!(shown.contains(&digest[..40]), "{shown}");
    assert_eq!(
        decide(&server, "17")["classification"]["why"],
        "hello platinum"
    );
    // Data of the pack under another name, of another kind, and what nothing has.
    let pack = PackFile::open(&project.beside("care-0.1.0.pack")).expect("a pack");
    let greeting = pack.pack().data["greeting"].digest();
    for (named, expected) in [
        (greeting.to_string(), "it is no table"),
        (
            format!("sha256:{}", "0".repeat(64)),
            "is not in the pack care",
        ),
        ("sha256:00".to_owned(), "is no digest"),
    ] {
        write_company(&project, &format!("data = {{ tiers = {named:?} }}\n"));
        let shown = joined(&project.run(&["apply", "northwind.toml"]), 1);
        assert!(
            shown.contains(expected) && shown.contains("northwind.toml:6"),
            "{shown}"
        );
    }
    // Without a server too, and not for another company.
    drop(server);
    write_company(&project, &format!("data = {{ tiers = {digest:?} }}\n"));
    let shown = joined(&project.run(&["apply", "northwind.toml"]), 0);
    assert!(shown.contains("nothing"), "{shown}");
    let other = std::fs::read_to_string(project.beside("northwind.toml")).expect("there");
    project.write("harbour.toml", &other.replace("northwind", "harbour"));
    let shown = joined(&project.run(&["apply", "harbour.toml", "--new"]), 1);
    assert!(shown.contains("is not in the pack care"), "{shown}");
}
