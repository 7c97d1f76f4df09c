//! Framing without IO: finds lines in what a peer sent, keeps only an unfinished tail, and holds a bound.

/// A peer sent more than the bound without ending its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {max} bytes")]
pub struct LineTooLong {
    /// The bound, bytes.
    pub max: usize,
}

/// Splits a stream into lines. Holds no memory between lines.
#[derive(Debug)]
pub struct Lines {
    tail: Vec<u8>,
    max: usize,
}

impl Lines {
    /// Lines of at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { tail: Vec::new(), max }
    }

    /// Takes what was read and calls `each` for every complete line, without its end and without
    /// surrounding white space. Blank lines are skipped. `each` returns false to stop early.
    pub fn feed(&mut self, bytes: &[u8], each: impl FnMut(&[u8]) -> bool) -> Result<(), LineTooLong> {
        self.feed_some(bytes, each).map(|_| ())
    }

    /// The same for who goes on later: gives the number of bytes dealt with, which is less than all only
    /// where `each` stopped.
    pub fn feed_some(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> bool,
    ) -> Result<usize, LineTooLong> {
        let mut done = 0;
        while let Some(end) = memchr::memchr(b'\n', &bytes[done..]) {
            let line = &bytes[done..done + end];
            done += end + 1;
            let go_on = if self.tail.is_empty() {
                self.check(line.len())?;
                each_line(line, &mut each)
            } else {
                self.check(self.tail.len() + line.len())?;
                self.tail.extend_from_slice(line);
                let whole = std::mem::take(&mut self.tail);
                each_line(&whole, &mut each)
            };
            if !go_on {
                return Ok(done);
            }
        }
        let rest = &bytes[done..];
        self.check(self.tail.len() + rest.len())?;
        self.tail.extend_from_slice(rest);
        Ok(bytes.len())
    }

    /// Bytes of an unfinished line.
    pub fn pending(&self) -> usize {
        self.tail.len()
    }

    fn check(&self, len: usize) -> Result<(), LineTooLong> {
        if len > self.max { Err(LineTooLong { max: self.max }) } else { Ok(()) }
    }
}

fn each_line(line: &[u8], each: &mut impl FnMut(&[u8]) -> bool) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || each(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]], max: usize) -> (Vec<String>, bool) {
        let mut out = Vec::new();
        let mut lines = Lines::new(max);
        for chunk in chunks {
            let fed = lines.feed(chunk, |line| {
                out.push(String::from_utf8_lossy(line).into_owned());
                true
            });
            if fed.is_err() {
                return (out, false);
            }
        }
        (out, true)
    }

    #[test]
    fn packets_and_lines_need_not_agree() {
        let (out, ok) = lines(&[b"a\r\n\n  b\n", b"c", b"d\n", b"tail"], 100);
        assert!(ok);
        assert_eq!(out, ["a", "b", "cd"]);
    }

    #[test]
    fn who_stops_goes_on_where_it_stopped() {
        let mut lines = Lines::new(100);
        let (bytes, mut from, mut seen) = (&b"a\nb\n\nc\nta"[..], 0, Vec::new());
        while from < bytes.len() {
            from += lines
                .feed_some(&bytes[from..], |line| {
                    seen.push(line.to_vec());
                    false
                })
                .unwrap();
        }
        assert_eq!((seen, lines.pending()), (vec![b"a".to_vec(), b"b".to_vec(), b"c".to_vec()], 2));
    }

    #[test]
    fn the_bound_holds_with_and_without_an_end() {
        assert_eq!(lines(&[b"12345\n"], 5), (vec!["12345".into()], true));
        assert!(!lines(&[b"123456\n"], 5).1);
        assert!(!lines(&[b"123", b"456"], 5).1);
    }

    proptest::proptest! {
        #[test]
        fn any_cut_of_a_stream_gives_the_same_lines(
            text in "[a-z\n ]{0,80}", cuts in proptest::collection::vec(0usize..80, 0..6)
        ) {
            let bytes = text.as_bytes();
            let whole = lines(&[bytes], 100);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            proptest::prop_assert_eq!(lines(&chunks, 100), whole);
        }
    }
}
