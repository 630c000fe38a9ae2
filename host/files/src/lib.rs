//! Files that agents send with replies: which types the host takes, whether a file is what
//! it is called, and what a channel takes. Pure functions over bytes: no I/O.

mod content_type;
mod file_name;
mod file_type;
mod inspection;
mod picture_size;
mod reference;
mod rules;

pub use content_type::{content_type, is_content_type_decided};
pub use file_name::{FileNameProblem, NAME_BYTES, check_file_name};
pub use file_type::{FileForm, FileType, MEDIA_TYPES, TYPES, file_type};
pub use inspection::{FileProblem, InspectedFile, Inspection};
pub use picture_size::picture_size;
pub use reference::{FileReference, file_id, is_file_id};
pub use rules::{FileRefusal, FileRules, MOST_FILES, SentFile, TextPlace, TypeRule};
