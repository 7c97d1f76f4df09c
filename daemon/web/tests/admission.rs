//! The two sockets, from outside: the socket lets its own user in, TCP whoever knows the token; and whatever
//! is asked, the answer is a document.

use std::sync::Arc;

use exchange::time::Timestamp;
use farm::live::Live;
use farm::reconcile::Reconciler;
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc, watch};
use web::{App, DeciderHandle, Deciding, Token};

const TOKEN: &str = "a-token-of-enough-characters";

/// Copies of one who never decided anything.
fn decider(live: watch::Receiver<Arc<Live>>) -> DeciderHandle {
    let (handle, mut asked) = mpsc::channel::<tokio::sync::oneshot::Sender<Deciding>>(1);
    tokio::spawn(async move {
        while let Some(answer) = asked.recv().await {
            let live = live.borrow().clone();
            let decider = Reconciler::new(live.started, Arc::default(), Default::default());
            let _ = answer.send(Deciding { decider, live });
        }
    });
    handle
}

async fn app(folder: &std::path::Path) -> App {
    let store = Store::open(&folder.join("stratumd.db")).await.unwrap();
    let now = || Timestamp::from_seconds(1_800_000_000);
    let (live, look) = watch::channel(Arc::new(Live::new(now(), 1.0)));
    let (written, events) = watch::channel(0);
    // Nothing changes in these tests, but the channels must not look closed.
    std::mem::forget((live, written));
    let (_, storage) = watch::channel(Default::default());
    App {
        store,
        readings: web::Readings::default(),
        decider: decider(look.clone()),
        live: look,
        storage,
        overrides: Arc::new(Notify::new()),
        events,
        now,
        id: "test".into(),
        admission: Arc::default(),
        files: || None,
    }
}

/// Sends a request and gives back the status and the body.
async fn ask(
    stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin),
    head: &str,
    body: &str,
) -> (u16, serde_json::Value) {
    let request = format!(
        "{head}\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
}

#[tokio::test]
async fn tcp_is_for_those_who_know_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = web::serve_tcp(
        app(folder.path()).await,
        listener,
        Token::new(TOKEN).unwrap(),
        std::future::pending(),
    );
    tokio::spawn(served);
    for (header, status) in [
        (String::new(), 401),
        ("\r\nauthorization: Bearer wrong".into(), 401),
        (format!("\r\nauthorization: Basic {TOKEN}"), 401),
        (format!("\r\nauthorization: Bearer {TOKEN}x"), 401),
        (format!("\r\nauthorization: Bearer {TOKEN}"), 200),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let (code, doc) = ask(&mut stream, &format!("GET /v1/version HTTP/1.1{header}"), "").await;
        assert_eq!(code, status, "{header:?}");
        let kind = if status == 200 { "stratum.version" } else { "stratum.error" };
        assert_eq!(doc["kind"], kind);
    }
}

const FARM: &str = r#"{
    "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
    "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}},
    "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s"}}}},
    "sites": {"hall": {}}, "rigs": {"a-1..3": {"model": "m", "site": "hall"}},
    "hubs": {"main": {"sites": ["hall"], "listeners": {"l": {"bind": "127.0.0.1:3333"}}}},
    "house": {"pools": [{"pool": "p", "user": "h"}]},
    "customers": {"alice": {"pools": [{"pool": "p", "user": "a"}], "rentals": {"gold": {"hashrate": "200 TH/s"}}}}
}"#;

#[tokio::test]
async fn a_plan_says_what_the_decider_would_do_or_that_it_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = serde_json::json!({"path": "farm.yaml", "text": FARM});
    let body = serde_json::json!({
        "kind": "stratum.plan-request", "format_version": "1.0", "bundle": {"files": [file]},
    });
    let (closed, _) = mpsc::channel(1);
    for is_there in [true, false] {
        let mut app = app(folder.path()).await;
        if !is_there {
            app.decider = closed.clone();
        }
        let path = folder.path().join(format!("socket-{is_there}"));
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(web::serve_unix(app, listener, std::future::pending()));
        let mut stream = UnixStream::connect(&path).await.unwrap();
        let (status, doc) = ask(&mut stream, "POST /v1/plan HTTP/1.1", &body.to_string()).await;
        if is_there {
            assert_eq!(status, 200, "{doc}");
            let moves = serde_json::json!([
                {"to": "alice/gold", "rigs": 2, "hashrate": 2e14},
                {"to": "house", "rigs": 1, "hashrate": 1e14},
            ]);
            assert_eq!(doc["effects"]["moves"], moves, "{doc}");
        } else {
            assert_eq!((status, &doc["error"]["code"]), (503, &serde_json::json!("busy")), "{doc}");
        }
    }
}

#[tokio::test]
async fn the_socket_is_for_its_own_user_and_answers_everything_with_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(web::serve_unix(app(folder.path()).await, listener, std::future::pending()));
    let plan = r#"{"kind":"stratum.plan-request","format_version":"1.0","bundle":{"files":[{"path":"farm.yaml","text":"kind: Farm\n"}]}}"#;
    let newer = plan.replace("\"1.0\"", "\"2.0\"");
    for (head, body, status, code) in [
        ("GET /v1/farm HTTP/1.1", "", 404, Some("not_found")),
        ("GET /v1/generations/7 HTTP/1.1", "", 404, Some("not_found")),
        ("GET /nowhere HTTP/1.1", "", 404, Some("not_found")),
        ("DELETE /v1/farm HTTP/1.1", "", 405, Some("method_not_allowed")),
        ("POST /v1/plan HTTP/1.1", plan, 422, Some("invalid")),
        ("GET /v1/generations HTTP/1.1", "", 200, None),
        ("GET /v1/overrides HTTP/1.1", "", 200, None),
        ("GET /v1/events?after=0 HTTP/1.1", "", 200, None),
        ("GET /v1/accounts HTTP/1.1", "", 200, None),
        ("GET /v1/status HTTP/1.1", "", 200, None),
        ("GET /v1/openapi.json HTTP/1.1", "", 200, None),
        ("POST /v1/plan HTTP/1.1", "not json", 400, Some("bad_request")),
        ("POST /v1/plan HTTP/1.1", &newer, 400, Some("bad_request")),
        ("GET /v1/events?after=x HTTP/1.1", "", 400, Some("bad_request")),
        ("GET /v1/generations/x HTTP/1.1", "", 400, Some("bad_request")),
    ] {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        let (got, doc) = ask(&mut stream, head, body).await;
        assert_eq!(got, status, "{head} {doc}");
        assert_eq!(doc["error"]["code"].as_str(), code, "{head} {doc}");
    }
}
