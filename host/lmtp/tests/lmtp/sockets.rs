//! Sockets of the file system.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use patchbay_lmtp::{Listener, LmtpAddress, LmtpCounts, LmtpSettings};
use tokio::net::UnixStream;

use crate::mailboxes::Memory;
use crate::peer::Peer;

#[tokio::test]
async fn a_socket_of_the_file_system_takes_mails_and_is_removed_at_the_end() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("lmtp.sock");
    // As a server that was killed leaves it.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
    let settings = LmtpSettings::at(LmtpAddress::Unix(path.clone()));
    let listener = Listener::bind(&settings).expect("the old socket is replaced");
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o660);
    let mailboxes = Memory::new();
    let counts = Arc::<LmtpCounts>::default();
    let server = listener.start(Arc::clone(&mailboxes), counts);
    // A second server does not take it away.
    assert!(Listener::bind(&settings).is_err());
    let mut peer = Peer::of(UnixStream::connect(&path).await.expect("it listens"));
    peer.expect(&["220 patchbay LMTP ready"]).await;
    peer.hello().await;
    peer.ask("MAIL FROM:<jo@example.org>", "250 2.1.0 ok").await;
    peer.ask("RCPT TO:<help@a.example>", "250 2.1.5 ok").await;
    peer.send("DATA\r\n").await;
    assert!(peer.reply().await.starts_with("354 "));
    peer.send("Hello\r\n.\r\n").await;
    peer.expect(&["250 2.0.0 stored"]).await;
    drop(peer);
    server.stop(Duration::from_secs(60)).await;
    assert!(!path.exists());
    assert_eq!(mailboxes.stored().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_socket_stays() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("lmtp.sock");
    std::fs::write(&path, "a letter").expect("written");
    let settings = LmtpSettings::at(LmtpAddress::Unix(path.clone()));
    let refused = Listener::bind(&settings).expect_err("a file is there");
    assert!(refused.to_string().contains("lmtp.sock"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "a letter");
}
