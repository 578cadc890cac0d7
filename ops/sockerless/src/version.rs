//! The version, and what it was built for.

/// The version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Prints the version in one line.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(crate) fn print() -> anyhow::Result<()> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    println!("sockerless {VERSION} ({os}/{arch}), Docker API {}", api_types::API_VERSION);
    Ok(())
}
