/* SPDX-License-Identifier: MIT */
/* weft_task_result() and weft_future_view(): results that are written where they are read. */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/memory.h"

enum { LARGEST = 1 << 20 };

/* What a task does, one call after the other; the last one counts. */
enum manner { ROOM, RETURN_ROOM, ROOM_RETURN, ROOM_ROOM, SHRINK, MANNERS };

struct order {
    size_t size;
    enum manner manner;
};

static const size_t sizes[] = {0, 1, 48, 49, 64, 65, 5000, LARGEST};

static unsigned char seen[LARGEST];

static int make(weft_task *task, size_t size)
{
    unsigned char *room = weft_task_result(task, size);

    if (!room)
        return WEFT_ENOMEM;
    if ((uintptr_t)room % _Alignof(max_align_t) != 0)
        return weft_task_fail(task, WEFT_EINVAL, "its room is not aligned");
    for (size_t i = 0; i < size; i++)
        room[i] = (unsigned char)(i * 7 + size);
    return 0;
}

static int make_copy(weft_task *task, size_t size)
{
    unsigned char *bytes = malloc(size + 1);
    int err = WEFT_ENOMEM;

    for (size_t i = 0; bytes && i < size; i++)
        bytes[i] = (unsigned char)(i * 7 + size);
    if (bytes)
        err = weft_task_return(task, bytes, size);
    free(bytes);
    return err;
}

/* The room of the task, of which only the first half is the result after all. */
static int shrink(weft_task *task, size_t size)
{
    unsigned char *room = weft_task_result(task, 2 * size);

    if (!room)
        return WEFT_ENOMEM;
    for (size_t i = 0; i < size; i++)
        room[i] = (unsigned char)(i * 7 + size);
    return weft_task_return(task, room, size);
}

static int obey(weft_task *task)
{
    struct order order = WEFT_ARG(task, struct order);
    int err = 0;

    switch (order.manner) {
    case ROOM:
        return make(task, order.size);
    case RETURN_ROOM:
        err = make_copy(task, order.size / 2 + 1);
        return err != 0 ? err : make(task, order.size);
    case ROOM_RETURN:
        err = make(task, order.size + 100);
        return err != 0 ? err : make_copy(task, order.size);
    case ROOM_ROOM:
        err = make(task, order.size + 100);
        return err != 0 ? err : make(task, order.size);
    default:
        return shrink(task, order.size);
    }
}

static bool is_right(const unsigned char *bytes, size_t size)
{
    size_t right = 0;

    while (right < size && bytes[right] == (unsigned char)(right * 7 + size))
        right++;
    return right == size;
}

static void check_pool(weft_executor *pool)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int manner = ROOM; manner < MANNERS; manner++) {
            struct order order = {sizes[i], (enum manner)manner};
            weft_future *future;
            const void *view = seen, *again = NULL;
            size_t size = 77;

            CU_ASSERT_EQUAL_FATAL(weft_submit(pool, &future, obey, &order, sizeof(order)), 0);
            CHECK_OK(weft_future_view(future, &view, &size, SOON));
            CU_ASSERT_EQUAL_FATAL(size, sizes[i]);
            CU_ASSERT_TRUE(is_right(view, size));
            CU_ASSERT_EQUAL(view == NULL, size == 0);
            CU_ASSERT_EQUAL((uintptr_t)view % _Alignof(max_align_t), 0);
            CHECK_OK(weft_future_view(future, &again, &size, WEFT_NOW));
            CU_ASSERT_PTR_EQUAL(again, view);
            CHECK_OK(weft_future_result(future, seen, sizes[i], WEFT_NOW));
            CU_ASSERT_TRUE(is_right(seen, size));
            weft_future_release(future);
        }
}

static void a_pool_of_threads_gives_results_in_place(void)
{
    weft_executor *pool;

    watch_memory();
    pool = weft_thread_pool(&(weft_pool_options){.workers = 2});
    check_pool(pool);
    weft_executor_close(pool);
    unwatch_memory();
}

static void a_pool_of_processes_gives_results_in_place(void)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 2});

    check_pool(pool);
    weft_executor_close(pool);
}

static void a_thread_gives_its_result_in_place(void)
{
    watch_memory();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int manner = ROOM; manner < MANNERS; manner++) {
            struct order order = {sizes[i], (enum manner)manner};
            weft_thread *thread;

            CU_ASSERT_EQUAL_FATAL(weft_thread_start(&thread, obey, &order, sizeof(order)), 0);
            CHECK_OK(weft_thread_join_result(thread, seen, sizes[i], SOON));
            CU_ASSERT_TRUE(is_right(seen, sizes[i]));
        }
    unwatch_memory();
}

/* A process has nobody to give its result to, but it has room for it. */
static void a_process_has_room_for_a_result_that_is_dropped(void)
{
    for (int manner = ROOM; manner < MANNERS; manner++) {
        struct order order = {5000, (enum manner)manner};

        join_process(start_process(obey, &order, sizeof(order)));
    }
}

static int pass_the_refusal_on(weft_task *task)
{
    refuse_allocation(1);
    if (weft_task_result(task, 5000))
        return weft_task_fail(task, WEFT_EINVAL, "it was not refused");
    return WEFT_ENOMEM;
}

static void refused_room_is_told(void)
{
    weft_executor *pool;
    weft_future *future;
    weft_thread *thread;

    watch_memory();
    pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    CHECK_OK(weft_submit(pool, &future, pass_the_refusal_on, NULL, 0));
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), WEFT_ENOMEM);
    weft_future_release(future);
    weft_executor_close(pool);
    CHECK_OK(weft_thread_start(&thread, pass_the_refusal_on, NULL, 0));
    CHECK_ERROR(weft_thread_join_result(thread, NULL, 0, SOON), WEFT_EFAILED);
    unwatch_memory();
}

static int fail_after_a_result(weft_task *task)
{
    int err = make(task, 5000);

    return err != 0 ? err : weft_task_fail(task, WEFT_ETOOBIG, "on second thoughts");
}

static int wait_for_the_gate(weft_task *task)
{
    return weft_event_wait(WEFT_ARG(task, weft_event *), SOON);
}

static void a_view_fails_as_the_result_does(void)
{
    weft_event event = WEFT_EVENT_INIT, *gate = &event;
    weft_executor *pool;
    weft_future *failing, *waiting, *cancelled;
    const void *view = seen;
    size_t size = 77;

    watch_memory();
    pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    CHECK_OK(weft_submit(pool, &failing, fail_after_a_result, NULL, 0));
    CHECK_ERROR(weft_future_view(failing, &view, &size, SOON), WEFT_ETOOBIG);
    CHECK_SENTENCE("second thoughts");
    CHECK_OK(weft_submit(pool, &waiting, wait_for_the_gate, &gate, sizeof(gate)));
    CHECK_OK(weft_submit(pool, &cancelled, wait_for_the_gate, &gate, sizeof(gate)));
    CHECK_ERROR(weft_future_view(waiting, &view, &size, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
    CHECK_OK(weft_future_cancel(cancelled));
    CHECK_ERROR(weft_future_view(cancelled, &view, &size, WEFT_NOW), WEFT_ECANCELED);
    CU_ASSERT_PTR_EQUAL(view, seen);
    CU_ASSERT_EQUAL(size, 77);
    weft_event_set(&event);
    CHECK_OK(weft_future_view(waiting, &view, &size, SOON));
    CU_ASSERT_PTR_NULL(view);
    CU_ASSERT_EQUAL(size, 0);
    weft_future_release(failing);
    weft_future_release(waiting);
    weft_future_release(cancelled);
    weft_executor_close(pool);
    unwatch_memory();
}

const char *const suite_name = "task_result";
CU_TestInfo suite_cases[] = {
    {"a_pool_of_threads_gives_results_in_place", a_pool_of_threads_gives_results_in_place},
    {"a_pool_of_processes_gives_results_in_place", a_pool_of_processes_gives_results_in_place},
    {"a_thread_gives_its_result_in_place", a_thread_gives_its_result_in_place},
    {"a_process_has_room_for_a_result_that_is_dropped",
     a_process_has_room_for_a_result_that_is_dropped},
    {"refused_room_is_told", refused_room_is_told},
    {"a_view_fails_as_the_result_does", a_view_fails_as_the_result_does},
    CU_TEST_INFO_NULL,
};
