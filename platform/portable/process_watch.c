/* SPDX-License-Identifier: MIT */
/*
 * Seeing processes end, and the threads that are set aside for that.
 *
 * The watcher of a process blocks in the system until it has ended, and publishes that in
 * `ended`: so every wait for it is a wait on a word like any other, with a deadline, on
 * every system and for any number of children.
 *
 * A monitor is a thread without work, reserved by a process that is about to start. Mostly
 * it never gets any, because the one who joins watches; then the next process takes it.
 * One that nobody takes for IDLE leaves. `lock` guards the list of idle ones, `idle` and
 * `sleeping`; `given` is set to RUN with release after run and context are written, by the
 * one who has reserved the monitor, and back to NOTHING by its thread.
 */
#include <string.h>

#include "child.h"
#include "process_object.h"
#include "registry.h"
#include "weft/memory.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { MONITOR_STACK = 256 * 1024 };

#define IDLE WEFT_MS(100)

enum { NOTHING, RUN, LOOK };

struct weft__monitor {
    struct weft__monitor *next; /* of the idle ones */
    bool idle;                  /* in their list */
    bool sleeping;              /* without a deadline, for it was reserved */
    weft_atomic_u32 given;
    weft_process *process; /* to watch */
};

static weft_mutex lock = WEFT_MUTEX_INIT;
static struct weft__monitor *idle; /* the last one to come is the first to go */

/* ---- the end of a process ----------------------------------------------------------- */

/* What the child left in the arena about a function that failed. */
static void add_sentence(weft_process *process)
{
    struct weft__child_block *block = weft_shared_pointer(process->block);

    if (!block || process->status.signal != 0 || process->status.code == 0)
        return;
    process->status.error = block->error;
    if (block->sentence[0] == '\0')
        return; /* it left by itself; keep what the system had to say */
    memcpy(process->status.sentence, block->sentence, sizeof(process->status.sentence));
    process->status.sentence[sizeof(process->status.sentence) - 1] = '\0';
}

/* The number of a group's first process stays its own as long as the handle: it is the
 * group's, of whose other members some may still run. */
static void watch(weft_process *process)
{
    weft_seam_process_wait(&process->seam, &process->status);
    process->status.exited = true;
    add_sentence(process);
    weft_mutex_acquire(&process->lock, WEFT_FOREVER);
    if (!process->seam.group) {
        process->collected = true;
        weft_seam_process_close(&process->seam);
    }
    weft_store_u32(&process->ended, 1, WEFT_RELEASE);
    if (process->bell)
        weft__ring_bell(process->bell);
    weft_mutex_release(&process->lock);
    weft_wake(&process->ended, WEFT_WAKE_ALL);
    weft__process_unlist(process);
}

/* ---- monitors ----------------------------------------------------------------------- */

enum verdict { STAYS, SLEEPS, LEAVES };

/* What becomes of a monitor that has waited for IDLE. */
static enum verdict judge(struct weft__monitor *monitor)
{
    struct weft__monitor **link = &idle;
    enum verdict verdict = STAYS;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (monitor->idle) {
        while (*link != monitor)
            link = &(*link)->next;
        *link = monitor->next;
        verdict = LEAVES;
    } else if (weft_load_u32(&monitor->given, WEFT_RELAXED) == NOTHING) {
        monitor->sleeping = true;
        verdict = SLEEPS;
    }
    weft_mutex_release(&lock);
    return verdict;
}

static int live(weft_task *task)
{
    struct weft__monitor *monitor = WEFT_ARG(task, struct weft__monitor *);
    enum verdict verdict = STAYS;

    while (verdict != LEAVES) {
        weft_time until = verdict == SLEEPS ? WEFT_FOREVER : weft_in(IDLE);
        int err = weft__wait(&monitor->given, NOTHING, until, "process to watch", monitor);
        uint32_t given = weft_load_u32(&monitor->given, WEFT_ACQUIRE);

        verdict = STAYS;
        if (given == RUN) {
            watch(monitor->process);
            weft__process_unreference(monitor->process);
            weft_store_u32(&monitor->given, NOTHING, WEFT_RELAXED);
            weft__monitor_return(monitor);
        } else if (given == LOOK) {
            weft_cas_u32(&monitor->given, &given, NOTHING, WEFT_ACQUIRE);
        } else {
            verdict = err == WEFT_ETIMEDOUT ? judge(monitor) : STAYS;
        }
    }
    weft_free(monitor);
    return 0;
}

static int make(struct weft__monitor **out)
{
    weft_thread_options options = {
        .name = "weft-monitor", .stack_size = MONITOR_STACK, .daemon = true};
    struct weft__monitor *monitor = weft_alloc(sizeof(*monitor));
    int err;

    if (!monitor)
        return WEFT_ENOMEM;
    err = weft_thread_start_with(NULL, live, &monitor, sizeof(monitor), &options);
    if (err == 0)
        *out = monitor;
    else
        weft_free(monitor);
    return err;
}

int weft__monitor_reserve(struct weft__monitor **monitor)
{
    struct weft__monitor *found;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    found = idle;
    if (found) {
        idle = found->next;
        found->idle = false;
    }
    weft_mutex_release(&lock);
    if (!found)
        return make(monitor);
    *monitor = found;
    return 0;
}

void weft__monitor_return(struct weft__monitor *monitor)
{
    bool wake;

    if (!monitor)
        return;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    monitor->next = idle;
    monitor->idle = true;
    idle = monitor;
    wake = monitor->sleeping;
    monitor->sleeping = false;
    if (wake)
        weft_store_u32(&monitor->given, LOOK, WEFT_RELAXED);
    weft_mutex_release(&lock);
    if (wake)
        weft_wake(&monitor->given, WEFT_WAKE_ALL); /* its address: it may be gone */
}

/* ---- who watches --------------------------------------------------------------------- */

/* The monitor of a process that nobody has watched yet: the caller's, who does now. */
static bool begin(weft_process *process, struct weft__monitor **monitor)
{
    bool mine;

    weft_mutex_acquire(&process->lock, WEFT_FOREVER);
    mine = !process->watched;
    process->watched = true;
    *monitor = process->monitor;
    process->monitor = NULL;
    weft_mutex_release(&process->lock);
    return mine;
}

void weft__process_watch(weft_process *process)
{
    struct weft__monitor *monitor;

    if (weft_seam_process_forked() || !begin(process, &monitor))
        return;
    weft_fetch_add_u32(&process->references, 1, WEFT_RELAXED);
    monitor->process = process;
    weft_store_u32(&monitor->given, RUN, WEFT_RELEASE);
    weft_wake(&monitor->given, WEFT_WAKE_ALL);
}

bool weft__process_watch_here(weft_process *process)
{
    struct weft__monitor *monitor;

    if (!begin(process, &monitor))
        return false;
    weft__monitor_return(monitor);
    weft__thread_waits_outside("process", process);
    watch(process);
    weft__thread_waits_outside(NULL, NULL);
    return true;
}
