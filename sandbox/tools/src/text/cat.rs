//! `cat`: files one after the other.

use bstr::BString;

use crate::seam::call::{Call, Outcome, Stop};

/// What is read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Runs it.
pub(crate) fn cat(call: &mut Call) -> Outcome {
    let mut names = call.operands();
    if names.is_empty() {
        names.push(BString::from("-"));
    }
    let mut code = 0;
    for name in &names {
        match call.open_input(name) {
            Ok(stream) => {
                let mut chunk = vec![0; CHUNK_BYTES];
                loop {
                    match stream.read(&mut chunk, &call.interrupt) {
                        Ok(0) => break,
                        Ok(count) => {
                            call.write(&chunk[..count])?;
                            call.flush()?;
                        }
                        Err(error) => {
                            call.complain_of(name, &error)?;
                            code = 1;
                            break;
                        }
                    }
                }
            }
            Err(error) => {
                call.complain_of(name, &error)?;
                code = 1;
            }
        }
    }
    Ok(code)
}

/// The working directory.
pub(crate) fn pwd(call: &mut Call) -> Result<u8, Stop> {
    let cwd = crate::seam::call::path_bytes(&call.process.cwd).to_owned();
    if let Err(error) = call.files().metadata(&call.process.cwd) {
        return call.fail_of(b"getcwd", &error);
    }
    if cwd.is_empty() {
        return call.fail("no working directory");
    }
    call.line(&cwd)?;
    Ok(0)
}
