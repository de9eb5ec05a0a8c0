/* SPDX-License-Identifier: MIT */
/* A manager whose clients or server are other processes, and die. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/cancel.h"
#include "weft/fault.h"
#include "weft/manager.h"
#include "weft/process.h"

enum { CLIENTS = 4, EACH = 200 };

static weft_manager *manager;
static weft_shared_dict dict;
static weft_shared_list list;

static void begin(void)
{
    CU_ASSERT_EQUAL_FATAL(weft_manager_start(&manager), 0);
    CU_ASSERT_EQUAL_FATAL(weft_manager_dict(manager, &dict), 0);
    CU_ASSERT_EQUAL_FATAL(weft_manager_list(manager, &list), 0);
}

static void end(void)
{
    weft_manager_close(manager);
    manager = NULL;
}

static int set(const char *key, int value)
{
    return weft_shared_dict_set(dict, key, WEFT_TEXT, &value, sizeof(value), SOON);
}

static int get(const char *key)
{
    int value = -1;

    CHECK_OK(weft_shared_dict_get(dict, key, WEFT_TEXT, &value, sizeof(value), NULL, SOON));
    return value;
}

static int item(int64_t index)
{
    int value = -1;

    CHECK_OK(weft_shared_list_get(list, index, &value, sizeof(value), NULL, SOON));
    return value;
}

struct client {
    weft_shared_dict dict;
    weft_shared_list list;
};

/* Counts under the dict's lock: each count is two calls. */
static int count_up(weft_task *task)
{
    struct client self = WEFT_ARG(task, struct client);
    weft_shared_mutex lock = weft_shared_dict_lock(self.dict);
    int err = 0;

    for (int i = 0; i < EACH && err == 0; i++) {
        int value = 0;

        err = weft_shared_mutex_acquire(lock, WEFT_FOREVER);
        if (err == 0)
            err =
                weft_shared_dict_get(self.dict, "n", 1, &value, sizeof(value), NULL, WEFT_FOREVER);
        value++;
        if (err == 0)
            err = weft_shared_dict_set(self.dict, "n", 1, &value, sizeof(value), WEFT_FOREVER);
        weft_shared_mutex_release(lock);
        if (err == 0)
            err = weft_shared_list_append(self.list, &i, sizeof(i), WEFT_FOREVER);
    }
    return err;
}

static void clients_in_other_processes_see_one_object(void)
{
    weft_process *processes[CLIENTS];
    struct client client;
    size_t count = 0;

    begin();
    CHECK_OK(set("n", 0));
    client = (struct client){.dict = dict, .list = list};
    start_processes(processes, CLIENTS, count_up, &client, sizeof(client));
    join_processes(processes, CLIENTS);
    CU_ASSERT_EQUAL(get("n"), CLIENTS * EACH);
    CHECK_OK(weft_shared_list_size(list, &count, SOON));
    CU_ASSERT_EQUAL(count, CLIENTS * EACH);
    end();
}

static int append_for_ever(weft_task *task)
{
    struct client self = WEFT_ARG(task, struct client);

    for (int i = 0;; i++)
        if (weft_shared_list_append(self.list, &i, sizeof(i), WEFT_FOREVER) != 0)
            return WEFT_EFAILED;
}

/* A killed client leaves a list that has every item up to the last one, and a server that
 * goes on. */
static void killed_clients_damage_nothing(void)
{
    begin();
    for (int round = 0; round < 5; round++) {
        struct client client = {.dict = dict, .list = list};
        weft_process *process = start_process(append_for_ever, &client, sizeof(client));
        size_t count = 0;

        while (count < 50 + (size_t)round)
            CHECK_OK(weft_shared_list_size(list, &count, SOON));
        kill_process(process);
        CHECK_OK(weft_shared_list_size(list, &count, SOON));
        for (size_t i = 0; i < count; i++)
            CU_ASSERT_EQUAL(item((int64_t)i), (int)i);
        CHECK_OK(weft_shared_list_clear(list, SOON));
    }
    end();
}

static void a_dead_server_is_told(void)
{
    weft_shared_usage before, after;

    begin();
    CHECK_OK(weft_process_kill(weft_manager_process(manager)));
    CHECK_OK(weft_process_join(weft_manager_process(manager), SOON));
    weft_shared_usage_get(&before);
    CU_ASSERT_EQUAL(set("k", 1), WEFT_ELOST);
    CHECK_SENTENCE("its server has died");
    weft_shared_usage_get(&after);
    CU_ASSERT_EQUAL(before.blocks, after.blocks);
    end();
}

static void closed_objects_are_told(void)
{
    weft_shared_dict none = {0};
    size_t count;

    begin();
    CHECK_OK(weft_shared_dict_close(dict));
    CU_ASSERT_EQUAL(set("k", 1), WEFT_ECLOSED);
    end();
    CU_ASSERT_EQUAL(weft_shared_list_size(list, &count, SOON), WEFT_ECLOSED);
    CHECK_SENTENCE("closed");
    expect_misuse(WEFT_EINVAL);
    CU_ASSERT_EQUAL(weft_shared_dict_size(none, &count, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

static int kill_server_before_push(const char *point)
{
    if (strcmp(point, "manager.push") != 0)
        return 0;
    weft_process_kill(weft_manager_process(manager));
    weft_process_join(weft_manager_process(manager), WEFT_FOREVER);
    return 0;
}

/* Nobody answers any more: only the token can end the wait at once. */
static void a_cancelled_caller_is_told(void)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    const weft_cancel *before;
    size_t count;

    begin();
    weft_cancel_request(&stop);
    before = weft_cancel_enter(&stop);
    weft_fault_hook(kill_server_before_push);
    CU_ASSERT_EQUAL(weft_shared_list_size(list, &count, WEFT_FOREVER), WEFT_ECANCELED);
    weft_fault_hook(NULL);
    weft_cancel_enter(before);
    end();
}

/* A server that dies before it answers, and a caller that waits for it. */
static void a_server_that_dies_meanwhile_is_told(void)
{
    size_t count;

    begin();
    weft_fault_hook(kill_server_before_push);
    CU_ASSERT_EQUAL(weft_shared_list_size(list, &count, SOON), WEFT_ELOST);
    weft_fault_hook(NULL);
    end();
}

static int make(void *context)
{
    weft_manager *made;
    int err = weft_manager_start(&made);

    (void)context;
    if (err == 0)
        weft_manager_close(made);
    return err;
}

static int close_as_forked(void)
{
    weft_on_misuse(NULL);
    weft_manager_close(manager);
    return 0;
}

static void a_forked_process_does_not_close_it(void)
{
    if (no_fork) {
        skip(no_fork);
        return;
    }
    begin();
    CHECK_OK(set("a", 1));
    CU_ASSERT_EQUAL(run_forked(close_as_forked), 0);
    CU_ASSERT_EQUAL(get("a"), 1);
    end();
}

static void refused_memory_leaves_nothing_behind(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(make, NULL) > 0);
    CU_ASSERT_EQUAL(refuse_each_passage("process.start", WEFT_ELIMIT, make, NULL), 1);
}

const char *const suite_name = "manager_end";
CU_TestInfo suite_cases[] = {
    {"clients_in_other_processes_see_one_object", clients_in_other_processes_see_one_object},
    {"killed_clients_damage_nothing", killed_clients_damage_nothing},
    {"a_dead_server_is_told", a_dead_server_is_told},
    {"closed_objects_are_told", closed_objects_are_told},
    {"a_cancelled_caller_is_told", a_cancelled_caller_is_told},
    {"a_server_that_dies_meanwhile_is_told", a_server_that_dies_meanwhile_is_told},
    {"a_forked_process_does_not_close_it", a_forked_process_does_not_close_it},
    {"refused_memory_leaves_nothing_behind", refused_memory_leaves_nothing_behind},
    CU_TEST_INFO_NULL,
};
