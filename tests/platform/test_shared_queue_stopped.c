/* SPDX-License-Identifier: MIT */
/* The queue between processes when one is stopped, or killed, in the middle of putting. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "shared_numbers.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"

enum { THE_ITEM = 17 };

struct scene {
    weft_shared_queue queue;
    weft_shared_semaphore there, go_on; /* the process is at the point; it may leave it */
    char point[40];
};

static struct scene make_scene(void)
{
    struct scene s = {.queue = make_numbers(4)};

    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.go_on, 0), 0);
    return s;
}

static void close_scene(const struct scene *s)
{
    weft_shared_queue_close(s->queue);
    weft_shared_semaphore_close(s->there);
    weft_shared_semaphore_close(s->go_on);
}

static struct scene scene; /* of this process, written before the hook is set */

static int stop(const char *point)
{
    if (strcmp(point, scene.point) != 0)
        return 0;
    (void)weft_shared_semaphore_release(scene.there, 1);
    while (weft_shared_semaphore_acquire(scene.go_on, SOON) != 0)
        continue;
    return 0;
}

static int put_the_item(weft_task *task)
{
    scene = WEFT_ARG(task, struct scene);
    weft_fault_hook(stop);
    return put_number(scene.queue, THE_ITEM, SOON);
}

static weft_process *stop_in_put(const struct scene *s, const char *point)
{
    struct scene t = *s;
    weft_process *process;

    memcpy(t.point, point, strlen(point) + 1);
    process = start_process(put_the_item, &t, sizeof(t));
    CHECK_OK(weft_shared_semaphore_acquire(s->there, SOON));
    return process;
}

static void an_item_is_in_from_one_step_on(void)
{
    struct scene s = make_scene();
    int item = 0;

    kill_process(stop_in_put(&s, "shared_ring.put.after_copy"));
    CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 0);
    CHECK_ERROR(get_number(s.queue, &item, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_queue_join(s.queue, WEFT_NOW));
    kill_process(stop_in_put(&s, "shared_ring.put.after_step"));
    CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 1);
    CHECK_OK(get_number(s.queue, &item, WEFT_NOW));
    CU_ASSERT_EQUAL(item, THE_ITEM);
    close_scene(&s);
}

static void an_item_of_a_killed_process_is_to_be_done_once(void)
{
    struct scene s = make_scene();
    int item = 0;

    kill_process(stop_in_put(&s, "shared_ring.put.after_step"));
    CHECK_ERROR(weft_shared_queue_join(s.queue, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(put_number(s.queue, 1, SOON));
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(weft_shared_queue_join(s.queue, WEFT_NOW), WEFT_ETIMEDOUT);
        CHECK_OK(get_number(s.queue, &item, WEFT_NOW));
        CHECK_OK(weft_shared_queue_task_done(s.queue));
    }
    CHECK_OK(weft_shared_queue_join(s.queue, WEFT_NOW));
    close_scene(&s);
}

static void a_stopped_process_does_not_block_others_for_ever(void)
{
    struct scene s = make_scene();
    weft_time since = weft_clock();
    weft_process *process = stop_in_put(&s, "shared_ring.put.after_copy");

    CHECK_ERROR(put_number(s.queue, 0, WEFT_NOW), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() - since >= WEFT_S(1)); /* it was not taken for full at once */
    kill_process(process);
    CHECK_OK(put_number(s.queue, 0, SOON));
    close_scene(&s);
}

static void the_item_of_a_stopped_process_is_not_cut_off_by_shutdown(void)
{
    struct scene s = make_scene();
    int item = 0;
    weft_process *process = stop_in_put(&s, "shared_ring.put.after_copy");

    weft_shared_queue_shutdown(s.queue, WEFT_DRAIN);
    CHECK_ERROR(put_number(s.queue, 1, WEFT_NOW), WEFT_ECLOSED);
    CHECK_ERROR(get_number(s.queue, &item, WEFT_NOW), WEFT_ETIMEDOUT); /* not "no more" yet */
    CHECK_OK(weft_shared_semaphore_release(s.go_on, 1));
    join_process(process);
    CHECK_OK(get_number(s.queue, &item, SOON));
    CU_ASSERT_EQUAL(item, THE_ITEM);
    CHECK_ERROR(get_number(s.queue, &item, WEFT_NOW), WEFT_ECLOSED);
    close_scene(&s);
}

static void a_killed_putter_does_not_hold_up_the_end(void)
{
    struct scene s = make_scene();
    int item = 0;

    kill_process(stop_in_put(&s, "shared_ring.put.after_copy"));
    weft_shared_queue_shutdown(s.queue, WEFT_DRAIN);
    CHECK_ERROR(get_number(s.queue, &item, WEFT_NOW), WEFT_ECLOSED);
    close_scene(&s);
}

const char *const suite_name = "shared_queue_stopped";
CU_TestInfo suite_cases[] = {
    {"an_item_is_in_from_one_step_on", an_item_is_in_from_one_step_on},
    {"an_item_of_a_killed_process_is_to_be_done_once",
     an_item_of_a_killed_process_is_to_be_done_once},
    {"a_stopped_process_does_not_block_others_for_ever",
     a_stopped_process_does_not_block_others_for_ever},
    {"the_item_of_a_stopped_process_is_not_cut_off_by_shutdown",
     the_item_of_a_stopped_process_is_not_cut_off_by_shutdown},
    {"a_killed_putter_does_not_hold_up_the_end", a_killed_putter_does_not_hold_up_the_end},
    CU_TEST_INFO_NULL,
};
