//! The copy cannot be changed.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use super::SealedProgram;

#[test]
fn a_copy_cannot_be_opened_for_writing_to_any_effect() {
    let program = SealedProgram::copy(Path::new("/proc/self/exe")).unwrap();
    assert!(SealedProgram::is_sealed(program.as_fd()));
    let reopened = File::options().write(true).open(program.path());
    let written = reopened.and_then(|mut file| std::io::Write::write(&mut file, b"x"));
    assert!(written.is_err());
}

#[test]
fn a_plain_file_is_not_sealed() {
    assert!(!SealedProgram::is_sealed(File::open("/proc/self/exe").unwrap()));
}
