//! A report as JUnit XML: one suite an encoding, one case a flow.

use super::report::{Outcome, Report, Verdict};
use super::wire::Encoding;
use std::fmt::Write;

pub fn write(report: &Report) -> String {
    let (failed, skipped) = (report.failed().count(), report.skipped().count());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a String can't fail.
    let _ = writeln!(
        text,
        "<testsuites name=\"replay\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\" time=\"{}\">",
        report.outcomes.len(),
        seconds(report.took_ms)
    );
    for encoding in Encoding::ALL {
        let cases: Vec<&Outcome> =
            report.outcomes.iter().filter(|outcome| outcome.encoding == encoding).collect();
        if !cases.is_empty() {
            suite(&mut text, encoding, &cases);
        }
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, encoding: Encoding, cases: &[&Outcome]) {
    let count = |is: fn(&Verdict) -> bool| cases.iter().filter(|case| is(&case.verdict)).count();
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let skipped = count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let _ = writeln!(
        text,
        "  <testsuite name=\"{encoding}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\" time=\"{}\">",
        cases.len(),
        seconds(cases.iter().map(|case| case.took_ms).sum())
    );
    for case in cases {
        let _ = write!(
            text,
            "    <testcase classname=\"{encoding}.{}\" name=\"{}\" time=\"{}\"",
            escaped(&case.file.file_stem().unwrap_or_default().to_string_lossy()),
            escaped(&case.flow),
            seconds(case.took_ms)
        );
        let _ = match &case.verdict {
            Verdict::Passed if case.skipped.is_empty() => writeln!(text, "/>"),
            Verdict::Passed => {
                let unchecked = escaped(&case.skipped.join("\n"));
                writeln!(text, "><system-out>{unchecked}</system-out></testcase>")
            }
            Verdict::Skipped(reason) => {
                writeln!(text, "><skipped message=\"{}\"/></testcase>", escaped(reason))
            }
            Verdict::Failed(failure) => writeln!(
                text,
                "><failure message=\"{}\">{}</failure></testcase>",
                escaped(&failure.step),
                escaped(&failure.to_string())
            ),
        };
    }
    text.push_str("  </testsuite>\n");
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// As XML carries it; what it can't carry becomes the replacement character.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                safe.push(char::REPLACEMENT_CHARACTER)
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_suite_for_each_encoding() {
        let text = write(&super::super::report::tests::report());
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"replay\" tests=\"3\" failures=\"1\" skipped=\"1\" time=\"2.500\">
  <testsuite name=\"json\" tests=\"3\" failures=\"1\" skipped=\"1\" time=\"3.750\">
    <testcase classname=\"json.a\" name=\"Processed\" time=\"1.250\"/>
    <testcase classname=\"json.a\" name=\"Refused &amp; kept\" time=\"1.250\"><failure message=\"step 2, UpdatePayout\">step 2, UpdatePayout&#10;  Status&#10;    - 0&#10;    + 20 (no funds, &lt;none&gt;)&#10;  sent: PIN=B.1 Status=A&#10;</failure></testcase>
    <testcase classname=\"json.a\" name=\"Blocked\" time=\"1.250\"><skipped message=\"needs our platform\"/></testcase>
  </testsuite>
</testsuites>
";
        assert_eq!(text, expected);
    }
}
