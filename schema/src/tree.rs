//! Text to a tree whose every node keeps its place; the only file that knows the YAML parser.
//!
//! One arena for all files of a bundle. Scalars are slices of their file. An alias stays a reference,
//! so a bomb of aliases is inert; what it would unfold to is counted and bounded. `<<` is merged here.
//! Only the words of YAML's core schema are booleans and null; a number is one that JSON would read.
//! Everything else is text: `NO`, `yes`, `0x1F`, `1e3`, `007`, `1_000`.

pub(crate) mod decode;
pub(crate) mod json;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::problem::Problem;
use crate::source::{Place, Sources};

/// Deepest nesting of lists and maps. The farm file needs about eight levels.
const DEPTH_MAX: usize = 64;
/// Maps with more entries than this are looked up by a sorted index.
const LINEAR_MAX: u32 = 16;
/// What aliases may unfold to beyond the size of the text itself.
const UNFOLDED_MAX: u64 = 1_000_000;

/// One node of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    True,
    False,
    Number,
    /// A slice of the file: `a` is its global start, `b` its length.
    Slice,
    /// Text with escapes or folded lines: `a` is its number among `owned`.
    Owned,
    /// `a` is the first edge, `b` the number of items.
    List,
    /// `a` is the first edge, `b` the number of entries of two edges each.
    Map,
    /// `a` is the target.
    Alias,
    /// An alias to nothing that can be used; reported, and read as null.
    Lost,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    a: u32,
    b: u32,
    kind: Kind,
    plain: bool,
    file: u16,
}

/// What a node holds, aliases followed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum View<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(&'a str),
    List,
    Map,
}

/// Documents as one arena.
pub(crate) struct Tree {
    sources: Sources,
    nodes: Vec<Node>,
    edges: Vec<u32>,
    owned: Vec<Box<str>>,
    /// Entries of large maps in the order of their keys.
    indexes: HashMap<u32, Box<[u32]>>,
    /// Where merged entries of a map begin, and through which node they came.
    merges: HashMap<u32, Vec<(u32, u32)>>,
    /// The root of the farm, once files are joined.
    root: Option<Id>,
}

/// What stands at the end of a JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The entry's key, when it is an entry.
    pub(crate) key: Option<Id>,
    /// The value, aliases followed.
    pub(crate) value: Id,
    /// The aliases it was reached through.
    pub(crate) via: Vec<Id>,
    /// The nodes passed on the way, from the root, aliases followed.
    pub(crate) path: Vec<Id>,
}

/// The outcome of reading files into a tree.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    /// The root of each file; a file with a syntax error has none.
    pub(crate) roots: Vec<Option<Id>>,
    pub(crate) problems: Vec<Problem>,
}

/// Reads every file.
pub(crate) fn grow(sources: Sources) -> Grown {
    let bytes: usize = sources.files().iter().map(|file| file.text().len()).sum();
    let mut grower = Grower {
        tree: Tree {
            sources,
            // About one node in sixteen bytes of a farm file.
            nodes: Vec::with_capacity(bytes / 16),
            edges: Vec::with_capacity(bytes / 16),
            owned: Vec::new(),
            indexes: HashMap::new(),
            merges: HashMap::new(),
            root: None,
        },
        problems: Vec::new(),
        unfolded: 0,
        unfolded_max: UNFOLDED_MAX + bytes as u64,
        bomb: false,
    };
    let roots = (0..grower.tree.sources.files().len()).map(|file| grower.file(file)).collect();
    grower.tree.nodes.shrink_to_fit();
    grower.tree.edges.shrink_to_fit();
    Grown { tree: grower.tree, roots, problems: grower.problems }
}

struct Grower {
    tree: Tree,
    problems: Vec<Problem>,
    unfolded: u64,
    unfolded_max: u64,
    bomb: bool,
}

/// A list or a map that is still open.
struct Open {
    node: u32,
    is_map: bool,
    /// Its children are those of `pending` from here on.
    children: usize,
    anchor: usize,
    /// Nodes it would unfold to so far.
    size: u64,
    flow: bool,
}

struct Anchor {
    node: u32,
    size: u64,
    closed: bool,
}

impl Grower {
    fn file(&mut self, index: usize) -> Option<Id> {
        let text = self.tree.sources.files()[index].shared_text();
        let base = self.tree.sources.files()[index].base();
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_comments: false,
            flow_nesting_limit: DEPTH_MAX,
            block_nesting_limit: DEPTH_MAX,
        };
        let mut open: Vec<Open> = Vec::new();
        let mut pending: Vec<u32> = Vec::new();
        let mut anchors: HashMap<usize, Anchor> = HashMap::new();
        let mut root: Option<Id> = None;
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(&text, options) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len());
                    self.problems.push(syntax_problem(&self.tree.sources, index, at, error.kind()));
                    return None;
                }
            };
            let start = span.start.byte_offset().unwrap_or(0) as u32 + base;
            let end = (span.end.byte_offset().unwrap_or(0) as u32 + base).max(start);
            let tag_place = || match span.tag_span().and_then(|span| span.byte_range()) {
                Some(tag) => Place { file: index, start: tag.start, end: tag.end },
                None => Place { file: index, start: (start - base) as usize, end: (end - base) as usize },
            };
            let (child, size, anchor) = match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents == 2 {
                        let place = self.tree.sources.place(start..end);
                        self.problems.push(
                            Problem::new("farm::yaml::documents", &self.tree.sources, place, "a second document in one file")
                                .label("starts here")
                                .help("keep one document to a file, without `---` between parts; more files go under `include`"),
                        );
                        return root;
                    }
                    continue;
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let node = self.scalar(index, base, &text, start, end, value, style);
                    if let Some(tag) = tag {
                        self.tag_scalar(node, &tag, tag_place());
                    }
                    (node, 1, anchor)
                }
                Event::Alias(target) => {
                    let anchor = anchors.get(&target).map(|anchor| (anchor.node, anchor.size, anchor.closed));
                    let (kind, a, size) = match anchor {
                        Some((node, size, true)) => (Kind::Alias, node, size),
                        _ => {
                            let place = self.tree.sources.place(start..end);
                            self.problems.push(
                                Problem::new(
                                    "farm::yaml::anchor_cycle",
                                    &self.tree.sources,
                                    place,
                                    "an alias inside of the very value it stands for",
                                )
                                .label("would go on for ever")
                                .help("write out what is meant here"),
                            );
                            (Kind::Lost, 0, 1)
                        }
                    };
                    let node = self.push(Node { start, end, a, b: 0, kind, plain: true, file: index as u16 });
                    if kind == Kind::Alias {
                        self.unfold(size, start..end);
                    }
                    (node, size, 0)
                }
                Event::UnresolvedAlias(_) => {
                    let place = self.tree.sources.place(start..end);
                    self.problems.push(
                        Problem::new("farm::yaml::unknown_alias", &self.tree.sources, place, "no anchor of this name comes before it in this file")
                            .label("refers to nothing")
                            .help("an anchor is written `&name` before its value, above the place that uses it, in the same file"),
                    );
                    let node = self.push(Node {
                        start,
                        end,
                        a: 0,
                        b: 0,
                        kind: Kind::Lost,
                        plain: true,
                        file: index as u16,
                    });
                    (node, 1, 0)
                }
                Event::SequenceStart(style, anchor, tag) => {
                    self.start(
                        index,
                        start,
                        end,
                        false,
                        style,
                        anchor,
                        tag.as_deref(),
                        tag_place,
                        &mut open,
                        &pending,
                        &mut anchors,
                    );
                    continue;
                }
                Event::MappingStart(style, anchor, tag) => {
                    self.start(
                        index,
                        start,
                        end,
                        true,
                        style,
                        anchor,
                        tag.as_deref(),
                        tag_place,
                        &mut open,
                        &pending,
                        &mut anchors,
                    );
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(closed) = open.pop() else { continue };
                    let children: Vec<u32> = pending.drain(closed.children..).collect();
                    self.close(&closed, &children, end);
                    if let Some(anchor) = anchors.get_mut(&closed.anchor) {
                        anchor.size = closed.size;
                        anchor.closed = true;
                    }
                    (closed.node, closed.size, 0)
                }
                _ => continue,
            };
            if anchor != 0 {
                anchors.insert(anchor, Anchor { node: child, size, closed: true });
            }
            match open.last_mut() {
                Some(parent) => {
                    parent.size = parent.size.saturating_add(size);
                    pending.push(child);
                }
                None => root = Some(Id(child)),
            }
        }
        Some(root.unwrap_or_else(|| {
            // An empty file: nothing, at its start.
            Id(self.push(Node {
                start: base,
                end: base,
                a: base,
                b: 0,
                kind: Kind::Null,
                plain: true,
                file: index as u16,
            }))
        }))
    }

    fn push(&mut self, node: Node) -> u32 {
        self.tree.nodes.push(node);
        self.tree.nodes.len() as u32 - 1
    }

    #[allow(clippy::too_many_arguments)]
    fn scalar(
        &mut self,
        file: usize,
        base: u32,
        text: &str,
        start: u32,
        end: u32,
        value: Cow<str>,
        style: ScalarStyle,
    ) -> u32 {
        let plain = style == ScalarStyle::Plain;
        let kind = if plain { plain_kind(&value) } else { Kind::Slice };
        // Where the parser borrowed from the text, so can we.
        let from_text = match &value {
            Cow::Borrowed(slice) => (slice.as_ptr() as usize)
                .checked_sub(text.as_ptr() as usize)
                .filter(|offset| text.get(*offset..offset + slice.len()) == Some(*slice)),
            Cow::Owned(_) => None,
        }
        .or_else(|| {
            let at = (start - base) as usize;
            (text.get(at..at + value.len()) == Some(&*value)).then_some(at)
        });
        let (kind, a, b) = match from_text {
            Some(offset) => (kind, offset as u32 + base, value.len() as u32),
            // Nothing at all: the parser makes up a text for it.
            None if kind == Kind::Null => (kind, start, 0),
            None => {
                self.tree.owned.push(value.into());
                (Kind::Owned, self.tree.owned.len() as u32 - 1, 0)
            }
        };
        self.push(Node { start, end, a, b, kind, plain, file: file as u16 })
    }

    fn tag_scalar(&mut self, node: u32, tag: &Tag, place: Place) {
        let read = self.tree.nodes[node as usize].kind;
        let plain = plain_kind(self.tree.scalar_text(Id(node)));
        let kind = match core_tag(tag) {
            Some("str") if read == Kind::Owned => Some(Kind::Owned),
            Some("str") => Some(Kind::Slice),
            Some("null") if plain == Kind::Null => Some(Kind::Null),
            Some("bool") if matches!(plain, Kind::True | Kind::False) => Some(plain),
            Some("int" | "float") if plain == Kind::Number && read != Kind::Owned => Some(Kind::Number),
            _ => None,
        };
        match kind {
            Some(kind) => self.tree.nodes[node as usize].kind = kind,
            None => self.unknown_tag(place),
        }
    }

    fn unknown_tag(&mut self, place: Place) {
        self.problems.push(
            Problem::new(
                "farm::yaml::tag",
                &self.tree.sources,
                place,
                "a tag that the farm file does not use",
            )
            .label("tag")
            .help("leave the tag out; text that looks like something else is put in quotes"),
        );
    }

    #[allow(clippy::too_many_arguments)]
    fn start(
        &mut self,
        file: usize,
        start: u32,
        end: u32,
        is_map: bool,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        tag_place: impl Fn() -> Place,
        open: &mut Vec<Open>,
        pending: &[u32],
        anchors: &mut HashMap<usize, Anchor>,
    ) {
        let kind = if is_map { Kind::Map } else { Kind::List };
        let node = self.push(Node { start, end, a: 0, b: 0, kind, plain: false, file: file as u16 });
        if tag.is_some_and(|tag| core_tag(tag) != Some(if is_map { "map" } else { "seq" })) {
            self.unknown_tag(tag_place());
        }
        if anchor != 0 {
            anchors.insert(anchor, Anchor { node, size: 0, closed: false });
        }
        let flow = style == StructureStyle::Flow;
        open.push(Open { node, is_map, children: pending.len(), anchor, size: 1, flow });
    }

    /// A list or a map is complete.
    fn close(&mut self, closed: &Open, children: &[u32], end: u32) {
        // The end of a block is wherever the next thing starts: its last child's end is what a person sees.
        let last = children.last().map(|child| self.tree.nodes[*child as usize].end);
        let end = if closed.flow { end } else { last.unwrap_or(end) };
        let first = self.tree.edges.len() as u32;
        if !closed.is_map {
            self.tree.edges.extend_from_slice(children);
            let node = &mut self.tree.nodes[closed.node as usize];
            (node.end, node.a, node.b) = (end.max(node.start), first, children.len() as u32);
            return;
        }
        let mut merged = Vec::new();
        for pair in children.chunks_exact(2) {
            let key = self.tree.nodes[pair[0] as usize];
            let text = match key.kind {
                Kind::List | Kind::Map | Kind::Alias | Kind::Lost => None,
                _ => Some(self.tree.scalar_text(Id(pair[0]))),
            };
            match text {
                Some("<<") if key.plain => merged.push(pair[1]),
                Some(text) if !text.is_empty() => self.tree.edges.extend_from_slice(pair),
                _ => {
                    let place = self.tree.place(Id(pair[0]));
                    self.problems.push(
                        Problem::new(
                            "farm::yaml::key",
                            &self.tree.sources,
                            place,
                            "a key that is not plain text",
                        )
                        .label("not a name")
                        .help("a key is one word, followed by a colon"),
                    );
                }
            }
        }
        let entries = (self.tree.edges.len() as u32 - first) / 2;
        let node = &mut self.tree.nodes[closed.node as usize];
        (node.end, node.a, node.b) = (end.max(node.start), first, entries);
        self.index(closed.node, true);
        if !merged.is_empty() {
            self.merge(closed.node, &merged);
        }
    }

    /// Adds the entries of merged maps that the map does not have itself; of two, the earlier one counts.
    fn merge(&mut self, map: u32, values: &[u32]) {
        let mut from = Vec::new();
        for value in values {
            match self.tree.view(Id(*value)) {
                View::Map => from.push(*value),
                View::List if self.tree.items(Id(*value)).all(|item| self.tree.view(item) == View::Map) => {
                    from.extend(self.tree.items(Id(*value)).map(|id| id.0));
                }
                _ => {
                    let place = self.tree.place(Id(*value));
                    self.problems.push(
                        Problem::new(
                            "farm::yaml::merge",
                            &self.tree.sources,
                            place,
                            "`<<` takes a map or a list of maps",
                        )
                        .label("not a map")
                        .help("write `<<: *name`, where `&name` stands before a map"),
                    );
                }
            }
        }
        let first = self.tree.nodes[map as usize].a;
        for value in from {
            if self.bomb {
                return;
            }
            let entries: Vec<(Id, Id)> = self.tree.entries(Id(value)).collect();
            let before = (self.tree.edges.len() as u32 - first) / 2;
            for (key, entry) in entries {
                if self.tree.get(Id(map), self.tree.scalar_text(key)).is_none() {
                    self.tree.edges.extend([key.0, entry.0]);
                }
            }
            self.tree.merges.entry(map).or_default().push((before, value));
            let node = &mut self.tree.nodes[map as usize];
            node.b = (self.tree.edges.len() as u32 - first) / 2;
            let added = u64::from(node.b - before);
            let span = self.tree.nodes[value as usize].start..self.tree.nodes[value as usize].end;
            self.unfold(added, span);
            self.index(map, false);
        }
    }

    /// Sorts a large map for lookup, and reports keys that come twice when asked to.
    fn index(&mut self, map: u32, report: bool) {
        let Node { a: first, b: count, .. } = self.tree.nodes[map as usize];
        let tree = &self.tree;
        let key = |entry: u32| Id(tree.edges[(first + 2 * entry) as usize]);
        let mut repeated: Vec<(u32, u32)> = Vec::new();
        if count > LINEAR_MAX {
            let mut order: Vec<u32> = (0..count).collect();
            // Stable, so of equal keys the first in the file comes first.
            order.sort_by(|a, b| tree.scalar_text(key(*a)).cmp(tree.scalar_text(key(*b))));
            for pair in order.windows(2) {
                if report && tree.scalar_text(key(pair[0])) == tree.scalar_text(key(pair[1])) {
                    let first = repeated
                        .last()
                        .filter(|(_, again)| *again == pair[0])
                        .map_or(pair[0], |(first, _)| *first);
                    repeated.push((first, pair[1]));
                }
            }
            self.tree.indexes.insert(map, order.into());
        } else if report {
            for again in 1..count {
                let earlier =
                    (0..again).find(|first| tree.scalar_text(key(*first)) == tree.scalar_text(key(again)));
                repeated.extend(earlier.map(|first| (first, again)));
            }
        }
        if repeated.is_empty() {
            return;
        }
        for (entry, again) in &repeated {
            let id = |entry: u32| Id(self.tree.edges[(first + 2 * entry) as usize]);
            let name = self.tree.scalar_text(id(*again)).to_owned();
            let sources = &self.tree.sources;
            let place = self.tree.place(id(*again));
            self.problems.push(
                Problem::new("farm::yaml::duplicate_key", sources, place, format!("`{name}` comes twice"))
                    .label("again here")
                    .related(sources, self.tree.place(id(*entry)), "first here")
                    .help("keep one of the two, or give one another name"),
            );
        }
        // The first is what is checked further; the edges of a map that was just closed are the last ones.
        let dropped: std::collections::HashSet<u32> = repeated.iter().map(|(_, again)| *again).collect();
        let edges = self.tree.edges.split_off(first as usize);
        for (entry, pair) in edges.chunks_exact(2).enumerate() {
            if !dropped.contains(&(entry as u32)) {
                self.tree.edges.extend_from_slice(pair);
            }
        }
        self.tree.nodes[map as usize].b = count - dropped.len() as u32;
        self.tree.indexes.remove(&map);
        self.index(map, false);
    }

    /// Counts what an alias unfolds to; far beyond the size of the text it is a bomb.
    fn unfold(&mut self, size: u64, span: Range<u32>) {
        self.unfolded = self.unfolded.saturating_add(size);
        if self.unfolded > self.unfolded_max && !self.bomb {
            self.bomb = true;
            let place = self.tree.sources.place(span);
            self.problems.push(
                Problem::new(
                    "farm::yaml::alias_bomb",
                    &self.tree.sources,
                    place,
                    "aliases that unfold to more than a farm",
                )
                .label("this one is too many")
                .help("write the repeated parts out, or use ranges such as `a-001..048`"),
            );
        }
    }
}

/// The word of a tag of YAML's core schema.
fn core_tag(tag: &Tag) -> Option<&str> {
    match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:", suffix) => Some(suffix),
        ("", suffix) => suffix.strip_prefix("tag:yaml.org,2002:"),
        _ => None,
    }
}

fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::True,
        "false" | "False" | "FALSE" => Kind::False,
        _ if is_number(text) => Kind::Number,
        _ => Kind::Slice,
    }
}

/// A number as JSON writes it, without an exponent. `007`, `0x1F`, `1e3` and `1_000` are text.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(fraction) && (whole.len() == 1 || !whole.starts_with('0')) && text.len() <= 40
}

fn syntax_problem(sources: &Sources, file: usize, at: usize, kind: &ErrorKind) -> Problem {
    let text = sources.files()[file].text();
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    // The parser notices a tab when it is past it.
    let at = if text[..at].ends_with('\t') && !text[at..].starts_with('\t') { at - 1 } else { at };
    let len = text[at..].chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    let place = Place { file, start: at, end: at + len };
    let tab = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    ) || text[at..].starts_with('\t');
    let (message, help) = if tab {
        ("a tab where YAML wants spaces".to_owned(), "indent with spaces")
    } else {
        let help = match kind {
            ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator => {
                "close every `[` and `{`, and put commas between what is in them"
            }
            ErrorKind::UnclosedQuotedScalar => "close the quote",
            ErrorKind::RecursionLimitExceeded => "nothing in a farm file is nested this deep",
            ErrorKind::UnexpectedCharacter { .. } => {
                "put text that starts with a special character in quotes"
            }
            ErrorKind::InvalidIndentation
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey => {
                "entries of one map start in the same column, each with a colon and a space after its key"
            }
            _ => {
                "look at this line and the one above: brackets, quotes, colons and the columns they start in"
            }
        };
        (format!("not YAML: {kind}"), help)
    };
    Problem::new("farm::yaml::syntax", sources, place, message).label("here").help(help)
}

impl Tree {
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn into_sources(self) -> Sources {
        self.sources
    }

    /// Follows aliases.
    pub(crate) fn resolve(&self, id: Id) -> Id {
        let mut id = id;
        // A target is always an earlier node, so this ends.
        while self.nodes[id.0 as usize].kind == Kind::Alias {
            id = Id(self.nodes[id.0 as usize].a);
        }
        id
    }

    pub(crate) fn is_alias(&self, id: Id) -> bool {
        self.nodes[id.0 as usize].kind == Kind::Alias
    }

    /// Is it an alias that leads nowhere? That has been reported.
    pub(crate) fn is_lost(&self, id: Id) -> bool {
        self.nodes[id.0 as usize].kind == Kind::Lost
    }

    pub(crate) fn view(&self, id: Id) -> View<'_> {
        let id = self.resolve(id);
        match self.nodes[id.0 as usize].kind {
            Kind::Null | Kind::Lost | Kind::Alias => View::Null,
            Kind::True => View::Bool(true),
            Kind::False => View::Bool(false),
            Kind::Number => View::Number(self.scalar_text(id)),
            Kind::Slice | Kind::Owned => View::Text(self.scalar_text(id)),
            Kind::List => View::List,
            Kind::Map => View::Map,
        }
    }

    /// Text of a scalar as written, whatever it means; of anything else, nothing.
    pub(crate) fn scalar_text(&self, id: Id) -> &str {
        let node = &self.nodes[id.0 as usize];
        match node.kind {
            Kind::Owned => &self.owned[node.a as usize],
            Kind::List | Kind::Map | Kind::Alias | Kind::Lost => "",
            _ => self.sources.slice(usize::from(node.file), node.a, node.b),
        }
    }

    /// Number of entries of a map or items of a list.
    pub(crate) fn len(&self, id: Id) -> usize {
        let node = &self.nodes[self.resolve(id).0 as usize];
        if matches!(node.kind, Kind::List | Kind::Map) { node.b as usize } else { 0 }
    }

    pub(crate) fn items(&self, list: Id) -> impl ExactSizeIterator<Item = Id> + Clone + '_ {
        let node = &self.nodes[self.resolve(list).0 as usize];
        let range = if node.kind == Kind::List { node.a as usize..(node.a + node.b) as usize } else { 0..0 };
        self.edges[range].iter().map(|id| Id(*id))
    }

    pub(crate) fn entries(&self, map: Id) -> impl ExactSizeIterator<Item = (Id, Id)> + Clone + '_ {
        let node = &self.nodes[self.resolve(map).0 as usize];
        let range =
            if node.kind == Kind::Map { node.a as usize..(node.a + 2 * node.b) as usize } else { 0..0 };
        self.edges[range].chunks_exact(2).map(|pair| (Id(pair[0]), Id(pair[1])))
    }

    /// Number of the entry of this name. Of two, the first.
    fn entry(&self, map: Id, name: &str) -> Option<u32> {
        let map = self.resolve(map);
        let node = &self.nodes[map.0 as usize];
        if node.kind != Kind::Map {
            return None;
        }
        let key = |entry: u32| self.scalar_text(Id(self.edges[(node.a + 2 * entry) as usize]));
        match self.indexes.get(&map.0) {
            Some(order) => {
                let at = order.partition_point(|entry| key(*entry) < name);
                order.get(at).copied().filter(|entry| key(*entry) == name)
            }
            None => (0..node.b).find(|entry| key(*entry) == name),
        }
    }

    pub(crate) fn get(&self, map: Id, name: &str) -> Option<(Id, Id)> {
        let entry = self.entry(map, name)?;
        let first = self.nodes[self.resolve(map).0 as usize].a + 2 * entry;
        Some((Id(self.edges[first as usize]), Id(self.edges[first as usize + 1])))
    }

    /// Follows a JSON pointer.
    pub(crate) fn find(&self, root: Id, pointer: &str) -> Option<Found> {
        let mut found = Found { key: None, value: root, via: Vec::new(), path: vec![self.resolve(root)] };
        for segment in pointer.split('/').skip(1) {
            let name = unescape(segment);
            let map = self.resolve(found.value);
            if self.view(map) == View::Map {
                let entry = self.entry(map, &name)?;
                let (key, value) = self.get(map, &name)?;
                let merges = self.merges.get(&map.0).map(Vec::as_slice).unwrap_or_default();
                found.via.extend(merges.iter().rfind(|(first, _)| *first <= entry).map(|(_, via)| Id(*via)));
                (found.key, found.value) = (Some(key), value);
            } else {
                (found.key, found.value) = (None, self.items(map).nth(name.parse().ok()?)?);
            }
            if self.is_alias(found.value) {
                found.via.push(found.value);
            }
            found.value = self.resolve(found.value);
            found.path.push(found.value);
        }
        Some(found)
    }

    pub(crate) fn span(&self, id: Id) -> Range<u32> {
        let node = &self.nodes[id.0 as usize];
        node.start..node.end
    }

    pub(crate) fn place(&self, id: Id) -> Place {
        self.sources.place(self.span(id))
    }

    pub(crate) fn file(&self, id: Id) -> usize {
        usize::from(self.nodes[id.0 as usize].file)
    }

    /// A map of nodes that exist already, for sections that several files share.
    pub(crate) fn add_map(&mut self, like: Id, entries: &[(Id, Id)]) -> Id {
        let like = self.nodes[like.0 as usize];
        let first = self.edges.len() as u32;
        self.edges.extend(entries.iter().flat_map(|(key, value)| [key.0, value.0]));
        self.nodes.push(Node { a: first, b: entries.len() as u32, kind: Kind::Map, ..like });
        let map = self.nodes.len() as u32 - 1;
        if entries.len() as u32 > LINEAR_MAX {
            let mut order: Vec<u32> = (0..entries.len() as u32).collect();
            let key = |entry: &u32| self.scalar_text(entries[*entry as usize].0);
            order.sort_by(|a, b| key(a).cmp(key(b)));
            self.indexes.insert(map, order.into());
        }
        Id(map)
    }
}

impl Tree {
    /// A text that stands in no file, at the place of another node.
    pub(crate) fn add_text(&mut self, like: Id, text: &str) -> Id {
        let like = self.nodes[like.0 as usize];
        self.owned.push(text.into());
        let a = self.owned.len() as u32 - 1;
        self.nodes.push(Node { end: like.start, a, b: 0, kind: Kind::Owned, plain: true, ..like });
        Id(self.nodes.len() as u32 - 1)
    }

    /// A list of nothing, at the place of another node.
    pub(crate) fn add_list(&mut self, like: Id) -> Id {
        let like = self.nodes[like.0 as usize];
        self.nodes.push(Node { end: like.start, a: 0, b: 0, kind: Kind::List, plain: true, ..like });
        Id(self.nodes.len() as u32 - 1)
    }

    pub(crate) fn set_root(&mut self, root: Id) {
        self.root = Some(root);
    }

    /// The root of the farm, once files are joined.
    pub(crate) fn root_of_farm(&self) -> Option<Id> {
        self.root
    }

    /// Every entry of every map, wherever it stands.
    /// Every scalar that is written in a file, with its place.
    pub(crate) fn scalars(&self) -> impl Iterator<Item = (Place, &str)> + '_ {
        let is_scalar = |kind: Kind| !matches!(kind, Kind::List | Kind::Map | Kind::Alias | Kind::Lost);
        (0..self.nodes.len() as u32)
            .filter(move |id| is_scalar(self.nodes[*id as usize].kind))
            .map(|id| (self.place(Id(id)), self.scalar_text(Id(id))))
    }

    pub(crate) fn all_entries(&self) -> impl Iterator<Item = (Id, Id)> + '_ {
        let maps = (0..self.nodes.len() as u32).filter(|id| self.nodes[*id as usize].kind == Kind::Map);
        maps.flat_map(|id| self.entries(Id(id)))
    }
}

/// One segment of a JSON pointer as the name it stands for.
pub(crate) fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') { segment.replace("~1", "/").replace("~0", "~").into() } else { segment.into() }
}

/// A name as a segment of a JSON pointer.
pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// The patterns under `include` of one file, read no further than needed.
pub(crate) fn includes(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    // Number of open collections, whether the next scalar of the outermost map is a key, and whether its value is ours.
    let (mut depth, mut is_key, mut ours) = (0usize, true, false);
    let options = granit_parser::options! { emit_unresolved_aliases: true, emit_comments: false };
    for next in Parser::new_from_str_with_options(text, options) {
        let Ok((event, span)) = next else { break };
        match event {
            Event::Scalar(value, ..) => {
                if depth == 1 && is_key {
                    ours = value == "include";
                } else if ours && depth <= 2 {
                    found.push((value.into_owned(), span.byte_range().unwrap_or_default()));
                }
                if depth == 1 {
                    is_key = !is_key;
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) if depth == 1 => is_key = !is_key,
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    is_key = !is_key;
                }
            }
            _ => continue,
        }
        if depth == 1 && is_key && ours {
            break;
        }
    }
    found
}
