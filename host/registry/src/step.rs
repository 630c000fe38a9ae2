//! What a transfer does, for those who watch it.

/// A step of a push or a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A transfer of so many bytes begins.
    Begin {
        /// What is transferred, such as `component.wasm`.
        name: &'a str,
        /// Its bytes.
        bytes: u64,
    },
    /// So many bytes of it are transferred; less than before where it begins again.
    At(u64),
    /// Something that a person may want to know, as a sentence.
    Note(&'a str),
}

/// Who watches a transfer.
pub(crate) type Watcher<'a> = &'a (dyn Fn(Step<'_>) + Send + Sync);
