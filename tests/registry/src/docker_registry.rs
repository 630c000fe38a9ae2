//! The registry of Debian's package `docker-registry`, which has no referrers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// bcrypt of `secret`.
const PASSWORD: &str = "ana:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
/// Numbers the directories of one process.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// `docker-registry` on a free port, with the user `ana` and the password `secret`; killed when it is
/// dropped.
pub struct DockerRegistry {
    /// `HOST:PORT`.
    pub host: String,
    process: Child,
    place: PathBuf,
}

impl DockerRegistry {
    /// Starts it; prints why not and returns `None` where it is not installed.
    ///
    /// # Panics
    /// Where it does not listen within half a minute.
    pub fn start() -> Option<DockerRegistry> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("patchbay-docker-registry-{}-{number}", std::process::id());
        let place = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&place).expect("a directory");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = port.local_addr().expect("bound").to_string();
        drop(port);
        let path = |name: &str| place.join(name).display().to_string();
        std::fs::write(path("htpasswd"), PASSWORD).expect("written");
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{host}\", secret: test}}\nauth: {{htpasswd: {{realm: test, path: {}}}}}\n",
            path("data"),
            path("htpasswd"),
        );
        std::fs::write(path("config.yml"), config).expect("written");
        let started = Command::new("docker-registry")
            .args(["serve", &path("config.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = started else {
            let _ = std::fs::remove_dir_all(&place);
            skip();
            return None;
        };
        let registry = DockerRegistry {
            host,
            process,
            place,
        };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&registry.host).is_err() {
            assert!(Instant::now() < until, "docker-registry does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }
}

/// Says why a test does nothing.
fn skip() {
    // Not captured, as the lines of tests are.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: docker-registry is not installed (apt-get install docker-registry)"
    );
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

/// A way to a registry on which connections break.
pub struct CutConnection {
    /// `HOST:PORT`, to be used instead of the registry's.
    pub host: String,
    /// Each next connection breaks after so many bytes from the client; `None` where none is left.
    cuts: Arc<Mutex<Vec<usize>>>,
}

impl CutConnection {
    /// A way to a registry. Connections that send more than these numbers of bytes break, each number
    /// once, the last first.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn to(registry: &str, cuts: Vec<usize>) -> CutConnection {
        let to: SocketAddr = registry.parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("bound").to_string();
        let cuts = Arc::new(Mutex::new(cuts));
        let shared = Arc::clone(&cuts);
        // Ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let cuts = Arc::clone(&shared);
                if let Ok(server) = TcpStream::connect(to) {
                    thread::spawn(move || forward(client, server, &cuts));
                }
            }
        });
        CutConnection { host, cuts }
    }

    /// Cuts that did not happen.
    pub fn left(&self) -> usize {
        self.cuts.lock().len()
    }
}

fn forward(mut client: TcpStream, mut server: TcpStream, cuts: &Mutex<Vec<usize>>) {
    let pair = (server.try_clone(), client.try_clone());
    let (Ok(mut from_server), Ok(mut to_client)) = pair else {
        return;
    };
    let back = thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let (mut buffer, mut sent) = ([0; 512], 0);
    while let Ok(read) = client.read(&mut buffer) {
        if read == 0 || server.write_all(&buffer[..read]).is_err() {
            break;
        }
        sent += read;
        let is_cut = |cuts: &mut Vec<usize>| cuts.last().is_some_and(|cut| sent > *cut);
        let mut cuts = cuts.lock();
        if is_cut(&mut cuts) {
            cuts.pop();
            // The registry has time to store what it got.
            thread::sleep(Duration::from_millis(100));
            let _ = client.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = back.join();
}
