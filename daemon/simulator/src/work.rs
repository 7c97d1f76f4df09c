//! From a job to a hash, as the protocol says: coinbase, merkle root, header, double SHA-256.

use bitcoin_hashes::sha256::Midstate;
use bitcoin_hashes::sha256d;
use serde_json::{Value, json};
use stratum::work::{Algorithm, Difficulty, Target};

/// A job as a notify line carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// In header order.
    pub(crate) previous: [u8; 32],
    pub(crate) coinbase_1: Vec<u8>,
    pub(crate) coinbase_2: Vec<u8>,
    pub(crate) branch: Vec<[u8; 32]>,
    pub(crate) version: u32,
    pub(crate) bits: u32,
    pub(crate) time: u32,
    pub(crate) clean: bool,
}

impl Job {
    /// The parameters of the notify line.
    pub(crate) fn params(&self, clean: bool) -> Value {
        let branch: Vec<String> = self.branch.iter().map(|sibling| hex(sibling)).collect();
        json!([
            self.id,
            hex(&swap_groups(self.previous)),
            hex(&self.coinbase_1),
            hex(&self.coinbase_2),
            branch,
            format!("{:08x}", self.version),
            format!("{:08x}", self.bits),
            format!("{:08x}", self.time),
            clean
        ])
    }

    /// Reads the parameters of a notify line, as strictly as the strictest miner.
    pub(crate) fn read(params: &[Value]) -> Option<Job> {
        let text = |at: usize| params.get(at)?.as_str();
        let branch = params.get(4)?.as_array()?;
        Some(Job {
            id: text(0)?.to_owned(),
            previous: swap_groups(unhex(text(1)?)?.try_into().ok()?),
            coinbase_1: unhex(text(2)?)?,
            coinbase_2: unhex(text(3)?)?,
            branch: branch
                .iter()
                .map(|sibling| unhex(sibling.as_str()?)?.try_into().ok())
                .collect::<Option<_>>()?,
            version: number(text(5)?)?,
            bits: number(text(6)?)?,
            time: number(text(7)?)?,
            clean: params.last()?.as_bool().unwrap_or(false),
        })
    }

    /// The header with this extranonce (both parts), version, time and nonce.
    pub(crate) fn header(&self, extranonce: &[u8], version: u32, time: u32, nonce: u32) -> [u8; 80] {
        let coinbase = [&self.coinbase_1, extranonce, &self.coinbase_2].concat();
        let mut root = sha256d::hash(&coinbase).to_byte_array();
        for sibling in &self.branch {
            root = sha256d::hash(&[root, *sibling].concat()).to_byte_array();
        }
        let mut header = Vec::with_capacity(80);
        header.extend(version.to_le_bytes());
        header.extend(self.previous);
        header.extend(root);
        header.extend(time.to_le_bytes());
        header.extend(self.bits.to_le_bytes());
        header.extend(nonce.to_le_bytes());
        header.try_into().expect("4 + 32 + 32 + 4 + 4 + 4 bytes are 80")
    }
}

/// Double SHA-256 of a header, in hashing order.
pub(crate) fn hash(header: &[u8; 80]) -> [u8; 32] {
    sha256d::hash(header).to_byte_array()
}

/// Whether a hash, in hashing order, is at most the target.
pub(crate) fn meets(hash: &[u8; 32], target: Target) -> bool {
    hash.iter().rev().le(target.0.iter())
}

/// The target of this difficulty, `None` where it is not a difficulty.
pub(crate) fn target(difficulty: f64) -> Option<Target> {
    Some(Difficulty::new(difficulty)?.target(Algorithm::Sha256d))
}

/// Hashes the headers that differ in their nonce alone: the first of the two blocks is hashed once.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    first: Midstate,
    second: [u8; 64],
}

impl Search {
    pub(crate) fn new(header: &[u8; 80]) -> Search {
        let (first, rest) = header.split_at(64);
        let mut second = [0; 64];
        second[..16].copy_from_slice(rest);
        second[16] = 0x80;
        second[56..].copy_from_slice(&(80u64 * 8).to_be_bytes());
        let first = Midstate::SHA256_IV.update_64(first.try_into().expect("split at 64"));
        Search { first, second }
    }

    /// The double hash with this nonce, in hashing order.
    pub(crate) fn hash(&mut self, nonce: u32) -> [u8; 32] {
        self.second[12..16].copy_from_slice(&nonce.to_le_bytes());
        let mut once = [0; 64];
        once[..32].copy_from_slice(self.first.update_64(&self.second).as_parts().0);
        once[32] = 0x80;
        once[56..].copy_from_slice(&(32u64 * 8).to_be_bytes());
        *Midstate::SHA256_IV.update_64(&once).as_parts().0
    }
}

/// The bytes inside each group of four the other way round, as stratum writes the previous block's hash.
pub(crate) fn swap_groups(hash: [u8; 32]) -> [u8; 32] {
    std::array::from_fn(|i| hash[i / 4 * 4 + 3 - i % 4])
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    stratum::hex::text(bytes)
}

/// Hex without prefix, in either case.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.starts_with("0x") { None } else { stratum::hex::bytes(text).ok() }
}

/// Exactly eight hex digits.
pub(crate) fn number(text: &str) -> Option<u32> {
    (text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| u32::from_str_radix(text, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn genesis() -> [u8; 80] {
        let mut header = [0; 80];
        header[0] = 1;
        let root = "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
        header[36..].copy_from_slice(&unhex(root).unwrap());
        header
    }

    #[test]
    fn the_genesis_block_is_found_by_its_nonce() {
        let header = genesis();
        let mut search = Search::new(&header);
        let found = search.hash(2_083_236_893);
        assert_eq!(found, hash(&header));
        let mut shown = found;
        shown.reverse();
        assert_eq!(hex(&shown), "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
        assert!(meets(&found, target(1.0).unwrap()) && !meets(&found, target(2_537.0).unwrap()));
        assert!(meets(&found, target(2_536.0).unwrap()));
    }

    /// A Bitaxe's share as recorded at public-pool, with three siblings and a version bit; difficulty 669.868.
    #[test]
    fn a_recorded_share_comes_out() {
        let params = json!([
            "1",
            "171592f223740e92d223f6e68bff25279af7ac4f2246451e0000000200000000",
            "02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff1903c943255c7075626c69632d706f6f6c5c",
            "ffffffff037a90000000000000160014e6f22ca44dc800e9d049621a3b9a42c509f1c4bc3b0f250000000000160014e6f22ca44dc800e9d049621a3b9a42c509f1c4bc0000000000000000266a24aa21a9edbd3d1d916aa0b57326a2d88ebe1b68a1d7c48585f26d8335fe6a94b62755f64c00000000",
            [
                "175335649d5e8746982969ec88f52e85ac9917106fba5468e699c8879ab974a1",
                "d5644ab3e708c54cd68dc5aedc92b8d3037449687f92ec41ed6e37673d969d4a",
                "5c9ec187517edc0698556cca5ce27e54c96acb014770599ed9df4d4937fbf2b0"
            ],
            "20000000",
            "192495f8",
            "64b3f3ec",
            false
        ]);
        let job = Job::read(params.as_array().unwrap()).unwrap();
        assert_eq!(job.params(false), params);
        let extranonce = unhex("57a6f098c7080000").unwrap();
        let header = job.header(&extranonce, 0x2000_2000, job.time, 0xed46_0d91);
        let mut shown = hash(&header);
        assert!(meets(&shown, target(669.868).unwrap()) && !meets(&shown, target(669.869).unwrap()));
        assert_eq!(Search::new(&header).hash(0xed46_0d91), shown);
        shown.reverse();
        assert_eq!(hex(&shown), "000000000061d52983863e5c424c00d9e0981874fddf6a8493433e73928a3e4e");
    }

    #[test]
    fn numbers_have_eight_digits() {
        assert_eq!(number("0000000f"), Some(15));
        for bad in ["f", "0000000g", "+000000f", "000000000", ""] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
