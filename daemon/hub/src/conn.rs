//! One socket's two ways. Out: a bounded buffer, written at once where the socket takes it, by the connection's
//! own task where not. In: turn by turn, so that no peer takes the thread for itself.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::Sleep;

use crate::turn::{Dealt, Slowed};

/// A peer that takes nothing for this long is given up.
const STALL_MAX: Duration = Duration::from_secs(60);
/// Time to send the last words before a connection is closed.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Why such a peer is closed.
pub(crate) const FLOODS: &str = "it sends far more than the protocol needs";
/// Why one that takes nothing is closed.
const STALLS: &str = "it no longer reads";
/// Bytes read at a time.
pub(crate) const READ_LEN: usize = 16 * 1024;
/// What is left of an emptied buffer is given back where it is larger than this, bytes.
const KEPT_MAX: usize = 64 * 1024;

thread_local! {
    /// A wake-up reads into this thread's one buffer: memory a connection is what it has unfinished.
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_LEN]);
    /// The last emptied buffer for output: what goes out at once needs no memory of its own.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes to be sent, and how many of them are.
#[derive(Debug, Default)]
struct Out {
    bytes: Vec<u8>,
    sent: usize,
    /// What waits for the disk, and nothing else does.
    held: Vec<u8>,
    /// Its parts, in order.
    holds: VecDeque<Hold>,
}

/// A part of what is held waits until the disk has all shares below a number.
#[derive(Debug)]
struct Hold {
    mark: u64,
    len: usize,
}

impl Out {
    fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    fn begin(&mut self) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes = SPARE.take();
        }
        &mut self.bytes
    }

    /// Thousands of idle connections should not each hold a buffer.
    fn give_back(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.sent = 0;
        bytes.clear();
        if bytes.capacity() <= KEPT_MAX {
            SPARE.set(bytes);
        }
    }
}

/// The way out of one connection, and the word that it is to be closed.
pub(crate) struct Conn {
    plain: Option<RefCell<OwnedWriteHalf>>,
    out: RefCell<Out>,
    out_max: usize,
    protocol: stratum::Protocol,
    waker: Cell<Option<Waker>>,
    closing: Cell<Option<&'static str>>,
    /// Requests sent since this was last asked: each entitles the peer to an answer.
    asked: Cell<u32>,
    overflow: Cell<bool>,
    /// Written, but TLS may hold some of it.
    unflushed: Cell<bool>,
}

/// What a connection's task waits for.
enum Happened {
    /// A turn is over.
    Dealt(Result<Dealt, String>),
    /// The last words are said, or have had their time.
    Closed(&'static str),
    /// The connection is of no use any more.
    Failed(String),
}

/// What a connection's task keeps between turns.
#[derive(Default)]
struct Course {
    /// Read, and not dealt with.
    rest: Vec<u8>,
    /// There may be more than was read.
    more: bool,
    /// Nothing is read until then.
    pause: Option<Pin<Box<Sleep>>>,
    slowed: Slowed,
    /// Since nothing was taken, or since the last words were begun.
    stall: Option<Pin<Box<Sleep>>>,
    closing: bool,
}

fn is_over(timer: &mut Option<Pin<Box<Sleep>>>, limit: Duration, cx: &mut Context<'_>) -> bool {
    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
    timer.as_mut().poll(cx).is_ready()
}

impl Conn {
    /// `plain` is written to directly; without it the connection's task writes everything.
    pub(crate) fn new(
        plain: Option<OwnedWriteHalf>,
        out_max: usize,
        protocol: stratum::Protocol,
    ) -> Rc<Self> {
        Rc::new(Self {
            plain: plain.map(RefCell::new),
            out: RefCell::default(),
            out_max,
            protocol,
            waker: Cell::new(None),
            closing: Cell::new(None),
            asked: Cell::new(0),
            overflow: Cell::new(false),
            unflushed: Cell::new(false),
        })
    }

    /// What the peer speaks.
    pub(crate) fn protocol(&self) -> stratum::Protocol {
        self.protocol
    }

    /// Appends what `write` writes. A peer that lets more pile up than the bound is closed.
    pub(crate) fn push(&self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.overflow.get() {
            return;
        }
        let mut out = self.out.borrow_mut();
        write(out.begin());
        self.bound(&mut out);
    }

    /// Keeps what `write` writes until the disk has the shares below `mark`; what else is said goes out meanwhile. True if
    /// nothing was kept before.
    pub(crate) fn hold(&self, mark: u64, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        if self.overflow.get() {
            return false;
        }
        let mut out = self.out.borrow_mut();
        let is_first = out.holds.is_empty();
        let before = out.held.len();
        write(&mut out.held);
        let len = out.held.len() - before;
        out.holds.push_back(Hold { mark, len });
        self.bound(&mut out);
        is_first
    }

    fn bound(&self, out: &mut Out) {
        if out.rest().len() + out.held.len() > self.out_max {
            *out = Out::default();
            self.overflow.set(true);
            self.closing.set(Some("it reads too slowly"));
            self.wake();
        }
    }

    /// What was pushed asks for an answer.
    pub(crate) fn asks(&self) {
        self.asked.set(self.asked.get().saturating_add(1));
    }

    /// Answers that the peer was asked for since this was last called.
    pub(crate) fn take_asked(&self) -> u32 {
        self.asked.take()
    }

    /// The disk has the shares below `mark`: what waited for no more goes out. False when something waits on.
    pub(crate) fn release(&self, mark: u64) -> bool {
        let is_free = {
            let mut out = self.out.borrow_mut();
            let mut free = 0;
            while let Some(hold) = out.holds.pop_front_if(|hold| hold.mark <= mark) {
                free += hold.len;
            }
            let mut held = std::mem::take(&mut out.held);
            out.begin().extend_from_slice(&held[..free]);
            held.drain(..free);
            if !held.is_empty() {
                out.held = held;
            }
            out.holds.is_empty()
        };
        self.flush();
        if is_free && self.closing.get().is_some() {
            self.wake();
        }
        is_free
    }

    fn is_held(&self) -> bool {
        !self.out.borrow().holds.is_empty()
    }

    /// Writes what the socket takes now; the rest is left to the connection's task.
    pub(crate) fn flush(&self) {
        let mut out = self.out.borrow_mut();
        if let Some(stream) = &self.plain {
            let stream = stream.borrow();
            while !out.is_empty() {
                match stream.try_write(out.rest()) {
                    Ok(len) => out.sent += len,
                    Err(_) => break,
                }
            }
        }
        if out.is_empty() {
            out.give_back();
        } else {
            self.wake();
        }
    }

    /// Why it is closed, where that is our decision.
    pub(crate) fn closed_for(&self) -> Option<&'static str> {
        self.closing.get()
    }

    /// Closes the connection once what was said is sent.
    pub(crate) fn close(&self, why: &'static str) {
        if self.closing.get().is_none() {
            self.closing.set(Some(why));
        }
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Serves a connection until it ends; returns why it did. `each` gets what was read, deals with at most a
    /// turn's worth of it, and is given the rest again when everybody else has had a turn. Without `through`
    /// the connection is a plain one.
    pub(crate) async fn serve(
        &self,
        mut read: impl AsyncRead + Unpin,
        mut through: Option<impl AsyncWrite + Unpin>,
        mut each: impl FnMut(&[u8]) -> Result<Dealt, String>,
    ) -> String {
        let mut course = Course::default();
        loop {
            let happened = poll_fn(|cx| self.poll(cx, &mut course, &mut read, &mut through, &mut each)).await;
            match happened {
                Happened::Dealt(Ok(dealt)) => {
                    if !dealt.pause.is_zero() {
                        if !dealt.blameless && course.slowed.is_enough(dealt.pause) {
                            self.closing.set(Some(FLOODS));
                            return FLOODS.into();
                        }
                        course.pause = Some(Box::pin(tokio::time::sleep(dealt.pause)));
                    } else if course.more {
                        tokio::task::yield_now().await;
                    }
                }
                Happened::Dealt(Err(why)) | Happened::Failed(why) => return why,
                Happened::Closed(why) => {
                    if let Some(write) = &mut through {
                        let end = poll_fn(|cx| Pin::new(&mut *write).poll_shutdown(cx));
                        let _ = tokio::time::timeout(LAST_WORDS, end).await;
                    }
                    return why.into();
                }
            }
        }
    }

    fn poll(
        &self,
        cx: &mut Context<'_>,
        course: &mut Course,
        read: &mut (impl AsyncRead + Unpin),
        through: &mut Option<impl AsyncWrite + Unpin>,
        each: &mut impl FnMut(&[u8]) -> Result<Dealt, String>,
    ) -> Poll<Happened> {
        match self.waker.take() {
            Some(waker) if waker.will_wake(cx.waker()) => self.waker.set(Some(waker)),
            _ => self.waker.set(Some(cx.waker().clone())),
        }
        let closing = self.closing.get();
        if closing.is_some() && !course.closing {
            course.closing = true;
            course.stall = None;
        }
        let limit = if course.closing { LAST_WORDS } else { STALL_MAX };
        let before = self.out.borrow().sent;
        let sent = match self.poll_out(cx, through) {
            Poll::Ready(Err(error)) => return Poll::Ready(Happened::Failed(error.to_string())),
            Poll::Ready(Ok(())) => true,
            Poll::Pending => false,
        };
        // Waiting for the disk is not the peer's fault, and a peer that takes little takes something.
        let is_stalled = !sent && !self.is_held() && self.out.borrow().sent == before;
        if !is_stalled && !course.closing {
            course.stall = None;
        }
        if (is_stalled || (course.closing && !sent)) && is_over(&mut course.stall, limit, cx) {
            let why = closing.unwrap_or(STALLS);
            self.closing.set(Some(why));
            return Poll::Ready(Happened::Closed(why));
        }
        if let Some(why) = closing {
            return if sent { Poll::Ready(Happened::Closed(why)) } else { Poll::Pending };
        }
        if let Some(pause) = &mut course.pause {
            if pause.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            course.pause = None;
        }
        if !course.rest.is_empty() {
            let dealt = each(&course.rest);
            if let Ok(dealt) = &dealt {
                course.rest.drain(..dealt.len.min(course.rest.len()));
                if course.rest.is_empty() {
                    course.rest = Vec::new();
                }
            }
            // What the socket has beyond was not looked at.
            course.more = true;
            return Poll::Ready(Happened::Dealt(dealt));
        }
        READ.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            match Pin::new(read).poll_read(cx, &mut buffer) {
                Poll::Pending => {
                    course.slowed = Slowed::default();
                    Poll::Pending
                }
                Poll::Ready(Err(error)) => Poll::Ready(Happened::Failed(error.to_string())),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    Poll::Ready(Happened::Failed("closed by the peer".into()))
                }
                Poll::Ready(Ok(())) => {
                    let bytes = buffer.filled();
                    let dealt = each(bytes);
                    if let Ok(dealt) = &dealt {
                        course.rest.extend_from_slice(&bytes[dealt.len.min(bytes.len())..]);
                    }
                    course.more = !course.rest.is_empty() || bytes.len() == READ_LEN;
                    Poll::Ready(Happened::Dealt(dealt))
                }
            }
        })
    }

    /// Ready once nothing waits to be sent. What waits for the disk waits here, too.
    fn poll_out(
        &self,
        cx: &mut Context<'_>,
        through: &mut Option<impl AsyncWrite + Unpin>,
    ) -> Poll<io::Result<()>> {
        let mut out = self.out.borrow_mut();
        if out.is_empty() && !self.unflushed.get() {
            return if out.holds.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending };
        }
        while !out.is_empty() {
            let written = match (&self.plain, &mut *through) {
                (Some(plain), _) => Pin::new(&mut *plain.borrow_mut()).poll_write(cx, out.rest()),
                (None, Some(write)) => {
                    self.unflushed.set(true);
                    Pin::new(write).poll_write(cx, out.rest())
                }
                (None, None) => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            };
            match written {
                Poll::Ready(Ok(len)) => out.sent += len,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        out.give_back();
        if let (Some(write), true) = (through, self.unflushed.get()) {
            std::task::ready!(Pin::new(write).poll_flush(cx))?;
            self.unflushed.set(false);
        }
        if out.holds.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    type Reader = Box<dyn FnMut(&[u8]) -> Result<Dealt, String>>;

    /// A connection that is served, and its other end.
    async fn pair(mut each: Reader) -> (Rc<Conn>, TcpStream, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (read, write) = far.unwrap().0.into_split();
        let conn = Conn::new(Some(write), 1 << 20, stratum::Protocol::default());
        let served = conn.clone();
        let end = tokio::task::spawn_local(async move {
            served.serve(read, None::<OwnedWriteHalf>, |bytes| each(bytes)).await
        });
        (conn, near.unwrap(), end)
    }

    fn takes_all() -> Reader {
        Box::new(|bytes| Ok(Dealt { len: bytes.len(), ..Dealt::default() }))
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
        let (conn, mut near, _) = pair(takes_all()).await;
        conn.hold(8, |out| out.extend(b"share 7 is good\n"));
        // A new job for the same miner goes out, and neither it nor a wake-up carries the answer along.
        conn.push(|out| out.extend(b"job\n"));
        conn.flush();
        assert_eq!(arrives(&mut near).await.as_deref(), Some("job\n"));
        near.write_all(b"hello\n").await.unwrap();
        conn.wake();
        assert_eq!(arrives(&mut near).await, None);
        // The disk has an earlier share only.
        assert!(!conn.release(7));
        assert_eq!(arrives(&mut near).await, None);
        assert!(conn.release(8));
        assert_eq!(arrives(&mut near).await.as_deref(), Some("share 7 is good\n"));
    }

    #[tokio::test]
    async fn a_rig_that_never_rests_has_its_answers_as_the_disk_comes_after() {
        tokio::task::LocalSet::new().run_until(released_in_part()).await;
    }

    async fn released_in_part() {
        let (conn, mut near, _) = pair(takes_all()).await;
        for share in 1..=5u64 {
            assert_eq!(conn.hold(share + 1, |out| out.extend(format!("{share} ").as_bytes())), share == 1);
        }
        // Each time the disk has some, and another share has come.
        for share in 6..=8u64 {
            assert!(!conn.release(share - 2));
            conn.hold(share + 1, |out| out.extend(format!("{share} ").as_bytes()));
            conn.flush();
            let expected = if share == 6 { "1 2 3 ".to_owned() } else { format!("{} ", share - 3) };
            assert_eq!(arrives(&mut near).await, Some(expected));
        }
        assert!(conn.release(9));
        assert_eq!(arrives(&mut near).await.as_deref(), Some("6 7 8 "));
        // Nothing waits any more.
        conn.push(|out| out.extend(b"job"));
        conn.flush();
        assert_eq!(arrives(&mut near).await.as_deref(), Some("job"));
    }

    #[tokio::test]
    async fn whoever_always_has_more_to_say_gets_one_turn_at_a_time() {
        tokio::task::LocalSet::new().run_until(one_turn_at_a_time()).await;
    }

    async fn one_turn_at_a_time() {
        let turns = Rc::new(Cell::new(0u32));
        let (counted, mut last) = (turns.clone(), 0u8);
        let each: Reader = Box::new(move |bytes| {
            counted.set(counted.get() + 1);
            let len = bytes.len().min(100);
            for byte in &bytes[..len] {
                assert_eq!(*byte, last, "nothing is skipped, nothing comes twice");
                last = last.wrapping_add(1);
            }
            Ok(Dealt { len, ..Dealt::default() })
        });
        let (_conn, mut near, _) = pair(each).await;
        let bytes: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
        tokio::task::spawn_local(async move {
            near.write_all(&bytes).await.unwrap();
            std::future::pending::<()>().await;
        });
        let (mut seen, mut most) = (0, 0);
        while turns.get() < 2_000 {
            tokio::task::yield_now().await;
            let now = turns.get();
            most = most.max(now - seen);
            seen = now;
        }
        assert!(most <= 2, "{most} turns before anybody else had one");
    }
}
