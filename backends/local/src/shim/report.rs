//! What a shim reports about its start, read as soon as it is there.

use std::{io, os::fd::OwnedFd};

use sandbox_shim::StartReport;
use tokio::{io::AsyncReadExt, net::unix::pipe};

/// Bytes of a report. A failure names a program and a path, at most 4 KiB each.
const REPORT_BYTES_MAX: u64 = 64 * 1024;

/// A shim ended or closed its output without a report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// Nothing came.
    #[error("the process that should hold the container ended without a word")]
    Silent,
    /// What came is no report.
    #[error("the process that should hold the container cannot be understood")]
    Unreadable(#[source] serde_json::Error),
    /// Nothing came in time.
    #[error("the process that should hold the container did not report in time")]
    Late,
    /// Reading failed.
    #[error("the process that should hold the container cannot be heard")]
    Read(#[source] io::Error),
}

/// Waits for the report.
pub(crate) async fn read_report(stream: OwnedFd) -> Result<StartReport, ReportError> {
    let receiver = pipe::Receiver::from_owned_fd(stream).map_err(ReportError::Read)?;
    // The shim may keep its output open: the report is one line.
    let mut receiver = receiver.take(REPORT_BYTES_MAX);
    let mut line = Vec::with_capacity(512);
    while !line.ends_with(b"\n") {
        if receiver.read_buf(&mut line).await.map_err(ReportError::Read)? == 0 {
            break;
        }
    }
    if line.is_empty() {
        return Err(ReportError::Silent);
    }
    serde_json::from_slice(&line).map_err(ReportError::Unreadable)
}
