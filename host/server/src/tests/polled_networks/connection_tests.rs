//! `POST …/test` asks each provider whether the connection works.

use serde_json::{Value, json};

use super::POLLED;
use super::polled_office::{PolledOffice, Provider};
use crate::tests::networks::stand_in::Turn;

/// Tests the connection.
pub(super) async fn test(office: &PolledOffice) -> Value {
    let path = format!("/channels/{}/main/test", office.network.name);
    let tested = office.office.post(&path, json!({})).await;
    assert_eq!(tested.status, 200, "{tested:?}");
    assert!(!tested.body.contains("hush"), "{tested:?}");
    tested.json()
}

/// Codes of the findings of a verdict.
fn codes<'d>(tested: &'d Value, verdict: &str) -> Vec<&'d str> {
    let findings = tested["findings"].as_array().expect("a list");
    let findings = findings.iter().filter(|it| it["verdict"] == verdict);
    findings.filter_map(|it| it["code"].as_str()).collect()
}

#[tokio::test]
async fn a_connection_that_works_is_found_to_work() {
    for network in POLLED {
        let provider = Provider::start(network).await;
        provider.post(1, "Where is my order?");
        let office = provider.office().await;
        office.taken(1).await;
        let tested = test(&office).await;
        assert_eq!(tested["works"], true, "{}: {tested}", network.name);
        assert_eq!(codes(&tested, "advice"), Vec::<&str>::new(), "{tested}");
        assert!(!codes(&tested, "right").is_empty(), "{tested}");
    }
}

#[tokio::test]
async fn an_access_that_is_refused_is_found() {
    for network in POLLED {
        let provider = Provider::start(network).await;
        provider.post(1, "Where is my order?");
        let office = provider.office().await;
        office.taken(1).await;
        let refusals = (0..10).map(|_| Turn::Answer((network.unauthorised)()));
        provider.next_for(|request| request.line().starts_with("GET "), refusals);
        let tested = test(&office).await;
        assert_eq!(tested["works"], false, "{}: {tested}", network.name);
        // A feed has no token.
        let code = match network.secrets {
            [] => network.name,
            _ => "token",
        };
        assert!(codes(&tested, "wrong").contains(&code), "{tested}");
        assert_eq!(codes(&tested, "right"), Vec::<&str>::new(), "{tested}");
    }
}
