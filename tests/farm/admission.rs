//! Who crowds at a door keeps nobody else from his: neither miners nor the API nor the daemon's own files.

use std::time::{Duration, Instant};

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "a-token-of-enough-characters";

/// A daemon with its API on TCP, and where that is.
async fn with_tcp() -> (Farm, std::net::SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound");
    let keep = tempfile::tempdir().expect("a folder").keep();
    let token = keep.join("token");
    std::fs::write(&token, TOKEN).expect("a file");
    let address = free.to_string();
    let flags = ["--api", &address, "--api-token-file", token.to_str().expect("text")];
    (Farm::start_with(&flags, &["asic"]).await, free)
}

/// One request, and the status of its answer.
async fn ask(address: std::net::SocketAddr, authorization: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!(
        "GET /v1/version HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {authorization}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn wrong_tokens_are_slowed_counted_and_told_once_and_the_right_one_is_not() {
    let (farm, api) = with_tcp().await;
    assert_eq!(ask(api, &format!("bearer {TOKEN}")).await, 200);
    let begun = Instant::now();
    for _ in 0..8 {
        assert_eq!(ask(api, "Bearer guess-4711").await, 401);
    }
    // Three at once, then 0.25, 0.5, 1, 2 and 4 s.
    assert!(begun.elapsed() > Duration::from_secs(7), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(ask(api, &format!("BEARER {TOKEN}")).await, 200);
    assert!(begun.elapsed() < Duration::from_secs(1));
    let counted = farm.status().await.api.expect("it counts");
    assert_eq!(counted.refused_tokens, 8);
    let event = farm.event("api-token-refused").await;
    assert!(event.message.contains("127.0.0.1"), "{}", event.message);
    assert_eq!(farm.events("api-token-refused").await.len(), 1);
    assert!(!farm.log().contains("guess-4711") && !farm.log().contains(TOKEN));
}

#[tokio::test]
async fn a_new_token_counts_from_the_hangup_on() {
    let (farm, api) = with_tcp().await;
    let flag = std::fs::read_to_string(format!("/proc/{}/cmdline", farm.pid())).expect("a command line");
    let file = flag.split('\0').find(|arg| arg.ends_with("/token")).expect("the flag's file").to_owned();
    std::fs::write(&file, "another-token-of-enough").expect("a file");
    farm.hang_up();
    wait_until("the new token is known", SOON, async || {
        ask(api, "Bearer another-token-of-enough").await == 200
    })
    .await;
    assert_eq!(ask(api, &format!("Bearer {TOKEN}")).await, 401);
    std::fs::write(&file, "short").expect("a file");
    farm.hang_up();
    wait_until("the fault is told", SOON, async || farm.log().contains("stays as it was")).await;
    assert_eq!(ask(api, "Bearer another-token-of-enough").await, 200);
}

#[tokio::test]
async fn half_requests_are_closed_in_time_and_take_nothing_from_others() {
    let (farm, api) = with_tcp().await;
    let mut halves = Vec::new();
    let begun = Instant::now();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(api).await.expect("the kernel takes it");
        let _ = stream.write_all(b"GET /v1/status HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
        halves.push(stream);
    }
    wait_until("most are turned away", SOON, async || {
        farm.status().await.api.is_some_and(|api| api.refused_connections >= 60 && api.connections <= 40)
    })
    .await;
    // One of those inside sends a byte now and then: it does not help.
    let mut byte = 0;
    let mut open = 1;
    while open > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{open} are open still");
        byte += 1;
        open = 0;
        for stream in &mut halves {
            let mut answer = [0; 512];
            match tokio::time::timeout(Duration::from_millis(2), stream.read(&mut answer)).await {
                Err(_) => open += 1,
                Ok(_) => continue,
            }
            let _ = stream.write_all(b"x").await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(byte > 2);
    assert_eq!(ask(api, &format!("Bearer {TOKEN}")).await, 200);
}

#[tokio::test]
async fn where_files_are_few_the_farm_mines_on_and_says_what_is_missing() {
    let pool = pool("pool").await;
    let mut farm = Farm::prepare(&[], &["asic"]);
    // A soft limit is raised to the hard one.
    farm.spawn("ulimit -Sn 48; ulimit -Hn 160");
    farm.answers().await;
    farm.apply(FarmText::new("a-1..2").pool("pool", &pool).house("pool")).await;
    let files = farm.status().await.open_files.expect("the system says");
    assert_eq!(files.limit, 160);
    assert!(files.kept_back >= 60 && files.in_use < 60, "{files:?}");
    let rigs = farm.rigs(&["a-1", "a-2"]);
    wait_until("rigs mine", SOON, async || rigs.total().accepted > 1).await;
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(TcpStream::connect(farm.hub()).await.expect("the kernel takes it"));
    }
    wait_until("some are turned away", SOON, async || {
        farm.status().await.open_files.is_some_and(|files| files.refused_miners > 100)
    })
    .await;
    let event = farm.event("open-files-full").await;
    assert!(event.message.contains("LimitNOFILE="), "{}", event.message);
    // The socket, the database and the journal have what they need; shares are booked.
    let before = rigs.total().accepted;
    wait_until("rigs mine on", SOON, async || rigs.total().accepted > before + 2).await;
    assert_eq!(rigs.total().connections, 2);
    farm.apply(FarmText::new("a-1..2").pool("pool", &pool).house("pool").titled("again")).await;
    let log = farm.log();
    assert!(log.lines().count() < 200, "{} lines", log.lines().count());
    drop(crowd);
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}

#[tokio::test]
async fn neither_events_nor_logs_nor_status_repeat_a_password_that_a_pool_says() {
    let secret = "Geheim-9z";
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(chatter(stream));
        }
    });
    let farm = Farm::start_with(&["--log", "debug"], &["asic"]).await;
    std::fs::create_dir_all(farm.folder().join("secrets")).expect("a folder");
    std::fs::write(farm.folder().join("secrets/chatter"), secret).expect("a file");
    let text =
        FarmText::new("a-1").pool_at("chatter", &format!("stratum+tcp://{address}"), "").house("chatter");
    let text = text.to_string().replace("user: house.$rig", "user: house.$rig, password: { file: chatter }");
    farm.apply(text).await;
    let rigs = farm.rigs(&["a-1"]);
    let event = farm.event("pool-worker-refused").await;
    assert!(event.message.contains("***"), "{}", event.message);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let all = farm.api.all_events().await.expect("it answers");
    let everything = format!(
        "{}\n{}\n{}",
        farm.log(),
        serde_json::to_string(&farm.status().await).expect("JSON"),
        serde_json::to_string(&all).expect("JSON")
    );
    assert!(everything.contains("***"));
    assert!(!everything.to_lowercase().contains(&secret.to_lowercase()), "{everything}");
    // Nor does anything in the log speak to a terminal or begin a line of its own.
    assert!(!farm.log().contains('\u{1b}'));
    drop(rigs);
}

/// A pool that tells everybody what it was told, in every way it can.
async fn chatter(stream: TcpStream) {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while lines.read_line(&mut line).await.is_ok_and(|len| len > 0) {
        let asked: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        line.clear();
        let id = &asked["id"];
        let answer = match asked["method"].as_str() {
            Some("mining.subscribe") => {
                format!("{{\"id\":{id},\"result\":[[],\"01020304\",8],\"error\":null}}\n")
            }
            Some("mining.authorize") => {
                let password = asked["params"][1].as_str().unwrap_or_default().to_owned();
                let shout = password.to_uppercase();
                let long = "x".repeat(196);
                format!(
                    "{{\"id\":null,\"method\":\"client.show_message\",\"params\":[\"\\u001b[31mhello {password}\\nERROR {shout}\"]}}\n\
                     {{\"id\":null,\"method\":\"client.show_message\",\"params\":[\"{long}{password}\"]}}\n\
                     {{\"id\":null,\"method\":\"client.reconnect\",\"params\":[\"{password}.example\",3333,0]}}\n\
                     {{\"id\":\"{password}\",\"result\":true}}\n\
                     {{\"id\":7,\"method\":\"{password}\",\"params\":\"{password}\"}}\n\
                     {{\"error\":{{\"code\":\"{password}\",\"message\":3}},\"id\":\"{password}\n\
                     {{\"id\":{id},\"result\":false,\"error\":[24,\"\\u001b[2Jbad password {password}\\r\\n{shout}\",null]}}\n"
                )
            }
            _ => format!("{{\"id\":{id},\"result\":null,\"error\":[20,\"no\",null]}}\n"),
        };
        if lines.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_listener_whose_port_is_taken_opens_once_it_is_free() {
    let pool = pool("pool").await;
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("bound");
    let farm = Farm::start_with(&["--listen", &format!("late={address}")], &["asic"]).await;
    let text = FarmText::new("a-1").pool("pool", &pool).house("pool").listener("late", "");
    farm.try_apply(text, 0, "Ann").await.expect("who listens is seen later");
    let event = farm.event("listener-failed").await;
    assert_eq!(event.subject, "listener/late");
    let status = async || farm.status().await.listeners.into_iter().find(|one| one.name == "late");
    assert!(status().await.and_then(|late| late.why).is_some());
    drop(taken);
    wait_until("it is tried again", SOON, async || status().await.is_some_and(|late| late.why.is_none()))
        .await;
    assert_eq!(farm.event("listener-open").await.subject, "listener/late");
    TcpStream::connect(address).await.expect("it listens");
    assert_eq!(farm.events("listener-failed").await.len(), 1);
}
