//! The `baedal` program.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = baedal::cli::Arguments::parse();
    match baedal::run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("baedal: {error:#}");
            ExitCode::from(2)
        }
    }
}
