//! A CRM that delivers its records of people by signed webhooks.

use serde_json::json;

use super::connected_office::ConnectedOffice;
use super::sms::SMS;
use super::standard_webhooks::STANDARD_WEBHOOKS;

#[tokio::test]
async fn a_signed_delivery_keeps_the_record_of_a_person_current() {
    let office = ConnectedOffice::open().await;
    let conversation = office.conversation(&SMS, 1).await;
    let document = office.document(&conversation).await;
    let contact = document["contact"].as_str().expect("a contact").to_owned();
    let path = format!("/contacts/{contact}");
    let export = || async { office.office.get(&path).await.json() };
    let address = export().await["addresses"][0]["address"].clone();
    let record = |id: &str, tier: &str| {
        json!({"id": id, "addresses": [{"channel": "sms", "address": address}],
            "attributes": {"tier": tier}})
        .to_string()
    };
    for (number, tier) in [(1, "gold"), (2, "silver"), (3, "silver")] {
        let body = record("C-1", tier);
        office
            .delivered(&STANDARD_WEBHOOKS, body.as_bytes(), number)
            .await;
        assert_eq!(export().await["records"][0]["attributes"]["tier"], *tier);
    }
    // A conflict is acknowledged and counted, and changes nothing.
    let other = record("C-2", "bronze");
    office
        .delivered(&STANDARD_WEBHOOKS, other.as_bytes(), 4)
        .await;
    assert_eq!(export().await["records"][0]["attributes"]["tier"], "silver");
    let channels = office.office.get("/channels").await;
    assert!(
        channels.body.contains("contact-record.other-record"),
        "{channels:?}"
    );
    // Another signature, and no record at all.
    let client = &office.office.server.client;
    let forged = client
        .post(
            "/webhooks/northwind/standard-webhooks/main",
            record("C-1", "forged"),
        )
        .await;
    assert_eq!(forged.status, 403, "{forged:?}");
    let wrong = br#"{"id": "C-1", "addresses": []}"#;
    office.delivered(&STANDARD_WEBHOOKS, wrong, 5).await;
    let quarantine = office.office.get("/quarantine").await;
    assert!(
        quarantine.body.contains("standard-webhooks"),
        "{quarantine:?}"
    );
    assert_eq!(export().await["records"][0]["attributes"]["tier"], "silver");
    let deleted = br#"{"id": "C-1", "deleted": true}"#;
    office.delivered(&STANDARD_WEBHOOKS, deleted, 6).await;
    assert_eq!(export().await["records"], json!([]));
}
