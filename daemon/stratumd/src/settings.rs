//! Where this process runs: data, addresses, durability. Never what the farm is.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Most placements that are kept: a year and more of 1,000 rigs that move five times a day.
const PLACEMENTS_MAX: u64 = 2_000_000;
/// Most that texts of farm files take, bytes.
const TEXTS_MAX: u64 = 1 << 30;

/// Runs a farm as its farm file says: the stratum hub between rigs and pools, and the scheduler.
///
/// Without a subcommand it runs the daemon, which starts from its last good state and needs no CLI, git or network for that.
#[derive(Debug, Parser)]
#[command(name = "stratumd", version, about, max_term_width = 100)]
pub struct Arguments {
    /// How the daemon runs.
    #[command(flatten)]
    pub settings: Settings,
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// When a share counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// Once the kernel has it: a killed process loses nothing, a power cut loses the last seconds.
    Kernel,
    /// Once the disk has it: answers wait for the disk, which syncs many shares at a time.
    Disk,
}

/// How the daemon runs.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder for the database and the share journal
    #[arg(long, env = "STRATUMD_DATA", default_value = "/var/lib/stratumd", value_name = "FOLDER")]
    pub data: PathBuf,
    /// Unix socket of the API [default: `stratumd.sock` in the data folder]
    #[arg(long, env = "STRATUMD_SOCKET", value_name = "FILE")]
    pub socket: Option<PathBuf>,
    /// Also serves the API on this TCP address, for clients that send the token
    #[arg(long, env = "STRATUMD_API", value_name = "ADDRESS", requires = "api_token_file")]
    pub api: Option<SocketAddr>,
    /// File with the API token for TCP, at least 16 characters long
    #[arg(long, env = "STRATUMD_API_TOKEN_FILE", value_name = "FILE")]
    pub api_token_file: Option<PathBuf>,
    /// Name of the hub in the farm file that this daemon runs [default: the first one]
    #[arg(long, env = "STRATUMD_HUB", value_name = "NAME")]
    pub hub: Option<String>,
    /// Binds a listener to another address than the farm file says, such as `asic=127.0.0.1:0`; may be repeated
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = listen)]
    pub listen: Vec<(String, SocketAddr)>,
    /// Folder that the farm file's secrets are read from [default: `secrets` in the data folder]
    #[arg(long, env = "STRATUMD_SECRETS", value_name = "FOLDER")]
    pub secrets: Option<PathBuf>,
    /// Prefix of the environment variables that a farm file may use as secrets
    #[arg(
        long,
        env = "STRATUMD_SECRETS_ENV_PREFIX",
        default_value = "STRATUM_SECRET_",
        value_name = "PREFIX",
        value_parser = env_prefix
    )]
    pub secrets_env_prefix: String,
    /// When a share counts as durable and is answered
    #[arg(long, env = "STRATUMD_DURABILITY", default_value = "kernel", value_name = "WHEN")]
    pub durability: Durability,
    /// Seconds between two updates of the accounts in the database; until then, shares are in the journal
    #[arg(long, env = "STRATUMD_BOOK_EVERY", default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub book_every: u64,
    /// Days for which accounts are kept per minute, before they are merged per hour
    #[arg(long, env = "STRATUMD_KEEP_MINUTES", default_value_t = 7, value_name = "DAYS")]
    pub keep_minutes: u32,
    /// Days for which accounts are kept per hour, before they are merged per day
    #[arg(long, env = "STRATUMD_KEEP_HOURS", default_value_t = 90, value_name = "DAYS")]
    pub keep_hours: u32,
    /// Days after which accounts are deleted
    #[arg(long, env = "STRATUMD_KEEP_DAYS", default_value_t = 1830, value_name = "DAYS")]
    pub keep_days: u32,
    /// Days after which events are deleted
    #[arg(long, env = "STRATUMD_KEEP_EVENTS", default_value_t = 90, value_name = "DAYS")]
    pub keep_events: u32,
    /// Most disk space for accounts, in MiB; the oldest are deleted first
    #[arg(long, env = "STRATUMD_ACCOUNTS_MAX", default_value_t = 8192, value_name = "MIB")]
    pub accounts_max: u64,
    /// Most disk space for events, in MiB; the oldest are deleted first
    #[arg(long, env = "STRATUMD_EVENTS_MAX", default_value_t = 1024, value_name = "MIB")]
    pub events_max: u64,
    /// Starts with an empty database although the share journal shows that there was one
    #[arg(long)]
    pub new_database: bool,
    /// Fraction of the nominal hashrate that the rigs really do: 1 for real rigs, such as 1e-9 for simulated ones
    #[arg(long, env = "STRATUMD_SCALE", default_value = "1", value_name = "FACTOR", value_parser = scale)]
    pub scale: f64,
    /// Most miner connections at a time
    #[arg(long, env = "STRATUMD_CONNECTIONS_MAX", default_value_t = 200_000, value_name = "COUNT")]
    pub connections_max: usize,
    /// Most miner connections from one IP address at a time
    #[arg(
        long,
        env = "STRATUMD_CONNECTIONS_PER_ADDRESS_MAX",
        default_value_t = 20_000,
        value_name = "COUNT"
    )]
    pub connections_per_address_max: usize,
    /// What to log: a level, or levels per module such as `info,hub=debug`
    #[arg(long, env = "STRATUMD_LOG", default_value = "info", value_name = "FILTER", global = true)]
    pub log: String,
    /// Logs JSON lines, one object each
    #[arg(long, env = "STRATUMD_LOG_JSON", global = true)]
    pub log_json: bool,
}

impl Settings {
    /// For how long what is kept.
    pub(crate) fn keep(&self) -> store::Keep {
        store::Keep {
            minute_days: self.keep_minutes,
            hour_days: self.keep_hours,
            day_days: self.keep_days,
            event_days: self.keep_events,
            accounts_max: self.accounts_max.saturating_mul(1 << 20),
            events_max: self.events_max.saturating_mul(1 << 20),
            placements_max: PLACEMENTS_MAX,
            texts_max: TEXTS_MAX,
        }
    }

    /// What this host lets a farm file read.
    pub(crate) fn places(&self) -> crate::secret::Places {
        crate::secret::Places {
            folder: self.secrets.clone().unwrap_or_else(|| self.data.join("secrets")),
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            env_prefix: self.secrets_env_prefix.clone(),
        }
    }
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulates rigs or a pool, to try out a farm without hardware
    #[command(subcommand)]
    Simulator(Simulator),
}

/// What to simulate. Both speak real stratum over real sockets and do real double SHA-256.
#[derive(Debug, Subcommand)]
pub enum Simulator {
    /// Simulates the rigs of a farm file, at a reduced hashrate
    Rigs(SimulatedRigs),
    /// Simulates a pool that verifies every share
    Pool(SimulatedPool),
}

/// Simulated rigs.
#[derive(Debug, Clone, Args)]
pub struct SimulatedRigs {
    /// Farm file whose rigs to simulate
    #[arg(long, short = 'f', value_name = "FILE")]
    pub farm: PathBuf,
    /// Address of the hub's listener
    #[arg(long, default_value = "127.0.0.1:3333", value_name = "ADDRESS")]
    pub hub: String,
    /// Fraction of the nominal hashrate that each rig really does; start the daemon with the same --scale
    #[arg(long, default_value = "1e-9", value_name = "FACTOR", value_parser = scale)]
    pub scale: f64,
    /// Rig to simulate; may be repeated [default: all rigs]
    #[arg(long, value_name = "RIG")]
    pub only: Vec<String>,
    /// Seconds after which the simulator exits [default: never]
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<f64>,
}

/// A simulated pool.
#[derive(Debug, Clone, Args)]
pub struct SimulatedPool {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:3340", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Share difficulty that the pool sets
    #[arg(long, default_value_t = 1e-4, value_name = "DIFFICULTY")]
    pub difficulty: f64,
    /// Length of extranonce1, in bytes
    #[arg(long, default_value_t = 4, value_name = "BYTES")]
    pub extranonce1: usize,
    /// Length of extranonce2 that is left to miners, in bytes
    #[arg(long, default_value_t = 8, value_name = "BYTES")]
    pub extranonce2: usize,
    /// Seconds between two jobs
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    pub job_interval: f64,
    /// Seconds after which the simulator exits [default: never]
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<f64>,
}

fn listen(text: &str) -> Result<(String, SocketAddr), String> {
    let (name, address) = text.split_once('=').ok_or("write NAME=ADDRESS, such as asic=127.0.0.1:3333")?;
    let address = address.parse().map_err(|_| format!("`{address}` is not an address and a port"))?;
    Ok((name.to_owned(), address))
}

fn env_prefix(text: &str) -> Result<String, String> {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    match text.len() {
        1..=64 if text.bytes().all(fits) => Ok(text.to_owned()),
        _ => Err("write capital letters, digits and `_`, at least one: without a prefix a farm file could read every variable".into()),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    let scale: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if scale > 0.0 && scale <= 1.0 { Ok(scale) } else { Err("a scale is above 0 and at most 1".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
        assert_eq!(listen("asic=127.0.0.1:0").unwrap().0, "asic");
        assert!(listen("127.0.0.1:0").is_err() && listen("a=b").is_err());
        assert!(env_prefix("FARM_").is_ok() && env_prefix("").is_err() && env_prefix("a=").is_err());
        assert!(scale("0").is_err() && scale("2").is_err() && scale("nan").is_err());
    }
}
