//! Why a call failed, and the only place that picks a status for it.

use std::time::Duration;

use api_asked::Unfit;
use api_http::BodyError;
use api_shown::{Invalid, NetworkError};
use api_types::{
    ApiVersionError, DetachKeysError, ErrorMessage, FilterError, GoJsonError, QueryError, TimeError,
};
use backends_core::{EffectError, FilesError, StreamError};
use backends_images::{
    Answer, CredentialsError, Fault, FetchError, Reference, ReferenceError, RegistryError,
};
use http::{HeaderValue, Method, StatusCode, header::RETRY_AFTER};
use journal_domain::{ParseSignalError, Refusal};
use journal_log::Seq;
use projector_engine::{PastError, SubmitError};
use warp::reply::Response;

use crate::{gate::Level, reply};

/// When a client that was turned away for overload may come back.
///
/// The queue drains thousands of commands in a second, so the shortest time the header can say is enough.
const RETRY_AFTER_SECONDS: u16 = 1;

/// When a client may come back whose container a full pool has turned away.
///
/// A place is free when a container ends, which nobody foresees; this many a minute cost a server nothing.
const POOL_RETRY_AFTER_SECONDS: u16 = 5;

/// A failed call: the status, the text in the answer, and whether the log knows of it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    record: OnRecord,
}

/// Whether a failed call is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnRecord {
    /// Not yet: no command was made of it.
    NotYet,
    /// In this record.
    At(Seq),
    /// It cannot be: the engine takes no commands.
    Impossible,
    /// It shall not be: the log keeps its room for what frees some.
    LeftOut,
}

// === impl ApiError ===

impl ApiError {
    /// Another API over the same engine refuses a call, with its own status and words.
    pub(crate) fn of_another(status: StatusCode, message: String) -> Self {
        Self::new(status, message)
    }

    /// What was asked makes no sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A network could not be made, or a container not join one or leave it.
    pub(crate) fn network_failed(reason: impl Into<String>) -> Self {
        Self::internal(reason)
    }

    /// There is nothing of that name.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// Something else is in the way.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// What was asked for was there once and is not kept any more.
    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, message)
    }

    /// What was asked is not built yet; the message names it.
    pub(crate) fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, message)
    }

    /// It failed, and not by a fault of the client.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// What was asked is of a swarm's managers, and this is none; in Docker's words, which clients look for.
    pub(crate) fn outside_of_a_swarm() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this \
             node to swarm and try again.",
        )
    }

    /// No route answers the path, in Docker's words.
    pub(crate) fn no_such_page() -> Self {
        Self::not_found("page not found")
    }

    /// A container could not be started: the client's fault where its program cannot be run.
    pub(crate) fn start_failed(exit_code: i64, message: impl Into<String>) -> Self {
        /// The statuses of a shell: found but not runnable, not found.
        const NOT_RUNNABLE: [i64; 2] = [126, 127];
        if NOT_RUNNABLE.contains(&exit_code) {
            Self::invalid(message)
        } else {
            Self::internal(message)
        }
    }

    /// A transfer of image bytes failed; who has to do something about it picks the status.
    pub(crate) fn transfer_failed(fault: Fault, reason: impl Into<String>) -> Self {
        let status = match fault {
            Fault::Content | Fault::Transport => StatusCode::BAD_REQUEST,
            Fault::Store => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, reason)
    }

    /// A pull failed, in Docker's words and with Docker's statuses.
    pub(crate) fn pull_failed(error: &RegistryError, name: &Reference, reason: String) -> Self {
        let RegistryError::Answer(answer) = error else {
            let missing = matches!(error, RegistryError::Platform(_));
            return if missing { Self::not_found(reason) } else { Self::internal(reason) };
        };
        let (repository, whole) = (name.familiar_name(), name.familiar());
        match answer.code.as_str() {
            "DENIED" => Self::not_found(format!(
                "pull access denied for {repository}, repository does not exist or may require \
                 'docker login': {answer}"
            )),
            "MANIFEST_UNKNOWN" => {
                Self::not_found(format!("manifest for {whole} not found: {answer}"))
            }
            "NAME_UNKNOWN" => {
                Self::not_found(format!("repository {repository} not found: {answer}"))
            }
            _ => Self::registry_refused(answer),
        }
    }

    /// A question to a registry was not answered.
    pub(crate) fn registry_failed(error: &RegistryError) -> Self {
        let RegistryError::Answer(answer) = error else {
            return Self::internal(error.to_string());
        };
        Self::registry_refused(answer)
    }

    /// A registry said no.
    pub(crate) fn registry_refused(answer: &Answer) -> Self {
        let status = match (answer.status, answer.code.as_str()) {
            (401, _) | (_, "UNAUTHORIZED") => StatusCode::UNAUTHORIZED,
            (404, _) => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, answer.to_string())
    }

    /// A point of the past was to be changed.
    pub(crate) fn past_is_fixed(method: &Method) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            format!("the past cannot be changed: {method} under /at/ is refused"),
        )
    }

    /// What is asked of a point of the past is not in the log, and nothing else has kept it.
    pub(crate) fn not_kept(what: &str, seq: Seq) -> Self {
        Self::new(
            StatusCode::GONE,
            format!(
                "at record {seq}: {what} is not kept, for the log tells of the state and not of bytes"
            ),
        )
    }

    /// The gate is not open for the call.
    ///
    /// While there is still room the refusal goes on record; a flood of them must not take the last of it.
    pub(crate) fn refused_at(level: Level, reason: &str) -> Self {
        match level {
            Level::Open | Level::NoGrowth => Self::new(StatusCode::SERVICE_UNAVAILABLE, reason),
            Level::FreesOnly => Self {
                record: OnRecord::LeftOut,
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
            },
            Level::ReadOnly => {
                Self { record: OnRecord::LeftOut, ..Self::new(StatusCode::FORBIDDEN, reason) }
            }
        }
    }

    /// The engine has ended: nobody will settle the call.
    pub(crate) fn stopping() -> Self {
        Self::unavailable("the server is stopping")
    }

    /// Tells in which record the call is.
    pub(crate) fn at(self, seq: Seq) -> Self {
        Self { record: OnRecord::At(seq), ..self }
    }

    /// Tells whether the log knows of it.
    pub(crate) const fn record(&self) -> OnRecord {
        self.record
    }

    /// Gives the status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// Tells whether all is as it was asked to be already.
    pub(crate) fn is_not_modified(&self) -> bool {
        self.status == StatusCode::NOT_MODIFIED
    }

    /// Tells whether what was asked for is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Gives the text of the answer.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Makes the answer.
    pub(crate) fn into_response(self) -> Response {
        let mut response = match self.status {
            // What is not modified has no body.
            StatusCode::NOT_MODIFIED => reply::empty(self.status),
            status => reply::json(status, &ErrorMessage::new(self.message)),
        };
        let retry_after = match (self.record, self.status) {
            (OnRecord::Impossible, _) => Some(RETRY_AFTER_SECONDS),
            (_, StatusCode::TOO_MANY_REQUESTS) => Some(POOL_RETRY_AFTER_SECONDS),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let OnRecord::At(seq) = self.record { reply::in_record(response, seq) } else { response }
    }

    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), record: OnRecord::NotYet }
    }

    fn unavailable(message: impl Into<String>) -> Self {
        Self { record: OnRecord::Impossible, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::NoSuchContainer(_)
            | Refusal::NoSuchExec(_)
            | Refusal::NoSuchImage(_)
            | Refusal::NoSuchNetwork(_)
            | Refusal::NoSuchConfiguration(_)
            | Refusal::NoSuchPod(_)
            | Refusal::NoSuchPlugin(_)
            | Refusal::NoSuchVolume(_) => StatusCode::NOT_FOUND,
            Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
            Refusal::AmbiguousId(_) | Refusal::InvalidParameter(_) => StatusCode::BAD_REQUEST,
            // A client that is told of something missing at a create pulls the image and tries again.
            Refusal::NoSuchPool(_) => StatusCode::BAD_REQUEST,
            Refusal::PoolFull { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Conflict(_) => StatusCode::CONFLICT,
            Refusal::KeyReused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::NotModified(_) => StatusCode::NOT_MODIFIED,
            Refusal::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::Exhausted(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Rejected { status, .. } => {
                StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST)
            }
        };
        Self::new(status, refusal.to_string())
    }
}

impl From<Invalid> for ApiError {
    fn from(error: Invalid) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<Unfit> for ApiError {
    fn from(error: Unfit) -> Self {
        match error {
            Unfit::Invalid(why) => Self::invalid(why),
            Unfit::NotFound(why) => Self::not_found(why),
            Unfit::Unbuilt(why) => Self::not_implemented(why),
            Unfit::Network(error) => error.into(),
        }
    }
}

impl From<NetworkError> for ApiError {
    fn from(error: NetworkError) -> Self {
        let status = match &error {
            NetworkError::Invalid(_) => StatusCode::BAD_REQUEST,
            NetworkError::Forbidden(_) => StatusCode::FORBIDDEN,
            NetworkError::Unbuilt(_) => StatusCode::NOT_IMPLEMENTED,
            NetworkError::NoSuchPlugin(_) => StatusCode::NOT_FOUND,
            NetworkError::OfASwarm => return Self::outside_of_a_swarm(),
        };
        Self::new(status, error.to_string())
    }
}

impl From<SubmitError<Refusal>> for ApiError {
    fn from(error: SubmitError<Refusal>) -> Self {
        match error {
            SubmitError::Refused { seq, refusal } => Self::from(refusal).at(seq),
            SubmitError::Overloaded { waited } => Self::unavailable(format!(
                "the server is overloaded: no room for the command in {}; try again",
                seconds(waited)
            )),
            SubmitError::TooLarge { size_bytes, limit_bytes } => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!(
                    "the request is too large for the log: {size_bytes} bytes, at most {limit_bytes} are possible"
                ),
            ),
            SubmitError::Panicked { message } => {
                tracing::error!(message, "a command made the machine panic");
                Self::internal("internal server error: the server's log has the reason")
            }
            SubmitError::Stopped => Self::stopping(),
        }
    }
}

impl From<PastError> for ApiError {
    fn from(error: PastError) -> Self {
        let status = match &error {
            PastError::Ahead { .. } => StatusCode::BAD_REQUEST,
            PastError::BeforeFirst => StatusCode::NOT_FOUND,
            PastError::Trimmed { .. } => StatusCode::GONE,
            PastError::Replay(_) | PastError::Panicked => {
                tracing::error!(error = &error as &dyn std::error::Error, "no look at the past");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let status = match &error {
            BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Stalled => StatusCode::REQUEST_TIMEOUT,
            BodyError::Broken(_) => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.to_string())
    }
}

impl From<EffectError> for ApiError {
    fn from(error: EffectError) -> Self {
        let status = match &error {
            EffectError::Gone => StatusCode::CONFLICT,
            EffectError::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
            EffectError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl From<FetchError> for ApiError {
    fn from(error: FetchError) -> Self {
        /// What the docker daemon hands on of another's answer.
        const HANDED_ON: [StatusCode; 4] = [
            StatusCode::BAD_REQUEST,
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::NOT_FOUND,
        ];
        let status = match &error {
            FetchError::Malformed { .. } | FetchError::TooLarge { .. } => StatusCode::BAD_REQUEST,
            FetchError::Forbidden { .. } => StatusCode::FORBIDDEN,
            FetchError::Status { status, .. } if HANDED_ON.contains(status) => *status,
            FetchError::Status { .. } | FetchError::Get { .. } | FetchError::Keep(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<FilesError> for ApiError {
    fn from(error: FilesError) -> Self {
        let status = match &error {
            FilesError::NotFound { .. } => StatusCode::NOT_FOUND,
            FilesError::NotADirectory | FilesError::ReadOnly | FilesError::Transport(_) => {
                StatusCode::BAD_REQUEST
            }
            FilesError::Ended => StatusCode::CONFLICT,
            // The docker daemon takes no blame on paths and archives apart from its own, and clients know it so.
            FilesError::Path(_) | FilesError::Content(_) | FilesError::Failed(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<StreamError> for ApiError {
    fn from(error: StreamError) -> Self {
        let status = match &error {
            StreamError::Gone => StatusCode::CONFLICT,
            StreamError::Absent(_) => StatusCode::BAD_REQUEST,
            StreamError::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

macro_rules! invalid {
    ($($error:ty),+) => {
        $(impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                Self::invalid(error.to_string())
            }
        })+
    };
}

invalid!(
    ApiVersionError,
    CredentialsError,
    DetachKeysError,
    FilterError,
    GoJsonError,
    ParseSignalError,
    QueryError,
    ReferenceError,
    TimeError
);

#[cfg(test)]
mod tests;
