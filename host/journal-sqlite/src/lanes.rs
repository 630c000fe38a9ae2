//! The inputs in flight, in a file that survives the process.
//!
//! After a crash the next start must know which inputs were being decided. A
//! write into the page cache records that for the price of a system call. A
//! crash of the machine may lose the record; then no input is blamed.
//!
//! The file: 8 bytes of magic, the number of the run (u64), then for each lane
//! the ordinal in flight (u64, 0: none) and its complement, which tells a torn
//! write from a whole one. All little-endian.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use patchbay_journal::{JournalError, Ordinal, Result};

const MAGIC: &[u8; 8] = b"pblane\0\x01";
const HEAD_BYTES: u64 = 16;
const LANE_BYTES: u64 = 16;

/// The in-flight record of the current run.
#[derive(Debug)]
pub(crate) struct Lanes {
    path: PathBuf,
    file: File,
    lanes: u16,
}

/// The in-flight record of the run before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PreviousRun {
    /// Its number; 0 if there was no run.
    pub(crate) run: u64,
    /// Inputs that were in flight when it ended.
    pub(crate) in_flight: Vec<Ordinal>,
}

impl Lanes {
    /// Open the file and read the record of the run before; changes nothing.
    pub(crate) fn open(path: &Path, lanes: u16) -> Result<(Lanes, PreviousRun)> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(JournalError::file("cannot open", path))?;
        let previous = read_previous(&file).map_err(JournalError::file("cannot read", path))?;
        let path = path.to_owned();
        Ok((Lanes { path, file, lanes }, previous))
    }

    /// Start a run: no lane has an input in flight.
    pub(crate) fn start_run(&self, run: u64) -> Result<()> {
        let mut bytes = vec![0; (HEAD_BYTES + LANE_BYTES * u64::from(self.lanes)) as usize];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&run.to_le_bytes());
        let write = || {
            // In place: a full disk may have no space for the same bytes again.
            self.file.write_all_at(&bytes, 0)?;
            self.file.set_len(bytes.len() as u64)?;
            self.file.sync_all()
        };
        write().map_err(JournalError::file("cannot write", &self.path))
    }

    /// Record the input a lane has in flight; 0: none.
    pub(crate) fn mark(&self, lane: u16, input: Ordinal) -> Result<()> {
        if lane >= self.lanes {
            let problem = format!("must be below {}", self.lanes);
            return Err(JournalError::invalid("lane", problem));
        }
        let mut bytes = [0; LANE_BYTES as usize];
        if input.0 != 0 {
            bytes[..8].copy_from_slice(&input.0.to_le_bytes());
            bytes[8..].copy_from_slice(&(!input.0).to_le_bytes());
        }
        let offset = HEAD_BYTES + LANE_BYTES * u64::from(lane);
        self.file
            .write_all_at(&bytes, offset)
            .map_err(JournalError::file("cannot write", &self.path))
    }
}

fn read_previous(file: &File) -> io::Result<PreviousRun> {
    let mut bytes = vec![0; file.metadata()?.len() as usize];
    file.read_exact_at(&mut bytes, 0)?;
    let word = |at: usize| {
        let word = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(u64::from_le_bytes(word))
    };
    if !bytes.starts_with(MAGIC) {
        return Ok(PreviousRun::default());
    }
    let lanes = (HEAD_BYTES as usize..bytes.len()).step_by(LANE_BYTES as usize);
    let mut in_flight: Vec<Ordinal> = lanes
        .filter_map(|at| word(at).zip(word(at + 8)))
        .filter(|(ordinal, complement)| *ordinal != 0 && *ordinal == !complement)
        .map(|(ordinal, _)| Ordinal(ordinal))
        .collect();
    in_flight.sort_unstable();
    in_flight.dedup();
    Ok(PreviousRun {
        run: word(8).unwrap_or(0),
        in_flight,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_reads_the_inputs_in_flight() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lanes");
        let (lanes, previous) = Lanes::open(&path, 4).expect("created");
        assert_eq!(previous, PreviousRun::default());
        lanes.start_run(1).expect("written");
        for (lane, input) in [(0, 5), (1, 6), (3, 9), (1, 0)] {
            lanes.mark(lane, Ordinal(input)).expect("written");
        }
        let (lanes, previous) = Lanes::open(&path, 2).expect("opened");
        let in_flight = vec![Ordinal(5), Ordinal(9)];
        assert_eq!(previous, PreviousRun { run: 1, in_flight });
        lanes.start_run(2).expect("written");
        let (_, previous) = Lanes::open(&path, 2).expect("opened");
        assert_eq!((previous.run, previous.in_flight.len()), (2, 0));
    }

    #[test]
    fn a_torn_write_blames_no_input() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lanes");
        let (lanes, _) = Lanes::open(&path, 1).expect("created");
        lanes.start_run(1).expect("written");
        lanes.mark(0, Ordinal(5)).expect("written");
        lanes.file.write_all_at(&[1; 4], 28).expect("torn");
        let (_, previous) = Lanes::open(&path, 1).expect("opened");
        assert_eq!(previous.in_flight, []);
    }
}
