/* SPDX-License-Identifier: MIT */
/*
 * Sockets and pollers in weft_wait_any(): a thread that waits for them in a poller of its own
 * and raises a word for each that gets ready.
 *
 * There is a watch for each socket or poller that somebody waits for. It is armed when one
 * of them finds it not ready, and disarmed when it was told: what stays ready would be told
 * for ever otherwise. Whoever is woken asks the socket itself, and arms again.
 *
 * `lock` guards the watches. The thread finds them by the address of what is watched, since
 * a watch may be gone, or another one, when what the system told of it is in its hands.
 *
 * Only some systems see that a poller was woken, so weft_poller_wake() tells the watch
 * itself, if `observers` says that there is one: both sides use read-modify-write operations,
 * on `observers` and on `woken`, in opposite order. `lock` comes after those of other pollers
 * and before that of the thread's.
 */
#include "internal.h"
#include "poller_object.h"
#include "weft/cancel.h"
#include "weft/memory.h"
#include "weft/once.h"
#include "weft/task.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { CHAINS = 64, ROOM = 64, STACK = 256 * 1024 };

struct watch {
    struct watch *next;
    void *object;              /* a socket, or the poller */
    weft_poller *poller;       /* NULL: it is a socket */
    weft_atomic_u32 word;      /* raised when something was told; waiters sleep on it */
    unsigned readers, writers; /* who wait */
    unsigned armed;            /* events that the poller of the thread is asked for */
};

static weft_mutex lock = WEFT_MUTEX_INIT;
static weft_poller *watcher; /* made when somebody waits for the first time */
static struct watch *watches[CHAINS];

/* ---- watches: under the lock -------------------------------------------------------- */

static struct watch **link_of(const void *object)
{
    uint64_t address = (uintptr_t)object;
    struct watch **link = &watches[(address * UINT64_C(0x9E3779B97F4A7C15)) >> 58];

    while (*link && (*link)->object != object)
        link = &(*link)->next;
    return link;
}

static int arm(struct watch *watch, unsigned events)
{
    int err = watch->poller ? weft__poller_nest(watcher, watch->poller, events, watch->object)
                            : weft_poller_modify(watcher, watch->object, events, watch->object);

    if (err == 0)
        watch->armed = events;
    return err;
}

static int add(struct watch **link, void *object, bool is_poller)
{
    struct watch *watch = weft_alloc(sizeof(*watch));
    int err = WEFT_ENOMEM;

    if (!watch)
        return err;
    watch->object = object;
    watch->poller = is_poller ? object : NULL;
    err = is_poller ? weft__poller_nest(watcher, object, 0, object)
                    : weft_poller_register(watcher, object, 0, object);
    if (err == 0)
        *link = watch;
    else
        weft_free(watch);
    return err;
}

static void take_out(struct watch **link)
{
    struct watch *watch = *link;

    if (watch->poller)
        (void)weft__poller_nest(watcher, watch->poller, 0, NULL);
    else
        (void)weft_poller_unregister(watcher, watch->object);
    *link = watch->next;
    weft_free(watch);
}

/* ---- the thread ----------------------------------------------------------------------- */

/* `disarm`: it would be told again and again. */
static void tell(const void *object, bool disarm)
{
    weft_atomic_u32 *word = NULL;
    struct watch *watch;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    watch = *link_of(object);
    if (watch) {
        if (disarm)
            (void)arm(watch, 0); /* which does not fail */
        weft_fetch_add_u32(&watch->word, 1, WEFT_RELEASE);
        word = &watch->word;
    }
    weft_mutex_release(&lock);
    if (word)
        weft_wake(word, WEFT_WAKE_ALL); /* its address: it may be gone */
}

static int watch_all(weft_task *task)
{
    weft_poller *poller = WEFT_ARG(task, weft_poller *);
    weft_ready ready[ROOM];
    size_t count;

    weft_cancel_enter(NULL);
    for (;;) {
        if (weft_poller_wait(poller, ready, ROOM, &count, WEFT_FOREVER) != 0)
            weft__nap(); /* out of memory: it must not spin */
        for (size_t i = 0; i < count; i++)
            tell(ready[i].data, true);
    }
    return 0;
}

static int begin(void *context)
{
    weft_thread_options options = {.name = "weft-watcher", .stack_size = STACK, .daemon = true};
    weft_poller *created;
    int err = weft_poller_create(&created);

    (void)context;
    if (err != 0)
        return err;
    err = weft_thread_start_with(NULL, watch_all, &created, sizeof(created), &options);
    if (err == 0)
        watcher = created;
    else
        weft_poller_close(created);
    return err;
}

/* ---- those who wait --------------------------------------------------------------------- */

static int enter(void *object, bool is_poller, unsigned event)
{
    static weft_once begun = WEFT_ONCE_INIT;
    struct watch **link;
    int err = weft__once(&begun, begin);

    if (err != 0)
        return err;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    link = link_of(object);
    if (!*link)
        err = add(link, object, is_poller);
    if (err == 0 && event == WEFT_READABLE)
        (*link)->readers++;
    else if (err == 0)
        (*link)->writers++;
    weft_mutex_release(&lock);
    return err;
}

static void leave(const void *object, unsigned event)
{
    struct watch **link, *watch;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    link = link_of(object);
    watch = *link;
    if (event == WEFT_READABLE)
        watch->readers--;
    else
        watch->writers--;
    if (watch->readers + watch->writers == 0)
        take_out(link);
    else if ((event == WEFT_READABLE ? watch->readers : watch->writers) == 0)
        (void)arm(watch, watch->armed & ~event);
    weft_mutex_release(&lock);
}

/* True: it cannot be watched. Then it counts as ready, and its user finds out. */
static bool await(const void *object, unsigned event, weft_atomic_u32 **word, uint32_t *seen)
{
    struct watch *watch;
    int err = WEFT_EINVAL; /* not begun */

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    watch = *link_of(object);
    if (watch) {
        *word = &watch->word;
        *seen = weft_load_u32(&watch->word, WEFT_ACQUIRE);
        err = (watch->armed & event) != 0 ? 0 : arm(watch, watch->armed | event);
    }
    weft_mutex_release(&lock);
    return err != 0;
}

/* ---- sockets ------------------------------------------------------------------------- */

static bool poll_socket(weft_socket *socket, unsigned event, enum weft_poll what,
                        weft_atomic_u32 **word, uint32_t *seen)
{
    int err;

    if (what == WEFT_POLL_ASK)
        return (weft__socket_shut(socket) & event) != 0 ||
               weft_seam_socket_is_ready(socket, event) || await(socket, event, word, seen);
    if (what == WEFT_POLL_END) {
        leave(socket, event);
        return false;
    }
    err = enter(socket, false, event);
    *seen = (uint32_t)err;
    return err != 0;
}

static bool poll_readable(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    return poll_socket(object, WEFT_READABLE, what, word, seen);
}

static bool poll_writable(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    return poll_socket(object, WEFT_WRITABLE, what, word, seen);
}

weft_waitable weft_socket_waitable(weft_socket *socket, enum weft_readiness what)
{
    return (weft_waitable){socket, what == WEFT_WRITABLE ? poll_writable : poll_readable};
}

/* ---- pollers --------------------------------------------------------------------------- */

static bool is_ready(weft_poller *poller)
{
    return weft_fetch_add_u32(&poller->woken, 0, WEFT_ACQ_REL) != 0 ||
           weft_load_u32(&poller->ended, WEFT_ACQUIRE) > 0 ||
           weft_seam_poller_has_ready(poller->seam);
}

static bool poll_poller(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_poller *poller = object;
    int err;

    if (what == WEFT_POLL_ASK)
        return is_ready(poller) || await(poller, WEFT_READABLE, word, seen) || is_ready(poller);
    if (what == WEFT_POLL_END) {
        weft_fetch_sub_u32(&poller->observers, 1, WEFT_ACQ_REL);
        leave(poller, WEFT_READABLE);
        return false;
    }
    err = enter(poller, true, WEFT_READABLE);
    if (err == 0)
        weft_fetch_add_u32(&poller->observers, 1, WEFT_ACQ_REL);
    *seen = (uint32_t)err;
    return err != 0;
}

weft_waitable weft_poller_waitable(weft_poller *poller)
{
    return (weft_waitable){poller, poll_poller};
}

void weft__poller_tell_observers(weft_poller *poller)
{
    if (weft_fetch_add_u32(&poller->observers, 0, WEFT_ACQ_REL) > 0)
        tell(poller, false);
}
