//! The server over real sockets. Its companies have no plugins; the suite tests
//! what policies do.

mod access;
mod agent_tokens;
mod agents_at_work;
mod alerts;
mod approvals;
mod attachments;
mod audit_filters;
mod bodies;
mod bounds;
mod breakers;
mod bulk_actions;
mod callers;
mod client;
mod company_file_watcher;
mod contact_card;
mod contact_import;
mod contract;
mod conversation_counts;
mod conversation_list;
mod conversation_search;
mod documents;
mod entrances;
mod fair_shares;
mod feed_filters;
mod files;
mod framing;
mod full_disk;
mod generated_requests;
mod generation_parts;
mod generations;
mod heads;
mod incidents;
mod intake;
mod invalid_files;
mod invalid_requests;
mod issuer;
mod journal;
mod knowledge;
mod live_signals;
mod lmtp;
mod mail;
#[cfg(target_os = "linux")]
mod mail_memory;
mod mailbox;
mod matrix;
mod names;
mod networks;
mod notes;
mod numbers;
mod office;
mod oidc;
mod openid_sign_in;
mod polled_networks;
mod pressure;
mod promises;
mod query_parameters;
mod repetition;
mod reply_outcome;
mod rollout;
mod seen;
mod sessions;
mod shutdown;
mod statistics;
mod status;
mod stored_bytes;
mod take_back;
mod thread;
mod tls;
mod traces;
mod transcription;
mod unready;
mod viewers;
mod webhooks;
mod what_if;
mod widget;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::{AssembledGeneration, Assembler};
use patchbay_pack_build::BuildOptions;
use patchbay_service::app::App;
use patchbay_settings::LmtpAddress;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{BoundServer, Server, ServerSettings, ShutdownReport};

use client::Client;

/// A running server.
struct Running {
    client: Client,
    /// Where mail servers deliver, if the settings say so.
    lmtp: Option<SocketAddr>,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<ShutdownReport>,
}

impl Running {
    /// A server with one company, `northwind`, and changed settings.
    async fn with(change: impl FnOnce(&mut ServerSettings)) -> Running {
        Running::of(NORTHWIND, change).await
    }

    /// A server with the company of this file.
    async fn of(file: &str, change: impl FnOnce(&mut ServerSettings)) -> Running {
        let (assembler, built) = company(file);
        let mut settings = settings();
        change(&mut settings);
        let assembler = assembler.with_bounds(settings.bounds.clone());
        let bound = Server::bind(&settings, vec![built], assembler).await;
        Running::start(bound.expect("a free port on the loopback address"))
    }

    /// Runs a server that is bound.
    fn start(bound: BoundServer) -> Running {
        let client = Client::of(bound.local_addr());
        let app = Arc::clone(&bound.app);
        let lmtp = bound.lmtp.as_ref().map(|listener| listener.address());
        let lmtp = lmtp.and_then(|address| match address {
            LmtpAddress::Tcp(address) => Some(*address),
            LmtpAddress::Unix(_) => None,
        });
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(bound.run(async {
            let _ = stopped.await;
        }));
        Running {
            client,
            lmtp,
            app,
            stop,
            ended,
        }
    }

    async fn usual() -> Running {
        Running::with(|_| {}).await
    }

    async fn stop(self) -> ShutdownReport {
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

fn northwind() -> (Assembler, AssembledGeneration) {
    company(NORTHWIND)
}

fn company(file: &str) -> (Assembler, AssembledGeneration) {
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
