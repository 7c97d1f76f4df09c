//! One socket's way out: a bounded buffer, written at once where the socket takes it, by the connection's
//! own task where not.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// A peer that takes nothing for this long is given up.
const STALL_MAX: Duration = Duration::from_secs(60);
/// Time to send the last words before a connection is closed.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Bytes read at a time.
pub(crate) const READ_LEN: usize = 16 * 1024;

/// The way out of one connection.
#[derive(Debug)]
pub(crate) struct Conn {
    plain: Option<Rc<TcpStream>>,
    out: RefCell<Vec<u8>>,
    out_max: usize,
    wake: Notify,
    closing: Cell<Option<&'static str>>,
    overflow: Cell<bool>,
    /// Nothing goes out before the disk has all shares below this number; 0 when nothing waits.
    held: Cell<u64>,
}

impl Conn {
    /// `plain` is written to directly; without it the connection's task writes everything.
    pub(crate) fn new(plain: Option<Rc<TcpStream>>, out_max: usize) -> Rc<Self> {
        Rc::new(Self {
            plain,
            out: RefCell::new(Vec::new()),
            out_max,
            wake: Notify::new(),
            closing: Cell::new(None),
            overflow: Cell::new(false),
            held: Cell::new(0),
        })
    }

    /// Appends what `write` writes. A peer that lets more pile up than the bound is closed.
    pub(crate) fn push(&self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.overflow.get() {
            return;
        }
        let mut out = self.out.borrow_mut();
        write(&mut out);
        if out.len() > self.out_max {
            out.clear();
            self.overflow.set(true);
            self.closing.set(Some("it reads too slowly"));
            self.wake.notify_one();
        }
    }

    /// From here on nothing goes out, by whatever way, until the disk has the shares below `mark`. True if
    /// something did before.
    pub(crate) fn hold(&self, mark: u64) -> bool {
        self.held.replace(mark) == 0
    }

    /// The disk has the shares below `mark`: what waited for no more goes out. False when it waits on.
    pub(crate) fn release(&self, mark: u64) -> bool {
        if self.held.get() > mark {
            return false;
        }
        self.held.set(0);
        self.flush();
        true
    }

    /// Writes what the socket takes now; the rest is left to the connection's task.
    pub(crate) fn flush(&self) {
        if self.held.get() > 0 {
            return;
        }
        let mut out = self.out.borrow_mut();
        if let Some(stream) = &self.plain {
            while !out.is_empty() {
                match stream.try_write(&out) {
                    Ok(len) => {
                        out.drain(..len);
                    }
                    Err(_) => break,
                }
            }
            if out.is_empty() {
                // Thousands of idle connections should not each hold a buffer.
                if out.capacity() > 4096 {
                    *out = Vec::new();
                }
                return;
            }
        }
        if !out.is_empty() {
            self.wake.notify_one();
        }
    }

    /// Closes the connection once what was said is sent.
    pub(crate) fn close(&self, why: &'static str) {
        if self.closing.get().is_none() {
            self.closing.set(Some(why));
        }
        self.wake.notify_one();
    }

    fn wants_write(&self) -> bool {
        self.held.get() == 0 && !self.out.borrow().is_empty()
    }

    /// Serves a plain TCP connection until it ends; returns why it did. `each` gets what was read and
    /// answers false to end it.
    pub(crate) async fn serve_plain(
        &self,
        stream: &TcpStream,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> String {
        // A wake-up reads into this thread's one buffer: memory a connection is what it has unfinished.
        thread_local!(static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_LEN]));
        loop {
            if let Some(why) = self.closing.get() {
                let _ = tokio::time::timeout(LAST_WORDS, self.drain_plain(stream)).await;
                return why.into();
            }
            let wants_write = self.wants_write();
            tokio::select! {
                ready = stream.readable() => {
                    if let Err(error) = ready {
                        return error.to_string();
                    }
                    let read = BUFFER.with_borrow_mut(|buffer| match stream.try_read(buffer) {
                        Ok(0) => Err("closed by the peer".to_owned()),
                        Ok(len) => each(&buffer[..len]),
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
                        Err(error) => Err(error.to_string()),
                    });
                    if let Err(why) = read {
                        return why;
                    }
                }
                ready = stream.writable(), if wants_write => {
                    if let Err(error) = ready {
                        return error.to_string();
                    }
                    self.flush();
                }
                () = self.wake.notified() => {}
                () = tokio::time::sleep(STALL_MAX), if wants_write => {
                    return "it takes nothing any more".into();
                }
            }
        }
    }

    async fn drain_plain(&self, stream: &TcpStream) {
        self.released().await;
        while self.wants_write() && stream.writable().await.is_ok() {
            let before = self.out.borrow().len();
            self.flush();
            if self.out.borrow().len() == before {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits until nothing waits for the disk.
    async fn released(&self) {
        while self.held.get() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The same for any other stream, such as TLS.
    pub(crate) async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> String {
        let (mut read, mut write) = tokio::io::split(stream);
        let mut buffer = vec![0; READ_LEN];
        loop {
            if self.wants_write() {
                let bytes = std::mem::take(&mut *self.out.borrow_mut());
                match tokio::time::timeout(STALL_MAX, write.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error.to_string(),
                    Err(_) => return "it takes nothing any more".into(),
                }
                let _ = write.flush().await;
                continue;
            }
            if let Some(why) = self.closing.get() {
                let _ = tokio::time::timeout(LAST_WORDS, self.released()).await;
                let last = std::mem::take(&mut *self.out.borrow_mut());
                let _ = tokio::time::timeout(LAST_WORDS, async {
                    write.write_all(&last).await?;
                    write.shutdown().await
                })
                .await;
                return why.into();
            }
            tokio::select! {
                got = read.read(&mut buffer) => match got {
                    Ok(0) => return "closed by the peer".into(),
                    Ok(len) => if let Err(why) = each(&buffer[..len]) {
                        return why;
                    },
                    Err(error) => return error.to_string(),
                },
                () = self.wake.notified() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A connection that is served, and its other end.
    async fn pair() -> (Rc<Conn>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let stream = Rc::new(far.unwrap().0);
        let conn = Conn::new(Some(stream.clone()), 1 << 20);
        let served = conn.clone();
        tokio::task::spawn_local(async move { served.serve_plain(&stream, |_| Ok(())).await });
        (conn, near.unwrap())
    }

    async fn arrives(near: &mut TcpStream) -> Option<String> {
        let mut buffer = [0; 64];
        let read = tokio::time::timeout(Duration::from_millis(100), near.read(&mut buffer)).await;
        read.ok().map(|len| String::from_utf8_lossy(&buffer[..len.unwrap()]).into_owned())
    }

    #[tokio::test]
    async fn an_answer_that_waits_for_the_disk_goes_out_by_no_other_way() {
        tokio::task::LocalSet::new().run_until(hold_and_release()).await;
    }

    async fn hold_and_release() {
        let (conn, mut near) = pair().await;
        conn.push(|out| out.extend(b"share 7 is good\n"));
        conn.hold(8);
        // A new job for the same miner, and a wake-up of its task: neither may carry the answer along.
        conn.push(|out| out.extend(b"job\n"));
        conn.flush();
        near.write_all(b"hello\n").await.unwrap();
        conn.wake.notify_one();
        assert_eq!(arrives(&mut near).await, None);
        // The disk has an earlier share only.
        assert!(!conn.release(7));
        assert_eq!(arrives(&mut near).await, None);
        assert!(conn.release(8));
        assert_eq!(arrives(&mut near).await.as_deref(), Some("share 7 is good\njob\n"));
    }
}
