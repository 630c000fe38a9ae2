//! Metrics in Prometheus' text format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats>).

use std::collections::HashMap;
use std::fmt::Write;

use patchbay_model::histogram::HistogramSnapshot;

use super::metric_families::{FAMILIES, Family};

/// Collects samples and writes them in the order of the table of families,
/// whatever the order of the calls. A family without samples is described too.
#[derive(Debug, Default)]
pub(super) struct Page {
    lines: HashMap<&'static str, String>,
}

impl Page {
    /// Add a sample, with a value for each label of the family.
    pub(super) fn put(&mut self, family: &Family, values: &[&str], number: impl Into<f64>) {
        self.line(family, "", values, None, number.into());
    }

    /// Add a histogram. `per` units of the reading are one unit of the family
    /// (1e6: microseconds to seconds).
    pub(super) fn histogram(
        &mut self,
        family: &Family,
        values: &[&str],
        reading: &HistogramSnapshot,
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

    /// The page as text.
    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        for family in FAMILIES {
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

    use super::super::metric_families::{INTAKE, REQUEST_SECONDS};
    use super::*;

    #[test]
    fn samples_are_written_under_their_family_with_their_labels() {
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
