/* A disk that fails when it is told to: preloaded into a program, this makes writes under one folder fail.
 *
 * FAULTS_UNDER  only files below this folder are concerned
 * FAULTS        a file that says what fails; absent or empty: nothing. One line:
 *                   <turn> <errno> <operations> <name> <skip> <count>
 *               operations: letters out of w (write), h (write half, then fail), s (sync), t (truncate),
 *               o (open to write). An errno of 0 lets a sync wait until it no longer stands here. name: a part of the file's path, or *. The first <skip> operations that match go
 *               well, the next <count> fail (0: all). A new <turn> counts anew.
 * Each failure adds a byte to the file FAULTS.hit.
 * FAULTS_CLOCK  a file of eight bytes: the system's clock is so many seconds ahead, for this process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long last_turn = -1, seen = 0;

/* 0: go on. 1: fail with errno. 2: do half, then fail. */
static int verdict(const char *path, char op)
{
    const char *control = getenv("FAULTS"), *under = getenv("FAULTS_UNDER");
    if (!control || !under || strncmp(path, under, strlen(under)) != 0) return 0;
    char text[512];
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    long len = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    if (len <= 0) return 0;
    text[len] = 0;
    long turn, skip, count;
    int error;
    char ops[32], name[256];
    if (sscanf(text, "%ld %d %31s %255s %ld %ld", &turn, &error, ops, name, &skip, &count) != 6) return 0;
    int half = op == 'w' && strchr(ops, 'h') != NULL;
    if (!half && !strchr(ops, op)) return 0;
    if (strcmp(name, "*") != 0 && !strstr(path, name)) return 0;
    pthread_mutex_lock(&lock);
    if (turn != last_turn) { last_turn = turn; seen = 0; }
    long n = seen++;
    pthread_mutex_unlock(&lock);
    if (n < skip || (count != 0 && n >= skip + count)) return 0;
    char hit[512];
    snprintf(hit, sizeof hit, "%s.hit", control);
    fd = syscall(SYS_openat, AT_FDCWD, hit, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) { syscall(SYS_write, fd, "x", 1); syscall(SYS_close, fd); }
    errno = error;
    return half ? 2 : 1;
}

static int verdict_fd(int fd, char op)
{
    if (!getenv("FAULTS")) return 0;
    char link[64], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    int before = errno;
    int said = verdict(path, op);
    if (!said) errno = before;
    return said;
}

#define NEXT(type, name, ...) \
    static type (*next)(__VA_ARGS__); \
    if (!next) next = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *from, size_t len)
{
    NEXT(ssize_t, "write", int, const void *, size_t);
    int said = verdict_fd(fd, 'w');
    int error = errno;
    if (said == 2 && len > 1) next(fd, from, len / 2);
    errno = error;
    return said ? -1 : next(fd, from, len);
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
    NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
    int said = verdict_fd(fd, 'w');
    int error = errno;
    if (said == 2 && len > 1) next(fd, from, len / 2, at);
    errno = error;
    return said ? -1 : next(fd, from, len, at);
}

ssize_t pwrite64(int fd, const void *from, size_t len, off64_t at)
{
    NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    int said = verdict_fd(fd, 'w');
    int error = errno;
    if (said == 2 && len > 1) next(fd, from, len / 2, at);
    errno = error;
    return said ? -1 : next(fd, from, len, at);
}

/* Error 0: the disk does not answer for as long as that stands. */
static int verdict_sync(int fd)
{
    int said;
    while ((said = verdict_fd(fd, 's')) && errno == 0) usleep(10000);
    return said;
}

int fsync(int fd)
{
    NEXT(int, "fsync", int);
    return verdict_sync(fd) ? -1 : next(fd);
}

int fdatasync(int fd)
{
    NEXT(int, "fdatasync", int);
    return verdict_sync(fd) ? -1 : next(fd);
}

int ftruncate(int fd, off_t len)
{
    NEXT(int, "ftruncate", int, off_t);
    return verdict_fd(fd, 't') ? -1 : next(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
    NEXT(int, "ftruncate64", int, off64_t);
    return verdict_fd(fd, 't') ? -1 : next(fd, len);
}

static int is_write(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

#define OPEN(symbol) \
    int symbol(const char *path, int flags, ...) \
    { \
        NEXT(int, #symbol, const char *, int, ...); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
        if (is_write(flags) && verdict(path, 'o')) return -1; \
        return next(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(symbol) \
    int symbol(int folder, const char *path, int flags, ...) \
    { \
        NEXT(int, #symbol, int, const char *, int, ...); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
        if (is_write(flags) && verdict(path, 'o')) return -1; \
        return next(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

static const volatile int64_t *ahead;

__attribute__((constructor)) static void find_clock(void)
{
    const char *path = getenv("FAULTS_CLOCK");
    int fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (fd < 0) return;
    void *page = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (page != MAP_FAILED) ahead = page;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    NEXT(int, "clock_gettime", clockid_t, struct timespec *);
    int said = next(clock, now);
    if (said == 0 && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
    return said;
}
