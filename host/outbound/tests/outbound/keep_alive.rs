//! When requests share a connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_outbound::egress::{Egress, EgressSettings, Resolve, Resolved};
use patchbay_outbound::webhook::SendError;
use tokio::sync::watch;

use crate::sink::{Reply, Sink, egress, settings, webhook};

async fn send(egress: &Egress, url: &str) -> Result<(), SendError> {
    webhook(url)
        .send(egress, "k", Timestamp::UNIX_EPOCH, b"{}")
        .await
}

/// Resolves every name to the current value.
struct Current(watch::Receiver<SocketAddr>);

impl Resolve for Current {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        let address = *self.0.borrow();
        Box::pin(async move { Ok(vec![address]) })
    }
}

#[tokio::test]
async fn requests_to_one_address_and_host_share_a_connection() {
    let sink = Sink::start([]).await;
    let egress = egress();
    for _ in 0..5 {
        assert_eq!(
            sink.webhook()
                .send(&egress, "k", Timestamp::UNIX_EPOCH, b"{}")
                .await,
            Ok(())
        );
    }
    assert_eq!((sink.seen().len(), sink.connections()), (5, 1));
}

#[tokio::test]
async fn companies_and_hosts_do_not_share_a_connection() {
    let sink = Sink::start([]).await;
    let (_address, current) = watch::channel(sink.address);
    let egress = egress().with_resolver(Current(current));
    for _ in 0..2 {
        for company in ["northwind", "contoso"] {
            for host in ["one.example", "two.example"] {
                let egress = egress.for_company(company);
                assert_eq!(send(&egress, &format!("http://{host}/in")).await, Ok(()));
            }
        }
    }
    assert_eq!((sink.seen().len(), sink.connections()), (8, 4));
}

#[tokio::test]
async fn a_host_that_moves_is_checked_again_and_gets_a_new_connection() {
    let (old, new) = (Sink::start([]).await, Sink::start([]).await);
    let (address, current) = watch::channel(old.address);
    let egress = egress().with_resolver(Current(current));
    let url = "http://hooks.example/in";
    assert_eq!(send(&egress, url).await, Ok(()));
    address.send_replace(new.address);
    assert_eq!(send(&egress, url).await, Ok(()));
    assert_eq!((old.connections(), new.connections()), (1, 1));
    address.send_replace((Ipv4Addr::new(10, 0, 0, 1), 80).into());
    let error = send(&egress, url).await.expect_err("refused");
    assert!(error.to_string().contains("private"), "{error}");
    assert_eq!((old.seen().len(), new.seen().len()), (1, 1));
}

#[tokio::test]
async fn an_idle_connection_closes_when_its_time_is_up() {
    let sink = Sink::start([]).await;
    let egress = Egress::new(EgressSettings {
        idle_timeout: Duration::from_millis(20),
        ..settings()
    });
    let url = format!("http://{}/in", sink.address);
    assert_eq!(send(&egress, &url).await, Ok(()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(send(&egress, &url).await, Ok(()));
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_connection_the_target_closed_is_replaced() {
    let sink = Sink::start([
        Reply::StatusAndClose(200),
        Reply::Status(200),
        Reply::Raw(Vec::new()),
    ])
    .await;
    let egress = egress();
    let url = format!("http://{}/in", sink.address);
    assert_eq!(send(&egress, &url).await, Ok(()));
    assert_eq!(send(&egress, &url).await, Ok(()));
    assert_eq!(sink.connections(), 2);
    // The target closes the reused connection instead of answering.
    assert_eq!(send(&egress, &url).await, Ok(()));
    assert_eq!((sink.seen().len(), sink.connections()), (4, 3));
}

#[tokio::test]
async fn a_connection_with_an_unread_answer_is_not_reused() {
    let sink = Sink::start([Reply::Endless]).await;
    let egress = egress();
    let url = format!("http://{}/in", sink.address);
    assert_eq!(send(&egress, &url).await, Ok(()));
    assert_eq!(send(&egress, &url).await, Ok(()));
    assert_eq!(sink.connections(), 2);
}
