/* SPDX-License-Identifier: MIT */
#ifndef WEFT_INTERNAL_H
#define WEFT_INTERNAL_H

/* Helpers that the files of platform/ and core/ share; nobody else includes this. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "weft/atomic.h"
#include "weft/compiler.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/task.h"
#include "weft/time.h"

/* ---- portable/error.c -------------------------------------------------------- */

/* Makes the sentence the calling thread's last error; returns code. */
int weft__fail(int code, const char *format, ...) WEFT_PRINTF(2, 3);

/* The same, and tells weft_on_misuse(). Call it with no lock held. */
int weft__misuse(int code, const char *format, ...) WEFT_PRINTF(2, 3);

/* The calling thread has seen no error. */
void weft__clear_error(void);

/* ---- oserror.c of each backend ------------------------------------------------ */

/* errno, GetLastError() or WSAGetLastError() as a code; fails with the sentence
 * followed by the system's own words and number. */
int weft__fail_system(long system_error, const char *format, ...) WEFT_PRINTF(2, 3);

/* ---- path.c of each backend: files by their names in UTF-8 --------------------- */

/* A file to be written, empty, in place of one of that name; no child inherits it. */
int weft__path_create(const char *path, FILE **stream);

/* The one file, in one step, takes the name and the place of the other. */
int weft__path_replace(const char *path, const char *by);
void weft__path_remove(const char *path);

/* ---- portable/deadline.c ------------------------------------------------------ */

/* From now to `until` in ms, rounded up; 0 if it has passed, `most` at most (also for
 * WEFT_FOREVER). */
int64_t weft__ms_until(weft_time until, int64_t most);

/* The earlier of `until` and now + slice. */
weft_time weft__slice(weft_time until, weft_time slice);

/* ---- portable/backoff.c ------------------------------------------------------- */

/* Waiting for what another thread is about to do. All zero at first. */
struct weft__backoff {
    unsigned doublings, yields;
};

/* Lets a moment pass. False, at once: that was long enough, it is time to sleep. */
bool weft__backoff(struct weft__backoff *backoff);

/* Sleeps for a moment where nobody wakes: after weft__backoff(), for what a thread that
 * was interrupted in the middle of a few instructions will do. */
void weft__nap(void);

/* ---- portable/thread_registry.c ----------------------------------------------- */

/* What the library asks about the calling thread all the time. Others read it only while
 * the thread sleeps in the parking lot. */
struct weft_cancel;
struct weft__patience { /* portable/look.c: how long the thread looks before it sleeps */
    uint16_t looks;     /* 0: it has not looked yet */
    uint16_t rest;      /* waits before it looks again */
    uint8_t misses;     /* of looks as long as can be, since one that paid */
    uint8_t rests;      /* since then */
};
struct weft__self {
    unsigned id;                      /* weft_thread_current_id(); 0: not asked for yet */
    const struct weft_cancel *cancel; /* weft_cancel_current() */
    struct weft__patience patience;   /* for looks */
};
extern WEFT_THREAD_LOCAL struct weft__self weft__self;

/* ---- portable/memory.c -------------------------------------------------------- */

/* As weft_alloc(), but of any content: what is never written to costs no memory. */
WEFT_MUST_CHECK void *weft__alloc_bytes(size_t size);

/* ---- portable/mutex.c --------------------------------------------------------- */

/* Acquired, if it was free. Says nothing otherwise. */
struct weft_mutex;
bool weft__mutex_try(struct weft_mutex *mutex);

/* ---- portable/wait.c ---------------------------------------------------------- */

/* weft_wait() for a thread that waits for something with a name: `what` kind of object
 * ("queue", "future"), and which one, is what weft_doctor() shows. */
int weft__wait(weft_atomic_u32 *word, uint32_t seen, weft_time until, const char *what,
               const void *object);

/* The same, where one thread has to act first: its number is in *owner, or 0 while that
 * is not known. The word lives as long as the wait. */
int weft__wait_for(weft_atomic_u32 *word, uint32_t seen, weft_time until, const char *what,
                   const void *object, const weft_atomic_u32 *owner);

/* The word no longer holds `seen`; no cancel ends this. For what is sure to come soon. */
void weft__wait_while(weft_atomic_u32 *word, uint32_t seen, const char *what, const void *object);

/* Fails with "<what> <object>: <late>", or "...: its wait was cancelled". */
int weft__fail_wait(int err, const char *what, const void *object, const char *late);

/* Raises a word in the arena (release) and wakes all who sleep on it. */
void weft__ring_bell(weft_atomic_u32 *bell);

/* ---- portable/wait_shared.c --------------------------------------------------- */

/* weft_wait_shared() without a look, for objects that note their sleepers only after one, and
 * for at most `slice` ns, after which it returns 0. `cancellable`: the current token of the
 * thread ends it. */
int weft__sleep_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until, weft_time slice,
                       bool cancellable);

/* ---- portable/once.c ---------------------------------------------------------- */

/* weft_once_run() for what the library itself needs: no deadline and no cancel. */
struct weft_once;
int weft__once(struct weft_once *once, int (*function)(void *context));

/* ---- portable/task.c ---------------------------------------------------------- */

/* Where a result of weft_task_return() goes. */
typedef int weft__result_function(weft_task *task, const void *result, size_t size);

/* Where a result of weft_task_result() is written; NULL: no memory. */
typedef void *weft__room_function(weft_task *task, size_t size);

struct weft_task {
    const void *argument;
    size_t size;
    const char *name;                /* of the thread or process that runs it */
    weft__result_function *returned; /* NULL: results are dropped, and `room` is NULL too */
    weft__room_function *room;
    void *context;                   /* of both */
    void *scratch;                   /* room for a result that is dropped */
    int code;                        /* of weft_task_fail, 0 before */
    bool obeyed;                     /* it ended with WEFT_ECANCELED because it was cancelled */
    char sentence[256];              /* of weft_task_fail, or of the failing call */
};

/* A task about to run; its sentence is empty, which the rest of it need not be. */
void weft__task_init(weft_task *task, const void *argument, size_t size, const char *name);

/* Runs the function; its code, with task->sentence filled if that is not 0. */
int weft__task_run(weft_task *task, weft_function *function);

/* Tells weft_on_failure() of a task that nobody else will hear of, unless it did what it was
 * asked to: end by a cancel. */
void weft__task_tell(const weft_task *task);

/* ---- portable/call.c ---------------------------------------------------------- */

/* Runs call(context) in a thread of its own and waits for it until the deadline:
 * gives a deadline, and a cancel, to what the system cannot interrupt. At WEFT_ETIMEDOUT and
 * WEFT_ECANCELED the call goes on alone; whoever is last calls release(context). The context is from
 * weft_alloc and may be touched by the caller only after 0. */
int weft__call_until(void (*call)(void *context), void (*release)(void *context), void *context,
                     weft_time until);

/* ---- portable/resolve.c ------------------------------------------------------- */

/* Up to `capacity` addresses of host:port. Errors as weft_address_resolve(). */
struct weft_address;
int weft__resolve(const char *host, int port, struct weft_address *addresses, size_t capacity,
                  size_t *count, weft_time until);

/* The same of a host to connect to: there must be one, and a port. */
int weft__resolve_peer(const char *host, int port, struct weft_address *addresses,
                       size_t capacity, size_t *count, weft_time until);

/* ---- portable/socket.c, or sdl2/socket.c ------------------------------------------ */

/* What the system calls the socket: a descriptor or SOCKET (sdl2: SDLNet_GenericSocket). It
 * never blocks, and stays the socket's. */
struct weft_socket;
uintptr_t weft__socket_pollable(const struct weft_socket *socket);

/* socket_patient.c: from now on receives and sends of this connection may wait in the system,
 * without deadline and deaf to tokens; only weft_socket_shutdown() ends them. */
void weft__socket_make_patient(struct weft_socket *socket);

/* Bits of enum weft_shutdown that were shut down. */
uint32_t weft__socket_shut(const struct weft_socket *socket);

/* A word, 0 at first, that is the pollers': portable/poller_list.c, which weft_socket_shutdown()
 * and weft_socket_close() tell. */
weft_atomic_u32 *weft__socket_polls(struct weft_socket *socket);

/* To hand a socket over: what the system calls it, and a socket of one that was handed over,
 * which owns that; after an error, nobody has touched it. WEFT_ENOTSUP: this backend cannot. */
int weft__socket_hand_over(struct weft_socket *socket, uintptr_t *handle);
int weft__socket_take_over(struct weft_socket **socket, uintptr_t handle);

/* ---- portable/poller.c -------------------------------------------------------- */

struct weft_poller;

/*
 * weft_poller_register() of a TCP connection for who takes all that there is whenever told: it
 * may be told of it once, and again when more arrives, or when weft_poller_modify() asks for
 * something else. Who leaves something calls weft__poller_again(). Beside other events,
 * WEFT__PEER_FINISHED says that the peer sends no more: nobody will tell that again; and
 * WEFT__URGENT that it sent an urgent byte: a receive ends there, whatever comes after it.
 */
enum { WEFT__PEER_FINISHED = 8, WEFT__URGENT = 16 };
int weft__poller_register_once(struct weft_poller *poller, struct weft_socket *socket,
                               unsigned events, void *data);
void weft__poller_again(struct weft_poller *poller, struct weft_socket *socket);

/* ---- portable/poller_list.c --------------------------------------------------- */

/* The socket is about to be closed; was shut down, and says so. */
void weft__pollers_forget(struct weft_socket *socket);
void weft__pollers_shut(struct weft_socket *socket);

/* ---- portable/arena.c --------------------------------------------------------- */

enum { WEFT_ARENA_PROCESSES = 1024 };

/* 0; WEFT_EPERM: misuse, this process was forked off one of weft's and must not touch what
 * they share. Costs a load; call it with no lock held. */
int weft__arena_check(void);

/* The arena, made at the first call. WEFT_EPERM: as above. */
struct weft_seam_arena;
int weft__arena(const struct weft_seam_arena **arena);

/* This process becomes a user of the arena its parent made (weft_main). */
int weft__arena_attached(const struct weft_seam_arena *arena);

/* What the offset leads to, for somebody who only hopes that it is a block; NULL: there cannot
 * be one. */
void *weft__arena_block(uint64_t offset);

/* In a process that was just forked: it knows no object of weft/shared.h any more, and each of
 * their calls comes to weft__arena_check(). (portable/shared_object.c) */
void weft__shared_forget(void);

/* Names this process among those of the arena, never 0, never the same for two
 * processes of one program: slot and generation. */
uint32_t weft__arena_self(void);

/* False once the process of that name has died. */
bool weft__arena_process_alive(uint32_t name);

/* How often who waits for another process asks whether it still lives: survivors are told
 * within 10 ms, which leaves room for a slow machine. */
#define WEFT__LIVENESS_SLICE WEFT_MS(3)

/* As weft_shared_alloc(), but the block is this process's: when it has died, whoever calls
 * weft__arena_bury() with its name, weft__arena_self(), frees it. */
int weft__arena_alloc_private(uint64_t *offset, size_t size);

/* From now on the block lives until it is freed. Called by any process: who gets one from a
 * process that may die calls it before that one is buried. */
void weft__arena_publish(uint64_t offset);

/* Frees what was private to a process that has ended, and what it had in its hands while it
 * allocated or freed. By any process, several times, while others go on. It looks at every
 * block of the arena. */
void weft__arena_bury(uint32_t name);

/* ---- portable/child.c --------------------------------------------------------- */

/* From now on Ctrl-C is for this process's parent. */
void weft__process_ignore_interrupt(void);

/* ---- portable/process.c ------------------------------------------------------- */

/* A function of this program as a value that all its processes understand. */
typedef struct weft__function_ref {
    uint64_t module; /* weft_offset of what portable/function.c knows of it; 0: the program */
    uint64_t offset;
} weft__function_ref;

int weft__function_name(weft__function_ref *ref, weft_function *function);
int weft__function_find(weft__function_ref ref, weft_function **function);

/* The word, in the arena, is raised and its shared sleepers are woken when the process
 * has ended; at once if it has. Set once per process, by its starter. */
struct weft_process;
void weft__process_on_end(struct weft_process *process, weft_atomic_u32 *bell);

#endif
