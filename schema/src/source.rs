//! The files of a bundle as text with line indexes: from a byte to a line and a column, fast, wherever
//! it is. Also what miette reads its excerpts from.

use std::ops::Range;
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::bundle::Bundle;

/// The files of a bundle.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// Places that look like secrets written in clear; whoever shows a file blots them out.
    secrets: Vec<Place>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: Arc<str>,
    text: Arc<str>,
    /// Byte at which each line starts.
    lines: Vec<u32>,
    /// Where this file starts when all files are laid end to end.
    base: u32,
}

/// Bytes of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Which file of the bundle.
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// Where a byte is for people and editors. All counts start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column in characters.
    pub column: usize,
    /// Column in UTF-16 units, as editors count.
    pub utf16_column: usize,
}

impl Sources {
    /// Indexes the files of a bundle. Together they stay below 4 GiB, which `read` sees to.
    pub fn of(bundle: &Bundle) -> Sources {
        let mut base = 0u32;
        let mut files = Vec::with_capacity(bundle.files.len());
        for file in &bundle.files {
            let text: Arc<str> = file.text.as_str().into();
            let starts = line_starts(&text);
            files.push(SourceFile {
                path: file.path.as_str().into(),
                lines: starts,
                base,
                text: text.clone(),
            });
            // One byte between files, so that an empty place at an end belongs to one file.
            base = base.saturating_add(text.len() as u32).saturating_add(1);
        }
        Sources { files, secrets: Vec::new() }
    }

    /// The files.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// One file, if the bundle has so many.
    pub fn file(&self, index: usize) -> Option<&SourceFile> {
        self.files.get(index)
    }

    /// Places that must not be shown.
    pub fn secrets(&self) -> &[Place] {
        &self.secrets
    }

    pub(crate) fn hide(&mut self, places: Vec<Place>) {
        self.secrets = places;
    }

    /// From bytes of all files laid end to end to bytes of one.
    pub(crate) fn place(&self, global: Range<u32>) -> Place {
        let file = self.files.partition_point(|file| file.base <= global.start).saturating_sub(1);
        let base = self.files.get(file).map_or(0, |file| file.base);
        Place {
            file,
            start: (global.start - base) as usize,
            end: (global.end.max(global.start) - base) as usize,
        }
    }

    /// The text of bytes of all files laid end to end.
    pub(crate) fn slice(&self, file: usize, start: u32, len: u32) -> &str {
        let file = &self.files[file];
        let start = (start - file.base) as usize;
        &file.text[start..start + len as usize]
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let mut lines = vec![0];
    lines.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1));
    lines
}

impl SourceFile {
    /// Its path in the bundle.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }

    pub(crate) fn base(&self) -> u32 {
        self.base
    }

    fn line_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= byte).saturating_sub(1)
    }

    /// Where a byte is. A byte order mark is on no column.
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line_of(byte);
        let before = self.text.get(self.lines[line] as usize..byte).unwrap_or("");
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
            utf16_column: before.encode_utf16().count() + 1,
        }
    }

    /// The line a byte is on, without its end.
    pub fn line_range(&self, byte: usize) -> Range<usize> {
        let line = self.line_of(byte.min(self.text.len()));
        let start = self.lines[line] as usize;
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| *next as usize);
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }
}

/// One file for miette, with what must not be shown blotted out.
pub(crate) struct Excerpt<'a> {
    file: &'a SourceFile,
    blotted: Option<String>,
}

impl<'a> Excerpt<'a> {
    pub(crate) fn of(file: &'a SourceFile, secrets: impl Iterator<Item = Range<usize>>) -> Excerpt<'a> {
        let mut blotted: Option<String> = None;
        for secret in secrets {
            let text = blotted.get_or_insert_with(|| file.text.to_string());
            let Some(part) = text.get(secret.clone()) else { continue };
            // As many bytes as before, so that every place stays where it is; line ends stay line ends.
            let star = |b: u8| if b == b'\n' || b == b'\r' { b as char } else { '*' };
            let stars: String = part.bytes().map(star).collect();
            text.replace_range(secret, &stars);
        }
        Excerpt { file, blotted }
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.blotted.as_deref().unwrap_or(&self.file.text);
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let lines = &self.file.lines;
        let first = self.file.line_of(start).saturating_sub(before);
        let last = self.file.line_of(end.max(start + 1) - 1) + after;
        let from = if before == 0 { start } else { lines[first] as usize };
        let to = if after == 0 { end } else { lines.get(last + 1).map_or(text.len(), |next| *next as usize) };
        let column = if before == 0 { self.file.position(start).column - 1 } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.path.to_string(),
            &text.as_bytes()[from..to],
            (from, to - from).into(),
            first,
            column,
            last.min(lines.len() - 1) - first + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::BundleFile;

    fn file(text: &str) -> SourceFile {
        let file = BundleFile { path: "farm.yaml".into(), text: text.into() };
        Sources::of(&Bundle { files: vec![file] }).files[0].clone()
    }

    #[test]
    fn columns_count_characters_and_utf16_units() {
        let file = file("a: 1\nä😀b: 2\r\nc");
        let at = |byte| {
            let position = file.position(byte);
            (position.line, position.column, position.utf16_column)
        };
        assert_eq!(at(0), (1, 1, 1));
        assert_eq!(at(4), (1, 5, 5));
        assert_eq!(at(11), (2, 3, 4));
        assert_eq!(at(17), (3, 1, 1));
        assert_eq!(at(999), (3, 2, 2));
        assert_eq!(&file.text()[file.line_range(8)], "ä😀b: 2");
    }

    #[test]
    fn a_byte_order_mark_is_on_no_column() {
        assert_eq!(file("\u{feff}ab").position(4).column, 2);
    }

    #[test]
    fn places_find_their_file() {
        let files = ["ab", "", "cd"].map(|text| BundleFile { path: text.into(), text: text.into() });
        let sources = Sources::of(&Bundle { files: files.to_vec() });
        assert_eq!(sources.place(1..2), Place { file: 0, start: 1, end: 2 });
        assert_eq!(sources.place(2..2), Place { file: 0, start: 2, end: 2 });
        assert_eq!(sources.place(3..3), Place { file: 1, start: 0, end: 0 });
        assert_eq!(sources.place(4..6), Place { file: 2, start: 0, end: 2 });
    }
}
