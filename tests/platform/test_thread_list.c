/* SPDX-License-Identifier: MIT */
/* weft_thread_enumerate(). */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "internal.h" /* weft__call_until() runs a function in a thread that weft knows not */
#include "weft/event.h"
#include "weft/memory.h"

enum { NAME_SIZE = 64, THOUSAND = 1000, REFUSED = 600 };

/* What was found of the thread of that name. */
struct search {
    const char *name; /* how it begins */
    size_t found;
    unsigned last_id;
    bool out_of_order, daemon, started, current;
    char name_found[NAME_SIZE];
};

static void visit(const weft_thread_info *thread, void *context)
{
    struct search *search = context;

    search->out_of_order = search->out_of_order || thread->id <= search->last_id;
    search->last_id = thread->id;
    if (strncmp(thread->name, search->name, strlen(search->name)) != 0)
        return;
    search->found++;
    search->daemon = thread->daemon;
    search->started = thread->started;
    search->current = thread->current;
    snprintf(search->name_found, sizeof(search->name_found), "%s", thread->name);
}

static struct search look_for(const char *name)
{
    struct search search = {.name = name};

    weft_thread_enumerate(visit, &search);
    return search;
}

static int wait_for_event(weft_task *task)
{
    return weft_event_wait(WEFT_ARG(task, weft_event *), SOON);
}

static weft_thread *start_named(const char *name, bool daemon, weft_event *let_go)
{
    weft_thread *thread = NULL;

    CU_ASSERT_EQUAL_FATAL(
        weft_thread_start_with(&thread, wait_for_event, &let_go, sizeof(let_go),
                               &(weft_thread_options){.name = name, .daemon = daemon}),
        0);
    return thread;
}

static void the_main_thread_is_listed_first(void)
{
    struct search search = look_for("MainThread");

    CU_ASSERT_EQUAL(search.found, 1);
    CU_ASSERT_TRUE(search.current);
    CU_ASSERT_FALSE(search.started);
    CU_ASSERT_FALSE(search.daemon);
    CU_ASSERT_FALSE(search.out_of_order);
}

static void a_thread_is_listed_from_its_start_to_its_end(void)
{
    weft_event let_go = WEFT_EVENT_INIT;
    size_t before = weft_thread_enumerate(NULL, NULL);
    weft_thread *thread = start_named("reader", false, &let_go);
    weft_thread *daemon = start_named("duster", true, &let_go);
    struct search search = look_for("reader");

    CU_ASSERT_EQUAL(search.found, 1);
    CU_ASSERT_TRUE(search.started);
    CU_ASSERT_FALSE(search.daemon);
    CU_ASSERT_FALSE(search.current);
    CU_ASSERT_FALSE(search.out_of_order);
    CU_ASSERT_TRUE(look_for("duster").daemon);
    CU_ASSERT_EQUAL(weft_thread_enumerate(NULL, NULL), before + 2);
    weft_event_set(&let_go);
    while (weft_thread_is_alive(thread) || weft_thread_is_alive(daemon))
        weft_sleep(WEFT_MS(1));
    CU_ASSERT_EQUAL(look_for("reader").found, 0); /* its handle is still there */
    CU_ASSERT_EQUAL(weft_thread_enumerate(NULL, NULL), before);
    join_threads(&thread, 1);
    join_threads(&daemon, 1);
}

static int look_for_oneself(weft_task *task)
{
    struct search *search = WEFT_ARG(task, struct search *);

    *search = look_for(weft_thread_current_name());
    search->last_id = weft_thread_current_id();
    return 0;
}

static void a_thread_finds_itself(void)
{
    struct search search = {.name = ""};
    weft_thread *thread;

    start_threads(&thread, 1, look_for_oneself, &search);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(search.found, 1);
    CU_ASSERT_TRUE(search.current);
    CU_ASSERT_TRUE(search.last_id > 1);
}

static void a_refused_start_is_not_listed(void)
{
    weft_event let_go = WEFT_EVENT_INIT, *argument = &let_go;
    size_t before = weft_thread_enumerate(NULL, NULL);
    weft_thread *thread;

    refuse_passage("thread.start", 1, WEFT_ELIMIT);
    CHECK_ERROR(weft_thread_start(&thread, wait_for_event, &argument, sizeof(argument)),
                WEFT_ELIMIT);
    refuse_passage("thread.start", 0, 0);
    CU_ASSERT_EQUAL(weft_thread_enumerate(NULL, NULL), before);
}

static void of_a_thousand_threads_only_the_refused_one_is_missing(void)
{
    weft_event let_go = WEFT_EVENT_INIT, *argument = &let_go;
    weft_thread_options small = {.name = "one of many", .stack_size = 65536};
    size_t before = weft_thread_enumerate(NULL, NULL), started = 0;
    static weft_thread *threads[THOUSAND];
    struct search search;

    watch_memory();
    refuse_passage("thread.start", REFUSED, WEFT_ELIMIT);
    for (int i = 0; i < THOUSAND; i++)
        started += weft_thread_start_with(&threads[started], wait_for_event, &argument,
                                          sizeof(argument), &small) == 0;
    refuse_passage("thread.start", 0, 0);
    search = look_for("one of many");
    CU_ASSERT_EQUAL(started, THOUSAND - 1);
    CU_ASSERT_EQUAL(search.found, THOUSAND - 1);
    CU_ASSERT_FALSE(search.out_of_order);
    weft_event_set(&let_go);
    join_threads(threads, started);
    CU_ASSERT_EQUAL(weft_thread_enumerate(NULL, NULL), before);
    CHECK_OK(weft_thread_join_all(WEFT_NOW));
    unwatch_memory();
}

/* ---- threads that weft did not start ---------------------------------------------- */

struct stranger {
    struct search before, after;
};

static void use_weft(void *context)
{
    struct stranger *stranger = context;
    char name[NAME_SIZE];

    snprintf(name, sizeof(name), "Foreign-%u", weft_thread_current_id());
    stranger->after = look_for(name);
    stranger->after.name = NULL;
}

static void leave_it(void *context)
{
    (void)context;
}

static bool no_stranger_is_listed(void *context)
{
    (void)context;
    return look_for("Foreign-").found == 0;
}

static void a_stranger_is_listed_until_it_ends_and_leaves_nothing(void)
{
    struct stranger stranger = {.after = {.found = 0}};

    watch_memory();
    CU_ASSERT_TRUE(eventually(no_stranger_is_listed, NULL));
    CHECK_OK(weft__call_until(use_weft, leave_it, &stranger, SOON));
    CU_ASSERT_EQUAL(stranger.after.found, 1);
    CU_ASSERT_TRUE(stranger.after.current);
    CU_ASSERT_FALSE(stranger.after.started);
    CU_ASSERT_FALSE(stranger.after.daemon);
    CU_ASSERT_TRUE(eventually(no_stranger_is_listed, NULL));
    unwatch_memory();
}

/* An allocator that asks who calls it: it does so before a new thread's function runs. */
static void *allocate_with_name(void *context, size_t size)
{
    (void)context;
    weft_thread_current_name();
    return malloc(size);
}

static void release_with_name(void *context, void *memory)
{
    (void)context;
    weft_thread_current_name();
    free(memory);
}

static bool allocator_changes_to(void *allocator)
{
    return weft_set_allocator(allocator) == 0;
}

static void an_allocator_that_uses_weft_makes_no_stranger_of_a_thread(void)
{
    static weft_allocator curious = {allocate_with_name, release_with_name, NULL};
    weft_event let_go = WEFT_EVENT_INIT;
    weft_thread *thread;

    CU_ASSERT_TRUE(eventually(allocator_changes_to, &curious));
    thread = start_named("asked early", false, &let_go);
    CU_ASSERT_TRUE(eventually(no_stranger_is_listed, NULL));
    CU_ASSERT_EQUAL(look_for("asked early").found, 1);
    weft_event_set(&let_go);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(look_for("asked early").found, 0);
    CU_ASSERT_TRUE(eventually(allocator_changes_to, NULL));
}

const char *const suite_name = "thread_list";
CU_TestInfo suite_cases[] = {
    {"the_main_thread_is_listed_first", the_main_thread_is_listed_first},
    {"a_thread_is_listed_from_its_start_to_its_end", a_thread_is_listed_from_its_start_to_its_end},
    {"a_thread_finds_itself", a_thread_finds_itself},
    {"a_refused_start_is_not_listed", a_refused_start_is_not_listed},
    {"of_a_thousand_threads_only_the_refused_one_is_missing",
     of_a_thousand_threads_only_the_refused_one_is_missing},
    {"a_stranger_is_listed_until_it_ends_and_leaves_nothing",
     a_stranger_is_listed_until_it_ends_and_leaves_nothing},
    {"an_allocator_that_uses_weft_makes_no_stranger_of_a_thread",
     an_allocator_that_uses_weft_makes_no_stranger_of_a_thread},
    CU_TEST_INFO_NULL,
};
