//! Whose fault a failure is, so that an API can tell a wrong archive from a broken connection and a full disk.

use std::{error::Error, fmt, io};

/// Who has to do something about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What was sent is not what it must be.
    Content,
    /// What was sent did not come whole.
    Transport,
    /// This host could not keep it.
    Store,
}

/// An error of the stream that is taken in, wrapped so that it is known behind decoders.
#[derive(Debug)]
struct Marked {
    fault: Fault,
    source: io::Error,
}

impl Fault {
    /// Marks an error with this fault.
    pub(crate) fn mark(self, source: io::Error) -> io::Error {
        io::Error::new(source.kind(), Marked { fault: self, source })
    }

    /// Finds the mark of an error that came through readers; one without a mark is a decoder's, about what it read.
    pub(crate) fn of(error: &io::Error) -> Self {
        let mut source = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
        while let Some(inner) = source {
            if let Some(marked) = inner.downcast_ref::<Marked>() {
                return marked.fault;
            }
            source = inner.source();
        }
        Self::Content
    }
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            Fault::Content => "what was sent is wrong",
            Fault::Transport => "what was sent did not come whole",
            Fault::Store => "what was sent could not be kept",
        })
    }
}

impl Error for Marked {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
