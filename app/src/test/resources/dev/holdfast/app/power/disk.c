/*
 * A disk that can lose its power, for one process: loaded before the C library (LD_PRELOAD), it does what it is asked with
 * files below POWER_ROOT and writes down in POWER_LOG, in order and with the monotonic time, what was written and what was
 * synced. With POWER_CUT_AFTER it ends the process before one of these operations, as a cut does. What it cannot write down
 * it tells as UNKNOWN, and the test fails. SQLite's index in shared memory (-shm) is made anew at each start and left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { CREATE = 1, FOLDER, REMOVE, WRITE, TRUNCATE, SYNC, SYNCED, UNKNOWN };

#define FILES 4096
#define PATH 1024

struct record {
    uint32_t kind, path_length;
    uint64_t nanos, offset, length, thread;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *paths[FILES];
static const char *root;
static size_t root_length;
static int out = -1;
static long cut_after, operations;

__attribute__((constructor)) static void begin(void) {
    const char *log = getenv("POWER_LOG"), *after = getenv("POWER_CUT_AFTER");
    root = getenv("POWER_ROOT");
    root_length = root ? strlen(root) : 0;
    cut_after = after ? strtol(after, NULL, 10) : 0;
    if (log && root) {
        out = (int)syscall(SYS_openat, AT_FDCWD, log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    }
    if (root && out < 0) {
        abort();
    }
}

static int watched(const char *path) {
    size_t length = path ? strlen(path) : 0;
    return out >= 0 && length > root_length && length < PATH && !strncmp(path, root, root_length) &&
           path[root_length] == '/' && (length < 4 || strcmp(path + length - 4, "-shm"));
}

static int is_root(const char *path) { return out >= 0 && path && !strcmp(path, root); }

static const char *of(int fd) {
    return fd >= 0 && fd < FILES ? __atomic_load_n(&paths[fd], __ATOMIC_ACQUIRE) : NULL;
}

/* With the lock held, before the operation; for SYNCED after it. */
static void note(enum kind kind, const char *path, uint64_t offset, const void *bytes, uint64_t length) {
    struct timespec now;
    if (cut_after && ++operations > cut_after) {
        kill(getpid(), SIGKILL);
        for (;;) {
            pause();
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct record head = {kind, (uint32_t)strlen(path), (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
                          offset, length, (uint64_t)syscall(SYS_gettid)};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)bytes, bytes ? length : 0}};
    ssize_t all = (ssize_t)(parts[0].iov_len + parts[1].iov_len + parts[2].iov_len);
    if (syscall(SYS_writev, out, parts, 3) != all) {
        abort();
    }
}

static int opened(int at, const char *path, int flags, mode_t mode) {
    if (!watched(path) && !is_root(path)) {
        return (int)syscall(SYS_openat, at, path, flags, mode);
    }
    pthread_mutex_lock(&lock);
    struct stat found;
    int is_new = (flags & O_CREAT) && stat(path, &found);
    if (is_new) {
        note(CREATE, path, 0, NULL, 0);
    } else if (flags & O_TRUNC) {
        note(TRUNCATE, path, 0, NULL, 0);
    }
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    if (fd >= FILES || (fd < 0 && is_new) || (flags & O_APPEND)) {
        note(UNKNOWN, "open", 0, NULL, 0);
    } else if (fd >= 0) {
        __atomic_store_n(&paths[fd], strdup(path), __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags)                                      \
    mode_t mode = 0;                                     \
    if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
        va_list more;                                    \
        va_start(more, flags);                           \
        mode = va_arg(more, mode_t);                     \
        va_end(more);                                    \
    }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }

int close(int fd) {
    const char *path = of(fd);
    if (path) {
        pthread_mutex_lock(&lock);
        __atomic_store_n(&paths[fd], NULL, __ATOMIC_RELEASE);
        pthread_mutex_unlock(&lock);
        free((char *)path);
    }
    return (int)syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    const char *path = of(fd);
    if (!path) {
        return syscall(SYS_pwrite64, fd, bytes, length, offset);
    }
    pthread_mutex_lock(&lock);
    note(WRITE, path, (uint64_t)offset, bytes, length);
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, length, offset);
    if (written != (ssize_t)length) {
        note(UNKNOWN, "a write of a part", 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
    return of(fd) ? pwrite64(fd, bytes, length, lseek64(fd, 0, SEEK_CUR)) : syscall(SYS_write, fd, bytes, length);
}

int ftruncate64(int fd, off64_t length) {
    const char *path = of(fd);
    if (!path) {
        return (int)syscall(SYS_ftruncate, fd, length);
    }
    pthread_mutex_lock(&lock);
    note(TRUNCATE, path, (uint64_t)length, NULL, 0);
    int failed = (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_unlock(&lock);
    return failed;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* What is written by others while it syncs may be on the disk or not: only what was there when it began is. */
static int synced(int fd, long number) {
    const char *path = of(fd);
    if (!path) {
        return (int)syscall(number, fd);
    }
    pthread_mutex_lock(&lock);
    note(SYNC, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    int failed = (int)syscall(number, fd);
    int why = errno;
    pthread_mutex_lock(&lock);
    note(failed ? UNKNOWN : SYNCED, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = why;
    return failed;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int removed(int at, const char *path, int flags) {
    if (!watched(path)) {
        return (int)syscall(SYS_unlinkat, at, path, flags);
    }
    pthread_mutex_lock(&lock);
    struct stat found;
    if (!stat(path, &found)) {
        note(REMOVE, path, 0, NULL, 0);
    }
    int failed = (int)syscall(SYS_unlinkat, at, path, flags);
    pthread_mutex_unlock(&lock);
    return failed;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return removed(at, path, flags); }

int mkdir(const char *path, mode_t mode) {
    if (!watched(path)) {
        return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    }
    pthread_mutex_lock(&lock);
    struct stat found;
    if (stat(path, &found)) {
        note(FOLDER, path, 0, NULL, 0);
    }
    int failed = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    pthread_mutex_unlock(&lock);
    return failed;
}

/* What else changes a file: nobody does it today, and if somebody does the test says so. */
static void unknown(const char *path, const char *what) {
    if (path) {
        pthread_mutex_lock(&lock);
        note(UNKNOWN, what, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
    if ((protection & PROT_WRITE) && (flags & MAP_TYPE) != MAP_PRIVATE) {
        unknown(of(fd), "mmap");
    }
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap64(at, length, protection, flags, fd, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    unknown(of(fd), "writev");
    return syscall(SYS_writev, fd, parts, count);
}

int rename(const char *from, const char *to) {
    unknown(watched(from) ? from : watched(to) ? to : NULL, "rename");
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    unknown(of(fd), "fallocate");
    return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate64(fd, mode, offset, length); }
