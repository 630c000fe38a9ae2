//! Which inputs are being decided, in a file that outlives the process.
//!
//! A host that dies while it decides an input must know at its next start
//! which input that was. A write into the page cache tells it, for the price of
//! a system call; a lost machine loses the mark, and then no input is to blame.
//!
//! The file: 8 bytes of magic, the number of the run (u64), then for each lane
//! the ordinal in flight (u64, 0: none) and its complement, by which a torn
//! write is told from a whole one. All little-endian.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::error::JournalError;
use crate::id::Ordinal;

const MAGIC: &[u8; 8] = b"pblane\0\x01";
const HEAD_BYTES: u64 = 16;
const LANE_BYTES: u64 = 16;

/// The marks of one run.
#[derive(Debug)]
pub(crate) struct Lanes {
    file: File,
    lanes: u16,
}

/// What an earlier run left behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Its number; 0 if there was none.
    pub(crate) run: u64,
    /// What it had in flight when it ended.
    pub(crate) in_flight: Vec<Ordinal>,
}

impl Lanes {
    /// Open the file and read what an earlier run left; nothing is changed.
    pub(crate) fn open(path: &Path, lanes: u16) -> Result<(Lanes, Left), JournalError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(JournalError::file("cannot open", path))?;
        let left = left(&file).map_err(JournalError::file("cannot read", path))?;
        Ok((Lanes { file, lanes }, left))
    }

    /// Begin a run: no lane holds anything.
    pub(crate) fn begin(&self, run: u64) -> io::Result<()> {
        let mut bytes = vec![0; (HEAD_BYTES + LANE_BYTES * u64::from(self.lanes)) as usize];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&run.to_le_bytes());
        self.file.set_len(0)?;
        self.file.write_all_at(&bytes, 0)?;
        self.file.sync_all()
    }

    pub(crate) fn lanes(&self) -> u16 {
        self.lanes
    }

    /// Note what a lane holds; 0: nothing.
    pub(crate) fn mark(&self, lane: u16, input: Ordinal) -> io::Result<()> {
        let mut bytes = [0; LANE_BYTES as usize];
        if input.0 != 0 {
            bytes[..8].copy_from_slice(&input.0.to_le_bytes());
            bytes[8..].copy_from_slice(&(!input.0).to_le_bytes());
        }
        let place = HEAD_BYTES + LANE_BYTES * u64::from(lane);
        self.file.write_all_at(&bytes, place)
    }
}

fn left(file: &File) -> io::Result<Left> {
    let mut bytes = vec![0; file.metadata()?.len() as usize];
    file.read_exact_at(&mut bytes, 0)?;
    let word = |at: usize| {
        let word = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(u64::from_le_bytes(word))
    };
    if !bytes.starts_with(MAGIC) {
        return Ok(Left::default());
    }
    let lanes = (HEAD_BYTES as usize..bytes.len()).step_by(LANE_BYTES as usize);
    let mut in_flight: Vec<Ordinal> = lanes
        .filter_map(|at| word(at).zip(word(at + 8)))
        .filter(|(ordinal, complement)| *ordinal != 0 && *ordinal == !complement)
        .map(|(ordinal, _)| Ordinal(ordinal))
        .collect();
    in_flight.sort_unstable();
    in_flight.dedup();
    Ok(Left {
        run: word(8).unwrap_or(0),
        in_flight,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_flight_is_known_to_the_next_run() {
        let place = tempfile::tempdir().expect("a place");
        let path = place.path().join("lanes");
        let (lanes, left) = Lanes::open(&path, 4).expect("made");
        assert_eq!(left, Left::default());
        lanes.begin(1).expect("written");
        for (lane, input) in [(0, 5), (1, 6), (3, 9), (1, 0)] {
            lanes.mark(lane, Ordinal(input)).expect("written");
        }
        let (lanes, left) = Lanes::open(&path, 2).expect("there");
        let in_flight = vec![Ordinal(5), Ordinal(9)];
        assert_eq!(left, Left { run: 1, in_flight });
        lanes.begin(2).expect("written");
        let (_, left) = Lanes::open(&path, 2).expect("there");
        assert_eq!((left.run, left.in_flight.len()), (2, 0));
    }

    #[test]
    fn a_torn_mark_blames_no_input() {
        let place = tempfile::tempdir().expect("a place");
        let path = place.path().join("lanes");
        let (lanes, _) = Lanes::open(&path, 1).expect("made");
        lanes.begin(1).expect("written");
        lanes.mark(0, Ordinal(5)).expect("written");
        lanes.file.write_all_at(&[1; 4], 28).expect("torn");
        let (_, left) = Lanes::open(&path, 1).expect("there");
        assert_eq!(left.in_flight, []);
    }
}
