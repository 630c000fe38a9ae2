//! Whoever approves what is held, and sees to it that somebody takes over from
//! an agent who is silent.

use std::sync::{Arc, PoisonError};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::crew::Crew;
use super::day::{chance_for, minutes};
use super::office::Office;

const LOOK_UP: SignedDuration = SignedDuration::from_mins(12);
/// Of the replies that wait, how many are not approved.
const REJECTS: f64 = 0.1;

/// Supervise through the day.
pub(crate) async fn supervise(office: Arc<Office>, crew: Crew) {
    let day = office.day;
    let mut rng = chance_for((&office.company, &crew.supervisor));
    while !day.is_over() {
        let silent: Vec<String> = {
            let mut silent = office.silent.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *silent)
        };
        for conversation in silent {
            take_over(&office, &crew, &conversation).await;
        }
        let waiting = office.api.get("approvals").await.unwrap_or_default();
        let waiting = waiting["approvals"].as_array().cloned().unwrap_or_default();
        for approval in waiting {
            decide(&office, &crew, &approval, rng.f64() < REJECTS).await;
        }
        // Whoever is told takes a moment to come.
        day.wait_until(day.now() + minutes(&mut rng, 2.0, 6.0))
            .await;
        let next = (day.now() + LOOK_UP).min(day.until);
        tokio::select! {
            () = office.supervisor.notified() => {}
            () = day.wait_until(next) => {}
        }
    }
}

async fn decide(office: &Office, crew: &Crew, approval: &Value, rejects: bool) {
    let text = |name: &str| approval[name].as_str().unwrap_or_default();
    let path = format!("approvals/{}/{}", text("conversation"), text("reply"));
    let mut body = json!({"by": crew.supervisor, "role": "supervisor"});
    let verb = if rejects { "reject" } else { "approve" };
    if rejects {
        body["why"] = json!("Not like this, please.");
    }
    // Out of date by now, perhaps.
    let _ = office.api.post(&format!("{path}/{verb}"), &body).await;
}

/// Escalation has taken it from the silent agent: where nobody has taken it up
/// since, the lead gets it.
async fn take_over(office: &Office, crew: &Crew, conversation: &str) {
    let path = format!("conversations/{conversation}");
    let Ok(found) = office.api.get(&path).await else {
        return;
    };
    if found["owner"].is_null() && found["state"] != "resolved" {
        let body = json!({
            "by": crew.supervisor,
            "role": "supervisor",
            "action": "assign",
            "agent": crew.lead,
        });
        let _ = office.api.post(&format!("{path}/actions"), &body).await;
    }
}
