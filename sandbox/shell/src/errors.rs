//! The texts of the system's errors.

/// What `strerror` says.
pub(crate) fn text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Dash's words for a file that cannot be opened or made.
pub(crate) fn dash(error: &std::io::Error, creates: bool) -> String {
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::NOENT) if creates => "Directory nonexistent".to_owned(),
        Some(rustix::io::Errno::NOENT) => "No such file".to_owned(),
        Some(rustix::io::Errno::NOTDIR) if creates => "Directory nonexistent".to_owned(),
        Some(rustix::io::Errno::NOTDIR) => "No such file".to_owned(),
        _ => text(error),
    }
}
