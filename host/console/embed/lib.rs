//! The files of the web console, compressed, as part of the binary. They are built from
//! `src/` by `npm run build` and committed in `dist/`, so that cargo needs no Node.js.
#![forbid(unsafe_code)]

use std::io::Read;

use flate2::read::GzDecoder;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A file of the console.
#[derive(Debug)]
pub struct File {
    path: &'static str,
    /// Its content, compressed by gzip.
    pub gzip: &'static [u8],
    /// Bytes of its content.
    size: usize,
}

/// The file with this path below `/console/`; `index.html` for an empty one.
pub fn find(path: &str) -> Option<&'static File> {
    let path = if path.is_empty() { "index.html" } else { path };
    FILES.iter().find(|file| file.path == path)
}

impl File {
    /// Its content. Decompresses it: about a millisecond for 300 KB.
    pub fn content(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.size);
        // What the build compressed decompresses.
        let _ = GzDecoder::new(self.gzip).read_to_end(&mut content);
        content
    }

    /// Media type of its content, by its name.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("json" | "webmanifest") => "application/json",
            _ => "application/octet-stream",
        }
    }

    /// Whether its name changes with its content, so that it may be cached for ever.
    pub fn is_immutable(&self) -> bool {
        self.path.starts_with("assets/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_decompresses_to_its_size() {
        assert!(!FILES.is_empty());
        for file in FILES {
            assert_eq!(file.content().len(), file.size, "{}", file.path);
            assert_ne!(
                file.media_type(),
                "application/octet-stream",
                "{}",
                file.path
            );
        }
    }

    #[test]
    fn the_page_and_what_it_loads_are_there() {
        let page = find("").expect("index.html").content();
        let page = String::from_utf8(page).expect("UTF-8");
        let loaded = page
            .split('"')
            .filter_map(|text| text.strip_prefix("/console/"));
        let mut count = 0;
        for path in loaded {
            assert!(find(path).is_some(), "{path}");
            count += 1;
        }
        assert!(count >= 2, "a script and a style sheet");
        assert!(find("../Cargo.toml").is_none());
    }
}
