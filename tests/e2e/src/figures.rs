//! What a suite says of itself while it runs and at its end.

use std::fmt;

/// Steps of a long run between two lines of progress.
const PROGRESS_EVERY: u64 = 100;

/// The figures of a suite, printed as one line of JSON.
#[derive(Debug, Clone)]
pub struct Figures {
    suite: &'static str,
    seed: u64,
    tried: u64,
    lost: u64,
    counts: Vec<(&'static str, u64)>,
}

impl Figures {
    /// Figures of a suite of which nothing is tried yet.
    pub fn new(suite: &'static str, seed: u64) -> Self {
        Self { suite, seed, tried: 0, lost: 0, counts: Vec::new() }
    }

    /// Counts something that was tried, and says now and then how far the suite has come.
    pub fn tried(&mut self, of: u64) {
        self.tried += 1;
        if self.tried.is_multiple_of(PROGRESS_EVERY) {
            tell(&format!("{}: {} of {of}, seed {}", self.suite, self.tried, self.seed));
        }
    }

    /// Counts something that was lost.
    pub fn lost(&mut self) {
        self.lost += 1;
    }

    /// Adds to a count with a name of its own.
    pub fn add(&mut self, name: &'static str, count: u64) {
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => self.counts.push((name, count)),
        }
    }

    /// Prints the line that `make torture` collects.
    pub fn print(&self) {
        tell(&self.to_string());
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, seed, tried, lost, counts } = self;
        write!(f, r#"{{"suite":"{suite}","seed":{seed},"tried":{tried},"lost":{lost}"#)?;
        for (name, count) in counts {
            write!(f, r#","{name}":{count}"#)?;
        }
        f.write_str("}")
    }
}

/// Tells whoever runs a suite how far it is.
#[expect(clippy::print_stderr, reason = "the reader of a suite's output is its user")]
pub fn tell(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_one_line_of_json() {
        let mut figures = Figures::new("powercut", 7);
        figures.tried(2);
        figures.tried(2);
        figures.add("acknowledged", 3);
        figures.add("acknowledged", 4);
        let line = figures.to_string();
        let wanted = r#"{"suite":"powercut","seed":7,"tried":2,"lost":0,"acknowledged":7}"#;
        assert_eq!(line, wanted);
        figures.lost();
        assert!(figures.to_string().contains(r#""lost":1"#));
    }
}
