//! What a farm file may read of the host, when it is read, and who is told.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use simulator::pool::PoolHandle;

fn put(farm: &Farm, name: &str, text: &str) {
    let folder = farm.folder().join("secrets");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), text).expect("a file");
}

/// A customer whose one pool asks for this password, and the house with its own.
fn text(pool: &PoolHandle, password: &str) -> String {
    let text = FarmText::new("a-1..2").pool("pool", pool).pool("other", pool).house("pool").to_string();
    format!(
        "{text}customers:\n  alice: {{ pools: [{{ pool: other, user: alice, password: {password} }}] }}\n"
    )
}

#[tokio::test]
async fn what_the_host_does_not_give_is_sent_to_no_pool_and_stops_nothing() {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    put(&farm, "fine", "geheim\n");
    let outside = farm.folder().join("outside");
    std::fs::write(&outside, "geheim").expect("a file");
    let secrets = farm.folder().join("secrets");
    mknodat(CWD, secrets.join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a fifo");
    std::os::unix::fs::symlink("/dev/zero", secrets.join("zero")).expect("a link");
    std::os::unix::fs::symlink(&outside, secrets.join("link")).expect("a link");
    farm.apply(text(&pool, "{ file: fine }")).await;
    let rigs = farm.rigs(&["a-1"]);
    wait_until("the house mines", SOON, async || rigs.total().accepted > 1).await;
    for bad in [
        "{ file: /etc/passwd }",
        "{ file: ../outside }",
        "{ file: link }",
        "{ file: zero }",
        "{ file: fifo }",
        "{ file: nowhere }",
        "{ env: PATH }",
        "{ credential: x }",
        "{ sops: '/etc/passwd#a' }",
    ] {
        let begun = std::time::Instant::now();
        farm.apply(text(&pool, bad)).await;
        wait_until(&format!("status says what {bad} lacks"), SOON, async || {
            let status = farm.status().await;
            let shown = status.pools.iter().find(|shown| shown.customer == "alice");
            shown.is_some_and(|shown| shown.why.as_ref().is_some_and(|why| why.starts_with("its password: ")))
        })
        .await;
        let status = farm.status().await;
        assert!(begun.elapsed() < Duration::from_secs(10), "{bad} keeps nobody waiting");
        assert!(status.pools.iter().any(|shown| shown.customer == "house" && shown.connections == 1));
    }
    // Told once each, however long it lasts.
    wait_until("each is told", SOON, async || farm.events("secret-missing").await.len() >= 9).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let told = farm.events("secret-missing").await;
    assert_eq!(told.len(), 9, "{told:#?}");
    let before = rigs.total().accepted;
    wait_until("the house mines on", SOON, async || rigs.total().accepted > before + 1).await;
    assert_eq!(rigs.total().connections, 1);
    farm.apply(text(&pool, "{ file: fine }")).await;
    farm.event("secret-read").await;
    farm.settle(rigs).await;
}

#[tokio::test]
async fn a_hangup_reads_secrets_again_and_disconnects_nobody() {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    farm.hang_up();
    farm.apply(text(&pool, "{ file: late }")).await;
    farm.event("secret-missing").await;
    let rigs = farm.rigs(&["a-1", "a-2"]);
    wait_until("rigs mine", SOON, async || rigs.total().accepted > 1).await;
    put(&farm, "late", "geheim");
    for _ in 0..20 {
        farm.hang_up();
    }
    let told = farm.event("secret-read").await;
    assert!(told.message.contains("alice"), "{}", told.message);
    let before = rigs.total().accepted;
    wait_until("rigs mine on", SOON, async || rigs.total().accepted > before + 1).await;
    assert_eq!(rigs.total().connections, 2);
    farm.settle(rigs).await;
}

#[tokio::test]
async fn a_hangup_while_it_starts_ends_nobody() {
    for _ in 0..5 {
        let mut farm = Farm::prepare(&[], &["asic"]);
        farm.spawn("");
        // The first thing that it does with its data.
        let lock = farm.folder().join("lock");
        while !lock.exists() {
            std::thread::sleep(Duration::from_micros(200));
        }
        farm.hang_up();
        farm.answers().await;
        farm.hang_up();
        farm.answers().await;
    }
}

#[tokio::test]
async fn the_data_is_the_daemons_own_whatever_the_umask_and_whatever_was_there() {
    let pool = pool("pool").await;
    let mut farm = Farm::prepare(&[], &["asic"]);
    // As an older release and a careless installer left it.
    let data = farm.folder().to_owned();
    std::fs::create_dir(data.join("journal")).expect("a folder");
    for name in ["stratumd.db", "stratumd.db-wal", "lock", "journal/other"] {
        std::fs::write(data.join(name), "").expect("a file");
        std::fs::set_permissions(data.join(name), std::fs::Permissions::from_mode(0o666)).expect("ours");
    }
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o777)).expect("ours");
    farm.spawn("umask 000");
    farm.answers().await;
    farm.apply(FarmText::new("a-1..2").pool("pool", &pool).house("pool")).await;
    let rigs = farm.rigs(&["a-1"]);
    wait_until("rigs mine", SOON, async || rigs.total().accepted > 1).await;
    farm.settle(rigs).await;
    let mut seen = 0;
    all_below(&data, &mut |path, mode, is_folder| {
        seen += 1;
        let wanted = if is_folder { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{} is {mode:04o}", path.display());
    });
    assert!(seen >= 7, "{seen}");
    let log = std::fs::read_to_string(data.join("stratumd.log")).expect("a log");
    assert!(log.contains("their permissions were removed"), "{log}");
}

fn all_below(path: &Path, look: &mut impl FnMut(&Path, u32, bool)) {
    let about = std::fs::symlink_metadata(path).expect("it is there");
    look(path, about.permissions().mode() & 0o7777, about.is_dir());
    if about.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            all_below(&entry.expect("an entry").path(), look);
        }
    }
}
