//! The parts of an expression.

/// A set of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ByteSet(pub(super) [bool; 256]);

impl ByteSet {
    pub(super) fn of(has: impl Fn(u8) -> bool) -> Self {
        Self(std::array::from_fn(|index| has(u8::try_from(index).unwrap_or(0))))
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte)] = true;
    }

    pub(super) fn negated(&self) -> Self {
        Self(self.0.map(|has| !has))
    }

    pub(super) fn ignoring_case(&self) -> Self {
        Self::of(|byte| self.has(byte.to_ascii_lowercase()) || self.has(byte.to_ascii_uppercase()))
    }
}

/// What has no width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    End,
    WordStart,
    WordEnd,
    WordBound,
    NotWordBound,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Byte(u8),
    Any,
    Set(Box<ByteSet>),
    At(Place),
    Group(Box<Self>, usize),
    Concat(Vec<Self>),
    Alternate(Vec<Self>),
    Repeat { of: Box<Self>, least: u32, most: Option<u32> },
    BackReference(usize),
}

impl Node {
    pub(super) fn has_back_reference(&self) -> bool {
        match self {
            Self::BackReference(_) => true,
            Self::Group(inner, _) => inner.has_back_reference(),
            Self::Repeat { of, .. } => of.has_back_reference(),
            Self::Concat(parts) | Self::Alternate(parts) => {
                parts.iter().any(Self::has_back_reference)
            }
            Self::Byte(_) | Self::Any | Self::Set(_) | Self::At(_) => false,
        }
    }

    /// The same, where nobody asks what the groups have.
    pub(super) fn without_groups(&self) -> Self {
        let all = |parts: &[Self]| parts.iter().map(Self::without_groups).collect();
        match self {
            Self::Group(inner, _) => Self::Concat(vec![inner.without_groups()]),
            Self::Concat(parts) => Self::Concat(all(parts)),
            Self::Alternate(parts) => Self::Alternate(all(parts)),
            Self::Repeat { of, least, most } => {
                Self::Repeat { of: Box::new(of.without_groups()), least: *least, most: *most }
            }
            Self::Byte(_) | Self::Any | Self::Set(_) | Self::At(_) | Self::BackReference(_) => {
                self.clone()
            }
        }
    }

    /// False where the match that is preferred from left to right is surely the longest.
    pub(super) fn may_prefer_shorter(&self) -> bool {
        self.choices() > 1
    }

    /// How many parts of it may have more than one length; an alternative counts as two.
    fn choices(&self) -> usize {
        match self {
            Self::Group(inner, _) => inner.choices(),
            Self::Repeat { of, least, most } => {
                let inner = of.choices();
                if *most == Some(*least) { inner * 2 } else { 1 + inner * 2 }
            }
            Self::Concat(parts) => parts.iter().map(Self::choices).sum(),
            Self::Alternate(_) => 2,
            Self::Byte(_) | Self::Any | Self::Set(_) | Self::At(_) | Self::BackReference(_) => 0,
        }
    }
}

/// True for what words are made of.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
