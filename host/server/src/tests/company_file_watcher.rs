//! The watcher of company files, checked step by step instead of every second.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_model::actor::{Actor, ActorRole};
use patchbay_pass::agent_action::AgentAction;
use patchbay_suite::guests::wat;
use patchbay_watcher::CompanyFileWatcher;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const GENERATIONS: &str = "/v1/companies/northwind/generations";

/// A server with a directory of company files, and a watcher for it.
pub(super) struct WatchedServer {
    pub(super) server: Running,
    watcher: CompanyFileWatcher,
    place: TempDir,
}

impl WatchedServer {
    pub(super) async fn new() -> WatchedServer {
        let place = tempfile::tempdir().expect("a place");
        fs::create_dir(place.path().join("companies")).expect("made");
        fs::write(place.path().join("companies/northwind.toml"), NORTHWIND).expect("written");
        WatchedServer::at(place).await
    }

    pub(super) async fn at(place: TempDir) -> WatchedServer {
        let files = place.path().join("companies");
        let journal = JournalSettings::at(place.path().join("desk.db"));
        let server = Running::of(NORTHWIND, |settings| {
            settings.journal = Some(journal);
            settings.companies = vec![files];
        })
        .await;
        let mut watcher = CompanyFileWatcher::new(Arc::clone(&server.app) as _);
        watcher.check_all();
        WatchedServer {
            server,
            watcher,
            place,
        }
    }

    pub(super) async fn stop(self) -> TempDir {
        let WatchedServer {
            server,
            watcher,
            place,
        } = self;
        drop(watcher);
        server.stop().await;
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("companies").join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Check twice, so that a change is applied.
    pub(super) fn look(&mut self) {
        self.watcher.check_all();
        self.watcher.check_all();
    }

    pub(super) async fn list(&self) -> Value {
        self.server.client.get(GENERATIONS).await.json()
    }

    /// Number of the active generation, and state of the file.
    pub(super) async fn state(&self) -> (u64, String) {
        let list = self.list().await;
        let state = list["watched"]["state"].as_str().unwrap_or("-").to_owned();
        (list["active"].as_u64().expect("one decides"), state)
    }
}

fn with_queue(id: &str) -> String {
    format!("{NORTHWIND}[queue.{id}]\npriority = 40\n")
}

/// Replace a file by renaming another, as editors do.
fn rename_over(path: &Path, text: &str) {
    let beside = path.with_extension("toml~");
    fs::write(&beside, text).expect("written");
    fs::rename(beside, path).expect("renamed");
}

#[tokio::test]
async fn a_changed_file_is_applied_and_recorded_in_the_audit_trail() {
    let mut at = WatchedServer::new().await;
    assert_eq!(at.state().await, (1, "-".to_owned()), "as it began");
    at.write("northwind.toml", &with_queue("tax"));
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()));
    let list = at.list().await;
    assert_eq!(list["generations"][0]["by"], "watch");
    assert_eq!(list["watched"]["file"], "northwind.toml");
    let trail = at.server.client.get("/v1/audit").await.json();
    let last = trail["acts"].as_array().expect("acts").last().cloned();
    let last = last.expect("one");
    assert_eq!(last["act"], "generation.applied");
    assert_eq!(
        (&last["actor"], &last["company"]),
        (&json!("watch"), &json!("northwind"))
    );
    rename_over(&at.path("northwind.toml"), &with_queue("fraud"));
    at.look();
    assert_eq!(at.state().await.0, 3, "an editor's way to write");
    at.look();
    fs::write(at.path("northwind.toml"), with_queue("fraud")).expect("touched");
    at.look();
    assert_eq!(at.state().await.0, 3, "nothing changed");
}

#[tokio::test]
async fn a_panic_over_one_file_does_not_stop_the_watch_of_others() {
    let mut at = WatchedServer::new().await;
    let harbour = NORTHWIND.replace("northwind", "harbour");
    at.write("harbour.toml", &harbour);
    at.write("northwind.toml", &with_queue("tax"));
    for _ in 0..2 {
        at.watcher
            .check_all_with(|watcher, path, generations, desk| {
                assert!(!path.ends_with("harbour.toml"), "a defect");
                watcher.check_file(path, generations, desk);
            });
    }
    assert_eq!(at.state().await, (2, "applied".to_owned()));
    let path = "/v1/companies/harbour/generations";
    let list = async |at: &WatchedServer| at.server.client.get(path).await.status;
    // The file is skipped for a while.
    at.look();
    assert_eq!(list(&at).await, 404);
    at.watcher.retry_now();
    at.look();
    assert_eq!(list(&at).await, 200, "it began");
}

#[tokio::test]
async fn an_invalid_file_changes_nothing_and_is_reported() {
    let mut at = WatchedServer::new().await;
    at.write(
        "northwind.toml",
        &format!("{NORTHWIND}colour = \"\\u001b[2J\"\n"),
    );
    at.look();
    assert_eq!(at.state().await, (1, "refused".to_owned()));
    let list = at.list().await;
    let told = list["watched"]["problems"][0].as_str().expect("a reason");
    assert!(told.starts_with("northwind.toml:4:1: "), "{told}");
    assert!(told.contains("colour"), "{told}");
    let alerts = at
        .server
        .client
        .get("/v1/companies/northwind/alerts")
        .await
        .json();
    let alert = &alerts["alerts"][0]["data"];
    assert_eq!(alert["alert"], "setup-refused", "{alerts}");
    assert_eq!(alert["about"]["problems"][0], told, "{alerts}");
    at.look();
    let again = at
        .server
        .client
        .get("/v1/companies/northwind/alerts")
        .await
        .json();
    assert_eq!(again, alerts, "told once");
    at.write("northwind.toml", &with_queue("tax"));
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()), "put right");
}

#[tokio::test]
async fn a_directory_in_the_place_of_a_file_stays_reported() {
    let mut at = WatchedServer::new().await;
    fs::create_dir(at.path("harbour.toml")).expect("made");
    (0..4).for_each(|_| at.look());
    let alerts = at.server.client.get("/v1/alerts").await.json().to_string();
    assert!(alerts.contains("harbour.toml: cannot be read"), "{alerts}");
    fs::remove_dir(at.path("harbour.toml")).expect("removed");
    at.look();
    let alerts = at.server.client.get("/v1/alerts").await.json().to_string();
    assert!(!alerts.contains("harbour.toml"), "{alerts}");
}

#[tokio::test]
async fn a_half_written_file_is_not_applied() {
    let mut at = WatchedServer::new().await;
    // Every check finds a valid file, which is still being written.
    at.write("northwind.toml", &with_queue("t"));
    at.watcher.check_all();
    at.write("northwind.toml", &with_queue("ta"));
    at.watcher.check_all();
    at.write("northwind.toml", &with_queue("tax"));
    at.watcher.check_all();
    assert_eq!(at.state().await.0, 1, "it changes still");
    at.watcher.check_all();
    assert_eq!(at.state().await.0, 2);
    let one = at
        .server
        .client
        .get(&format!("{GENERATIONS}/2"))
        .await
        .json();
    assert_eq!(one["document"], with_queue("tax"));
}

#[tokio::test]
async fn a_manually_applied_generation_stays_until_the_file_changes() {
    let mut at = WatchedServer::new().await;
    let by_hand = json!({"document": with_queue("tax"), "by": "eva"});
    let applied = at
        .server
        .client
        .post(GENERATIONS, by_hand.to_string())
        .await;
    assert_eq!(applied.status, 201, "{applied:?}");
    at.look();
    // Written again with the same content.
    at.write("northwind.toml", NORTHWIND);
    at.look();
    assert_eq!(at.state().await.0, 2);
    // Now the file equals the active generation.
    at.write("northwind.toml", &with_queue("tax"));
    at.look();
    assert_eq!(at.state().await, (2, "unchanged".to_owned()));
    at.write("northwind.toml", &with_queue("fraud"));
    at.look();
    assert_eq!(at.state().await, (3, "applied".to_owned()));
}

#[tokio::test]
async fn only_files_changed_while_the_server_was_down_are_applied() {
    let at = WatchedServer::new().await;
    let by_hand = json!({"document": with_queue("tax"), "by": "eva"});
    at.server
        .client
        .post(GENERATIONS, by_hand.to_string())
        .await;
    let place = at.stop().await;
    let mut at = WatchedServer::at(place).await;
    at.look();
    assert_eq!(at.state().await.0, 2, "the file is what it was");
    let place = at.stop().await;
    fs::write(
        place.path().join("companies/northwind.toml"),
        with_queue("fraud"),
    )
    .expect("written");
    let mut at = WatchedServer::at(place).await;
    at.look();
    assert_eq!(at.state().await, (3, "applied".to_owned()));
}

#[tokio::test]
async fn a_manual_rollback_survives_a_restart() {
    let mut at = WatchedServer::new().await;
    at.write("northwind.toml", &with_queue("tax"));
    let by_hand = json!({"document": with_queue("tax"), "by": "eva"});
    let client = &at.server.client;
    let applied = client.post(GENERATIONS, by_hand.to_string()).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    at.look();
    assert_eq!(at.state().await, (2, "unchanged".to_owned()));
    let back = json!({"by": "eva"}).to_string();
    let path = "/v1/companies/northwind/rollback";
    let rolled = at.server.client.post(path, back).await;
    assert_eq!(rolled.status, 201, "{rolled:?}");
    let place = at.stop().await;
    let mut at = WatchedServer::at(place).await;
    at.look();
    assert_eq!(at.state().await, (1, "-".to_owned()), "as it was left");
    at.write("northwind.toml", &with_queue("fraud"));
    at.look();
    assert_eq!(at.state().await, (3, "applied".to_owned()));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_unreadable_pack_is_reported() {
    let mut at = WatchedServer::new().await;
    let pack = at.place.path().join("care.wasm");
    fs::write(&pack, wat("declines")).expect("written");
    at.write(
        "northwind.toml",
        &format!(
            "{NORTHWIND}[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"../care.wasm\"\n"
        ),
    );
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()));
    // A file that cannot be read.
    fs::remove_file(&pack).expect("removed");
    std::os::unix::fs::symlink("/proc/self/mem", &pack).expect("linked");
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()), "it may pass");
    (0..3).for_each(|_| at.look());
    assert_eq!(at.state().await, (2, "refused".to_owned()));
    fs::remove_file(&pack).expect("removed");
    fs::write(&pack, wat("declines")).expect("written");
    at.look();
    assert_eq!(at.state().await, (2, "-".to_owned()), "as it was");
}

#[tokio::test]
async fn a_file_that_conflicts_with_live_work_is_applied_later() {
    let mut at = WatchedServer::new().await;
    let desk = at.server.app.desk().expect("a desk");
    let message = json!({"id": "1", "channel": "x", "text": "Hi", "author": {"address": "@jo"}});
    let path = "/v1/companies/northwind/interactions";
    let taken = at.server.client.post(path, message.to_string()).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    desk.wait_until_idle();
    at.write("northwind.toml", &NORTHWIND.replace("general", "tax"));
    at.look();
    assert_eq!(at.state().await, (1, "refused".to_owned()));
    let open = desk
        .journal()
        .unresolved_conversations(None, 1)
        .expect("read");
    let actor = Actor {
        id: "eva".to_owned(),
        role: ActorRole::Supervisor,
    };
    let done = desk
        .conversations()
        .act("northwind", open[0].id, actor, AgentAction::Resolve);
    assert!(matches!(done, Ok(Ok(_))), "{done:?}");
    at.look();
    assert_eq!(at.state().await.0, 1, "not at once");
    at.watcher.retry_now();
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()));
}

#[tokio::test]
async fn a_new_file_creates_a_company_and_a_removed_file_keeps_it() {
    let mut at = WatchedServer::new().await;
    let harbour = NORTHWIND.replace("northwind", "harbour");
    at.write(".harbour.toml.swp", &harbour);
    at.write("harbour.toml~", &harbour);
    at.look();
    let path = "/v1/companies/harbour/generations";
    at.server
        .client
        .get(path)
        .await
        .problem(404, "unknown-company");
    at.write("harbour.toml", &harbour);
    at.look();
    assert_eq!(at.server.client.get(path).await.json()["active"], 1);
    fs::remove_file(at.path("harbour.toml")).expect("removed");
    at.look();
    let list = at.server.client.get(path).await.json();
    assert_eq!(
        (&list["active"], &list["watched"]["state"]),
        (&json!(1), &json!("removed"))
    );
    // The file returns unchanged, and then changes.
    at.write("harbour.toml", &harbour);
    at.look();
    assert_eq!(at.server.client.get(path).await.json()["active"], 1);
    at.write("harbour.toml", &format!("{harbour}[queue.tax]\n"));
    at.look();
    assert_eq!(at.server.client.get(path).await.json()["active"], 2);
    // A second file must not define the company.
    at.write("also.toml", &harbour);
    at.look();
    assert_eq!(at.server.client.get(path).await.json()["active"], 2);
}

#[tokio::test]
async fn a_mounted_configuration_with_a_swapped_link_is_applied() {
    let mut at = WatchedServer::new().await;
    let directory = at.place.path().join("companies");
    fs::remove_file(directory.join("northwind.toml")).expect("removed");
    let link = |from: &str, to: &str| {
        let beside = directory.join("..swap");
        std::os::unix::fs::symlink(from, &beside).expect("linked");
        fs::rename(beside, directory.join(to)).expect("swapped");
    };
    for (name, text) in [("..1", NORTHWIND.to_owned()), ("..2", with_queue("tax"))] {
        fs::create_dir(directory.join(name)).expect("made");
        fs::write(directory.join(name).join("northwind.toml"), text).expect("written");
    }
    link("..1", "..data");
    link("..data/northwind.toml", "northwind.toml");
    at.look();
    assert_eq!(at.state().await.0, 1, "the same by another way");
    link("..2", "..data");
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()));
}

#[tokio::test]
async fn a_replaced_pack_is_read_again() {
    let mut at = WatchedServer::new().await;
    let pack = at.place.path().join("care.wasm");
    fs::write(&pack, wat("declines")).expect("written");
    let file = format!(
        "{NORTHWIND}[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"../care.wasm\"\n"
    );
    at.write("northwind.toml", &file);
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()));
    let component = async |at: &WatchedServer, number: u64| {
        let path = format!("{GENERATIONS}/{number}");
        let one = at.server.client.get(&path).await.json();
        one["packs"]["../care.wasm"].clone()
    };
    let first = component(&at, 2).await;
    fs::write(&pack, &wat("settings")[..100]).expect("half of it");
    at.look();
    assert_eq!(at.state().await, (2, "refused".to_owned()));
    fs::write(&pack, wat("settings")).expect("written");
    at.look();
    assert_eq!(at.state().await, (3, "applied".to_owned()));
    assert_ne!(component(&at, 3).await, first);
}

#[tokio::test]
async fn a_refused_file_is_in_the_status_of_its_company() {
    let mut at = WatchedServer::new().await;
    let status = async |at: &WatchedServer, query: &str| {
        let path = format!("/v1/status{query}");
        at.server.client.get(&path).await.json()
    };
    assert_eq!(status(&at, "").await["healthy"], true);
    at.write("northwind.toml", &format!("{NORTHWIND}colour = 1\n"));
    at.write("eastwind.toml", "company = \"eastwind\"\ncolour = 1\n");
    at.write("notes.toml", "colour = 1\n");
    at.look();
    let host = status(&at, "").await;
    assert_eq!(host["healthy"], false);
    assert_eq!(host["companies"][0]["file"]["state"], "refused", "{host}");
    let names = |host: &Value| {
        let files = host["files"].as_array().cloned().unwrap_or_default();
        let names = files.iter().filter_map(|file| file["file"].as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&host), ["eastwind.toml", "notes.toml"]);
    for name in ["northwind.toml", "eastwind.toml", "notes.toml"] {
        assert!(host["concerns"].to_string().contains(name), "{host}");
    }
    let one = status(&at, "?company=northwind").await;
    assert_eq!(one["healthy"], false);
    assert_eq!(one["companies"][0]["file"]["file"], "northwind.toml");
    assert!(one.get("files").is_none(), "{one}");
    assert!(!one.to_string().contains("eastwind"), "{one}");

    at.write("northwind.toml", NORTHWIND);
    fs::remove_file(at.path("notes.toml")).expect("gone");
    // The name is corrected: the other name has no state any more.
    let south = NORTHWIND.replace("northwind", "southwind");
    at.write("eastwind.toml", &south);
    at.look();
    let host = status(&at, "").await;
    assert_eq!(host["healthy"], true, "{host}");
    assert_eq!(host["companies"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_file_that_changes_its_company_name_creates_no_company() {
    let mut at = WatchedServer::new().await;
    at.write("northwind.toml", &with_queue("tax"));
    at.look();
    let mistyped = NORTHWIND.replace("\"northwind\"", "\"nrothwind\"");
    at.write("northwind.toml", &mistyped);
    at.look();
    let unknown = at.server.client.get("/v1/companies/nrothwind/queues").await;
    unknown.problem(404, "unknown-company");
    assert_eq!(at.state().await, (2, "refused".to_owned()));
    let list = at.list().await;
    let told = list["watched"]["problems"][0].as_str().unwrap_or_default();
    assert!(told.contains("now names \"nrothwind\""), "{told}");
    // A file of its own creates the company.
    at.write("other.toml", &mistyped);
    at.look();
    let known = at.server.client.get("/v1/companies/nrothwind/queues").await;
    assert_eq!(known.status, 200, "{known:?}");
}
