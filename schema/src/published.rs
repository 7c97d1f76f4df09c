//! The JSON Schema: derived from the types, rewritten so that every mistake has one plain message,
//! published as `farm.schema.json`, and the very thing that checks structure.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::farm::Farm;

/// The schema.
pub fn json_schema() -> Value {
    schema().clone()
}

/// The schema, made once.
pub(crate) fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema: Value =
            SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Farm>().into();
        rewrite(&mut schema);
        schema
    })
}

/// The node of the schema at a JSON pointer.
pub(crate) fn node(pointer: &str) -> Option<&'static Value> {
    schema().pointer(pointer)
}

/// Follows `$ref`, as often as needed.
pub(crate) fn follow(node: &'static Value) -> &'static Value {
    let mut node = node;
    while let Some(target) = node.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#')) {
        match schema().pointer(target) {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

/// The schema of an entry, a field or an item of an object or a list.
pub(crate) fn child(node: &'static Value, name: &str) -> Option<&'static Value> {
    let node = follow(node);
    if let Some(field) = node.pointer(&format!("/properties/{}", crate::tree::escape(name))) {
        return Some(field);
    }
    if let Some(entries) = node.get("patternProperties").and_then(Value::as_object) {
        return entries.values().next();
    }
    let arms = node.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let arm = arms.filter_map(|arm| arm.pointer("/then")).find_map(|arm| child(arm, name));
    arm.or_else(|| node.get("items"))
}

/// Rewrites a schema and all within it, the inner ones first.
fn rewrite(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(map) => {
            // A default or an example is data, not a schema.
            for (key, value) in map.iter_mut() {
                if !matches!(key.as_str(), "default" | "examples" | "enum" | "const" | "enumDescriptions") {
                    rewrite(value);
                }
            }
            without_null(map);
            tidy_description(map);
            check_names(map);
            if let Some(Value::Array(arms)) = map.get("oneOf").cloned() {
                let rewritten = constants(&arms).or_else(|| tagged(&arms)).or_else(|| exactly_one(&arms));
                if let Some(rewritten) = rewritten {
                    map.shift_remove("oneOf");
                    map.shift_remove("type");
                    map.extend(rewritten);
                }
            }
        }
        _ => {}
    }
}

/// A map's keys follow the whole rule of their type, not only its looser pattern.
fn check_names(map: &mut Map<String, Value>) {
    let patterns = map.get("patternProperties").and_then(Value::as_object);
    let format = patterns.and_then(|patterns| {
        crate::text::formats().iter().find(|format| patterns.contains_key(format.pattern))
    });
    if let Some(format) = format {
        map.insert("propertyNames".into(), json!({"format": format.name}));
    }
}

/// Comments are wrapped in the source; the published text is not.
fn tidy_description(map: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = map.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}

/// Drops `null` as an alternative: what is not wanted is left out, and an empty value is a mistake.
fn without_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            map.insert("type".into(), one);
        }
    }
    if map.get("default") == Some(&Value::Null) {
        map.shift_remove("default");
    }
    if let Some(Value::Array(arms)) = map.get("anyOf") {
        let arms: Vec<Value> =
            arms.iter().filter(|arm| arm.get("type") != Some(&json!("null"))).cloned().collect();
        if let [Value::Object(one)] = arms.as_slice() {
            map.shift_remove("anyOf");
            for (key, value) in one {
                map.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// Unit variants with comments: `oneOf` of constants becomes `enum` with descriptions.
fn constants(arms: &[Value]) -> Option<Map<String, Value>> {
    let mut values = Vec::new();
    let mut descriptions = Vec::new();
    for arm in arms {
        match (arm.get("const"), arm.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => {
                values.push(value.clone());
                descriptions.push(arm.get("description").cloned().unwrap_or_else(|| "".into()));
            }
            (None, Some(several)) => {
                values.extend(several.iter().cloned());
                descriptions.extend(several.iter().map(|_| Value::from("")));
            }
            (None, None) => return None,
        }
    }
    let mut map = Map::new();
    map.insert("type".into(), "string".into());
    map.insert("enum".into(), values.into());
    map.insert("enumDescriptions".into(), descriptions.into());
    Some(map)
}

/// Variants told apart by one constant field: the field is an `enum`, and each value has its `then`.
fn tagged(arms: &[Value]) -> Option<Map<String, Value>> {
    let mut tag = None;
    let (mut kinds, mut descriptions, mut branches) = (Vec::new(), Vec::new(), Vec::new());
    for arm in arms {
        let fields = arm.get("properties")?.as_object()?;
        let (name, kind) = fields.iter().find_map(|(name, field)| Some((name, field.get("const")?)))?;
        if *tag.get_or_insert(name) != name {
            return None;
        }
        let mut arm = arm.as_object()?.clone();
        descriptions.push(arm.shift_remove("description").unwrap_or_else(|| "".into()));
        // The tag itself is checked once, outside; here it only has to be known.
        arm.get_mut("properties")?.as_object_mut()?.insert(name.clone(), json!(true));
        if let Some(required) = arm.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|field| field != name.as_str());
        }
        branches
            .push(json!({"if": {"properties": {name: {"const": kind}}, "required": [name]}, "then": arm}));
        kinds.push(kind.clone());
    }
    let tag = tag?;
    let field = json!({"type": "string", "enum": kinds, "enumDescriptions": descriptions, "description": "Which kind it is."});
    let value = json!({"type": "object", "properties": {tag: field}, "required": [tag], "allOf": branches});
    value.as_object().cloned()
}

/// Variants told apart by the name of their only field: an object with exactly one of the fields.
fn exactly_one(arms: &[Value]) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    for arm in arms {
        let own = arm.get("properties")?.as_object()?;
        let (name, field) = own.iter().next().filter(|_| own.len() == 1)?;
        let mut field = field.clone();
        if let (Some(field), Some(description)) = (field.as_object_mut(), arm.get("description")) {
            field.insert("description".into(), description.clone());
        }
        fields.insert(name.clone(), field);
    }
    let value = json!({
        "type": "object",
        "properties": fields,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    value.as_object().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(value: &Value, path: &str, found: &mut dyn FnMut(&str, &Map<String, Value>)) {
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| visit(item, &format!("{path}/{i}"), found))
            }
            Value::Object(map) => {
                found(path, map);
                map.iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "default" | "examples"))
                    .for_each(|(key, value)| visit(value, &format!("{path}/{key}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn no_choice_is_left_whose_message_would_be_useless() {
        visit(schema(), "", &mut |path, map| {
            for word in ["oneOf", "anyOf"] {
                // A field may have such a name; a keyword has a list.
                assert!(!map.get(word).is_some_and(Value::is_array), "{word} at {path}");
            }
            assert_ne!(map.get("type"), Some(&json!("null")), "{path}");
        });
    }

    #[test]
    fn no_container_is_compared_as_a_whole() {
        visit(schema(), "", &mut |path, map| {
            assert!(!map.contains_key("uniqueItems"), "{path}");
            let constant = map.get("const").into_iter();
            let values = constant.chain(map.get("enum").and_then(Value::as_array).into_iter().flatten());
            for value in values {
                assert!(value.is_string() || path.ends_with("/properties"), "{path}: {value}");
            }
        });
    }

    #[test]
    fn every_object_says_what_it_may_hold_and_every_field_what_it_means() {
        visit(schema(), "", &mut |path, map| {
            let is_object = map.get("type") == Some(&json!("object"));
            let open = map.get("additionalProperties") != Some(&json!(false)) && !map.contains_key("allOf");
            assert!(!(is_object && open), "{path} takes anything");
            if let Some(fields) = map
                .get("properties")
                .and_then(Value::as_object)
                .filter(|_| is_object && !path.contains("/if"))
            {
                for (name, field) in fields {
                    let described = field.get("description").is_some() || field == &json!(true);
                    let keyed = path.ends_with("/algorithms") || path.contains("/algorithms");
                    assert!(described || keyed, "{path}/{name} has no description");
                }
            }
        });
    }

    #[test]
    fn every_format_is_one_of_ours_or_of_schemars() {
        let ours: Vec<_> = crate::text::formats().iter().map(|format| format.name).collect();
        visit(schema(), "", &mut |path, map| {
            if let Some(format) = map.get("format").and_then(Value::as_str) {
                assert!(
                    ours.contains(&format) || format.starts_with("uint") || format.starts_with("int"),
                    "{path}: {format}"
                );
            }
        });
    }
}
