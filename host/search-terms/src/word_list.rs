//! The distinct terms of several texts.

use memchr::memmem;

/// Distinct terms, in one string: as it is stored and searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordList {
    /// Each term between line ends; of no terms, one line end.
    text: String,
}

impl Default for WordList {
    fn default() -> WordList {
        WordList {
            text: "\n".to_owned(),
        }
    }
}

impl WordList {
    /// The list of stored bytes; `None` if the bytes are not a word list.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<WordList> {
        let text = String::from_utf8(bytes).ok()?;
        (text.starts_with('\n') && text.ends_with('\n')).then_some(WordList { text })
    }

    /// As it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Its length in bytes, as it is stored.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it has no terms.
    pub fn is_empty(&self) -> bool {
        self.text.len() == 1
    }

    /// Add terms; whether one was new.
    pub fn add<'a>(&mut self, terms: impl IntoIterator<Item = &'a str>) -> bool {
        let before = self.text.len();
        for term in terms {
            if !self.has(term) {
                self.text.push_str(term);
                self.text.push('\n');
            }
        }
        self.text.len() > before
    }

    /// Add the terms of another list, also those that this one has.
    pub fn append(&mut self, other: &WordList) {
        self.text.push_str(&other.text[1..]);
    }

    /// Bytes of memory that it uses, beside itself.
    pub fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Give back memory that it does not need.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
    }

    /// Whether it has a term.
    pub fn has(&self, term: &str) -> bool {
        let mut line = String::with_capacity(term.len() + 2);
        line.extend(["\n", term, "\n"]);
        memmem::find(self.text.as_bytes(), line.as_bytes()).is_some()
    }

    /// Its terms.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n').filter(|term| !term.is_empty())
    }
}
