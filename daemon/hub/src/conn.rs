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

    /// Writes what the socket takes now; the rest is left to the connection's task.
    pub(crate) fn flush(&self) {
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
        !self.out.borrow().is_empty()
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
        while self.wants_write() && stream.writable().await.is_ok() {
            let before = self.out.borrow().len();
            self.flush();
            if self.out.borrow().len() == before {
                tokio::task::yield_now().await;
            }
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
            let bytes = std::mem::take(&mut *self.out.borrow_mut());
            if !bytes.is_empty() {
                match tokio::time::timeout(STALL_MAX, write.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error.to_string(),
                    Err(_) => return "it takes nothing any more".into(),
                }
                let _ = write.flush().await;
                continue;
            }
            if let Some(why) = self.closing.get() {
                let _ = tokio::time::timeout(LAST_WORDS, write.shutdown()).await;
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
