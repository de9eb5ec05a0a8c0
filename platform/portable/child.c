/* SPDX-License-Identifier: MIT */
/*
 * weft_main(): where a child of weft_process_start() leaves main() and runs its
 * function instead.
 */
#include "child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seam.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/process.h"
#include "weft/thread.h"

/* Set by weft_main in the main thread with release, read by starters with acquire. */
static weft_atomic_u32 main_called;

/* Written by weft_main before any other thread exists. */
static const char *process_name = "MainProcess"; /* a child's is in the arena */

bool weft__main_called(void)
{
    return weft_load_u32(&main_called, WEFT_ACQUIRE) != 0;
}

const char *weft_process_current_name(void)
{
    return process_name;
}

uint64_t weft_process_current_pid(void)
{
    return weft_seam_process_pid();
}

void weft__process_ignore_interrupt(void)
{
    weft_seam_process_ignore_interrupt();
}

uint64_t weft__parse_hex(const char **text)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t number = 0;
    const char *digit;

    while (**text != '\0' && (digit = strchr(digits, **text)) != NULL) {
        number = number << 4 | (uint64_t)(digit - digits);
        ++*text;
    }
    return number;
}

/* Runs the child's function; its code. */
static int run(struct weft__child_block *block)
{
    weft_task task = {.argument = block + 1, .size = (size_t)block->size, .name = process_name};
    weft_function *function;
    int err = weft__function_find(block->function, &function);

    if (err == 0) {
        err = weft__task_run(&task, function);
        memcpy(block->sentence, task.sentence, sizeof(block->sentence));
    } else {
        snprintf(block->sentence, sizeof(block->sentence), "%.250s", weft_last_error());
    }
    return err;
}

/* A child ends here, with everything printed that was to be. */
static void be_a_child(struct weft__child_block *block)
{
    int code;

    process_name = (const char *)(block + 1) + block->size;
    weft__heirs_begin(process_name + strlen(process_name) + 1, block->heirs);
    code = run(block);
    if (code == 0) {
        weft_thread_join_all(WEFT_FOREVER);
        weft_process_join_all(WEFT_FOREVER);
    }
    block->error = code;
    exit(code == 0 ? 0 : 1);
}

/* The child becomes a user of its parent's arena, unless it cannot know what is where in
 * there: then it has touched nothing but the block's sentence. */
static void join_the_arena(const weft_seam_arena *arena, struct weft__child_block *block,
                           const char *program)
{
    uint64_t identity;
    int err = weft_seam_module_identity("", &identity);

    if (err == 0 && identity != block->program)
        err = weft__fail(WEFT_ENOTFOUND, "this is another build of %s than its parent", program);
    if (err == 0)
        err = weft__arena_attached(arena);
    if (err == 0)
        return;
    block->error = err;
    snprintf(block->sentence, sizeof(block->sentence), "%.250s", weft_last_error());
    weft_seam_process_exit(1);
}

void weft_main(int *argc, char ***argv)
{
    struct weft__child_block *block = NULL;
    weft_seam_arena arena;
    const char *start = NULL;
    int err;

    weft_thread_current_id(); /* the main thread is number 1 */
    err = weft_seam_process_begin(argc, argv, &start, &arena);
    if (err != 0) {
        /* Nobody is there who could be told: the one place where weft speaks itself. */
        fprintf(stderr, "weft: this process could not begin: %s\n", weft_last_error());
        weft_seam_process_exit(1);
    }
    if (start) {
        block = (struct weft__child_block *)((char *)arena.base + weft__parse_hex(&start));
        join_the_arena(&arena, block, (*argv)[0]);
    }
    weft_store_u32(&main_called, 1, WEFT_RELEASE);
    if (block)
        be_a_child(block);
}
