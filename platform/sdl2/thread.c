/* SPDX-License-Identifier: MIT */
/*
 * Threads of SDL.
 *
 * SDL_DetachThread() reads the thread's object after it said that nobody will join,
 * and a thread that ends just then has freed it. `state` keeps the two apart: a
 * thread that ends while it is being detached waits until that is over, and one
 * that has ended is joined instead, which takes a moment. Its changes are
 * acquire-release; whoever comes second frees the object. It is from SDL's heap, as
 * SDL_Thread is, and not from weft_alloc(): nobody can wait until a detached thread
 * has let go of it.
 */
#define SDL_MAIN_HANDLED

#include <SDL.h>

#include "internal.h"
#include "local.h"
#include "seam.h"
#include "weft/wait.h"

enum { RUNS, ENDED, DETACHING, DETACHED };

/* SDL passes the size on as it is, and a system may refuse odd or small ones. */
enum { STACK_UNIT = 65536 };

struct thread {
    weft_atomic_u32 state;
    SDL_Thread *system; /* written by the starter, who alone has the handle then */
    void (*run)(void *context);
    void *context;
};

static int SDLCALL trampoline(void *argument)
{
    struct thread *thread = argument;
    uint32_t seen = RUNS;

    thread->run(thread->context);
    weft__local_end();
    if (weft_cas_u32(&thread->state, &seen, ENDED, WEFT_ACQ_REL))
        return 0;
    weft__wait_while(&thread->state, DETACHING, "thread handle", thread);
    SDL_free(thread);
    return 0;
}

int weft_seam_thread_start(weft_seam_thread *handle, const weft_seam_start *start,
                           size_t stack_size)
{
    struct thread *thread = SDL_calloc(1, sizeof(*thread));

    if (!thread)
        return weft__fail(WEFT_ENOMEM, "thread %s: SDL has no memory for it", start->name);
    thread->run = start->run;
    thread->context = start->context;
    if (stack_size <= SIZE_MAX - STACK_UNIT)
        stack_size = (stack_size + STACK_UNIT - 1) / STACK_UNIT * STACK_UNIT;
    thread->system = SDL_CreateThreadWithStackSize(trampoline, start->name, stack_size, thread);
    if (!thread->system) {
        SDL_free(thread);
        return weft__fail(WEFT_ELIMIT, "thread %s: SDL starts no more: %s", start->name,
                          SDL_GetError());
    }
    handle->handle = (uintptr_t)thread;
    return 0;
}

void weft_seam_thread_join(weft_seam_thread handle)
{
    struct thread *thread = (struct thread *)handle.handle;

    SDL_WaitThread(thread->system, NULL);
    SDL_free(thread);
}

void weft_seam_thread_detach(weft_seam_thread handle)
{
    struct thread *thread = (struct thread *)handle.handle;
    uint32_t seen = RUNS;

    if (!weft_cas_u32(&thread->state, &seen, DETACHING, WEFT_ACQ_REL)) {
        weft_seam_thread_join(handle);
        return;
    }
    SDL_DetachThread(thread->system);
    weft_store_u32(&thread->state, DETACHED, WEFT_RELEASE);
    weft_wake(&thread->state, 1); /* the address only: the thread may have freed it */
}

void weft_seam_yield(void)
{
    SDL_Delay(0);
}
