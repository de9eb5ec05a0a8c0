/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "seam.h"
#include "utf8.h"

/* Linux keeps 15 bytes of a name, and refuses a longer one. */
enum { NAME_SIZE = 16 };

/* Linux sets the name of any thread, macOS that of the calling one; POSIX has none. */
static void set_name(const char *whole)
{
    char name[NAME_SIZE] = "";

    memcpy(name, whole, weft__utf8_fit(whole, NAME_SIZE - 1));
#if defined(__APPLE__)
    pthread_setname_np(name);
#elif defined(_GNU_SOURCE)
    pthread_setname_np(pthread_self(), name);
#else
    (void)name;
#endif
}

/* It allocates nothing, so that a thread costs no more than the system's own. */
static void *trampoline(void *argument)
{
    const weft_seam_start *start = argument;

    set_name(start->name);
    start->run(start->context);
    return NULL;
}

/* Whole pages, and no less than the system's least. */
static size_t stack_of(size_t wanted)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    long least = sysconf(_SC_THREAD_STACK_MIN);

    if (least > 0 && wanted < (size_t)least)
        wanted = (size_t)least;
    return (wanted + page - 1) / page * page;
}

int weft_seam_thread_start(weft_seam_thread *thread, const weft_seam_start *start,
                           size_t stack_size)
{
    union { /* what POSIX hands on is not const */
        const weft_seam_start *start;
        void *pointer;
    } argument = {start};
    pthread_attr_t attributes;
    pthread_t handle;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return weft__fail_system(error, "thread %s: not started", start->name);
    if (stack_size > 0)
        error = pthread_attr_setstacksize(&attributes, stack_of(stack_size));
    if (error == 0)
        error = pthread_create(&handle, &attributes, trampoline, argument.pointer);
    pthread_attr_destroy(&attributes);
    if (error != 0)
        return weft__fail_system(error, "thread %s: the system starts no more", start->name);
    thread->handle = (uintptr_t)handle;
    return 0;
}

void weft_seam_thread_join(weft_seam_thread thread)
{
    pthread_join((pthread_t)thread.handle, NULL);
}

void weft_seam_thread_detach(weft_seam_thread thread)
{
    pthread_detach((pthread_t)thread.handle);
}

void weft_seam_yield(void)
{
    sched_yield();
}
