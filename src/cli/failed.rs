//! Why a command ended badly, in words for somebody who sees this program for the first time: what is wrong, where,
//! and what to do. Never a secret.

use super::output::Format;
use crate::config;
use crate::operations::OperationError;
use crate::platform::Problem;
use crate::server::StartError;
use crate::store::StoreError;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug)]
pub enum Failed {
    /// A check or comparison says no, or a call was refused.
    Check(String),
    Usage(String),
    Config(String),
    /// Something we depend on is down.
    Down(String),
    /// Whoever reads our output has closed it; nobody is left to be told.
    Unheard,
}

impl Failed {
    fn code(&self) -> u8 {
        match self {
            Failed::Unheard => 0,
            Failed::Check(_) => 1,
            Failed::Usage(_) => 2,
            Failed::Config(_) => 3,
            Failed::Down(_) => 4,
        }
    }

    /// Says it on the standard error output.
    pub fn tell(&self, format: Format) {
        let (Failed::Check(text) | Failed::Usage(text) | Failed::Config(text) | Failed::Down(text)) = self
        else {
            return;
        };
        match format {
            Format::Text => eprintln!("tillgate: {text}"),
            Format::Json => eprintln!("{}", json!({ "error": text, "exit_code": self.code() })),
        }
    }

    pub fn problems(problems: &[config::Problem]) -> Failed {
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        Failed::Config(format!(
            "the configuration has {} problem(s):\n{}\nCorrect the keys; `tillgate check-config` shows all that is in force.",
            problems.len(),
            lines.join("\n")
        ))
    }
}

impl From<Failed> for ExitCode {
    fn from(failed: Failed) -> ExitCode {
        ExitCode::from(failed.code())
    }
}

impl From<config::LoadError> for Failed {
    fn from(error: config::LoadError) -> Failed {
        let advice = match &error {
            config::LoadError::Unreadable { .. } => {
                "; name another file with --config FILE or TILLGATE_CONFIG"
            }
            config::LoadError::Syntax { .. } | config::LoadError::Key { .. } => "",
        };
        Failed::Config(format!("the configuration can't be read: {error}{advice}"))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        match error {
            StoreError::Unreachable(_)
            | StoreError::Locked(_)
            | StoreError::Database(_)
            | StoreError::Raced
            | StoreError::Full
            | StoreError::Closed => {
                Failed::Down(format!("{error}; is `database.url` right and the database up?"))
            }
            StoreError::NotFlushed(_) => Failed::Down(error.to_string()),
            StoreError::Corrupt(_) => Failed::Check(error.to_string()),
            StoreError::Panicked => Failed::Check(format!("a defect of ours: {error}")),
        }
    }
}

impl From<OperationError> for Failed {
    fn from(error: OperationError) -> Failed {
        match error {
            OperationError::Refused(refusal) => Failed::Check(format!("refused: {refusal}")),
            OperationError::NotYet(why) => Failed::Check(format!("not yet: {why}")),
            OperationError::Failed(error) => error.into(),
        }
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Failed {
        Failed::Usage(problem.detail)
    }
}

impl From<StartError> for Failed {
    fn from(error: StartError) -> Failed {
        match error {
            StartError::Config(problems) => Failed::problems(&problems),
            StartError::Sandbox(_) => Failed::Config(error.to_string()),
            StartError::Database(cause) => cause.into(),
            StartError::Migrations(_) | StartError::Listen { .. } | StartError::Page(_) => {
                Failed::Down(error.to_string())
            }
        }
    }
}
