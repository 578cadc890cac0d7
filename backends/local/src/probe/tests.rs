//! What is kept of a probe's output, and which reports are a probe's.

use backends_core::StartError;

use super::*;

#[test]
fn output_is_cut_at_its_limit_and_says_so() {
    let mut output = Output::default();
    output.keep(&[b'a'; OUTPUT_BYTES_MAX - 1]);
    assert_eq!(output.text().len(), OUTPUT_BYTES_MAX - 1);
    output.keep(b"bc");
    assert!(output.text().ends_with("ab..."));
    assert_eq!(output.text().len(), OUTPUT_BYTES_MAX + 3);
}

#[test]
fn a_probes_reports_go_to_who_waits_and_others_on() {
    let probes = Probes::default();
    let (probe, other) = (ExecId::from_bytes([1; 32]), ExecId::from_bytes([2; 32]));
    let mut end = probes.expect(probe);
    assert_eq!(probes.take(Observation::ExecStarted { exec: probe, pid: 1 }), None);
    let exited = |exec| Observation::ExecExited { exec, exit_code: 3, error: String::new() };
    assert_eq!(probes.take(exited(other)), Some(exited(other)));
    assert_eq!(probes.take(exited(probe)), None);
    assert_eq!(end.try_recv(), Ok(Ok(3)));
    assert_eq!(probes.take(exited(probe)), Some(exited(probe)));
}

#[test]
fn a_program_that_cannot_be_started_is_a_bad_end() {
    let probes = Probes::default();
    let exec = ExecId::from_bytes([1; 32]);
    let mut end = probes.expect(exec);
    let error = StartError { exit_code: 127, message: "no such file".into() };
    assert_eq!(probes.take(Observation::ExecStartFailed { exec, error }), None);
    assert_eq!(end.try_recv(), Ok(Err("no such file".into())));
}
