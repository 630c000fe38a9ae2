//! A component that compiles for minutes, sent to a server over HTTP.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_client::{Client, ClientError, ClientOptions};
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::Assembler;
use patchbay_pack_build::BuildOptions;
use patchbay_server::{BoundServer, JournalSettings, Server, ServerSettings};
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

/// A server of both companies that compiles in processes with these limits.
async fn bind_server(place: &Path, engine: Engine) -> BoundServer {
    let assembler = Assembler::new(engine, Vec::new(), BuildOptions::default());
    let companies = ["loud", "quiet"].map(|name| {
        let built = assembler.build_text(&company(name), Path::new("."), 1);
        built.expect("a valid company")
    });
    let settings = ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        workers: 2,
        journal: Some(JournalSettings::at(place.join("desk.db"))),
        ..ServerSettings::default()
    };
    let bound = Server::bind(&settings, companies.into(), assembler).await;
    bound.expect("bound")
}

pub(crate) fn a_client_that_disconnects_ends_the_compilation_of_its_change() {
    let place = tempfile::tempdir().expect("a place");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        // Only the end of the request can end it in time.
        let engine = engine(limits(Duration::from_secs(600), 1));
        let bound = bind_server(place.path(), engine.clone()).await;
        let client = Client::new(ClientOptions::http(bound.local_addr())).expect("a client");
        let serving = tokio::spawn(bound.run(std::future::pending()));
        let compiles = async |wanted: usize| {
            while engine.compiling() != wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let component = slow(6);
        let body = change(&component, component.digest().to_string());
        let path = format!("{LOUD}/generations");
        let request = tokio::spawn(async move { client.post(&path, &body).await });
        compiles(1).await;
        assert!(!request.is_finished(), "it still compiles");
        request.abort();
        let ended = tokio::time::timeout(Duration::from_secs(120), compiles(0)).await;
        assert!(ended.is_ok(), "it compiles on for a client that is gone");
        serving.abort();
    });
}

pub(crate) fn a_hostile_component_over_http_is_answered_413_and_other_companies_are_served() {
    let place = tempfile::tempdir().expect("a place");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let engine = engine(limits(Duration::from_secs(3), 1));
        let bound = bind_server(place.path(), engine).await;
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
