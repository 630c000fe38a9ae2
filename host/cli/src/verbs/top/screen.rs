//! The terminal while it is drawn on: given back as it was, however it ends.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::verbs::serve::interrupted;

/// Another screen, without a cursor; and the one before.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// What Ctrl-C and Ctrl-D send while the terminal leaves them to us.
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;

/// Why waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The time is over.
    Time,
    /// Somebody wants it to end.
    Asked,
}

/// A terminal that is drawn on.
pub(super) struct Screen {
    before: Termios,
    asked: Receiver<()>,
}

impl Screen {
    /// Take the terminal.
    pub(super) fn open() -> io::Result<Screen> {
        let before = tcgetattr(io::stdin())?;
        let mut bare = before.clone();
        let echoed = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        bare.local_modes.remove(echoed);
        tcsetattr(io::stdin(), OptionalActions::Now, &bare)?;
        let (asks, asked) = channel();
        let key = asks.clone();
        // Both end with the process.
        thread::spawn(move || {
            let ends = |byte: &u8| matches!(*byte, b'q' | b'Q' | CTRL_C | CTRL_D);
            let mut bytes = [0; 16];
            loop {
                match io::stdin().read(&mut bytes) {
                    Ok(read) if read > 0 && !bytes[..read].iter().any(ends) => {}
                    _ => break,
                }
            }
            let _ = key.send(());
        });
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            if let Ok(runtime) = runtime.enable_all().build() {
                runtime.block_on(interrupted());
                let _ = asks.send(());
            }
        });
        let screen = Screen { before, asked };
        screen.write(ENTER);
        Ok(screen)
    }

    /// Show these lines, as far as there is room.
    pub(super) fn draw(&self, lines: &[String]) {
        let size = tcgetwinsize(io::stdout()).ok();
        let (rows, columns) = size
            .filter(|size| size.ws_row > 0 && size.ws_col > 0)
            .map_or((24, 80), |size| (size.ws_row, size.ws_col));
        let mut text = "\x1b[H".to_owned();
        for (row, line) in lines.iter().take(rows.into()).enumerate() {
            if row > 0 {
                text += "\r\n";
            }
            // Nothing a server says moves the cursor.
            let shown = line.chars().filter(|character| !character.is_control());
            text.extend(shown.take(columns.into()));
            text += "\x1b[K";
        }
        text += "\x1b[J";
        self.write(&text);
    }

    /// Wait, until somebody asks for the end.
    pub(super) fn wait(&self, time: Duration) -> Ended {
        match self.asked.recv_timeout(time) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Ended::Asked,
            Err(RecvTimeoutError::Timeout) => Ended::Time,
        }
    }

    fn write(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        // A terminal that has gone needs nothing more.
        let _ = stdout.write_all(text.as_bytes());
        let _ = stdout.flush();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.write(LEAVE);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
