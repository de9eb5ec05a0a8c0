/* SPDX-License-Identifier: MIT */
/* What a child is: the same program again, with nothing of its parent but the arena and
 * two streams, and gone when its parent is. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/shared.h"
#include "weft/socket.h"
#include "weft/text.h"

static int variable = 1; /* every process has its own */

/* ---- identity ------------------------------------------------------------------ */

static int know_names_and_numbers(weft_task *task)
{
    REQUIRE(task, strcmp(weft_process_current_name(), "the child") == 0);
    REQUIRE(task, strcmp(weft_task_name(task), "the child") == 0);
    REQUIRE(task, strcmp(weft_thread_current_name(), "MainThread") == 0);
    REQUIRE(task, weft_thread_current_id() == 1);
    REQUIRE(task, weft_process_current_pid() != WEFT_ARG(task, uint64_t));
    return 0;
}

static void it_knows_its_names_and_numbers(void)
{
    const weft_process_options options = {.name = "the child"};
    uint64_t parent = weft_process_current_pid();
    weft_process *process = NULL;

    CU_ASSERT_STRING_EQUAL(weft_process_current_name(), "MainProcess");
    CHECK_OK(weft_process_start_with(&process, know_names_and_numbers, &parent, sizeof(parent),
                                     &options));
    join_process(process);
    CU_ASSERT_STRING_EQUAL(weft_process_current_name(), "MainProcess");
}

static int compare_name(weft_task *task)
{
    const char *name = weft_task_argument(task, weft_task_argument_size(task));

    REQUIRE(task, strcmp(weft_process_current_name(), name) == 0);
    REQUIRE(task, strcmp(weft_task_name(task), name) == 0);
    return 0;
}

static void its_name_is_whole_however_long(void)
{
    char name[300];
    const weft_process_options options = {.name = name};
    weft_process *process = NULL;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CHECK_OK(weft_process_start_with(&process, compare_name, name, sizeof(name), &options));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(weft_process_name(process), name);
    join_process(process);
}

static int change_the_variable(weft_task *task)
{
    REQUIRE(task, variable == 1);
    variable = 3;
    return 0;
}

static void it_shares_no_variable_with_its_parent(void)
{
    variable = 2;
    join_process(start_process(change_the_variable, NULL, 0));
    CU_ASSERT_EQUAL(variable, 2);
    variable = 1;
}

static int add_one(weft_task *task)
{
    *(int *)weft_shared_pointer(WEFT_ARG(task, weft_offset)) += 1;
    return 0;
}

static int run_threads(weft_task *task)
{
    weft_offset at = WEFT_ARG(task, weft_offset);
    weft_thread *thread;

    REQUIRE(task, weft_thread_start(&thread, add_one, &at, sizeof(at)) == 0);
    REQUIRE(task, weft_thread_join(thread, SOON) == 0);
    return 0;
}

static void it_can_use_threads(void)
{
    weft_offset at;

    CHECK_OK(weft_shared_alloc(&at, sizeof(int)));
    join_process(start_process(run_threads, &at, sizeof(at)));
    CU_ASSERT_EQUAL(*(int *)weft_shared_pointer(at), 1);
    weft_shared_free(at);
}

/* ---- what it inherits ------------------------------------------------------------ */

static int find_input_empty(weft_task *task)
{
    char line[16];

    REQUIRE(task, weft_input(NULL, line, sizeof(line)) == WEFT_ECLOSED);
    REQUIRE(task, getchar() == EOF);
    return 0;
}

static void its_standard_input_is_empty(void)
{
    join_process(start_process(find_input_empty, NULL, 0));
}

/* Tells that it runs, and stays until it may go. */
struct stay {
    weft_shared_semaphore here, go;
};

static int stay_for_a_while(weft_task *task)
{
    struct stay stay = WEFT_ARG(task, struct stay);

    REQUIRE(task, weft_shared_semaphore_release(stay.here, 1) == 0);
    REQUIRE(task, weft_shared_semaphore_acquire(stay.go, SOON) == 0);
    return 0;
}

static weft_process *start_staying(struct stay *stay)
{
    CHECK_OK(weft_shared_semaphore_create(&stay->here, 0));
    CHECK_OK(weft_shared_semaphore_create(&stay->go, 0));
    weft_process *process = start_process(stay_for_a_while, stay, sizeof(*stay));
    CHECK_OK(weft_shared_semaphore_acquire(stay->here, SOON));
    return process;
}

static void let_go(struct stay *stay, weft_process *process)
{
    CHECK_OK(weft_shared_semaphore_release(stay->go, 1));
    join_process(process);
    weft_shared_semaphore_close(stay->here);
    weft_shared_semaphore_close(stay->go);
}

static void it_inherits_no_socket(void)
{
    weft_socket *listener = NULL;
    weft_address address;
    struct stay stay;

    CU_ASSERT_EQUAL_FATAL(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL), 0);
    CHECK_OK(weft_socket_address(listener, &address));
    weft_process *process = start_staying(&stay);
    weft_socket_close(listener);
    /* Were the socket still open in the child, its port would be in use. */
    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", address.port, NULL));
    weft_socket_close(listener);
    let_go(&stay, process);
}

static void it_inherits_no_file(void)
{
    const char *name = "weft-test-inherited.txt";
    FILE *file = fopen(name, "w");
    struct stay stay;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    weft_process *process = start_staying(&stay);
    fclose(file);
    /* Windows does not remove a file that some process has open. */
    CU_ASSERT_EQUAL(remove(name), 0);
    let_go(&stay, process);
}

/* ---- grandchildren ---------------------------------------------------------------- */

static int start_a_child(weft_task *task)
{
    weft_offset at = WEFT_ARG(task, weft_offset);
    weft_process *process;

    REQUIRE(task, weft_process_start(&process, add_one, &at, sizeof(at)) == 0);
    REQUIRE(task, weft_process_join(process, SOON) == 0);
    weft_process_close(process);
    *(int *)weft_shared_pointer(at) += 1;
    return 0;
}

static void it_has_children_of_its_own_in_the_same_arena(void)
{
    weft_offset at;

    CHECK_OK(weft_shared_alloc(&at, sizeof(int)));
    join_process(start_process(start_a_child, &at, sizeof(at)));
    CU_ASSERT_EQUAL(*(int *)weft_shared_pointer(at), 2);
    weft_shared_free(at);
}

/* A child and its child, which holds a mutex for ever. */
struct line {
    weft_shared_mutex mutex;
    weft_shared_semaphore held; /* released when the grandchild has the mutex */
    weft_shared_semaphore end;  /* tells the child to end by itself */
    bool by_exit;
    bool without_files; /* the grandchild closes all descriptors that it has */
};

static int hold_for_ever(weft_task *task)
{
    struct line line = WEFT_ARG(task, struct line);

    REQUIRE(task, weft_shared_mutex_acquire(line.mutex, SOON) == 0);
    if (line.without_files)
        close_descriptors(3, 1023);
    REQUIRE(task, weft_shared_semaphore_release(line.held, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static int start_a_holder(weft_task *task)
{
    /* A daemon: for any other, this one would wait when its function has returned. */
    const weft_process_options daemon = {.daemon = true};
    struct line line = WEFT_ARG(task, struct line);
    weft_process *process;

    REQUIRE(task,
            weft_process_start_with(&process, hold_for_ever, &line, sizeof(line), &daemon) == 0);
    REQUIRE(task, weft_shared_semaphore_acquire(line.end, WEFT_FOREVER) == 0);
    if (line.by_exit)
        exit(0);
    return 0;
}

enum way { KILLED, TERMINATED, EXITED, RETURNED, WAYS };

static void end_it(weft_process *process, const struct line *line, enum way way)
{
    if (way == KILLED)
        CHECK_OK(weft_process_kill(process));
    else if (way == TERMINATED)
        CHECK_OK(weft_process_terminate(process));
    else
        CHECK_OK(weft_shared_semaphore_release(line->end, 1));
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_close(process);
}

static void it_dies_with_its_parent_however_that_ends(void)
{
    for (int way = 0; way <= WAYS; way++) {
        struct line line = {.by_exit = way == EXITED, .without_files = way == WAYS};

        CHECK_OK(weft_shared_mutex_create(&line.mutex));
        CHECK_OK(weft_shared_semaphore_create(&line.held, 0));
        CHECK_OK(weft_shared_semaphore_create(&line.end, 0));
        weft_process *process = start_process(start_a_holder, &line, sizeof(line));
        CU_ASSERT_PTR_NOT_NULL_FATAL(process);
        CHECK_OK(weft_shared_semaphore_acquire(line.held, SOON));
        if (!line.without_files) /* plain POSIX: who has lost its file is dead for strangers */
            CHECK_ERROR(weft_shared_mutex_acquire(line.mutex, WEFT_NOW), WEFT_ETIMEDOUT);
        end_it(process, &line, way < WAYS ? (enum way)way : KILLED);
        CHECK_ERROR(weft_shared_mutex_acquire(line.mutex, SOON), WEFT_EOWNERDEAD);
        CHECK_OK(weft_shared_mutex_release(line.mutex));
        weft_shared_mutex_close(line.mutex);
        weft_shared_semaphore_close(line.held);
        weft_shared_semaphore_close(line.end);
    }
}

/* Dies as soon as it has a child, which may be in the middle of its start then. */
static int start_and_leave(weft_task *task)
{
    struct line line = WEFT_ARG(task, struct line);
    weft_process *process;

    REQUIRE(task, weft_process_start(&process, hold_for_ever, &line, sizeof(line)) == 0);
    _Exit(0);
}

static void a_parent_that_dies_during_the_start_leaves_nobody(void)
{
    struct line line = {.by_exit = false};

    CHECK_OK(weft_shared_mutex_create(&line.mutex));
    CHECK_OK(weft_shared_semaphore_create(&line.held, 0));
    for (int i = 0; i < 10; i++) {
        join_process(start_process(start_and_leave, &line, sizeof(line)));
        /* Free if the grandchild came not so far, ownerless if it did. */
        int err = weft_shared_mutex_acquire(line.mutex, SOON);
        CU_ASSERT_TRUE(err == 0 || err == WEFT_EOWNERDEAD);
        CHECK_OK(weft_shared_mutex_release(line.mutex));
    }
    weft_sleep(WEFT_MS(50)); /* one that outlived its parent would take it by now */
    int err = weft_shared_mutex_acquire(line.mutex, SOON);
    CU_ASSERT_TRUE(err == 0 || err == WEFT_EOWNERDEAD);
    CHECK_OK(weft_shared_mutex_release(line.mutex));
    weft_shared_mutex_close(line.mutex);
    weft_shared_semaphore_close(line.held);
}

const char *const suite_name = "child";
CU_TestInfo suite_cases[] = {
    {"it_knows_its_names_and_numbers", it_knows_its_names_and_numbers},
    {"its_name_is_whole_however_long", its_name_is_whole_however_long},
    {"it_shares_no_variable_with_its_parent", it_shares_no_variable_with_its_parent},
    {"it_can_use_threads", it_can_use_threads},
    {"its_standard_input_is_empty", its_standard_input_is_empty},
    {"it_inherits_no_socket", it_inherits_no_socket},
    {"it_inherits_no_file", it_inherits_no_file},
    {"it_has_children_of_its_own_in_the_same_arena", it_has_children_of_its_own_in_the_same_arena},
    {"it_dies_with_its_parent_however_that_ends", it_dies_with_its_parent_however_that_ends},
    {"a_parent_that_dies_during_the_start_leaves_nobody",
     a_parent_that_dies_during_the_start_leaves_nobody},
    CU_TEST_INFO_NULL,
};
