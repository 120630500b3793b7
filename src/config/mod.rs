//! The configuration: a file, then the environment, then nothing. Unknown keys are refused, and every problem is told
//! with its key before anything binds.

mod accounts;
mod approvals;
mod build;
mod load;
mod settings;

pub use accounts::{processors, remarks, routes};
pub use build::{Built, Directory, OfficeParts, Problem, build};
pub use load::{LoadError, load};
pub use settings::*;
