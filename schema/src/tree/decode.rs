//! The tree as serde reads it, straight into the types. After the schema has passed it finds nothing
//! new but what a schema cannot say; that comes with its node.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;

use super::{Id, Tree, View};

/// What serde did not take, and where.
#[derive(Debug)]
pub(crate) struct DecodeError {
    pub(crate) message: String,
    pub(crate) node: Option<Id>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> DecodeError {
        DecodeError { message: message.to_string(), node: None }
    }
}

/// Decodes a node, leaving out entries and items whose value is among `skip`.
pub(crate) fn decode<T: DeserializeOwned>(tree: &Tree, id: Id, skip: &HashSet<Id>) -> Result<T, DecodeError> {
    T::deserialize(Decoder { tree, id, skip })
}

#[derive(Clone, Copy)]
struct Decoder<'a> {
    tree: &'a Tree,
    id: Id,
    skip: &'a HashSet<Id>,
}

impl<'a> Decoder<'a> {
    fn to(self, id: Id) -> Decoder<'a> {
        Decoder { id, ..self }
    }

    fn keeps(self, id: Id) -> bool {
        self.skip.is_empty() || !self.skip.contains(&self.tree.resolve(id))
    }

    /// An error without a place is about this node.
    fn placed<T>(self, result: Result<T, DecodeError>) -> Result<T, DecodeError> {
        result.map_err(|error| DecodeError { node: error.node.or(Some(self.id)), ..error })
    }
}

impl<'de> de::Deserializer<'de> for Decoder<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let result = match self.tree.view(self.id) {
            View::Null => visitor.visit_unit(),
            View::Bool(value) => visitor.visit_bool(value),
            View::Number(text) => number(text, visitor),
            View::Text(text) => visitor.visit_borrowed_str(text),
            View::List => {
                let items = self.tree.items(self.id).filter(move |item| self.keeps(*item));
                visitor.visit_seq(Items { decoder: self, items, len: self.tree.len(self.id) })
            }
            View::Map => {
                let entries = self.tree.entries(self.id).filter(move |(_, value)| self.keeps(*value));
                visitor.visit_map(Entries {
                    decoder: self,
                    entries,
                    value: None,
                    len: self.tree.len(self.id),
                })
            }
        };
        self.placed(result)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.tree.view(self.id) == View::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let result = match self.tree.view(self.id) {
            View::Text(text) => visitor.visit_enum(de::value::StrDeserializer::<DecodeError>::new(text)),
            View::Map if self.tree.len(self.id) == 1 => {
                let (key, value) = self.tree.entries(self.id).next().expect("one entry");
                visitor.visit_enum(Variant { decoder: self.to(value), key })
            }
            _ => Err(de::Error::custom("expected exactly one of several")),
        };
        self.placed(result)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A number without a fraction is an integer, however it is written.
fn number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, DecodeError> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        _ => text,
    };
    if let Ok(value) = whole.parse::<u64>() {
        visitor.visit_u64(value)
    } else if let Ok(value) = whole.parse::<i64>() {
        visitor.visit_i64(value)
    } else {
        let value: f64 = text.parse().map_err(|_| de::Error::custom("expected a number"))?;
        visitor.visit_f64(value)
    }
}

struct Items<'de, I> {
    decoder: Decoder<'de>,
    items: I,
    len: usize,
}

impl<'de, I: Iterator<Item = Id>> de::SeqAccess<'de> for Items<'de, I> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        self.items.next().map(|item| seed.deserialize(self.decoder.to(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len)
    }
}

struct Entries<'de, I> {
    decoder: Decoder<'de>,
    entries: I,
    value: Option<Id>,
    len: usize,
}

impl<'de, I: Iterator<Item = (Id, Id)>> de::MapAccess<'de> for Entries<'de, I> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        let text = self.decoder.tree.scalar_text(key);
        let result = seed.deserialize(de::value::BorrowedStrDeserializer::new(text));
        self.decoder.to(key).placed(result).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, DecodeError> {
        let value = self.value.take().expect("serde asks for a key first");
        seed.deserialize(self.decoder.to(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len)
    }
}

struct Variant<'de> {
    decoder: Decoder<'de>,
    key: Id,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = DecodeError;
    type Variant = Variant<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Variant<'de>), DecodeError> {
        let text = self.decoder.tree.scalar_text(self.key);
        let name = seed.deserialize(de::value::BorrowedStrDeserializer::<DecodeError>::new(text));
        Ok((self.decoder.to(self.key).placed(name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Err(de::Error::custom("expected no value"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.decoder)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        de::Deserializer::deserialize_any(self.decoder, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        de::Deserializer::deserialize_any(self.decoder, visitor)
    }
}
