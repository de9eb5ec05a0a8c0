/* SPDX-License-Identifier: MIT */
/* Many at once: all that were started, a process with all that it has started, and all that
 * a parent leaves behind. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "program.h"
#include "weft/arena.h"
#include "weft/caps.h"
#include "weft/shared.h"

/* ---- join_all ----------------------------------------------------------------------- */

struct scene {
    weft_shared_semaphore go;
    weft_offset done; /* a weft_atomic_u32: how many came to their end */
};

static struct scene make_scene(void)
{
    struct scene s;

    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.go, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s.done, sizeof(weft_atomic_u32)), 0);
    return s;
}

static void close_scene(struct scene *s)
{
    weft_shared_semaphore_close(s->go);
    weft_shared_free(s->done);
}

static uint32_t how_many(const struct scene *s)
{
    return weft_load_u32(weft_shared_pointer(s->done), WEFT_ACQUIRE);
}

static int come_to_an_end(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_semaphore_acquire(s.go, WEFT_FOREVER) == 0);
    weft_fetch_add_u32(weft_shared_pointer(s.done), 1, WEFT_RELEASE);
    return 0;
}

static void join_all_waits_for_functions_also_without_a_handle(void)
{
    const weft_process_options options = {.name = "the slow one"};
    struct scene s = make_scene();
    weft_process *held = start_process(come_to_an_end, &s, sizeof(s)), *named = NULL;
    weft_process_status status;

    CU_ASSERT_PTR_NOT_NULL_FATAL(held);
    weft_process_close(start_process(come_to_an_end, &s, sizeof(s)));
    CHECK_ERROR(weft_process_join_all(WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("2 still run");
    CHECK_OK(weft_shared_semaphore_release(s.go, 2));
    CHECK_OK(weft_process_join_all(SOON));
    CU_ASSERT_EQUAL(how_many(&s), 2);
    weft_process_status_get(held, &status);
    CU_ASSERT_TRUE(status.exited);
    CHECK_OK(weft_process_start_with(&named, come_to_an_end, &s, sizeof(s), &options));
    CHECK_ERROR(weft_process_join_all(weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("the slow one");
    kill_process(named);
    CHECK_OK(weft_process_join_all(WEFT_FOREVER));
    CHECK_OK(weft_process_join_all(WEFT_NOW));
    weft_process_close(held);
    close_scene(&s);
}

static void it_does_not_wait_for_daemons_and_programs(void)
{
    const weft_process_options options = {.daemon = true};
    struct scene s = make_scene();
    weft_process *daemon = NULL, *program = open_echo("sleep", NULL, &silent);

    CHECK_OK(weft_process_start_with(&daemon, come_to_an_end, &s, sizeof(s), &options));
    CHECK_OK(weft_process_join_all(SOON));
    CU_ASSERT_EQUAL(how_many(&s), 0);
    kill_process(daemon);
    kill_process(program);
    close_scene(&s);
}

struct household {
    struct scene s;
    bool daemon;
};

static int leave_one_behind(weft_task *task)
{
    struct household h = WEFT_ARG(task, struct household);
    const weft_process_options options = {.daemon = h.daemon};
    weft_process *process;

    REQUIRE(task,
            weft_process_start_with(&process, come_to_an_end, &h.s, sizeof(h.s), &options) == 0);
    weft_process_close(process);
    return 0;
}

static void a_child_waits_for_its_children_when_its_function_has_returned(void)
{
    struct household h = {.s = make_scene()};
    weft_process *process = start_process(leave_one_behind, &h, sizeof(h));

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_ERROR(weft_process_join(process, weft_in(WEFT_MS(20))), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_semaphore_release(h.s.go, 1));
    join_process(process);
    CU_ASSERT_EQUAL(how_many(&h.s), 1);
    h.daemon = true;
    join_process(start_process(leave_one_behind, &h, sizeof(h)));
    CU_ASSERT_EQUAL(how_many(&h.s), 1);
    close_scene(&h.s);
}

/* ---- trees ------------------------------------------------------------------------------ */

static void read_until(weft_process *process, const char *wanted)
{
    char text[256] = "";
    size_t held = 0, length = 1;

    while (
        !strstr(text, wanted) && length > 0 && held < sizeof(text) - 1 &&
        CHECK_OK(weft_process_read(process, text + held, sizeof(text) - 1 - held, &length, SOON))) {
        held += length;
        text[held] = '\0';
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
}

/* Nobody has the pipe any more: all that inherited it are gone. */
static void expect_end_of_output(weft_process *process)
{
    char text[1024];
    size_t length = 1;

    while (length > 0 && CHECK_OK(weft_process_read(process, text, sizeof(text), &length, SOON)))
        continue;
    CU_ASSERT_EQUAL(length, 0);
}

static weft_process *open_tree(const weft_process_options *options)
{
    const char *const shell[] = {"sh", "-c", "sleep 1000 & echo all; wait", NULL};
    const char *const family[] = {family_program, "parent", echo_program, NULL};
    bool windows = strcmp(weft_caps()->system, "windows") == 0;
    weft_process *process = NULL;

    CHECK_OK(weft_process_open(&process, windows ? family : shell, options));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    read_until(process, "all");
    return process;
}

static void kill_tree_reaches_all_that_a_process_has_started(void)
{
    const weft_process_options group = {.group = true, .output = WEFT_STREAM_PIPE};
    weft_process *process = open_tree(&group);
    weft_process_status status;

    CHECK_OK(weft_process_kill_tree(process));
    expect_end_of_output(process);
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_status_get(process, &status);
    CU_ASSERT_EQUAL(status.signal, 9);
    CHECK_OK(weft_process_kill_tree(process));
    weft_process_close(process);
}

static void kill_tree_reaches_them_also_after_its_end(void)
{
    const weft_process_options group = {.group = true, .output = WEFT_STREAM_PIPE};
    weft_process *process = open_tree(&group);

    CHECK_OK(weft_process_kill(process));
    CHECK_OK(weft_process_join(process, SOON));
    CHECK_OK(weft_process_kill_tree(process));
    expect_end_of_output(process);
    weft_process_close(process);
}

static int open_a_program(weft_task *task)
{
    const char *const arguments[] = {echo_program, "sleep", NULL};
    weft_process *process;

    REQUIRE(task, weft_process_open(&process, arguments, NULL) == 0);
    printf("all\n");
    fflush(stdout);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static void functions_have_trees_too(void)
{
    const weft_process_options group = {.group = true, .output = WEFT_STREAM_PIPE};
    weft_process *process = NULL;

    CHECK_OK(weft_process_start_with(&process, open_a_program, NULL, 0, &group));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    read_until(process, "all");
    CHECK_OK(weft_process_kill_tree(process));
    expect_end_of_output(process);
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_close(process);
}

static void without_a_group_there_is_no_tree(void)
{
    weft_process *process = open_echo("exit", "0", &silent);

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_process_kill_tree(process), WEFT_EINVAL);
    CHECK_SENTENCE("group");
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(code_of(process), 0);
}

/* ---- parents ------------------------------------------------------------------------------ */

static void programs_die_with_their_parent_however_that_ends(void)
{
    const char *const stays[] = {family_program, "parent", echo_program, NULL};
    const char *const exits[] = {family_program, "parent", echo_program, "exit", NULL};
    int (*const ways[])(weft_process *) = {weft_process_kill, weft_process_terminate, NULL};

    for (int i = 0; i < 3; i++) {
        weft_process *process = NULL;

        CHECK_OK(weft_process_open(&process, ways[i] ? stays : exits, &output_only));
        CU_ASSERT_PTR_NOT_NULL_FATAL(process);
        read_until(process, "all");
        if (ways[i])
            CHECK_OK(ways[i](process));
        expect_end_of_output(process);
        CHECK_OK(weft_process_join(process, SOON));
        weft_process_close(process);
    }
}

const char *const suite_name = "process_all";
CU_TestInfo suite_cases[] = {
    {"join_all_waits_for_functions_also_without_a_handle",
     join_all_waits_for_functions_also_without_a_handle},
    {"it_does_not_wait_for_daemons_and_programs", it_does_not_wait_for_daemons_and_programs},
    {"a_child_waits_for_its_children_when_its_function_has_returned",
     a_child_waits_for_its_children_when_its_function_has_returned},
    {"kill_tree_reaches_all_that_a_process_has_started",
     kill_tree_reaches_all_that_a_process_has_started},
    {"kill_tree_reaches_them_also_after_its_end", kill_tree_reaches_them_also_after_its_end},
    {"functions_have_trees_too", functions_have_trees_too},
    {"without_a_group_there_is_no_tree", without_a_group_there_is_no_tree},
    {"programs_die_with_their_parent_however_that_ends",
     programs_die_with_their_parent_however_that_ends},
    CU_TEST_INFO_NULL,
};
