/* SPDX-License-Identifier: MIT */
/*
 * Timers on a clock that stands still until the input moves it. The timers' thread
 * (core/timer_thread.c) is replaced by what follows here, on the same heap; the timers
 * themselves are the library's. The model is an array that is searched from end to end.
 *
 * Functions of timers read the input too: they cancel and close themselves, start and
 * stop others, take time, and fail.
 */
#include "fuzz.h"

#include <string.h>

#include "timer.h"
#include "weft/cancel.h"
#include "weft/error.h"
#include "weft/task.h"
#include "weft/timer.h"

enum { SLOTS = 48, NONE = -1 };

const char *const fuzz_name = "timers";

static struct input *input;

/* ---- instead of the thread --------------------------------------------------- */

static weft_time now;     /* the clock */
static weft_time reached; /* when something was popped last */
static weft__timer_heap heap;
static uint64_t armed_ever;
static bool refuse_thread;

weft_time weft__timer_now(void)
{
    return now;
}

int weft__timer_call(weft__timer_entry *entry, weft_time at, void (*call)(void *context),
                     void *context)
{
    if (refuse_thread && !entry->armed)
        return WEFT_ELIMIT;
    if (entry->armed)
        weft__timer_heap_remove(&heap, entry);
    entry->at = at < reached ? reached : at;
    entry->number = armed_ever++;
    entry->call = call;
    entry->context = context;
    weft__timer_heap_add(&heap, entry);
    return 0;
}

bool weft__timer_withdraw(weft__timer_entry *entry)
{
    bool withdrawn = entry->armed;

    if (withdrawn)
        weft__timer_heap_remove(&heap, entry);
    return withdrawn;
}

/* How many hang below the n-th place, itself included; links, order and shape are right. */
static size_t check_heap(const weft__timer_entry *entry, const weft__timer_entry *parent, size_t n)
{
    if (!entry)
        return 0;
    REQUIRE(entry->armed);
    REQUIRE(entry->parent == parent);
    REQUIRE(!parent || !weft__timer_before(entry, parent));
    REQUIRE(n <= heap.count);
    return 1 + check_heap(entry->children[0], entry, 2 * n) +
           check_heap(entry->children[1], entry, 2 * n + 1);
}

/* ---- the model --------------------------------------------------------------- */

static struct slot {
    weft_timer *timer; /* NULL: without a handle, or closed */
    weft_time at;      /* of the run that comes */
    weft_time key;     /* what it stands in line by, and then by number */
    uint64_t number;
    weft_time every;
    bool armed, began, over;
} slots[SLOTS];

static uint64_t numbers;
static int running; /* the slot whose function runs */
static unsigned failures, failures_told;

static bool is_free(int i)
{
    return !slots[i].timer && !slots[i].armed && running != i;
}

static int next_due(void)
{
    int first = NONE;

    for (int i = 0; i < SLOTS; i++)
        if (slots[i].armed &&
            (first == NONE || slots[i].key < slots[first].key ||
             (slots[i].key == slots[first].key && slots[i].number < slots[first].number)))
            first = i;
    return first;
}

static void arm(int i, weft_time at)
{
    slots[i].at = at < now ? now : at;
    slots[i].key = at < reached ? reached : at;
    slots[i].number = numbers++;
    slots[i].armed = true;
}

static void check(void)
{
    size_t armed = 0;

    for (int i = 0; i < SLOTS; i++)
        armed += slots[i].armed;
    REQUIRE_EQUAL(heap.count, armed);
    REQUIRE_EQUAL(check_heap(heap.root, NULL, 1), armed);
    REQUIRE_EQUAL(failures_told, failures);
}

static void hear(const char *name, int code, const char *sentence)
{
    REQUIRE(name[0] != '\0' && code != 0 && sentence[0] != '\0');
    failures_told++;
}

/* ---- operations -------------------------------------------------------------- */

static int run(weft_task *task);

static weft_time choose_time(void)
{
    unsigned what = below(input, 16);

    if (what == 0)
        return WEFT_NOW;
    if (what == 1)
        return WEFT_FOREVER;
    if (what == 2)
        return WEFT_FOREVER - take(input);
    return now - 8 + below(input, 40);
}

static void start(void)
{
    weft_time at = choose_time();
    unsigned kind = take(input);
    weft_timer_options options = {0};
    bool with_handle = kind % 4 != 0;
    int i = 0;
    int err, expected = 0;

    while (i < SLOTS && !is_free(i))
        i++;
    if (i == SLOTS)
        return;
    if (kind & 16)
        options.every = kind & 32 ? WEFT_FOREVER / 2 : 1 + below(input, 20);
    if (options.every > 0 && !with_handle)
        expected = WEFT_EINVAL;
    else if (kind >= 0xF0)
        expected = WEFT_ELIMIT;
    else if (kind >= 0xE0)
        expected = WEFT_ENOMEM;
    refuse_thread = expected == WEFT_ELIMIT;
    refuse_allocation(expected == WEFT_ENOMEM);
    if (expected == WEFT_EINVAL)
        expect_misuse(WEFT_EINVAL);
    memset(&slots[i], 0, sizeof(slots[i]));
    err = weft_timer_start_with(with_handle ? &slots[i].timer : NULL, at, run, &i, sizeof(i),
                                &options);
    refuse_thread = false;
    refuse_allocation(0);
    require_misuse_seen();
    REQUIRE_EQUAL(err, expected);
    REQUIRE(!slots[i].timer == (err != 0 || !with_handle));
    slots[i].every = options.every;
    if (err == 0)
        arm(i, at);
}

static void cancel(int i)
{
    struct slot *slot = &slots[i];
    weft_time until = below(input, 2) ? WEFT_FOREVER : WEFT_NOW;

    if (!slot->timer)
        return;
    if (running == i && until != WEFT_NOW) {
        expect_misuse(WEFT_EDEADLK);
        REQUIRE_EQUAL(weft_timer_cancel(slot->timer, until), WEFT_EDEADLK);
        require_misuse_seen();
        return;
    }
    if (running == i)
        REQUIRE_EQUAL(weft_timer_cancel(slot->timer, until), WEFT_ETIMEDOUT);
    else if (slot->every == 0 && slot->began)
        REQUIRE_EQUAL(weft_timer_cancel(slot->timer, until), WEFT_ECLOSED);
    else
        REQUIRE_EQUAL(weft_timer_cancel(slot->timer, until), 0);
    slot->over = true;
    slot->armed = false;
}

static void close_timer(int i)
{
    weft_timer_close(slots[i].timer);
    if (slots[i].timer) {
        slots[i].over = true;
        slots[i].armed = false;
    }
    slots[i].timer = NULL;
}

static void operate(void)
{
    unsigned what = below(input, 8);

    if (what < 4)
        start();
    else if (what < 6)
        cancel((int)below(input, SLOTS));
    else if (what < 7)
        close_timer((int)below(input, SLOTS));
    else if (running == NONE)
        reached = now; /* as if something had run that left nothing behind */
}

/* What a function says, and whether it is told. */
static int fail(weft_task *task)
{
    int code = below(input, 2) ? WEFT_ECANCELED : WEFT_EFAILED;

    if (code != WEFT_ECANCELED || !weft_cancel_requested(weft_cancel_current()))
        failures++;
    return weft_task_fail(task, code, "as the input wants");
}

static int run(weft_task *task)
{
    int i = WEFT_ARG(task, int);

    REQUIRE_EQUAL(i, next_due());
    REQUIRE(slots[i].key <= now && !slots[i].over);
    slots[i].armed = false;
    slots[i].began = true;
    running = i;
    for (unsigned many = below(input, 4); many > 0; many--) {
        unsigned what = below(input, 8);

        if (what == 0)
            now += below(input, 60);
        else if (what == 1)
            cancel(i);
        else if (what == 2)
            close_timer(i);
        else if (what == 3)
            return fail(task);
        else
            operate();
        REQUIRE_EQUAL(weft_cancel_requested(weft_cancel_current()), slots[i].over);
        REQUIRE_EQUAL(WEFT_ARG(task, int), i);
    }
    return 0;
}

/* What is due until then has run. */
static void advance(weft_time until)
{
    while (heap.root && heap.root->at <= (until > now ? until : now)) {
        weft__timer_entry *first = heap.root;
        int i;

        if (first->at > now)
            now = first->at;
        reached = now;
        weft__timer_heap_remove(&heap, first);
        first->call(first->context);
        i = running;
        REQUIRE(i != NONE);
        running = NONE;
        if (slots[i].every > 0 && !slots[i].over) {
            weft_time at = slots[i].at;

            at += at < now ? (now - at) / slots[i].every * slots[i].every : 0;
            while (at <= now) /* missed times are left out */
                at = at > WEFT_FOREVER - slots[i].every ? WEFT_FOREVER : at + slots[i].every;
            arm(i, at);
        }
        check();
    }
    if (until > now)
        now = until;
}

/* A moment; or seldom, as after a long sleep of the machine, so long that all is due at once,
 * until the end of time is near. */
static void pass_time(unsigned what)
{
    if (what >= 0xF0 && now < WEFT_FOREVER / 4 * 3)
        now += WEFT_FOREVER / 4;
    advance(now + what % 30);
}

void fuzz_prepare(void)
{
    weft_on_failure(hear);
}

void fuzz(struct input *in)
{
    input = in;
    now = 100;
    reached = 0;
    running = NONE;
    failures = failures_told = 0;
    memset(slots, 0, sizeof(slots));
    while (in->left > 0) {
        if (below(in, 4) == 0)
            pass_time(take(in));
        else
            operate();
        check();
    }
    for (int i = 0; i < SLOTS; i++)
        close_timer(i);
    advance(WEFT_FOREVER - 1000); /* those that nobody can close */
    advance(WEFT_FOREVER);
    check();
    REQUIRE_EQUAL(heap.count, 0);
}
