//! The server over real sockets. Its companies have no plugins: what policies
//! do is tested where they are.

mod access;
mod bodies;
mod callers;
mod client;
mod documents;
mod entrances;
mod framing;
mod generations;
mod keeping;
mod matrix;
mod names;
mod numbers;
mod oidc;
mod pressure;
mod promises;
mod queue;
mod rollout;
mod status;
mod stopping;
mod tls;
mod traces;
mod unready;
mod watching;
mod working;

use std::path::Path;
use std::sync::Arc;

use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_generation::assemble::{Assembler, Built};
use patchbay_pack::build::BuildOptions;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::{Finished, Server, ServerSettings};
use client::Client;

/// A server that runs, and is told to stop through here.
struct Running {
    client: Client,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Finished>,
}

impl Running {
    /// A server of one company, `northwind`, with settings changed.
    async fn with(change: impl FnOnce(&mut ServerSettings)) -> Running {
        Running::of(NORTHWIND, change).await
    }

    /// A server of one company of this file.
    async fn of(file: &str, change: impl FnOnce(&mut ServerSettings)) -> Running {
        let (assembler, built) = company(file);
        let mut settings = settings();
        change(&mut settings);
        let bound = Server::bind(&settings, vec![built], assembler).await;
        let bound = bound.expect("a free port on the loopback address");
        let client = Client::of(bound.local_addr());
        let app = Arc::clone(&bound.app);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(bound.run(async {
            let _ = stopped.await;
        }));
        Running {
            client,
            app,
            stop,
            ended,
        }
    }

    async fn usual() -> Running {
        Running::with(|_| {}).await
    }

    async fn stop(self) -> Finished {
        let _ = self.stop.send(());
        self.ended.await.expect("the server does not panic")
    }
}

fn settings() -> ServerSettings {
    ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        workers: 2,
        ..ServerSettings::default()
    }
}

const NORTHWIND: &str = "company = \"northwind\"\n[queue.general]\ndefault = true\n";

fn northwind() -> (Assembler, Built) {
    company(NORTHWIND)
}

fn company(file: &str) -> (Assembler, Built) {
    let engine = Engine::serving(
        EngineSettings {
            instances: 2,
            allocation: Allocation::OnDemand,
            ..EngineSettings::default()
        },
        None,
    )
    .expect("an engine");
    let assembler = Assembler::new(engine, Vec::new(), BuildOptions::default());
    let built = assembler
        .build_text(file, Path::new("."), 7)
        .expect("a valid company");
    (assembler, built)
}

const DECIDE: &str = "/v1/companies/northwind/decide";
const TONE: &str = "/v1/companies/northwind/tone";
const HELLO: &str = r#"{"interaction":{"id":"1","channel":"x","text":"Hello"}}"#;
