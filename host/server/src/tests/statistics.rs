//! Statistics of a company over time.

use serde_json::{Value, json};

use super::fair_shares::occupy;
use super::office::Office;

/// A time long before and one long after the tests.
const FROM: &str = "2020-01-01T00:00:00Z";

/// The rows of the whole time.
async fn totals(office: &Office, by: &str) -> Vec<Value> {
    let now = jiff::Timestamp::now();
    let from = now - jiff::SignedDuration::from_hours(24);
    let path = format!("/statistics?from={from}&step=hour&by={by}");
    let document = office.get(&path).await.json();
    assert_eq!(document["behind"], 0, "{document}");
    document["totals"].as_array().expect("a list").clone()
}

/// A conversation that ana answered, and whose reply the channel has.
async fn answered(office: &Office) -> String {
    let conversation = office.taken("1", "ana").await;
    let replies = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": "ana", "id": "r1", "text": "Hello!", "then": "resolve"});
    assert_eq!(office.post(&replies, reply).await.status, 200);
    let path = format!("/conversations/{conversation}");
    for _ in 0..6_000 {
        if office.get(&path).await.json()["state"] == "resolved" {
            return conversation;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not resolved within a minute");
}

const TARGET: &str = "[hours.office]\nzone = \"Asia/Kathmandu\"\n";

#[tokio::test]
async fn an_answered_conversation_is_counted_by_company_queue_agent_and_channel() {
    let office = Office::built(
        &["ana"],
        (
            "",
            &format!("[queue.slow]\nsla = {{ first-response = \"1h\" }}\n{TARGET}"),
        ),
        |_| {},
    )
    .await;
    answered(&office).await;
    let company = totals(&office, "company").await;
    assert_eq!(company.len(), 1, "{company:?}");
    let row = &company[0];
    assert_eq!(row.get("key"), None);
    assert_eq!(row["work"]["interactions"], 1);
    assert_eq!(
        row["work"]["conversations"],
        json!({"opened": 1, "reopened": 0, "resolved": 1})
    );
    let offers = json!({"made": 1, "accepted": 1, "declined": 0, "timed_out": 0, "withdrawn": 0});
    assert_eq!(row["work"]["offers"], offers);
    let replies = json!({"published": 1, "held": 0, "revised": 0, "blocked": 0, "delivered": 1,
        "undeliverable": 0});
    assert_eq!(row["work"]["replies"], replies);
    for duration in ["first_response", "resolution", "handle"] {
        assert_eq!(row["work"][duration]["count"], 1, "{row}");
        assert!(
            row["work"][duration]["mean"].is_f64() && row["work"][duration]["p90"].is_u64(),
            "{row}"
        );
    }
    // The queue has no target: its clock is neither met nor late.
    let clock = json!({"met": 0, "late": 0, "at_risk": 0, "missed": 0});
    assert_eq!(row["work"]["clocks"]["first_response"], clock);
    for (by, key) in [("queue", "general"), ("channel", "chat"), ("agent", "ana")] {
        let rows = totals(&office, by).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(
            (&rows[0]["key"], &rows[0]["work"]["replies"]),
            (&json!(key), &replies),
            "{by}"
        );
    }
    // No policy routes: the host used the default queue.
    let stage = json!({"key": "route", "stage": {"decisions": {}, "fallbacks": 1}});
    assert_eq!(totals(&office, "stage").await, [stage]);
    // Counted again after a restart, and no more.
    let office = office.restarted(|_| {}).await;
    assert_eq!(totals(&office, "company").await, company);
}

#[tokio::test]
async fn a_first_reply_within_its_target_is_in_the_service_level() {
    let office = Office::built(&["ana"], ("", ""), |_| {}).await;
    let file = office.file.replace(
        "[queue.general]\ndefault = true\n",
        "[queue.general]\ndefault = true\nsla = { first-response = \"1h\", resolution = \"2h\" }\n",
    );
    let applied = office.post("/generations", json!({"document": file})).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let conversation = answered(&office).await;
    let rows = totals(&office, "queue").await;
    let met = json!({"met": 1, "late": 0, "share_met": 1.0, "at_risk": 0, "missed": 0});
    assert_eq!(rows[0]["work"]["clocks"]["first_response"], met, "{rows:?}");
    assert_eq!(rows[0]["work"]["clocks"]["resolution"], met);
    let path = format!("/conversations/{conversation}");
    let history = office.get(&path).await.json()["history"].clone();
    let entries = history.as_array().expect("a history");
    let clocks: Vec<_> = entries
        .iter()
        .filter_map(|entry| entry["data"].get("clock"))
        .map(|clock| (clock["clock"].clone(), clock["target"].clone()))
        .collect();
    let expected = [("first-response", "1h"), ("resolution", "2h")];
    assert_eq!(
        clocks,
        expected.map(|(clock, target)| (json!(clock), json!(target)))
    );
}

#[tokio::test]
async fn days_are_those_of_the_companys_business_hours() {
    let office = Office::built(&[], ("", TARGET), |_| {}).await;
    let path = "/statistics?from=2026-03-02T12:00:00Z&to=2026-03-03T12:00:00Z&step=day";
    let document = office.get(path).await.json();
    assert_eq!(document["zone"], "Asia/Kathmandu");
    let starts: Vec<_> = document["buckets"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|bucket| bucket["start"].clone())
        .collect();
    assert_eq!(starts, ["2026-03-01T18:15:00Z", "2026-03-02T18:15:00Z"]);
    assert_eq!(document["from"], starts[0]);
    assert_eq!(document["to"], "2026-03-03T18:15:00Z");
}

#[tokio::test]
async fn a_request_for_statistics_says_what_is_wrong_with_it() {
    let office = Office::with(&[]).await;
    for (query, field) in [
        (String::new(), "from"),
        ("?from=yesterday".to_owned(), "from"),
        (format!("?from={FROM}&to=soon"), "to"),
        (format!("?from={FROM}&to={FROM}"), "to"),
        (format!("?from={FROM}&step=week"), "step"),
        (format!("?from={FROM}&step=5m"), "step"),
        (format!("?from={FROM}&by=team"), "by"),
        (
            "?from=9999-12-30T21:30:00Z&to=9999-12-30T22:00:00.9Z".to_owned(),
            "to",
        ),
        (
            "?from=9999-12-30T00:00:00Z&to=9999-12-30T01:00:00Z&step=day".to_owned(),
            "to",
        ),
    ] {
        let refused = office.get(&format!("/statistics{query}")).await;
        let problem = refused.problem(400, "bad-parameter");
        assert_eq!(problem["field"], field, "{query}: {problem}");
    }
    let refused = office
        .get("/statistics?from=2026-01-01T00:00:00Z&every=5m")
        .await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let path = format!("/v1/companies/nobody/statistics?from={FROM}&step=day");
    office
        .server
        .client
        .get(&path)
        .await
        .problem(404, "unknown-company");
}

#[tokio::test]
async fn compaction_counts_first_and_leaves_the_statistics() {
    let office = Office::with(&["ana"]).await;
    answered(&office).await;
    let before = totals(&office, "company").await;
    let app = &office.server.app;
    let desk = app.desk().expect("a desk");
    let (statistics, later) = (app.statistics.clone(), jiff::Timestamp::now());
    let later = later + jiff::SignedDuration::from_hours(24);
    let compacted = tokio::task::spawn_blocking(move || {
        statistics.count_everything(&desk).expect("counted");
        desk.journal().compact(later).expect("compacted")
    });
    assert_eq!(compacted.await.expect("no panic").conversations, 1);
    assert_eq!(totals(&office, "company").await, before);
}

#[tokio::test]
async fn a_company_has_one_report_at_a_time_and_the_next_does_not_wait_forever() {
    let office = Office::set(&[], |settings| {
        // Of every request: long enough for a short one on a busy machine.
        settings.request_timeout = std::time::Duration::from_secs(3);
    })
    .await;
    let path = format!("/statistics?from={}", jiff::Timestamp::now());
    let hold = occupy(&office.server, "northwind", "t", |app| &app.shares.reports).await;
    let refused = office.get(&path).await;
    let problem = refused.problem(503, "overloaded");
    assert!(problem.to_string().contains("other reports"), "{problem}");
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    // Other requests of the company have threads of their own.
    assert_eq!(office.get("/agents").await.status, 200);
    drop(hold);
    // A busy machine may take longer than the timeout, but not each time.
    for _ in 0..300 {
        if office.get(&path).await.status == 200 {
            return;
        }
    }
    panic!("the next report has its turn");
}

#[tokio::test]
async fn a_report_is_cancelled_when_its_caller_hangs_up() {
    let office = Office::with(&[]).await;
    let app = std::sync::Arc::clone(&office.server.app);
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (ended, has_ended) = tokio::sync::oneshot::channel();
    let report = tokio::spawn(async move {
        let work = move |_: &patchbay_desk::Desk, cancel: &patchbay_engine::CancelSignal| {
            let _ = begun.send(cancel.is_cancelled());
            while !cancel.is_cancelled() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let _ = ended.send(());
            Ok(())
        };
        app.report(work).await
    });
    assert!(!has_begun.await.expect("begun"), "the caller waits");
    report.abort();
    has_ended.await.expect("it gave up");
}

#[tokio::test]
async fn a_report_that_takes_too_long_itself_does_not_blame_others() {
    let office = Office::set(&[], |settings| {
        settings.request_timeout = std::time::Duration::from_secs(1);
    })
    .await;
    let app = std::sync::Arc::clone(&office.server.app);
    // A busy machine may not begin within the timeout, but not each time.
    for _ in 0..300 {
        let work = |_: &patchbay_desk::Desk, cancel: &patchbay_engine::CancelSignal| {
            while !cancel.is_cancelled() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            Ok(())
        };
        let refused = app.report(work).await.expect_err("too long");
        let document = json!(refused.document());
        assert_eq!(document["status"], 503, "{document}");
        if document["detail"]
            .to_string()
            .contains("the report takes too long")
        {
            return;
        }
    }
    panic!("no report has begun");
}
