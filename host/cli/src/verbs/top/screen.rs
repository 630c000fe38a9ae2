//! The terminal in raw mode, restored when dropped.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::verbs::serve::shutdown_signal;

/// Switch to the alternate screen and hide the cursor; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// Bytes of Ctrl-C and Ctrl-D in raw mode.
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;

/// Why [`Screen::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitResult {
    /// The time is over.
    Timeout,
    /// The user pressed q or Ctrl-C, or the process received a signal.
    Quit,
}

/// A terminal in raw mode.
pub(super) struct Screen {
    before: Termios,
    quit: Receiver<()>,
}

impl Screen {
    /// Put the terminal into raw mode and clear it.
    pub(super) fn open() -> io::Result<Screen> {
        let before = tcgetattr(io::stdin())?;
        let mut bare = before.clone();
        let echoed = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        bare.local_modes.remove(echoed);
        tcsetattr(io::stdin(), OptionalActions::Now, &bare)?;
        let (signal, quit) = channel();
        let key = signal.clone();
        // Both threads end with the process.
        thread::spawn(move || {
            let quits = |byte: &u8| matches!(*byte, b'q' | b'Q' | CTRL_C | CTRL_D);
            let mut bytes = [0; 16];
            loop {
                match io::stdin().read(&mut bytes) {
                    Ok(read) if read > 0 && !bytes[..read].iter().any(quits) => {}
                    _ => break,
                }
            }
            let _ = key.send(());
        });
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            if let Ok(runtime) = runtime.enable_all().build() {
                runtime.block_on(shutdown_signal());
                let _ = signal.send(());
            }
        });
        let screen = Screen { before, quit };
        screen.write(ENTER);
        Ok(screen)
    }

    /// Show the lines that fit.
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
            // Control characters of the server must not move the cursor.
            let shown = line.chars().filter(|character| !character.is_control());
            text.extend(shown.take(columns.into()));
            text += "\x1b[K";
        }
        text += "\x1b[J";
        self.write(&text);
    }

    /// Wait for a time, or until the user quits.
    pub(super) fn wait(&self, time: Duration) -> WaitResult {
        match self.quit.recv_timeout(time) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => WaitResult::Quit,
            Err(RecvTimeoutError::Timeout) => WaitResult::Timeout,
        }
    }

    fn write(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        // Fails where the terminal was closed.
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
