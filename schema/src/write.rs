//! A farm as text again. What comes out reads back equal; comments, includes and anchors of the
//! original are not in it.

use crate::farm::Farm;

/// The farm as one YAML file without includes.
pub fn yaml(farm: &Farm) -> String {
    let alone = Farm { include: Vec::new(), ..farm.clone() };
    // By way of JSON's model: serde_yaml writes variants with a value as tags, which the farm file does not use.
    let value = serde_json::to_value(&alone).expect("a farm is plain data with text keys");
    serde_yaml::to_string(&value).expect("plain data is always YAML")
}
