//! Where this process runs: data, addresses, durability. Never what the farm is.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Most placements that are kept: a year and more of 1,000 rigs that move five times a day.
const PLACEMENTS_MAX: u64 = 2_000_000;
/// Most that texts of farm files take, bytes.
const TEXTS_MAX: u64 = 1 << 30;

/// Makes a farm file true: a stratum hub between rigs and pools, and what keeps it so.
///
/// Without a command it runs the daemon. It starts from its last good state: no CLI, git or network is needed.
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

/// When a share counts as written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// The kernel has it: a killed process loses nothing, a power cut the last seconds.
    Kernel,
    /// The disk has it: every answer waits for the disk, many at a time.
    Disk,
}

/// How the daemon runs.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder for the database and the share journal
    #[arg(long, env = "STRATUMD_DATA", default_value = "/var/lib/stratumd", value_name = "FOLDER")]
    pub data: PathBuf,
    /// Unix socket of the API; `stratumd.sock` in the data folder when left out
    #[arg(long, env = "STRATUMD_SOCKET", value_name = "FILE")]
    pub socket: Option<PathBuf>,
    /// Serves the API on TCP as well, for those who know the token
    #[arg(long, env = "STRATUMD_API", value_name = "ADDRESS", requires = "api_token_file")]
    pub api: Option<SocketAddr>,
    /// File that holds the token for TCP, at least 16 characters
    #[arg(long, env = "STRATUMD_API_TOKEN_FILE", value_name = "FILE")]
    pub api_token_file: Option<PathBuf>,
    /// Which of the farm file's hubs this is; the first when left out
    #[arg(long, env = "STRATUMD_HUB", value_name = "NAME")]
    pub hub: Option<String>,
    /// Binds a listener elsewhere than the farm file says, such as `asic=127.0.0.1:0`
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = listen)]
    pub listen: Vec<(String, SocketAddr)>,
    /// The one folder whose files a farm file may name as secrets; `secrets` in the data folder when left out
    #[arg(long, env = "STRATUMD_SECRETS", value_name = "FOLDER")]
    pub secrets: Option<PathBuf>,
    /// How environment variables begin that a farm file may name as secrets
    #[arg(
        long,
        env = "STRATUMD_SECRETS_ENV_PREFIX",
        default_value = "STRATUM_SECRET_",
        value_name = "PREFIX",
        value_parser = env_prefix
    )]
    pub secrets_env_prefix: String,
    /// When a share counts as written down
    #[arg(long, env = "STRATUMD_DURABILITY", default_value = "kernel", value_name = "WHEN")]
    pub durability: Durability,
    /// Seconds between two bookings of the accounts; until then shares are in the journal
    #[arg(long, env = "STRATUMD_BOOK_EVERY", default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub book_every: u64,
    /// Days for which accounts are kept by the minute, then by the hour
    #[arg(long, env = "STRATUMD_KEEP_MINUTES", default_value_t = 7, value_name = "DAYS")]
    pub keep_minutes: u32,
    /// Days for which accounts are kept by the hour, then by the day
    #[arg(long, env = "STRATUMD_KEEP_HOURS", default_value_t = 90, value_name = "DAYS")]
    pub keep_hours: u32,
    /// Days for which accounts are kept at all
    #[arg(long, env = "STRATUMD_KEEP_DAYS", default_value_t = 1830, value_name = "DAYS")]
    pub keep_days: u32,
    /// Days for which events are kept
    #[arg(long, env = "STRATUMD_KEEP_EVENTS", default_value_t = 90, value_name = "DAYS")]
    pub keep_events: u32,
    /// Most that accounts take on disk, MiB; the oldest go first
    #[arg(long, env = "STRATUMD_ACCOUNTS_MAX", default_value_t = 8192, value_name = "MIB")]
    pub accounts_max: u64,
    /// Most that events take on disk, MiB; the oldest go first
    #[arg(long, env = "STRATUMD_EVENTS_MAX", default_value_t = 1024, value_name = "MIB")]
    pub events_max: u64,
    /// Begins with an empty database although the share journal says that there was one
    #[arg(long)]
    pub new_database: bool,
    /// What a simulated rig really does of its nominal hashrate, such as 1e-9; 1 for real rigs
    #[arg(long, env = "STRATUMD_SCALE", default_value = "1", value_name = "FACTOR", value_parser = scale)]
    pub scale: f64,
    /// Most connections of miners at a time
    #[arg(long, env = "STRATUMD_CONNECTIONS_MAX", default_value_t = 200_000, value_name = "COUNT")]
    pub connections_max: usize,
    /// Most connections from one address at a time
    #[arg(
        long,
        env = "STRATUMD_CONNECTIONS_PER_ADDRESS_MAX",
        default_value_t = 20_000,
        value_name = "COUNT"
    )]
    pub connections_per_address_max: usize,
    /// What to log: a level, or levels by part such as `info,hub=debug`
    #[arg(long, env = "STRATUMD_LOG", default_value = "info", value_name = "FILTER", global = true)]
    pub log: String,
    /// Logs one JSON object a line
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
    /// Simulates rigs or a pool, to rehearse a farm before its hardware is there
    #[command(subcommand)]
    Simulator(Simulator),
}

/// What to simulate. Both speak real stratum over real sockets and do real double SHA-256.
#[derive(Debug, Subcommand)]
pub enum Simulator {
    /// The rigs of a farm file, at a stated scale
    Rigs(SimulatedRigs),
    /// A pool that recomputes every share
    Pool(SimulatedPool),
}

/// Simulated rigs.
#[derive(Debug, Clone, Args)]
pub struct SimulatedRigs {
    /// The farm file whose rigs to be
    #[arg(long, short = 'f', value_name = "FILE")]
    pub farm: PathBuf,
    /// Where the hub listens
    #[arg(long, default_value = "127.0.0.1:3333", value_name = "ADDRESS")]
    pub hub: String,
    /// What each rig really does of its nominal hashrate; the daemon must be told the same
    #[arg(long, default_value = "1e-9", value_name = "FACTOR", value_parser = scale)]
    pub scale: f64,
    /// Only these rigs; all when left out
    #[arg(long, value_name = "RIG")]
    pub only: Vec<String>,
    /// Ends by itself after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<f64>,
}

/// A simulated pool.
#[derive(Debug, Clone, Args)]
pub struct SimulatedPool {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:3340", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Difficulty of the shares it asks for
    #[arg(long, default_value_t = 1e-4, value_name = "DIFFICULTY")]
    pub difficulty: f64,
    /// Bytes of its extranonce 1
    #[arg(long, default_value_t = 4, value_name = "BYTES")]
    pub extranonce1: usize,
    /// Bytes of extranonce 2 that it leaves to miners
    #[arg(long, default_value_t = 8, value_name = "BYTES")]
    pub extranonce2: usize,
    /// Seconds between jobs
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    pub job_interval: f64,
    /// Ends by itself after so many seconds
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
    if scale > 0.0 && scale <= 1.0 { Ok(scale) } else { Err("a scale lies above 0 and at most at 1".into()) }
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
