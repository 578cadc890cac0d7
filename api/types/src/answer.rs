//! Small bodies that many routes share: an error, an id, a progress line.

use serde::{Deserialize, Serialize};

use crate::{go_value::is_zero, human_bytes};

/// The body of every error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorMessage {
    /// The reason, in words that clients show and some of them search.
    pub message: String,
}

/// The id of something new (exec create, commit).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IdResponse {
    /// The id.
    pub id: String,
}

/// One line of a pull, push, load, import or build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProgressMessage {
    /// Text to print as it is.
    #[serde(skip_serializing_if = "is_zero")]
    pub stream: String,
    /// What is being done.
    #[serde(skip_serializing_if = "is_zero")]
    pub status: String,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_detail: Option<ProgressDetail>,
    /// The same as a bar of text.
    #[serde(skip_serializing_if = "is_zero")]
    pub progress: String,
    /// Layer or tag it is about.
    #[serde(skip_serializing_if = "is_zero")]
    pub id: String,
    /// The failure that ends the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<ErrorDetail>,
    /// The same in the older form.
    #[serde(skip_serializing_if = "is_zero")]
    pub error: String,
    /// A result for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aux: Option<serde_json::Value>,
}

/// How far a transfer is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressDetail {
    /// Bytes done.
    #[serde(skip_serializing_if = "is_zero")]
    pub current: i64,
    /// Bytes in all.
    #[serde(skip_serializing_if = "is_zero")]
    pub total: i64,
}

/// A failure within a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorDetail {
    /// A status code, when there is one.
    #[serde(skip_serializing_if = "is_zero")]
    pub code: i64,
    /// The reason.
    pub message: String,
}

impl ProgressDetail {
    /// Draws the bar that old clients print, as Docker does: fifty characters, and the bytes in units of a thousand.
    pub fn bar(&self) -> String {
        const WIDTH: i64 = 50;
        let (current, total) = (self.current, self.total);
        let shown = |bytes: i64| human_bytes(u64::try_from(bytes).unwrap_or_default());
        match (current, total) {
            (..=0, ..=0) => return String::new(),
            (_, ..=0) => return format!("{:>8}", shown(current)),
            _ => {}
        }
        // In 128 bits, for a hundred times a large layer does not fit 64. Each character stands for two percent.
        let percent = i128::from(current) * 100 / i128::from(total);
        let done = usize::try_from((percent / 2).clamp(0, WIDTH.into())).unwrap_or_default();
        let arrow = format!("{}>{}", "=".repeat(done), " ".repeat(50 - done));
        let of_all = match current > total {
            true => String::new(),
            false => format!("/{}", shown(total)),
        };
        format!("[{arrow}] {:>8}{of_all}", shown(current))
    }
}

impl ErrorMessage {
    /// Makes the body for `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl ProgressMessage {
    /// Makes a status line.
    pub fn status(status: impl Into<String>) -> Self {
        Self { status: status.into(), ..Self::default() }
    }

    /// Makes the line that ends a stream with a failure.
    pub fn failure(message: impl Into<String>) -> Self {
        let message = message.into();
        let error_detail = Some(ErrorDetail { code: 0, message: message.clone() });
        Self { error_detail, error: message, ..Self::default() }
    }
}
