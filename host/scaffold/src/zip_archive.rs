//! An archive in the format ZIP whose files are stored as they are, all of the same time: equal files
//! give equal bytes.

use std::io;

/// First moment that the format has: 1980-01-01T00:00.
const DATE: u16 = 0b0000_0000_0010_0001;
/// Version of the format that stored files need: 1.0.
const VERSION: u16 = 10;
/// Made on Unix, by this version of the format.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// A regular file that everybody reads and its owner writes, in the upper half.
const MODE: u32 = 0o100_644 << 16;

/// An archive that is written.
#[derive(Debug, Default)]
pub(crate) struct ZipArchive {
    files: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl ZipArchive {
    /// Adds a file.
    ///
    /// # Errors
    /// When the archive gets larger than 4 GiB, or has more than 65,535 files.
    pub(crate) fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let offset = number(self.files.len())?;
        let length = number(bytes.len())?;
        let name_length = u16::try_from(path.len()).map_err(too_large)?;
        self.count = self.count.checked_add(1).ok_or_else(|| too_large(()))?;
        // What the entry of the file and that of the directory have in common.
        let mut common = Vec::new();
        for value in [VERSION, 0, 0, 0, DATE] {
            common.extend(value.to_le_bytes());
        }
        for value in [crc32fast::hash(bytes), length, length] {
            common.extend(value.to_le_bytes());
        }
        common.extend(name_length.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        self.files.extend(b"PK\x03\x04");
        self.files.extend(&common);
        self.files.extend(path.as_bytes());
        self.files.extend(bytes);
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(MADE_BY.to_le_bytes());
        self.directory.extend(&common);
        // No comment, on the first disk, no attributes within.
        self.directory.extend([0; 6]);
        self.directory.extend(MODE.to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(path.as_bytes());
        Ok(())
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// When it is larger than 4 GiB.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        let offset = number(self.files.len())?;
        let length = number(self.directory.len())?;
        let mut archive = self.files;
        archive.extend(self.directory);
        archive.extend(b"PK\x05\x06");
        archive.extend([0; 4]);
        archive.extend(self.count.to_le_bytes());
        archive.extend(self.count.to_le_bytes());
        archive.extend(length.to_le_bytes());
        archive.extend(offset.to_le_bytes());
        archive.extend([0; 2]);
        Ok(archive)
    }
}

fn number(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(too_large)
}

fn too_large<E>(_: E) -> io::Error {
    io::Error::other("too large for an archive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_of_one_file_has_the_bytes_of_the_format() {
        let mut archive = ZipArchive::default();
        archive.add("a", b"hello").expect("a file");
        let archive = archive.finish().expect("an archive");
        let file = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0\x86\xa6\x10\x36\x05\0\0\0\x05\0\0\0\x01\0\0\0ahello";
        assert!(archive.starts_with(file), "{archive:?}");
        let end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x24\0\0\0\0\0";
        assert!(archive.ends_with(end), "{archive:?}");
    }
}
