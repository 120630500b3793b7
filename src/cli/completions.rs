//! `tillgate completions`: for the shell.

use super::{Cli, Failed, output};
use clap::CommandFactory;
use clap_complete::Shell;

pub const EXAMPLES: &str = "\
Examples:
  tillgate completions bash > /etc/bash_completion.d/tillgate
  tillgate completions zsh > ~/.zfunc/_tillgate
  tillgate completions fish > ~/.config/fish/completions/tillgate.fish";

#[derive(clap::Args)]
pub struct Args {
    shell: Shell,
}

pub fn run(args: &Args) -> Result<(), Failed> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tillgate", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())
}
