//! What came of a replay: for people, and as a number for whoever started us.

use super::check::Difference;
use super::play::shown;
use super::wire::{Encoding, Reply, same_name};
use std::fmt;
use std::path::PathBuf;

#[derive(Debug)]
pub struct Report {
    pub target: String,
    /// Whether the server has our additions; if not, a part of the checks was left out.
    pub ours: bool,
    pub outcomes: Vec<Outcome>,
    pub took_ms: i64,
    /// Flows that were written down.
    pub recorded: Vec<PathBuf>,
}

#[derive(Debug)]
pub struct Outcome {
    pub flow: String,
    pub file: PathBuf,
    pub encoding: Encoding,
    pub verdict: Verdict,
    /// Checks that could not be made, and why.
    pub skipped: Vec<String>,
    pub took_ms: i64,
}

#[derive(Debug)]
pub enum Verdict {
    Passed,
    Failed(Failure),
    Skipped(String),
}

/// Where a flow went another way than it says.
#[derive(Debug)]
pub struct Failure {
    /// `step 3, UpdatePayout: The operators approve it`.
    pub step: String,
    /// What happened, where there is nothing to compare.
    pub problem: Option<String>,
    pub differences: Vec<Difference>,
    pub sent: String,
    pub received: String,
}

impl Failure {
    pub fn at(step: impl Into<String>, problem: impl Into<String>) -> Failure {
        Failure {
            step: step.into(),
            problem: Some(problem.into()),
            differences: Vec::new(),
            sent: String::new(),
            received: String::new(),
        }
    }

    /// No differences, no failure.
    pub fn unless_none(
        step: String,
        differences: Vec<Difference>,
        calls: &[Vec<(String, String)>],
        replies: &[Reply],
    ) -> Result<(), Failure> {
        if differences.is_empty() {
            return Ok(());
        }
        let call = calls.first().map(|fields| shown(&without_pass_code(fields))).unwrap_or_default();
        let received = replies.first().map(|reply| shown(&reply.fields)).unwrap_or_default();
        Err(Failure { step, problem: None, differences, sent: call, received })
    }
}

/// A flow may send a pass code of its own; it is nobody's business all the same.
fn without_pass_code(fields: &[(String, String)]) -> Vec<(String, String)> {
    fields.iter().filter(|(name, _)| !same_name(name, "WSPassCode")).cloned().collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.step)?;
        if let Some(problem) = &self.problem {
            writeln!(f, "  {problem}")?;
        }
        for difference in &self.differences {
            for line in difference.to_string().lines() {
                writeln!(f, "  {line}")?;
            }
        }
        for (what, text) in [("sent", &self.sent), ("got", &self.received)] {
            if !text.is_empty() {
                writeln!(f, "  {what}: {text}")?;
            }
        }
        Ok(())
    }
}

impl Report {
    pub fn failed(&self) -> impl Iterator<Item = (&Outcome, &Failure)> {
        self.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(failure) => Some((outcome, failure)),
            Verdict::Passed | Verdict::Skipped(_) => None,
        })
    }

    pub fn skipped(&self) -> impl Iterator<Item = (&Outcome, &str)> {
        self.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Skipped(reason) => Some((outcome, reason.as_str())),
            Verdict::Passed | Verdict::Failed(_) => None,
        })
    }

    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Passed)).count()
    }

    /// 0: every flow went as it says. 1: one did not.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.failed().next().is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (outcome, failure) in self.failed() {
            writeln!(f, "FAILED  {} in {} ({})", outcome.flow, outcome.encoding, outcome.file.display())?;
            for line in failure.to_string().lines() {
                writeln!(f, "  {line}")?;
            }
            writeln!(f)?;
        }
        for (outcome, reason) in self.skipped() {
            writeln!(f, "skipped {} in {}: {reason}", outcome.flow, outcome.encoding)?;
        }
        for outcome in &self.outcomes {
            for check in &outcome.skipped {
                writeln!(f, "unchecked {} in {}: {check}", outcome.flow, outcome.encoding)?;
            }
        }
        if !self.ours {
            writeln!(f, "{} has no platform interface of ours: what needs it was left out.", self.target)?;
        }
        for file in &self.recorded {
            writeln!(f, "recorded {}", file.display())?;
        }
        let (failed, skipped) = (self.failed().count(), self.skipped().count());
        let seconds = self.took_ms as f64 / 1000.0;
        write!(f, "{} flows passed, {failed} failed, {skipped} skipped in {seconds:.1} s", self.passed())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn report() -> Report {
        let outcome = |flow: &str, verdict| Outcome {
            flow: flow.to_owned(),
            file: PathBuf::from("flows/a.toml"),
            encoding: Encoding::Json,
            verdict,
            skipped: Vec::new(),
            took_ms: 1250,
        };
        let fields = [("PIN", "B.1"), ("WSPassCode", "s3cret"), ("Status", "A")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let differences = vec![Difference::new("Status", "0", "20 (no funds, <none>)")];
        let failure = Failure::unless_none("step 2, UpdatePayout".to_owned(), differences, &[fields], &[]);
        Report {
            target: "http://127.0.0.1:8080".to_owned(),
            ours: true,
            outcomes: vec![
                outcome("Processed", Verdict::Passed),
                outcome("Refused & kept", Verdict::Failed(failure.expect_err("a failure"))),
                outcome("Blocked", Verdict::Skipped("needs our platform".to_owned())),
            ],
            took_ms: 2500,
            recorded: Vec::new(),
        }
    }

    #[test]
    fn a_failure_is_a_diff_with_the_call_and_never_the_pass_code() {
        let told = report().to_string();
        let expected = "\
FAILED  Refused & kept in json (flows/a.toml)
  step 2, UpdatePayout
    Status
      - 0
      + 20 (no funds, <none>)
    sent: PIN=B.1 Status=A

skipped Blocked in json: needs our platform
1 flows passed, 1 failed, 1 skipped in 2.5 s";
        assert_eq!(told, expected);
        assert_eq!(report().exit_code(), 1);
    }

    #[test]
    fn what_is_skipped_fails_nothing() {
        let mut report = report();
        report.outcomes.remove(1);
        assert_eq!(report.exit_code(), 0);
    }
}
