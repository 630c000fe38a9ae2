//! Which addresses are permitted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use patchbay_outbound::egress::{
    AddressRange, Egress, EgressProblem, EgressSettings, Resolve, Resolved,
};
use patchbay_outbound::webhook::SendError;

use crate::sink::{Sink, webhook};

fn allowing(ranges: &[&str]) -> Egress {
    let range = |text: &&str| text.parse::<AddressRange>().expect("a range");
    Egress::new(EgressSettings {
        allow: ranges.iter().map(range).collect(),
        ..EgressSettings::default()
    })
}

async fn send(egress: &Egress, url: &str) -> Result<(), SendError> {
    webhook(url)
        .send(egress, "k", Timestamp::UNIX_EPOCH, b"{}")
        .await
}

/// Resolves to each answer in turn, and counts lookups.
struct Names {
    answers: Vec<Vec<SocketAddr>>,
    lookups: Arc<AtomicU32>,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        let lookup = self.lookups.fetch_add(1, Ordering::Relaxed) as usize;
        let answer = self.answers.get(lookup).or(self.answers.last()).cloned();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn names(answers: Vec<Vec<SocketAddr>>) -> (Names, Arc<AtomicU32>) {
    let lookups = Arc::new(AtomicU32::new(0));
    let names = Names {
        answers,
        lookups: Arc::clone(&lookups),
    };
    (names, lookups)
}

#[tokio::test]
async fn a_special_purpose_address_is_refused_before_connecting() {
    let none = allowing(&[]);
    for (host, words) in [
        ("127.0.0.1", "this machine"),
        ("127.8.8.8", "this machine"),
        ("0.0.0.0", "unspecified"),
        ("10.1.2.3", "private"),
        ("172.20.0.1", "private"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "carrier"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "metadata"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("[::]", "unspecified"),
        ("[::1]", "this machine"),
        ("[fd00:ec2::254]", "metadata"),
        ("[fc00::1]", "private"),
        ("[fe80::1]", "link-local"),
        ("[ff02::1]", "multicast"),
        ("[2001:db8::1]", "documentation"),
        ("[::ffff:127.0.0.1]", "this machine"),
        ("[::ffff:169.254.169.254]", "metadata"),
        ("[::127.0.0.1]", "embedded"),
        ("[64:ff9b::127.0.0.1]", "this machine"),
        ("[64:ff9b::169.254.169.254]", "metadata"),
        ("[2002:7f00:1::]", "this machine"),
        ("[2002:a00:1::]", "private"),
    ] {
        for scheme in ["https", "http"] {
            let error = send(&none, &format!("{scheme}://{host}/")).await;
            let error = error.expect_err(host);
            assert!(error.is_final(), "{error}");
            let text = error.to_string();
            assert!(text.contains(words), "{host}: {text}");
            assert!(text.contains("`allow` in [egress]"), "{text}");
        }
    }
}

/// Some systems resolve a number as an address; the result is checked.
#[tokio::test]
async fn unusual_spellings_of_loopback_are_refused() {
    let none = allowing(&[]);
    for host in ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "0"] {
        let error = send(&none, &format!("https://{host}/")).await;
        let error = error.expect_err(host);
        let SendError::Egress(error) = error else {
            panic!("{host}: {error}");
        };
        assert!(
            error.is_refusal() || matches!(error.problem, EgressProblem::NotFound(_)),
            "{host}: {error}"
        );
    }
}

#[tokio::test]
async fn a_name_is_checked_by_its_address() {
    let sink = Sink::start([]).await;
    let url = format!("http://localhost:{}/", sink.address.port());
    let error = send(&allowing(&[]), &url).await.expect_err("refused");
    assert!(error.is_final());
    assert!(error.to_string().contains("this machine"), "{error}");
    assert!(sink.seen().is_empty());
    let listed = allowing(&["127.0.0.0/8", "::1"]);
    assert_eq!(send(&listed, &url).await, Ok(()), "listed");
    assert_eq!(sink.seen()[0].header("host"), &url[7..url.len() - 1]);
}

#[tokio::test]
async fn plain_http_requires_a_listed_address() {
    let error = send(&allowing(&["127.0.0.0/8"]), "http://8.8.8.8/").await;
    let error = error.expect_err("refused");
    assert!(error.is_final());
    assert_eq!(
        error.to_string(),
        "http://8.8.8.8 is not encrypted; use https, or add the range of 8.8.8.8 to `allow` in [egress] of the server's settings"
    );
    let sink = Sink::start([]).await;
    let url = format!("http://{}/", sink.address);
    assert_eq!(send(&allowing(&["127.0.0.1"]), &url).await, Ok(()));
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/", sink.address.port());
    assert_eq!(
        send(&allowing(&["127.0.0.1"]), &mapped).await,
        Ok(()),
        "the IPv6 form of an IPv4 address"
    );
    let other = send(&allowing(&["127.0.0.2"]), &url).await;
    assert!(other.expect_err("not listed").is_final());
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_checked_again() {
    let sink = Sink::start([]).await;
    let here = sink.address;
    let listed = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), here.port()));
    let (names, lookups) = names(vec![vec![listed], vec![here], vec![here]]);
    let egress = allowing(&["127.0.0.2"]).with_resolver(names);
    let url = format!("http://rebind.example:{}/", here.port());
    // Resolved once, not again to connect: nothing listens at that address.
    assert!(send(&egress, &url).await.is_err());
    assert_eq!(lookups.load(Ordering::Relaxed), 1);
    let error = send(&egress, &url).await.expect_err("refused");
    assert!(error.is_final(), "{error}");
    assert_eq!(lookups.load(Ordering::Relaxed), 2);
    assert!(sink.seen().is_empty());
}

#[tokio::test]
async fn only_permitted_addresses_of_a_host_are_used() {
    let sink = Sink::start([]).await;
    let refused = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), sink.address.port()));
    let (_, listener) = Sink::bind([]).await;
    let dead = listener.local_addr().expect("an address");
    drop(listener);
    let (names, lookups) = names(vec![vec![refused, dead, sink.address]]);
    let egress = allowing(&["127.0.0.0/8"]).with_resolver(names);
    assert_eq!(send(&egress, "http://several.example/").await, Ok(()));
    assert_eq!(lookups.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_unknown_name_is_not_a_final_failure() {
    for answers in [vec![], vec![vec![]]] {
        let (names, _) = names(answers);
        let egress = allowing(&[]).with_resolver(names);
        let error = send(&egress, "https://nowhere.example/").await;
        let error = error.expect_err("unknown");
        assert!(!error.is_final(), "{error}");
        assert!(error.to_string().contains("was not found"), "{error}");
    }
}
