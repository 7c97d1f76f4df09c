//! Algorithms and models of rigs, with the table that ships with the program.

use std::fmt;
use std::sync::OnceLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::ModelName;
use crate::unit::{Hashrate, Power};

macro_rules! algorithms {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// What is computed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Algorithm {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl Algorithm {
            /// All of them.
            pub const ALL: &'static [Algorithm] = &[$(Algorithm::$variant),*];

            /// Its name in the file.
            pub const fn as_str(&self) -> &'static str {
                match self { $(Algorithm::$variant => $name),* }
            }
        }

        // By hand, so that a map keyed by algorithms lists its keys.
        impl JsonSchema for Algorithm {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Algorithm".into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": "What is computed.",
                    "enum": [$($name),*],
                    "enumDescriptions": [$($doc),*],
                })
            }
        }
    };
}

algorithms! {
    Sha256d = "sha256d", "SHA-256 twice: Bitcoin.";
    Scrypt = "scrypt", "scrypt with N = 1024: Litecoin, Dogecoin.";
    X11 = "x11", "X11: Dash.";
    Kheavyhash = "kheavyhash", "kHeavyHash: Kaspa.";
    Blake2s = "blake2s", "BLAKE2s: Kadena.";
    Blake3 = "blake3", "BLAKE3: Alephium.";
    Eaglesong = "eaglesong", "Eaglesong: Nervos.";
    Equihash = "equihash", "Equihash 200,9: Zcash. Solutions count as hashes.";
    Etchash = "etchash", "Etchash: Ethereum Classic.";
    Ethash = "ethash", "Ethash.";
    Kawpow = "kawpow", "KawPow: Ravencoin.";
    Autolykos2 = "autolykos2", "Autolykos 2: Ergo.";
    Zelhash = "zelhash", "ZelHash (Equihash 125,4): Flux.";
    Octopus = "octopus", "Octopus: Conflux.";
    Randomx = "randomx", "RandomX: Monero.";
}

impl Algorithm {
    /// What is meant where a file says nothing.
    pub const DEFAULT: Algorithm = Algorithm::Sha256d;
}

#[allow(clippy::derivable_impls)] // the macro has no place for `#[default]`
impl Default for Algorithm {
    fn default() -> Algorithm {
        Algorithm::DEFAULT
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A model of rig: what one of them should do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it computes, and how fast.
    #[schemars(extend("minProperties" = 1))]
    pub algorithms: IndexMap<Algorithm, Rating>,
    /// Hash boards in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub boards: Option<u16>,
    /// Chips on one board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub chips_per_board: Option<u16>,
    /// Fans in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub fans: Option<u16>,
    /// Graphics cards in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub gpus: Option<u16>,
}

/// What one machine does with one algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    /// Hashrate it should have.
    pub hashrate: Hashrate,
    /// Power it draws at the wall. Energy is not estimated when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
}

/// The models that ship with the program, by makers' data sheets.
pub fn built_in() -> &'static IndexMap<ModelName, Model> {
    static TABLE: OnceLock<IndexMap<ModelName, Model>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: IndexMap<ModelName, Model> = ROWS.iter().map(row).collect();
        let algorithms = RIG_8GPU
            .iter()
            .map(|(algorithm, hashrate, power)| (*algorithm, rating(hashrate, power)))
            .collect();
        let rig = Model { algorithms, boards: None, chips_per_board: None, fans: None, gpus: Some(8) };
        table.insert("rig-8gpu".parse().expect("a name of the table"), rig);
        table
    })
}

/// Name, algorithm, hashrate, power, boards, chips on a board, fans; 0 where makers do not say.
type Row = (&'static str, Algorithm, &'static str, &'static str, u16, u16, u16);

const ROWS: &[Row] = &[
    ("antminer-s19", Algorithm::Sha256d, "95 TH/s", "3250 W", 3, 76, 4),
    ("antminer-s19-pro", Algorithm::Sha256d, "110 TH/s", "3250 W", 3, 114, 4),
    ("antminer-s19j-pro", Algorithm::Sha256d, "104 TH/s", "3068 W", 3, 126, 4),
    ("antminer-s19-xp", Algorithm::Sha256d, "140 TH/s", "3010 W", 3, 110, 4),
    ("antminer-s21", Algorithm::Sha256d, "200 TH/s", "3500 W", 3, 108, 4),
    ("antminer-s21-pro", Algorithm::Sha256d, "234 TH/s", "3510 W", 3, 65, 4),
    ("antminer-t21", Algorithm::Sha256d, "190 TH/s", "3610 W", 3, 108, 4),
    ("antminer-s9", Algorithm::Sha256d, "13.5 TH/s", "1323 W", 3, 63, 2),
    ("whatsminer-m30s", Algorithm::Sha256d, "86 TH/s", "3268 W", 3, 0, 2),
    ("whatsminer-m30s-plus-plus", Algorithm::Sha256d, "112 TH/s", "3472 W", 3, 0, 2),
    ("whatsminer-m50s", Algorithm::Sha256d, "126 TH/s", "3276 W", 3, 0, 2),
    ("whatsminer-m60", Algorithm::Sha256d, "172 TH/s", "3422 W", 3, 0, 2),
    ("whatsminer-m60s", Algorithm::Sha256d, "186 TH/s", "3441 W", 3, 0, 2),
    ("avalon-1246", Algorithm::Sha256d, "90 TH/s", "3420 W", 3, 120, 4),
    ("avalon-1466", Algorithm::Sha256d, "150 TH/s", "3230 W", 3, 0, 4),
    ("bitaxe-gamma", Algorithm::Sha256d, "1.2 TH/s", "18 W", 1, 1, 1),
    ("antminer-l7", Algorithm::Scrypt, "9.5 GH/s", "3425 W", 4, 120, 4),
    ("antminer-l9", Algorithm::Scrypt, "16 GH/s", "3360 W", 4, 0, 4),
    ("antminer-ks5", Algorithm::Kheavyhash, "20 TH/s", "3000 W", 3, 0, 4),
    ("antminer-z15", Algorithm::Equihash, "420 kH/s", "1510 W", 3, 3, 2),
    ("antminer-d9", Algorithm::X11, "1770 GH/s", "2839 W", 3, 0, 4),
];

/// Eight cards of the middle class, by algorithm.
const RIG_8GPU: [(Algorithm, &str, &str); 3] = [
    (Algorithm::Kawpow, "240 MH/s", "1150 W"),
    (Algorithm::Etchash, "480 MH/s", "980 W"),
    (Algorithm::Autolykos2, "1360 MH/s", "920 W"),
];

fn row((name, algorithm, hashrate, power, boards, chips, fans): &Row) -> (ModelName, Model) {
    let some = |count: u16| (count > 0).then_some(count);
    let model = Model {
        algorithms: IndexMap::from([(*algorithm, rating(hashrate, power))]),
        boards: some(*boards),
        chips_per_board: some(*chips),
        fans: some(*fans),
        gpus: None,
    };
    (name.parse().expect("a name of the table"), model)
}

fn rating(hashrate: &str, power: &str) -> Rating {
    Rating { hashrate: hashrate.parse().expect("a hashrate"), power: Some(power.parse().expect("a power")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_says_each_model_once() {
        assert_eq!(built_in().len(), ROWS.len() + 1);
        let model = |name: &str| built_in().get(&name.parse::<ModelName>().unwrap());
        for name in [
            "antminer-s19",
            "antminer-s19-pro",
            "antminer-s19-xp",
            "antminer-s21",
            "antminer-t21",
            "whatsminer-m30s",
            "whatsminer-m50s",
            "whatsminer-m60",
            "avalon-1246",
            "bitaxe-gamma",
            "antminer-l7",
            "rig-8gpu",
        ] {
            assert!(model(name).is_some(), "{name}");
        }
    }
}
