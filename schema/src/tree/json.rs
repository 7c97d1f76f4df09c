//! The tree as the `jsonschema` crate reads it, so that no other copy of a file is made.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::Value;

use super::{Id, Tree, View};

/// The representation.
pub(crate) struct Arena;

/// A node of a tree, or a name by itself.
#[derive(Clone, Copy)]
pub(crate) enum Handle<'a> {
    Node(&'a Tree, Id),
    Name(&'a str),
}

impl<'a> Handle<'a> {
    fn view(&self) -> View<'a> {
        match self {
            Handle::Node(tree, id) => tree.view(*id),
            Handle::Name(name) => View::Text(name),
        }
    }
}

impl Json for Arena {
    type Node<'a> = Handle<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(_: &mut (), string: &str, f: impl FnOnce(Handle<'_>) -> T) -> T {
        f(Handle::Name(string))
    }
}

/// A number as written.
pub(crate) struct Number<'a>(&'a str);

impl Number<'_> {
    fn whole(&self) -> Option<&str> {
        match self.0.split_once('.') {
            None => Some(self.0),
            Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole),
        }
    }
}

impl JsonNumber for Number<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.whole()?.parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.whole()?.parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        let float = || self.as_f64().and_then(serde_json::Number::from_f64);
        let number = self.as_u64().map(Into::into).or_else(|| self.as_i64().map(Into::into)).or_else(float);
        // Forty digits at most are always a finite float.
        Cow::Owned(number.unwrap_or_else(|| 0.into()))
    }

    fn is_integer(&self) -> bool {
        self.whole().is_some()
    }
}

impl<'a> Node<'a, Arena> for Handle<'a> {
    type Object = Members<'a>;
    type Array = Members<'a>;
    type Number = Number<'a>;

    fn as_object(&self) -> Option<Members<'a>> {
        match *self {
            Handle::Node(tree, id) if tree.view(id) == View::Map => Some(Members(tree, id)),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Members<'a>> {
        match *self {
            Handle::Node(tree, id) if tree.view(id) == View::List => Some(Members(tree, id)),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self.view() {
            View::Text(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<Number<'a>> {
        match self.view() {
            View::Number(text) => Some(Number(text)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.view() {
            View::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        self.view() == View::Null
    }

    fn json_type(&self) -> JsonType {
        match self.view() {
            View::Null => JsonType::Null,
            View::Bool(_) => JsonType::Boolean,
            View::Number(_) => JsonType::Number,
            View::Text(_) => JsonType::String,
            View::List => JsonType::Array,
            View::Map => JsonType::Object,
        }
    }

    // Every error carries a copy of its instance. A container's is empty: the copy of a whole farm would
    // cost more than reading it. Sound while the schema compares no containers, which a test asserts.
    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self.view() {
            View::Null => Value::Null,
            View::Bool(value) => value.into(),
            View::Number(text) => Value::Number(Number(text).to_number().into_owned()),
            View::Text(text) => text.into(),
            View::List => Value::Array(Vec::new()),
            View::Map => Value::Object(serde_json::Map::new()),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        match self {
            Handle::Node(tree, id) => {
                Some(NodeIdentity::tagged(std::ptr::from_ref::<Tree>(tree) as usize, tree.resolve(*id).0))
            }
            Handle::Name(_) => None,
        }
    }
}

/// Entries of a map, or items of a list.
pub(crate) struct Members<'a>(&'a Tree, Id);

impl<'a> Object<'a, Arena> for Members<'a> {
    type Node = Handle<'a>;
    type MemberName = &'a str;
    type MembersIter = Box<dyn Iterator<Item = (&'a str, Handle<'a>)> + 'a>;

    fn len(&self) -> usize {
        self.0.len(self.1)
    }

    fn get(&self, key: &String) -> Option<Handle<'a>> {
        self.0.get(self.1, key).map(|(_, value)| Handle::Node(self.0, value))
    }

    fn members(&self) -> Self::MembersIter {
        let tree = self.0;
        Box::new(
            tree.entries(self.1).map(move |(key, value)| (tree.scalar_text(key), Handle::Node(tree, value))),
        )
    }
}

impl<'a> Array<'a, Arena> for Members<'a> {
    type Node = Handle<'a>;
    type ElementsIter = Box<dyn Iterator<Item = Handle<'a>> + 'a>;

    fn len(&self) -> usize {
        self.0.len(self.1)
    }

    fn elements(&self) -> Self::ElementsIter {
        let tree = self.0;
        Box::new(tree.items(self.1).map(move |item| Handle::Node(tree, item)))
    }
}
