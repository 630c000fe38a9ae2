//! The directory that a build writes, used by one build at a time.

use std::fs::File;
use std::path::Path;

/// The file that a build locks.
const LOCK: &str = ".patchbay-build.lock";

/// Creates the directory and waits until no other build uses it. The component of a project has
/// the name of its pack or crate: until it is read, no other build may overwrite it. Absent when
/// the directory cannot be locked; the build then says why it cannot be written.
pub(super) fn lock(directory: &Path) -> Option<File> {
    std::fs::create_dir_all(directory).ok()?;
    let file = File::create(directory.join(LOCK)).ok()?;
    file.lock().ok()?;
    Some(file)
}
