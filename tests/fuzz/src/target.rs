//! A decoder under test.

/// Takes bytes or refuses them.
pub type Decoder = Box<dyn Fn(&[u8]) -> bool>;

/// A decoder, and what it reads.
pub struct Target {
    /// Its name in figures.
    pub name: &'static str,
    /// Bytes that it takes.
    pub samples: Vec<Vec<u8>>,
    /// How many of the inputs it gets, as a part: decoders that need files are slow.
    pub one_in: u64,
    /// Makes checksums and lengths right again after a change; nothing where there are none.
    pub repair: fn(&mut [u8]),
    /// Gives it bytes; tells whether it took them. What it takes and should not is a panic.
    pub run: Decoder,
}

impl Target {
    /// Makes a target without checksums.
    pub fn new(
        name: &'static str,
        samples: Vec<Vec<u8>>,
        run: impl Fn(&[u8]) -> bool + 'static,
    ) -> Self {
        Self { name, samples, one_in: 1, repair: |_| (), run: Box::new(run) }
    }
}
