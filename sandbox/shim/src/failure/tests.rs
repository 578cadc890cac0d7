//! The words round a reason.

use super::{FailureOrigin, StartFailure};

fn text(origin: FailureOrigin) -> String {
    let reason = "exec: \"nosuch\": executable file not found in $PATH".to_owned();
    StartFailure { code: 127, reason, origin }.docker_text()
}

#[test]
fn a_container_that_does_not_start_is_reported_in_dockers_words() {
    assert_eq!(
        text(FailureOrigin::Create),
        "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create \
         failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown"
    );
}

#[test]
fn an_exec_that_does_not_start_is_reported_in_dockers_words() {
    assert_eq!(
        text(FailureOrigin::Exec),
        "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file \
         not found in $PATH: unknown"
    );
}
