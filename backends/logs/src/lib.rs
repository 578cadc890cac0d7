//! Container output on disk: numbered segments of checked frames, their writer, their readers.
//!
//! One [`LogWriter`] a container, in the process that holds it; any number of [`LogReader`]s, in the server. A
//! frame is what one read of a pipe gave, with its stream and its time; a frame is never changed once it is
//! whole. [`LineReader`] makes of frames the lines that `docker logs` shows.
//!
//! The writer is plain standard library with a checksum: it allocates nothing a frame and starts no thread, for it
//! is linked into the smallest process of the product. Nothing here waits for more output: whoever follows a log
//! is told by the writing process, and reads again.

mod durable;
mod frame;
mod lines;
mod position;
mod reader;
mod segment;
mod writer;

pub use durable::sync_log;
pub use frame::{FRAME_BYTES_MAX, Frame, Stream};
pub use lines::{LINE_BYTES_MAX, Line, LineOptions, LinePosition, LineReader};
pub use position::LogPosition;
pub use reader::{LogReader, OpenReaderError, ReadError};
pub use writer::{
    AppendError, FinishError, LogWriter, OpenWriterError, SEGMENT_BYTES, WriterOptions,
};
