//! Numbers in Prometheus' text format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats>).

use std::collections::HashMap;
use std::fmt::Write;

use patchbay_model::histogram::Reading;

use super::families::{ALL, Family};

/// A page that is being written. Families stand in the order of their table,
/// whatever the order in which numbers are put in; one without numbers is
/// described all the same.
#[derive(Debug, Default)]
pub(crate) struct Page {
    lines: HashMap<&'static str, String>,
}

impl Page {
    /// A number, with the value of each of its family's labels.
    pub(crate) fn put(&mut self, family: &Family, values: &[&str], number: impl Into<f64>) {
        self.line(family, "", values, None, number.into());
    }

    /// How often values fell into which range; `per` of the reading's unit are
    /// one of the family's (1e6: microseconds as seconds).
    pub(crate) fn histogram(
        &mut self,
        family: &Family,
        values: &[&str],
        reading: &Reading,
        per: f64,
    ) {
        let mut below = 0;
        for (bound, count) in reading.bounds.iter().zip(&reading.counts) {
            below += count;
            let bound = (*bound as f64 / per).to_string();
            self.line(family, "_bucket", values, Some(&bound), below as f64);
        }
        let total = reading.total() as f64;
        self.line(family, "_bucket", values, Some("+Inf"), total);
        self.line(family, "_sum", values, None, reading.sum as f64 / per);
        self.line(family, "_count", values, None, total);
    }

    /// The whole of it.
    pub(crate) fn finish(self) -> String {
        let mut text = String::new();
        for family in ALL {
            let (name, kind) = (family.name, family.kind.as_str());
            // Writing into a string cannot fail.
            let _ = writeln!(text, "# HELP {name} {}", family.help);
            let _ = writeln!(text, "# TYPE {name} {kind}");
            if let Some(lines) = self.lines.get(name) {
                text += lines;
            }
        }
        text
    }

    fn line(
        &mut self,
        family: &Family,
        suffix: &str,
        values: &[&str],
        bound: Option<&str>,
        number: f64,
    ) {
        debug_assert_eq!(family.labels.len(), values.len(), "{}", family.name);
        let lines = self.lines.entry(family.name).or_default();
        lines.push_str(family.name);
        lines.push_str(suffix);
        let labels = family.labels.iter().copied().zip(values.iter().copied());
        let mut opened = false;
        for (label, value) in labels.chain(bound.map(|bound| ("le", bound))) {
            lines.push(if opened { ',' } else { '{' });
            opened = true;
            let _ = write!(lines, "{label}=\"{}\"", escaped(value));
        }
        if opened {
            lines.push('}');
        }
        let _ = writeln!(lines, " {number}");
    }
}

fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\");
    value.replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use patchbay_model::histogram::{Histogram, MICROS};

    use super::super::families::{INTAKE, REQUEST_SECONDS};
    use super::*;

    #[test]
    fn numbers_stand_under_their_family_with_their_labels() {
        let mut page = Page::default();
        page.put(&INTAKE, &["a \"b\"\\", "accepted"], 3.0);
        let histogram = Histogram::new(MICROS);
        histogram.record(30);
        page.histogram(&REQUEST_SECONDS, &["/x"], &histogram.read(), 1e6);
        let text = page.finish();
        for line in [
            "# TYPE patchbay_intake_total counter\npatchbay_intake_total{company=\"a \\\"b\\\"\\\\\",result=\"accepted\"} 3\n",
            "patchbay_request_seconds_bucket{route=\"/x\",le=\"0.00002\"} 0\n",
            "patchbay_request_seconds_bucket{route=\"/x\",le=\"0.00005\"} 1\n",
            "patchbay_request_seconds_bucket{route=\"/x\",le=\"+Inf\"} 1\n",
            "patchbay_request_seconds_sum{route=\"/x\"} 0.00003\n",
            "patchbay_request_seconds_count{route=\"/x\"} 1\n",
            "# TYPE patchbay_shed_total counter\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
