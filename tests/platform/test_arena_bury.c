/* SPDX-License-Identifier: MIT */
/*
 * Blocks of processes that are killed: in the worst places, which fault points name. What
 * was private to them comes back, all of it, and nobody else notices.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "internal.h"
#include "portable/arena_private.h"
#include "weft/arena.h"
#include "weft/fault.h"
#include "weft/shared.h"

enum { MOST = 64, THREADS = 4, TURNS = 60000 };

struct scene {
    weft_shared_semaphore there; /* released where the test wants the process */
    weft_offset notes;           /* struct notes */
    size_t size;                 /* of the blocks */
    char point[32];              /* where to stop; "": when all is done */
    unsigned passages;           /* of it that come before */
    bool few;                    /* it begins with two blocks, and frees them */
};

/* Written by the child before it says that it is there. */
struct notes {
    uint32_t name;
    weft_offset kept, published, freed;
    bool is_published;
};

static uint64_t blocks_in_use(void)
{
    weft_shared_usage usage;

    weft_shared_usage_get(&usage);
    return usage.blocks;
}

static bool has_blocks(void *context)
{
    return blocks_in_use() == *(uint64_t *)context;
}

/* A process that was closed may keep a block until its monitor has ended. */
#define CHECK_BLOCKS(count) CU_ASSERT_TRUE(eventually(has_blocks, &(uint64_t){count}))

/* ---- the child ------------------------------------------------------------------------ */

static struct scene scene; /* its own */

static int stop_here(const char *point)
{
    if (strcmp(point, scene.point) != 0 || scene.passages-- > 0)
        return 0;
    weft_fault_hook(NULL);
    (void)weft_shared_semaphore_release(scene.there, 1);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

/* Does all that can be done with blocks, and stops on the way or at the end. */
static int allocate_free_and_stop(weft_task *task)
{
    scene = WEFT_ARG(task, struct scene);
    struct notes *notes = weft_shared_pointer(scene.notes);
    weft_offset more;

    notes->name = weft__arena_self();
    weft_fault_hook(stop_here);
    if (scene.few) {
        REQUIRE(task, weft__arena_alloc_private(&notes->freed, scene.size) == 0);
        REQUIRE(task, weft__arena_alloc_private(&more, scene.size) == 0);
        weft_shared_free(notes->freed);
        weft_shared_free(more);
    }
    REQUIRE(task, weft__arena_alloc_private(&notes->kept, scene.size) == 0);
    memset(weft_shared_pointer(notes->kept), 0xAA, scene.size);
    REQUIRE(task, weft__arena_alloc_private(&notes->published, scene.size) == 0);
    weft__arena_publish(notes->published);
    notes->is_published = true;
    REQUIRE(task, weft__arena_alloc_private(&notes->freed, scene.size) == 0);
    weft_shared_free(notes->freed);
    REQUIRE(task, weft__arena_alloc_private(&more, scene.size) == 0);
    REQUIRE(task, weft__arena_alloc_private(&more, scene.size) == 0);
    weft_shared_free(more);
    weft_fault_hook(NULL);
    REQUIRE(task, weft_shared_semaphore_release(scene.there, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

/* ---- the parent ------------------------------------------------------------------------- */

static struct scene make_scene(size_t size, const char *point, unsigned passages)
{
    struct scene s = {.size = size, .passages = passages};

    memcpy(s.point, point, strlen(point) + 1);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s.notes, sizeof(struct notes)), 0);
    return s;
}

static void close_scene(const struct scene *s)
{
    weft_shared_semaphore_close(s->there);
    weft_shared_free(s->notes);
}

/* A process lives and dies in it; what it wrote. */
static struct notes run(const struct scene *s)
{
    weft_process *process = start_process(allocate_free_and_stop, s, sizeof(*s));

    CHECK_OK(weft_shared_semaphore_acquire(s->there, SOON));
    kill_process(process);
    return *(struct notes *)weft_shared_pointer(s->notes);
}

static void private_blocks_of_a_dead_process_are_freed_and_no_others(void)
{
    struct scene s = make_scene(1000, "", 0);
    uint64_t before = blocks_in_use();
    struct notes notes = run(&s);

    CHECK_BLOCKS(before + 3);
    weft__arena_bury(notes.name + (1u << 10)); /* somebody else */
    CHECK_BLOCKS(before + 3);
    weft__arena_bury(notes.name);
    CHECK_BLOCKS(before + 1);
    weft__arena_bury(notes.name);
    CHECK_BLOCKS(before + 1);
    weft_shared_free(notes.published);
    expect_misuse(WEFT_EINVAL);
    weft_shared_free(notes.kept);
    CHECK_MISUSE_SEEN();
    close_scene(&s);
}

static void what_the_receiver_publishes_outlives_its_maker(void)
{
    struct scene s = make_scene(3 << 20, "", 0);
    uint64_t before = blocks_in_use();
    struct notes notes = run(&s);
    const unsigned char *bytes = weft_shared_pointer(notes.kept);

    weft__arena_publish(notes.kept);
    weft__arena_bury(notes.name);
    CHECK_BLOCKS(before + 2);
    CU_ASSERT_EQUAL(bytes[0], 0xAA);
    CU_ASSERT_EQUAL(bytes[(3 << 20) - 1], 0xAA);
    weft_shared_free(notes.kept);
    weft_shared_free(notes.published);
    CHECK_BLOCKS(before);
    close_scene(&s);
}

/* How many blocks there are for this size, used and free. */
static size_t count_blocks(size_t size)
{
    struct weft__walk walk = weft__walk_begin();
    size_t count = 0;
    uint32_t unit;

    while (weft__walk_next(&walk, &unit))
        count += weft__block_class(weft__block_at(unit)) == weft__class_of(size);
    return count;
}

/* So many blocks of this size can be had. */
static void take(size_t size, size_t count)
{
    weft_offset at[MOST];

    CU_ASSERT_TRUE_FATAL(count <= MOST);
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at[i], size), 0);
    for (size_t i = 0; i < count; i++)
        weft_shared_free(at[i]);
}

/* Every block of this size that there is can be had; none is in use. */
static void find_all(size_t size)
{
    size_t count = count_blocks(size);

    take(size, count);
    CU_ASSERT_EQUAL(count_blocks(size), count);
    if (count_blocks(size) != count)
        printf("\n    size %zu: %zu lost\n", size, count_blocks(size) - count);
}

enum finder { OTHERS, UNDERTAKER, UNDERTAKER_OF_FEW };

/* A process dies at the point, and is found there by others or by its undertaker. */
static void kill_at(const char *point, size_t size, unsigned passages, enum finder finder)
{
    uint64_t before = blocks_in_use();
    struct scene s = make_scene(size, point, passages);

    s.few = finder == UNDERTAKER_OF_FEW;
    struct notes notes = run(&s);
    if (finder == OTHERS)
        take(size, 4); /* nobody is hindered by the dead */
    weft__arena_bury(notes.name);
    if (notes.is_published)
        weft_shared_free(notes.published);
    close_scene(&s);
    CHECK_BLOCKS(before);
    find_all(size);
}

static void kill_at_each_passage(const char *point, unsigned passages)
{
    static const size_t sizes[] = {200, 40000, 2 << 20};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (unsigned passage = 0; passage < passages; passage++)
            for (int finder = OTHERS; finder <= UNDERTAKER_OF_FEW; finder++)
                kill_at(point, sizes[i], passage, (enum finder)finder);
}

static void a_process_killed_while_it_cuts_a_block_loses_none(void)
{
    kill_at_each_passage("arena.cut.begun", 1);
    kill_at_each_passage("arena.cut.tagged", 1);
}

static void a_process_killed_while_it_allocates_loses_none(void)
{
    kill_at_each_passage("arena.alloc.found", 5);
}

static void a_process_killed_while_it_frees_loses_none(void)
{
    kill_at_each_passage("arena.free.left", 2);
}

static void a_process_killed_while_it_changes_a_list_leaves_it_whole(void)
{
    kill_at_each_passage("arena.list.announced", 3);
    kill_at_each_passage("arena.list.marked", 3);
}

static int take_and_free(weft_task *task)
{
    size_t size = *WEFT_ARG(task, size_t *);

    for (size_t i = 0; i < TURNS; i++) {
        weft_offset at[2];

        REQUIRE(task, weft_shared_alloc(&at[0], size) == 0);
        REQUIRE(task, weft_shared_alloc(&at[1], size) == 0);
        weft_shared_free(at[i % 2]);
        weft_shared_free(at[1 - i % 2]);
    }
    return 0;
}

static void threads_that_allocate_and_free_at_once_lose_none(void)
{
    weft_thread *threads[THREADS];
    size_t size = 300;

    start_threads(threads, THREADS, take_and_free, &size);
    join_threads(threads, THREADS);
    CU_ASSERT_TRUE(count_blocks(size) >= 2);
    find_all(size);
}

const char *const suite_name = "arena_bury";
CU_TestInfo suite_cases[] = {
    {"private_blocks_of_a_dead_process_are_freed_and_no_others",
     private_blocks_of_a_dead_process_are_freed_and_no_others},
    {"what_the_receiver_publishes_outlives_its_maker",
     what_the_receiver_publishes_outlives_its_maker},
    {"a_process_killed_while_it_cuts_a_block_loses_none",
     a_process_killed_while_it_cuts_a_block_loses_none},
    {"a_process_killed_while_it_allocates_loses_none",
     a_process_killed_while_it_allocates_loses_none},
    {"a_process_killed_while_it_frees_loses_none", a_process_killed_while_it_frees_loses_none},
    {"a_process_killed_while_it_changes_a_list_leaves_it_whole",
     a_process_killed_while_it_changes_a_list_leaves_it_whole},
    {"threads_that_allocate_and_free_at_once_lose_none",
     threads_that_allocate_and_free_at_once_lose_none},
    CU_TEST_INFO_NULL,
};
