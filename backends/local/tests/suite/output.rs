//! Output: kept, followed, without loss.

use backends_core::Backend;
use tokio::time::timeout;

use super::bundle::{PATIENCE, follow_until, on_a_host};

#[test]
fn a_reader_from_before_the_start_misses_nothing() {
    on_a_host(|mut host| async move {
        let workload = host.script("seq 20000");
        let output = host.local().output(workload.run.container).unwrap();
        let following = tokio::spawn(follow_until(output, |seen, _| seen.ends_with(b"\n20000\n")));
        host.start(&workload).await;
        let seen = timeout(PATIENCE, following).await.expect("it ends").unwrap();
        assert_eq!(seen.iter().filter(|byte| **byte == b'\n').count(), 20_000);
        host.exit(workload.run).await;
    });
}

#[test]
fn all_output_is_there_once_the_end_is_reported() {
    on_a_host(|mut host| async move {
        for _ in 0..10 {
            let workload = host.script("head -c 300000 /dev/zero; echo; echo last >&2");
            host.start(&workload).await;
            let mut output = host.local().output(workload.run.container).unwrap();
            host.exit(workload.run).await;
            let mut count = 0;
            while let Some(frame) = output.reader.next_frame().unwrap() {
                count += frame.bytes.len();
            }
            assert_eq!(count, 300_006);
        }
    });
}

#[test]
fn a_reader_goes_on_with_the_output_of_a_container_that_is_removed() {
    on_a_host(|mut host| async move {
        let workload = host.script("seq 1000");
        host.start(&workload).await;
        host.exit(workload.run).await;
        let container = workload.run.container;
        let mut output = host.local().output(container).unwrap();
        host.remove(container).await;
        let log = host.data().join("logs").join(container.to_string());
        assert!(!log.exists(), "it is out of the way at once");
        let mut bytes = Vec::new();
        while let Some(frame) = output.reader.next_frame().unwrap() {
            bytes.extend_from_slice(&frame.bytes);
        }
        assert!(bytes.ends_with(b"\n1000\n"));
        let trash = host.data().join("trash");
        assert_eq!(std::fs::read_dir(&trash).unwrap().count(), 1);
        drop(output);
        let emptied = async {
            while std::fs::read_dir(&trash).unwrap().count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, emptied).await.expect("it is deleted when the last reader is gone");
    });
}
