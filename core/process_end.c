/* SPDX-License-Identifier: MIT */
/*
 * A worker that has ended: exactly the task that it was in is lost, or tried again.
 *
 * Results that it left have been collected before; memory of those that it had not finished is
 * buried with it. What it had not begun goes back into the
 * lists, in front of younger tasks; at most one slot is left that says BEGUN.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "process_pool.h"

/* Signals whose numbers are the same on all systems. */
static const char *name_signal(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {4, "SIGILL"},
                 {5, "SIGTRAP"},  {6, "SIGABRT"},  {8, "SIGFPE"},   {9, "SIGKILL"},
                 {11, "SIGSEGV"}, {13, "SIGPIPE"}, {14, "SIGALRM"}, {15, "SIGTERM"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

static void describe_end(const struct weft__seat *seat, char *text, size_t size)
{
    const char *name = weft_process_name(seat->process);
    weft_process_status status;
    const char *signal;

    weft_process_status_get(seat->process, &status);
    signal = name_signal(status.signal);
    if (status.signal != 0)
        snprintf(text, size, "worker %s (pid %" PRIu64 ") was ended by signal %d%s%s%s", name,
                 weft_process_pid(seat->process), status.signal, signal ? " (" : "",
                 signal ? signal : "", signal ? ")" : "");
    else
        snprintf(text, size, "worker %s (pid %" PRIu64 ") exited with code %d%s%.120s", name,
                 weft_process_pid(seat->process), status.code,
                 status.sentence[0] != '\0' ? ": " : "", status.sentence);
}

/* The task that it was in, out of the ring; NULL: none. */
static struct weft__work *take_begun(struct weft__seat *seat)
{
    uint32_t first = weft_load_u32(&seat->taken, WEFT_RELAXED);

    for (uint32_t position = first; position != seat->put; position++) {
        struct weft__work *work = seat->works[position % WEFT__SLOTS];
        uint32_t state = weft_load_u32(&weft__seat_slot(seat, position)->state, WEFT_ACQUIRE);

        if (work && weft__slot_stage(state) == WEFT__BEGUN)
            return work;
    }
    return NULL;
}

/* It is lost, and its future is to say so, unless it may be tried again. */
static void lose_locked(struct weft__process_pool *pool, const struct weft__seat *seat,
                        struct weft__work *work, const char *end, struct weft__round *round)
{
    bool asked = seat->asked == weft__slot_state(WEFT__BEGUN, work->position);

    work->where = WEFT__NOWHERE;
    work->tries++;
    if (!seat->killed && !asked && work->retries > 0 && !pool->killing) {
        work->retries--;
        pool->retried++;
        weft__list_return_locked(pool, work);
        return;
    }
    pool->lost++;
    round->lost = work;
    round->code = seat->killed && seat->verdict != 0 ? seat->verdict : WEFT_ELOST;
    if (seat->killed)
        snprintf(round->sentence, sizeof(round->sentence), "task %" PRIu64 " %.225s", work->number,
                 seat->sentence);
    else if (work->tries > 1)
        snprintf(round->sentence, sizeof(round->sentence),
                 "task %" PRIu64 " lost, tried %u times: its %.190s", work->number, work->tries,
                 end);
    else
        snprintf(round->sentence, sizeof(round->sentence), "task %" PRIu64 " lost: its %.220s",
                 work->number, end);
}

static void clear_locked(struct weft__process_pool *pool, struct weft__seat *seat)
{
    uint32_t left = weft__seat_load(seat); /* all of them holes, or lost */

    weft_store_u32(&pool->collected_count,
                   weft_load_u32(&pool->collected_count, WEFT_RELAXED) + left, WEFT_RELEASE);
    weft__process_on_end(seat->process, NULL); /* from now on nobody rings for it */
    weft_process_close(seat->process);
    weft_shared_free(seat->channel_at);
    memset(seat, 0, sizeof(*seat));
}

void weft__seat_forget_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                              struct weft__round *round)
{
    uint32_t readiness = weft_load_u32(&seat->channel->ready, WEFT_ACQUIRE);
    struct weft__work *work;
    char end[WEFT__SENTENCE];

    weft_store_u32(&seat->live, 0, WEFT_RELEASE);
    round->buried = seat->channel->name;
    describe_end(seat, end, sizeof(end));
    if (!seat->ready)
        pool->unproven--;
    if (readiness == WEFT__NOT_READY)
        weft__start_failed_locked(pool, seat->channel->code, seat->channel->sentence);
    else if (readiness == WEFT__STARTS && !seat->killed)
        weft__start_failed_locked(pool, WEFT_ELOST, end);
    else if (!seat->ready)
        pool->failed_starts = 0;
    if (readiness == WEFT__READY)
        weft__worker_ended_locked(pool, seat);
    weft__seat_empty_locked(pool, seat);
    work = take_begun(seat);
    if (work)
        lose_locked(pool, seat, work, end, round);
    clear_locked(pool, seat);
    weft_condition_notify_all(&pool->crew);
    weft_condition_notify_all(&pool->starts);
}
