/* SPDX-License-Identifier: MIT */
/*
 * Threads: a registry of all that run or have a handle, over the seam's start and
 * join.
 *
 * A thread is in the registry while it runs or somebody holds its handle; its
 * memory goes when neither is true. So a handle that was joined before is not
 * found, which is how a double join is seen without touching freed memory (until
 * its address is used again). `running` counts threads that are no daemons, for
 * weft_thread_join_all().
 */
#include "weft/thread.h"

#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "seam.h"
#include "weft/memory.h"
#include "weft/mutex.h"
#include "weft/wait.h"

enum { BUCKETS = 256, NAME_SIZE = 32 };

enum handle { HELD, JOINING, DETACHED };

struct weft_thread {
    weft_thread *next;       /* in its bucket; guarded by registry_lock */
    enum handle handle;      /* guarded by registry_lock */
    weft_atomic_u32 ended;   /* set to 1 by the thread, under registry_lock, with release; joiners
                                sleep on it and read it with acquire */
    weft_seam_thread seam;   /* written by the starter before anyone has the handle */
    weft_function *function; /* these four are written before the thread starts */
    weft_task task;
    bool daemon;
    char *name;
};

struct current {
    weft_thread *thread; /* NULL: not started by weft */
    char foreign_name[NAME_SIZE];
};

WEFT_THREAD_LOCAL struct weft__self weft__self;
static WEFT_THREAD_LOCAL struct current current;
static weft_atomic_u32 last_id;     /* counts up, relaxed: only uniqueness matters */
static weft_atomic_u32 last_number; /* of "Thread-N", likewise */

static weft_mutex registry_lock = WEFT_MUTEX_INIT;
static weft_thread *registry[BUCKETS]; /* guarded by registry_lock */

/* Threads that are no daemons and have not ended. Raised before a start, lowered by
 * the thread with release as its last step; join_all reads it with acquire. */
static weft_atomic_u32 running;

static weft_thread **bucket_of(const weft_thread *thread)
{
    return &registry[((uintptr_t)thread >> 6) % BUCKETS];
}

static bool find_locked(const weft_thread *wanted)
{
    weft_thread *thread = *bucket_of(wanted);

    while (thread && thread != wanted)
        thread = thread->next;
    return thread != NULL;
}

static void add_locked(weft_thread *thread)
{
    weft_thread **bucket = bucket_of(thread);

    thread->next = *bucket;
    *bucket = thread;
}

static void remove_locked(const weft_thread *thread)
{
    weft_thread **link = bucket_of(thread);

    while (*link != thread)
        link = &(*link)->next;
    *link = thread->next;
}

static void destroy(weft_thread *thread)
{
    weft_free(thread->name);
    weft_free(thread);
}

static void lower_running(void)
{
    if (weft_fetch_sub_u32(&running, 1, WEFT_RELEASE) >= 1)
        weft_wake(&running, WEFT_WAKE_ALL);
}

/* The seam's entry: runs the task, then leaves the object to whoever is left. */
static void run(void *context)
{
    weft_thread *thread = context;
    bool daemon = thread->daemon;
    bool mine;

    current.thread = thread;
    if (weft__task_run(&thread->task, thread->function) != 0)
        weft__task_tell(&thread->task);
    weft_cancel_enter(NULL); /* what the task worked under may go now */
    /* Thread-local destructors run later: they see a thread without an object. */
    weft_thread_current_id();
    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    current.thread = NULL;
    mine = thread->handle == DETACHED;
    if (mine)
        remove_locked(thread);
    weft_store_u32(&thread->ended, 1, WEFT_RELEASE);
    weft_mutex_release(&registry_lock);
    if (mine)
        destroy(thread);
    else
        weft_wake(&thread->ended, WEFT_WAKE_ALL); /* the address only: it may be freed */
    if (!daemon)
        lower_running();
}

/* The object, with its argument and name copied in. */
static weft_thread *create(weft_function *function, const void *argument, size_t size,
                           const weft_thread_options *options)
{
    size_t head = (sizeof(weft_thread) + 15) / 16 * 16; /* aligned for any argument */
    weft_thread *thread = size <= SIZE_MAX - head ? weft_alloc(head + size) : NULL;
    char name[NAME_SIZE];

    if (!thread) {
        weft__fail(WEFT_ENOMEM, "thread: no memory for an argument of %zu bytes", size);
        return NULL;
    }
    snprintf(name, sizeof(name), "Thread-%u",
             options->name ? 0u : weft_fetch_add_u32(&last_number, 1, WEFT_RELAXED) + 1);
    thread->name = weft_copy_text(options->name ? options->name : name);
    if (!thread->name) {
        weft_free(thread);
        return NULL;
    }
    if (size > 0)
        memcpy((char *)thread + head, argument, size);
    thread->function = function;
    thread->daemon = options->daemon;
    thread->task.argument = (char *)thread + head;
    thread->task.size = size;
    thread->task.name = thread->name;
    return thread;
}

static int launch(weft_thread *thread, bool detached, size_t stack_size)
{
    weft_seam_thread seam;
    int err = weft_fault_point("thread.start");

    if (err != 0)
        return weft__fail(err, "thread %s: refused by a test", thread->name);
    err = weft_seam_thread_start(&seam, run, thread, stack_size, thread->name);
    if (err != 0)
        return err;
    if (detached)
        weft_seam_thread_detach(seam); /* the object may be gone already */
    else
        thread->seam = seam;
    return 0;
}

int weft_thread_start_with(weft_thread **out, weft_function *function, const void *argument,
                           size_t size, const weft_thread_options *options)
{
    static const weft_thread_options defaults;
    weft_thread *thread;
    int err;

    if (!function)
        return weft__misuse(WEFT_EINVAL, "thread: no function to run");
    if (!options)
        options = &defaults;
    thread = create(function, argument, size, options);
    if (!thread)
        return WEFT_ENOMEM;
    thread->handle = out ? HELD : DETACHED;
    if (!options->daemon)
        weft_fetch_add_u32(&running, 1, WEFT_RELAXED);
    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    add_locked(thread);
    weft_mutex_release(&registry_lock);
    err = launch(thread, !out, options->stack_size);
    if (err != 0)
        goto undo;
    if (out)
        *out = thread;
    return 0;

undo:
    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    remove_locked(thread);
    weft_mutex_release(&registry_lock);
    destroy(thread);
    if (!options->daemon)
        lower_running();
    return err;
}

int weft_thread_start(weft_thread **thread, weft_function *function, const void *argument,
                      size_t size)
{
    return weft_thread_start_with(thread, function, argument, size, NULL);
}

/* Marks the handle as taken by the caller; says what is wrong with it otherwise. */
static int take_handle(weft_thread *thread, const char *verb)
{
    int err = WEFT_EINVAL;

    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    if (thread && find_locked(thread) && thread->handle != DETACHED)
        err = thread->handle == JOINING ? WEFT_EBUSY : 0;
    if (err == 0 && thread == current.thread && verb[0] == 'j')
        err = WEFT_EDEADLK;
    if (err == 0)
        thread->handle = JOINING;
    weft_mutex_release(&registry_lock);
    if (err == WEFT_EDEADLK)
        return weft__misuse(err, "thread %s: it joins itself", thread->name);
    if (err == WEFT_EBUSY)
        return weft__misuse(err, "thread %p: cannot %s it, another thread joins it", (void *)thread,
                            verb);
    if (err != 0)
        return weft__misuse(err, "thread %p: cannot %s it, joined or detached before, or no thread",
                            (void *)thread, verb);
    return 0;
}

int weft_thread_join(weft_thread *thread, weft_time until)
{
    int err = take_handle(thread, "join");

    if (err != 0)
        return err;
    while (weft_load_u32(&thread->ended, WEFT_ACQUIRE) == 0 && err == 0)
        err = weft__wait(&thread->ended, 0, until, "thread", thread);
    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    if (weft_load_u32(&thread->ended, WEFT_ACQUIRE) != 0)
        err = 0; /* it ended with the deadline */
    if (err == 0)
        remove_locked(thread);
    else
        thread->handle = HELD;
    weft_mutex_release(&registry_lock);
    if (err != 0)
        return weft__fail(err, "thread %s: %s", thread->name,
                          err == WEFT_ECANCELED ? "its join was cancelled"
                                                : "still runs at the deadline");
    weft_seam_thread_join(thread->seam);
    destroy(thread);
    return 0;
}

int weft_thread_detach(weft_thread *thread)
{
    int err = thread ? take_handle(thread, "detach") : 0;
    weft_seam_thread seam;
    bool ended;

    if (err != 0 || !thread)
        return err;
    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    seam = thread->seam;
    ended = weft_load_u32(&thread->ended, WEFT_ACQUIRE) != 0;
    thread->handle = DETACHED;
    if (ended)
        remove_locked(thread);
    weft_mutex_release(&registry_lock);
    weft_seam_thread_detach(seam);
    if (ended)
        destroy(thread);
    return 0;
}

/* The name of one thread that join_all waits for. */
static void name_running(char *name, size_t size)
{
    snprintf(name, size, "one that is ending");
    weft_mutex_acquire(&registry_lock, WEFT_FOREVER);
    for (int i = 0; i < BUCKETS; i++)
        for (weft_thread *thread = registry[i]; thread; thread = thread->next)
            if (!thread->daemon && thread != current.thread &&
                weft_load_u32(&thread->ended, WEFT_RELAXED) == 0)
                snprintf(name, size, "%s", thread->name);
    weft_mutex_release(&registry_lock);
}

int weft_thread_join_all(weft_time until)
{
    uint32_t self = current.thread && !current.thread->daemon ? 1 : 0;
    uint32_t left = weft_load_u32(&running, WEFT_ACQUIRE);
    char name[NAME_SIZE];
    int err = 0;

    while (left > self && err == 0) {
        err = weft__wait(&running, left, until, "all threads", &running);
        left = weft_load_u32(&running, WEFT_ACQUIRE);
    }
    if (left <= self)
        return 0;
    name_running(name, sizeof(name));
    return weft__fail(err, "threads: %u still run %s, among them %s", (unsigned)(left - self),
                      err == WEFT_ECANCELED ? "and the wait was cancelled" : "at the deadline",
                      name);
}

bool weft_thread_is_alive(weft_thread *thread)
{
    return weft_load_u32(&thread->ended, WEFT_ACQUIRE) == 0;
}

const char *weft_thread_name(const weft_thread *thread)
{
    return thread->name;
}

unsigned weft_thread_current_id(void)
{
    if (weft__self.id == 0)
        weft__self.id = weft_fetch_add_u32(&last_id, 1, WEFT_RELAXED) + 1;
    return weft__self.id;
}

const char *weft_thread_current_name(void)
{
    unsigned id = weft_thread_current_id();

    if (current.thread)
        return current.thread->name;
    if (id == 1)
        return "MainThread";
    snprintf(current.foreign_name, sizeof(current.foreign_name), "Foreign-%u", id);
    return current.foreign_name;
}

unsigned weft_cpu_count(void)
{
    return weft_seam_cpu_count();
}
