use std::process::ExitCode;

/// The server's own threads allocate and free much and small; this was the quicker allocator when measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tillgate::cli::run()
}
