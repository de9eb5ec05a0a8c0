/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SEAM_H
#define WEFT_SEAM_H

/*
 * What an operating system must do for weft. A port supplies these functions, in
 * files of the same names as those of posix/ and win32/, and nothing else:
 * everything above is written once, in portable/ and core/.
 *
 * Functions that can fail return 0 or a WEFT_E... code after weft__fail() has
 * put the system's reason into weft_last_error(), unless said otherwise.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/atomic.h"
#include "weft/caps.h"
#include "weft/poller.h"
#include "weft/process.h"
#include "weft/socket.h"
#include "weft/task.h"
#include "weft/time.h"

/* ---- clock.c ---------------------------------------------------------------- */

/* Monotonic ns, > 0. */
weft_time weft_seam_clock(void);

/* ---- park.c: what the parking lot (portable/park.c) is built on ---------------- */

/* Locks, one for each bucket, there from the start and held for a few instructions.
 * False: there is no memory for it; nobody has ever held it. */
enum { WEFT_SEAM_LOTS = 256 };

bool weft_seam_lot_enter(unsigned number);
void weft_seam_lot_leave(unsigned number);

/* Where one thread at a time sleeps while *over is 0: the word's address, or an object of
 * the system that is given again but never freed. NULL: no memory. Nothing here calls
 * weft_alloc(): the user's allocator may sleep itself. */
void *weft_seam_place_take(weft_atomic_u32 *over);
void weft_seam_place_return(void *place);

/* Sleeps while *over is 0 (acquire). 0: it is not, or for no reason; WEFT_ETIMEDOUT: the
 * time has come. Sets no last error. */
int weft_seam_park(void *place, weft_atomic_u32 *over, weft_time until);

/* Whoever sleeps there reads the word again, which the caller has changed. The word, and
 * that sleep, may be gone by now. */
void weft_seam_unpark(void *place);

/* About 1 ms has passed. */
void weft_seam_nap(void);

/* ---- wait_shared.c: weft_wait() and weft_wake() between processes ------------- */

/* The word is in the arena; `until` is in the future or WEFT_FOREVER. Also returns once *over,
 * of this process, is not 0, if its sleepers are woken then; NULL: there is no such word. Who
 * is on the way to its sleep may miss that, and is woken again. Sets no last error. */
int weft_seam_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until,
                          const weft_atomic_u32 *over);
void weft_seam_wake_shared(weft_atomic_u32 *word, int32_t count);

/* ---- thread.c --------------------------------------------------------------- */

typedef struct weft_seam_thread {
    uintptr_t handle; /* pthread_t, HANDLE or SDL_Thread * */
} weft_seam_thread;

/* What a thread begins with. The starter's memory, like the name, which debuggers show,
 * cut as the system needs; both must stay until run(context) is called. */
typedef struct weft_seam_start {
    void (*run)(void *context);
    void *context;
    const char *name;
} weft_seam_start;

/* A new thread. WEFT_ELIMIT: refused. */
int weft_seam_thread_start(weft_seam_thread *thread, const weft_seam_start *start,
                           size_t stack_size);

/* The thread, whose run() has returned or is about to, is gone and its
 * thread-local destructors have run. */
void weft_seam_thread_join(weft_seam_thread thread);

/* Its resources go with it when it ends. */
void weft_seam_thread_detach(weft_seam_thread thread);

/* Another thread that could run may do so now. */
void weft_seam_yield(void);

/* ---- schedule.c: of the calling thread ---------------------------------------- */

int weft_seam_thread_priority(enum weft_priority priority);

/* `count` numbers, at least 1, below 1024. WEFT_EINVAL: none of them can be used. */
int weft_seam_thread_affinity(const unsigned *cpus, size_t count);

/* ---- cpu.c -------------------------------------------------------------------- */

/* CPUs that the affinity mask allows, and that a cgroup quota pays for, rounded
 * up; at least 1. */
unsigned weft_seam_cpu_count(void);

/* ---- doctor.c ----------------------------------------------------------------- */

/* From now on report() is called, in a thread of its own, when the user asks for it by
 * Ctrl-\ (SIGQUIT) or Ctrl-Break. Called once. */
int weft_seam_doctor_listen(void (*report)(void));

/* ---- local.c ---------------------------------------------------------------- */

/* A key, never 0, for which every thread has a value, NULL at first; a thread
 * that ends calls destructor(value) where it is not NULL. */
int weft_seam_local_create(uint64_t *key, void (*destructor)(void *value));
void *weft_seam_local_get(uint64_t key);
int weft_seam_local_set(uint64_t key, void *value);
void weft_seam_local_close(uint64_t key);

/* ---- arena.c: one anonymous shared mapping per program ----------------------- */

/* The whole mapping, of which only committed parts may be touched. */
typedef struct weft_seam_arena {
    void *base;
    size_t size;
    uintptr_t handle; /* descriptor or HANDLE that children inherit */
} weft_seam_arena;

/* The first bytes of every arena belong to the backend; create commits them. */
enum { WEFT_SEAM_ARENA_RESERVED = 65536 };

/* How many bytes of room an arena is to have here: a power of two, at least 4 MiB. */
size_t weft_seam_arena_most(void);

/* Reserves them, or some power of two below; none of it costs anything yet. An error where
 * that is more of the process's address space than it can spare. */
int weft_seam_arena_create(weft_seam_arena *arena, size_t size);

/* Maps the arena that the parent handed over by weft_seam_process_start(). */
int weft_seam_arena_attach(weft_seam_arena *arena, uintptr_t handle, size_t size);

/* Bytes from offset on, and the rest of their pages, are backed by memory, zero at first,
 * in all processes. WEFT_ENOMEM: the system's shared memory is full; some of them may be
 * backed then. Doing it twice is harmless. */
int weft_seam_arena_commit(const weft_seam_arena *arena, uint64_t offset, size_t size);

/* What these bytes, multiples of 64 KiB, hold is not needed any more. True: the system has
 * their memory back, and after another commit they are zero; false: they are committed as
 * before, and hold anything. Nobody else uses them. */
bool weft_seam_arena_discard(const weft_seam_arena *arena, uint64_t offset, size_t size);

/* A mark by which any process of the program can see whether this one lives, also
 * after its number was given to another. `slot` is this process's own number in the
 * arena (0 to WEFT_ARENA_PROCESSES - 1). */
int weft_seam_process_mark(const weft_seam_arena *arena, uint32_t slot, uint64_t *mark);

/* False once the process that set the mark has died: also before its parent collected it,
 * where the system can tell, else from then on. */
bool weft_seam_process_alive(const weft_seam_arena *arena, uint32_t slot, uint64_t mark);

/* ---- process.c -------------------------------------------------------------- */

typedef struct weft_seam_process {
    uint64_t pid;
    uintptr_t handle; /* HANDLE; POSIX: its place in the guard's table, UINTPTR_MAX: none */
    uintptr_t stop;   /* Windows: the event that asks the child to end; POSIX: the child's end of
                         the life line, or UINTPTR_MAX */
    uintptr_t life;   /* POSIX: the parent's end of the life line; Windows: the job of its group */
    bool ours;        /* this program again, not another one */
    bool group;       /* has a group of its own */
} weft_seam_process;

/* This program again, with one argument: `start`, a text that weft_main() meets in
 * weft_seam_process_begin(), preceded there by what the child needs to find the
 * arena. What the options hand over is there under weft_seam_process_heir(), in their order;
 * nothing else is inherited. `ends` receive the parent's ends of the pipes for standard input,
 * output and errors, UINTPTR_MAX where the options ask for none. The options are valid, and
 * no stream in them is WEFT_STREAM_DEFAULT any more. */
int weft_seam_process_start(weft_seam_process *process, const weft_seam_arena *arena,
                            const char *start, const weft_process_options *options,
                            uintptr_t ends[3]);

/* Another program. It too ends with this process, however that ends. */
int weft_seam_process_open(weft_seam_process *process, const char *const *arguments,
                           const weft_process_options *options, uintptr_t ends[3]);

/* Blocks until the process has ended and tells code and signal; called once per
 * process, by any thread. The system still keeps its number for it:
 * weft_seam_process_close() lets go of that. */
void weft_seam_process_wait(weft_seam_process *process, weft_process_status *status);

/* Ask, and force. 0 too if it has ended. Never called after weft_seam_process_close(),
 * so the number is still its own. */
int weft_seam_process_terminate(weft_seam_process *process);
int weft_seam_process_kill(weft_seam_process *process);

/* Of a process with a group of its own: all in it. */
int weft_seam_process_kill_tree(weft_seam_process *process);

void weft_seam_process_close(weft_seam_process *process);

/* Called first by weft_main(). Arguments become UTF-8, the console is made ready. In
 * a child that weft_seam_process_start() made: *start is its text, the arena is
 * attached, and from now on the process ends when its parent does. Otherwise *start
 * is NULL. */
int weft_seam_process_begin(int *argc, char ***argv, const char **start, weft_seam_arena *arena);

uint64_t weft_seam_process_pid(void);

/* In a child: number `index` of what the parent handed over, a descriptor or HANDLE. */
int weft_seam_process_heir(size_t index, uintptr_t *handle);

/* Descriptors of the C library and what the system calls them: the same on POSIX. The C
 * library's owns the system's. */
int weft_seam_file_handle(int file, uintptr_t *handle);
int weft_seam_file_adopt(uintptr_t handle, int *file);

/* From now on tell() is called, in a thread of its own, for each Ctrl-C, which does nothing
 * else any more; NULL: it does again what it did before. */
int weft_seam_interrupt_listen(void (*tell)(void));

/* Workers of a pool leave Ctrl-C to their parent. */
void weft_seam_process_ignore_interrupt(void);

/* Ends this process at once with `code`, no clean-up. */
void weft_seam_process_exit(int code);

/* Pipes to and from a child. Both block. Read gives *length 0 at the end.
 * WEFT_ECLOSED: nobody reads any more. */
int weft_seam_pipe_read(uintptr_t pipe, void *buffer, size_t size, size_t *length);
int weft_seam_pipe_write(uintptr_t pipe, const void *data, size_t size);
void weft_seam_pipe_close(uintptr_t pipe);

/* ---- forked.c ----------------------------------------------------------------- */

/* Whether this process was forked off one that had called weft_main() or made the arena. */
bool weft_seam_process_forked(void);

/* ---- module.c: functions as module + offset ---------------------------------- */

/* Which loaded module a function is in, as text that finds it again in another
 * process of this program ("" is the program itself), and how far from its start. */
int weft_seam_module_of(weft_function *function, char *module, size_t size, uint64_t *offset);

/* What tells this very file apart from another build of it; the same in all processes that
 * have loaded it. */
int weft_seam_module_identity(const char *module, uint64_t *identity);

/* The function there. WEFT_ENOTFOUND: no such module here. */
int weft_seam_module_function(const char *module, uint64_t offset, weft_function **function);

/* ---- resolve.c ---------------------------------------------------------------- */

/* All addresses of a host, at most `capacity`; blocks as long as the system likes
 * (portable/resolve.c puts the deadline on it). Never asked for NULL or numbers. */
int weft_seam_resolve(const char *host, int port, weft_address *addresses, size_t capacity,
                      size_t *count);

int weft_seam_interface_number(const char *name, uint32_t *number);
int weft_seam_interface_name(uint32_t number, char *name, size_t size);

/* Sockets: seam_socket.h. */

/* ---- poller.c ----------------------------------------------------------------- */

typedef struct weft_seam_poller weft_seam_poller;

/* What is watched: a socket or, if that is NULL, another poller, which is readable when its
 * wait would return. The last two fields are the seam's own, 0 at first. */
typedef struct weft_seam_polled {
    weft_socket *socket;
    weft_seam_poller *inner;
    bool once; /* what has been told need not be told again before more arrives */
    unsigned events; /* enum weft_readiness that are watched */
    unsigned place;
} weft_seam_polled;

int weft_seam_poller_open(weft_seam_poller **poller);
void weft_seam_poller_close(weft_seam_poller *poller);

/* From now on waits tell these events of it, level-triggered; none: it is not watched any
 * more, which cannot fail. The struct stays until no wait can return it that had begun before.
 * One thread at a time, beside any wait. After an error all is as before. */
int weft_seam_poller_watch(weft_seam_poller *poller, weft_seam_polled *polled, unsigned events);

/* What was told `once` and is still true is told again. It is watched. */
void weft_seam_poller_again(weft_seam_poller *poller, weft_seam_polled *polled);

/* Until something is ready; then `data` of each weft_ready is the polled's address. Ends with
 * count 0 at the deadline, when woken, and for no reason. One thread at a time. */
int weft_seam_poller_wait(weft_seam_poller *poller, weft_ready *ready, size_t room, size_t *count,
                          weft_time until);

/* The wait that runs, or the next one, ends. */
int weft_seam_poller_wake(weft_seam_poller *poller);

/* Whether something is ready now. Any thread. */
bool weft_seam_poller_has_ready(weft_seam_poller *poller);
bool weft_seam_socket_is_ready(weft_socket *socket, unsigned events);

/* ---- text.c ----------------------------------------------------------------- */

enum weft_seam_stream { WEFT_SEAM_INPUT, WEFT_SEAM_OUTPUT, WEFT_SEAM_ERRORS };

/* UTF-8 text to a console (as the console needs it) or bytes to a file or pipe. */
int weft_seam_text_write(enum weft_seam_stream stream, const char *text, size_t length);

/* Some bytes of standard input as UTF-8, at least 1; *length 0: end of input. */
int weft_seam_text_read(char *buffer, size_t size, size_t *length);

/* The two-byte GBK character as one Unicode scalar; 0: there is none. WEFT_ENOTSUP
 * from _ready: the system has no GBK. */
int weft_seam_gbk_ready(void);
uint32_t weft_seam_gbk_to_unicode(uint8_t lead, uint8_t trail);

/* The user's language as the system names it ("zh_CN.UTF-8"), or "". */
void weft_seam_text_locale(char *name, size_t size);

#endif
