/* SPDX-License-Identifier: MIT */
/*
 * The queue between processes when some are killed: in the worst places, which fault
 * points name, and anywhere. Two survivors go on all the time; afterwards each item that
 * put reported must have been got exactly once, whole and in order, but for one for each
 * killed getter.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"

enum { PUTTERS = 14, KILLS = PUTTERS - 1, ITEMS = 20000, CAPACITY = 4, WORDS = 50 };

/* Made by putter and number, so that an item shows whether it is whole. */
struct item {
    uint32_t words[WORDS];
};

/* In the arena. */
struct history {
    weft_atomic_u32 put[PUTTERS];         /* puts that returned 0; written by the putter */
    weft_atomic_u32 seen[PUTTERS][ITEMS]; /* how often each was got */
    weft_atomic_u32 got;                  /* by the surviving getter */
};

struct scene {
    weft_shared_queue queue;
    weft_offset history;
    weft_shared_semaphore there; /* released where the process is to be killed */
    char point[40];              /* that is so; empty: it is not to be killed at a point */
    uint32_t passage;
    uint32_t putter; /* number of the process, if it puts */
};

static struct scene make_scene(void)
{
    weft_shared_queue_options options = {.items = CAPACITY};
    struct scene s = {.putter = 0};

    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&s.queue, &options), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s.history, sizeof(struct history)), 0);
    return s;
}

static void close_scene(const struct scene *s)
{
    weft_shared_queue_close(s->queue);
    weft_shared_semaphore_close(s->there);
    weft_shared_free(s->history);
}

static struct history *history_of(const struct scene *s)
{
    return weft_shared_pointer(s->history);
}

static struct item item_of(uint32_t putter, uint32_t number)
{
    struct item item = {{putter, number}};

    for (uint32_t i = 2; i < WORDS; i++)
        item.words[i] = putter * 1000003 + number * 31 + i;
    return item;
}

static bool is_whole(const struct item *item)
{
    struct item whole = item_of(item->words[0], item->words[1]);

    return item->words[0] < PUTTERS && item->words[1] < ITEMS &&
           memcmp(item, &whole, sizeof(whole)) == 0;
}

static int put_item(const struct scene *s, uint32_t number, weft_time until)
{
    struct item item = item_of(s->putter, number);
    int err = weft_shared_queue_put(s->queue, &item, sizeof(item), until);

    if (err == 0)
        weft_store_u32(&history_of(s)->put[s->putter], number + 1, WEFT_RELEASE);
    return err;
}

static int get_item(const struct scene *s, struct item *item, weft_time until)
{
    int err = weft_shared_queue_get(s->queue, item, sizeof(*item), NULL, until);

    if (err == 0 && is_whole(item))
        weft_fetch_add_u32(&history_of(s)->seen[item->words[0]][item->words[1]], 1, WEFT_RELEASE);
    return err;
}

/* Now and then too slow for the others, so that they sleep; one who is to be killed at a point
 * always is. */
static void dawdle(const struct scene *s, uint32_t i)
{
    if (i % 16 == 0 || s->passage > 0)
        weft_sleep(WEFT_MS(1));
}

/* ---- those who put and get until they are killed or it is shut down ------------------- */

static int put_on(weft_task *task, const struct scene *s)
{
    for (uint32_t i = 0; i < ITEMS; i++) {
        int err = put_item(s, i, SOON);

        if (err == WEFT_ECLOSED)
            return 0;
        REQUIRE(task, err == 0);
        dawdle(s, i);
    }
    return 0;
}

static int get_on(weft_task *task, const struct scene *s)
{
    uint32_t next[PUTTERS] = {0};
    struct item item;
    int err;

    for (uint32_t i = 0; (err = get_item(s, &item, SOON)) == 0; i++) {
        REQUIRE(task, is_whole(&item));
        REQUIRE(task, item.words[1] >= next[item.words[0]]);
        next[item.words[0]] = item.words[1] + 1;
        dawdle(s, i + 8);
        weft_fetch_add_u32(&history_of(s)->got, s->putter == 0, WEFT_RELEASE);
    }
    REQUIRE(task, err == WEFT_ECLOSED);
    return 0;
}

static struct scene scene; /* of this process: the point must stay */

static int putter(weft_task *task)
{
    scene = WEFT_ARG(task, struct scene);
    if (scene.passage > 0)
        halt_at(scene.point, scene.passage, scene.there);
    return put_on(task, &scene);
}

static int getter(weft_task *task)
{
    scene = WEFT_ARG(task, struct scene);
    if (scene.passage > 0)
        halt_at(scene.point, scene.passage, scene.there);
    return get_on(task, &scene);
}

/* Items that were put are seen once, but for `lost`; what the last put did not report may be
 * seen. */
static void check_history(const struct scene *s, uint32_t may_be_lost)
{
    struct history *history = history_of(s);
    uint32_t lost = 0, doubled = 0, too_many = 0;

    for (int p = 0; p < PUTTERS; p++) {
        uint32_t put = weft_load_u32(&history->put[p], WEFT_ACQUIRE);

        for (uint32_t i = 0; i < ITEMS; i++) {
            uint32_t seen = weft_load_u32(&history->seen[p][i], WEFT_ACQUIRE);

            lost += i < put && seen == 0;
            doubled += seen > 1;
            too_many += i > put && seen > 0;
        }
    }
    CU_ASSERT_TRUE(lost <= may_be_lost);
    CU_ASSERT_EQUAL(doubled, 0);
    CU_ASSERT_EQUAL(too_many, 0);
    CU_ASSERT_EQUAL(weft_shared_queue_size(s->queue), 0);
}

struct progress {
    const struct scene *scene;
    uint32_t target;
};

static bool has_come_so_far(void *context)
{
    struct progress *progress = context;
    struct history *history = history_of(progress->scene);

    if (weft_load_u32(&history->got, WEFT_ACQUIRE) >= progress->target)
        return true;
    /* Nothing is left to be put: then all of it must be taken out. */
    return weft_load_u32(&history->put[0], WEFT_ACQUIRE) == ITEMS &&
           weft_shared_queue_size(progress->scene->queue) == 0;
}

/* The survivors put and get. */
static void expect_progress(const struct scene *s)
{
    struct progress progress = {s, weft_load_u32(&history_of(s)->got, WEFT_ACQUIRE) + 30};

    CU_ASSERT_TRUE(eventually(has_come_so_far, &progress));
}

struct crew {
    weft_process *putter, *getter;
};

static struct crew start_survivors(const struct scene *s)
{
    return (struct crew){start_process(putter, s, sizeof(*s)),
                         start_process(getter, s, sizeof(*s))};
}

static void end_survivors(const struct scene *s, struct crew survivors)
{
    weft_shared_queue_shutdown(s->queue, WEFT_DRAIN);
    join_process(survivors.putter);
    join_process(survivors.getter);
}

/* ---- at a fault point ----------------------------------------------------------------- */

static void kill_at(const char *point, weft_function *victim, uint32_t passage)
{
    struct scene s = make_scene();
    struct scene t = s;
    bool needs_others = strcmp(point, "shared_ring.wake") == 0;
    struct crew survivors;
    weft_process *process;

    memcpy(t.point, point, strlen(point) + 1);
    t.passage = passage;
    t.putter = 1;
    for (uint32_t i = 0; victim == getter && i < CAPACITY; i++)
        CHECK_OK(put_item(&(struct scene){.queue = s.queue, .history = s.history, .putter = 2}, i,
                          WEFT_NOW));
    if (needs_others)
        survivors = start_survivors(&s);
    process = start_process(victim, &t, sizeof(t));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    if (!needs_others)
        survivors = start_survivors(&s);
    weft_sleep(WEFT_MS(5)); /* they run into it, or will do so when it is dead */
    kill_process(process);
    expect_progress(&s);
    end_survivors(&s, survivors);
    check_history(&s, victim == getter);
    close_scene(&s);
}

static void killed_at_any_point_of_put(void)
{
    for (uint32_t i = 1; i <= 4; i += 3) {
        kill_at("shared_ring.put.after_copy", putter, i);
        kill_at("shared_ring.put.after_step", putter, i);
        kill_at("shared_ring.sleep", putter, i);
    }
    /* Its first wake-up: all might be put before a later one. */
    kill_at("shared_ring.wake", putter, 1);
}

static void killed_at_any_point_of_get(void)
{
    for (uint32_t i = 1; i <= 4; i += 3) {
        kill_at("shared_ring.get.after_copy", getter, i);
        kill_at("shared_ring.get.after_step", getter, i);
        kill_at("shared_ring.sleep", getter, i);
    }
}

/* ---- anywhere --------------------------------------------------------------------------- */

static void killed_anywhere_putters_and_getters_do_no_harm(void)
{
    struct scene s = make_scene();
    struct crew survivors = start_survivors(&s);

    for (uint32_t i = 1; i <= KILLS; i++) {
        struct scene t = s;
        weft_process *victims[2];

        t.putter = i;
        victims[0] = start_process(putter, &t, sizeof(t));
        victims[1] = start_process(getter, &t, sizeof(t));
        weft_sleep(WEFT_US(700) * i);
        kill_process(victims[i % 2]);
        weft_sleep(WEFT_US(300));
        kill_process(victims[1 - i % 2]);
        expect_progress(&s);
    }
    end_survivors(&s, survivors);
    check_history(&s, KILLS);
    close_scene(&s);
}

const char *const suite_name = "shared_queue_kill";
CU_TestInfo suite_cases[] = {
    {"killed_at_any_point_of_put", killed_at_any_point_of_put},
    {"killed_at_any_point_of_get", killed_at_any_point_of_get},
    {"killed_anywhere_putters_and_getters_do_no_harm",
     killed_anywhere_putters_and_getters_do_no_harm},
    CU_TEST_INFO_NULL,
};
