//! A component that compiles for minutes, applied to a server over HTTP.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_client::{Client, ClientError, ClientOptions};
use patchbay_generations::assemble::Assembler;
use patchbay_pack::build::BuildOptions;
use patchbay_server::{JournalSettings, Server, ServerSettings};
use serde_json::{Value, json};

use crate::{engine, limits, slow};

const LOUD: &str = "/v1/companies/loud";
const QUIET: &str = "/v1/companies/quiet";

fn company(name: &str) -> String {
    format!("company = {name:?}\n[queue.general]\ndefault = true\n")
}

/// A change to a plugin with this component.
fn change(component: &[u8], digest: String) -> Value {
    let plugin = "[pipeline]\nclassify = [\"p\"]\n[plugin.p]\npack = \"slow.wasm\"\n";
    json!({
        "document": company("loud") + plugin,
        "packs": {"slow.wasm": {
            "bundle": {"name": "slow", "component": digest},
            "code": STANDARD.encode(component),
        }},
    })
}

pub(crate) fn a_hostile_component_over_http_is_answered_413_and_other_companies_are_served() {
    let place = tempfile::tempdir().expect("a place");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let compile = limits(Duration::from_secs(3), 1);
        let assembler = Assembler::new(engine(compile), Vec::new(), BuildOptions::default());
        let companies = ["loud", "quiet"].map(|name| {
            let built = assembler.build_text(&company(name), Path::new("."), 1);
            built.expect("a valid company")
        });
        let settings = ServerSettings {
            listen: ([127, 0, 0, 1], 0).into(),
            workers: 2,
            journal: Some(JournalSettings::at(place.path().join("desk.db"))),
            ..ServerSettings::default()
        };
        let bound = Server::bind(&settings, companies.into(), assembler).await;
        let bound = bound.expect("bound");
        let client = || Client::new(ClientOptions::http(bound.local_addr())).expect("a client");
        let (loud, quiet) = (client(), client());
        let serving = tokio::spawn(bound.run(std::future::pending()));
        let is_over = AtomicBool::new(false);
        let attack = async {
            let component = slow(5);
            let body = change(&component, component.digest().to_string());
            let path = format!("{LOUD}/generations");
            let answers = [loud.post(&path, &body).await, loud.post(&path, &body).await];
            is_over.store(true, Ordering::Relaxed);
            answers
        };
        let others = async {
            let mut served = 0;
            while !is_over.load(Ordering::Relaxed) {
                let message = json!({"id": served.to_string(), "channel": "x", "text": "Hi", "author": {"address": "@a"}});
                let delivered = quiet.post(&format!("{QUIET}/interactions"), &message).await;
                delivered.expect("accepted");
                quiet.get(&format!("{QUIET}/generations")).await.expect("listed");
                served += 1;
            }
            served
        };
        let (answers, served) = tokio::join!(attack, others);
        for answer in answers {
            let Err(ClientError::Problem(problem)) = answer else {
                panic!("{answer:?}");
            };
            assert_eq!((problem.status, problem.kind()), (413, "limit-exceeded"), "{problem}");
        }
        assert!(served > 0, "another company is served meanwhile");
        serving.abort();
    });
}
