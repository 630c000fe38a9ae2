//! The supervisor: decides held replies, and reassigns conversations of agents
//! who do not answer.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::day::{random_minutes, seeded_rng};
use crate::office::Office;

const ROUND: SignedDuration = SignedDuration::from_mins(12);
/// Share of held replies that are rejected.
const REJECTED: f64 = 0.1;

/// Supervise until the end of the day.
pub(crate) async fn supervise(office: Arc<Office>) {
    let day = office.day;
    let mut rng = seeded_rng((&office.company, &office.crew.supervisor));
    while !day.is_over() {
        let unanswered = std::mem::take(&mut *office.unanswered.lock());
        for conversation in unanswered {
            reassign(&office, &conversation).await;
        }
        let held = office.api.get("approvals").await.unwrap_or_default();
        for approval in held["approvals"].as_array().into_iter().flatten() {
            decide(&office, approval, rng.f64() < REJECTED).await;
        }
        // People need some minutes to come.
        let pause = random_minutes(&mut rng, 2.0, 6.0);
        day.wait_until(day.now() + pause).await;
        let next = (day.now() + ROUND).min(day.until);
        tokio::select! {
            () = office.supervisor.notified() => {}
            () = day.wait_until(next) => {}
        }
    }
}

async fn decide(office: &Office, approval: &Value, reject: bool) {
    let text = |name: &str| approval[name].as_str().unwrap_or_default();
    let path = format!("approvals/{}/{}", text("conversation"), text("reply"));
    let mut body = json!({"by": office.crew.supervisor, "role": "supervisor"});
    let verb = if reject { "reject" } else { "approve" };
    if reject {
        body["why"] = json!("Not like this, please.");
    }
    // A newer message may have made the reply stale: then the server rejects it.
    let _ = office.api.post(&format!("{path}/{verb}"), &body).await;
}

/// Assign a conversation to the lead, unless another agent has taken it since.
async fn reassign(office: &Office, conversation: &str) {
    let path = format!("conversations/{conversation}");
    let Ok(found) = office.api.get(&path).await else {
        return;
    };
    if found["owner"].is_null() && found["state"] != "resolved" {
        let body = json!({
            "by": office.crew.supervisor,
            "role": "supervisor",
            "action": "assign",
            "agent": office.crew.lead,
        });
        let _ = office.api.post(&format!("{path}/actions"), &body).await;
    }
}
