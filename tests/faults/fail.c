/* Preloaded into the program under test, makes one of its calls to the system go wrong: see tests/faults/fault.rs.
 *
 * FAULT_CALLS  names of calls, ",write,fsync,": those of them that concern FAULT_PATH are counted from 1 on
 * FAULT_PATH   part of the name of the file that a call is about
 * FAULT_AT     the call that goes wrong
 * FAULT_DO     "stop" or "kill" the program before the call, or the errno with which the call fails
 * FAULT_ON     if set, all calls after it fail too
 * FAULT_MARK   a file that is made when it happens
 * CLOCK_BACK   seconds by which the clock is set back
 * CLOCK_AFTER  how often it is asked before that happens
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long counted, asked;

/* Whether this call is to fail; errno is set then. */
static int fails(const char *call, const char *path) {
    const char *calls = getenv("FAULT_CALLS"), *part = getenv("FAULT_PATH"), *at = getenv("FAULT_AT");
    const char *what = getenv("FAULT_DO"), *mark = getenv("FAULT_MARK");
    char name[32];
    if (!calls || !part || !at || !what) return 0;
    snprintf(name, sizeof name, ",%s,", call);
    if (!strstr(calls, name) || !strstr(path, part)) return 0;
    long number = __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST), wanted = atol(at);
    if (number != wanted && !(getenv("FAULT_ON") && number > wanted)) return 0;
    if (mark) {
        int file = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT, 0600);
        if (file >= 0) syscall(SYS_close, file);
    }
    if (!strcmp(what, "stop")) return kill(getpid(), SIGSTOP), 0;
    if (!strcmp(what, "kill")) kill(getpid(), SIGKILL);
    errno = atoi(what);
    return 1;
}

static int fails_on(const char *call, int file) {
    char link[64], path[4096];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = before;
    path[n < 0 ? 0 : n] = 0;
    return fails(call, path);
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define ON_FILE(type, name, call, parameters, arguments) \
    type name parameters { REAL(name); return fails_on(call, file) ? -1 : real arguments; }
#define ON_PATH(name, parameters, arguments) \
    int name parameters { REAL(name); return fails(#name, path) ? -1 : real arguments; }
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        REAL(name); \
        return fails((flags & O_ACCMODE) == O_RDONLY ? "look" : "make", path) ? -1 : real(path, flags, mode); \
    }

ON_FILE(ssize_t, read, "read", (int file, void *bytes, size_t n), (file, bytes, n))
ON_FILE(ssize_t, pread64, "read", (int file, void *bytes, size_t n, off64_t at), (file, bytes, n, at))
ON_FILE(ssize_t, write, "write", (int file, const void *bytes, size_t n), (file, bytes, n))
ON_FILE(ssize_t, writev, "write", (int file, const struct iovec *parts, int n), (file, parts, n))
ON_FILE(ssize_t, pwrite64, "write", (int file, const void *bytes, size_t n, off64_t at), (file, bytes, n, at))
ON_FILE(int, fsync, "sync", (int file), (file))
ON_FILE(int, fdatasync, "sync", (int file), (file))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rename, (const char *path, const char *to), (path, to))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(rmdir, (const char *path), (path))
OPEN(open)
OPEN(open64)

int clock_gettime(clockid_t clock, struct timespec *time) {
    REAL(clock_gettime);
    int result = real(clock, time);
    const char *back = getenv("CLOCK_BACK"), *after = getenv("CLOCK_AFTER");
    if (back && clock == CLOCK_REALTIME && __atomic_fetch_add(&asked, 1, __ATOMIC_SEQ_CST) >= (after ? atol(after) : 0))
        time->tv_sec -= atol(back);
    return result;
}
