/* SPDX-License-Identifier: MIT */
/*
 * The guard: a process that kills our programs when we are gone, however that happens.
 *
 * It is this program started once more, by the first weft_process_open(). It holds the
 * reading end of a life line, and a table in shared memory of what is to be killed; all it
 * does is to wait for the end of the line. It leads a session of its own and lets no signal
 * in, so neither Ctrl-C nor a closed terminal reaches it, and it is nobody's child, so a
 * program that waits for its children never meets it.
 *
 * A place in the table is 0, or a process number and whether that leads a group. We write
 * it after a start and clear it before we collect, so a number in it is that of our program
 * or of nobody. (Between the two steps of a start, some 100 us, a program is not guarded.)
 * There is no message, so nothing here can block, and a guard that was killed is replaced
 * at the next start. That there is none is no error of a start.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"
#include "life_line.h"
#include "memory_file.h"
#include "spawn.h"
#include "weft/mutex.h"

enum { PLACES = 16384 };

struct table {
    weft_atomic_u64 places[PLACES]; /* number << 1 | leads a group; ours, relaxed */
};

static weft_mutex lock = WEFT_MUTEX_INIT;
static struct table *table; /* these are guarded by lock; NULL: not made yet */
static int table_file;
static int life_line = -1; /* our end; -1: there is no guard */
static uint32_t last;      /* place that was taken last; the next free one is near */

static bool map(int file)
{
    void *memory = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

    if (memory == MAP_FAILED)
        return false;
    table = memory;
    return true;
}

static bool make_table(void)
{
    if (table)
        return true;
    if (weft__memory_file_create(&table_file, sizeof(*table)) != 0 ||
        weft__out_of_the_way(&table_file) != 0)
        return false;
    if (map(table_file) && weft__memory_file_commit(table_file, table, 0, sizeof(*table)) == 0)
        return true;
    if (table)
        munmap(table, sizeof(*table));
    table = NULL;
    close(table_file);
    return false;
}

/* The line has two ends, or else nobody holds the other one. */
static bool is_alive(void)
{
    struct pollfd line = {.fd = life_line, .events = 0};

    return life_line != -1 && poll(&line, 1, 0) == 0;
}

/* The one that is started leaves at once, after its fork: see weft__guard_be(). */
static bool start(int life)
{
    const char *const arguments[] = {weft__program_name(), WEFT__GUARD_MARK, NULL};
    struct weft__spawn spawn = {.path = weft__program_path(),
                                .arguments = arguments,
                                .deaf = true,
                                .ours = true,
                                .count = WEFT__GUARD_LIFE + 1,
                                .sources = {WEFT__NULL, WEFT__NULL, WEFT__NULL}};
    pid_t pid;

    spawn.sources[WEFT__GUARD_TABLE] = table_file;
    spawn.sources[WEFT__GUARD_LIFE] = life;
    if (!spawn.path || weft__spawn(&spawn, &pid) != 0)
        return false;
    weft__child_collect(pid);
    return true;
}

void weft__guard_begin(void)
{
    int ends[2];

    if (!weft__program_name())
        return;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (!is_alive() && make_table() && weft__pipe_pair(ends) == 0) {
        if (life_line != -1)
            weft__life_line_drop(life_line);
        life_line = -1;
        weft__life_line_hold(ends[1]);
        if (start(ends[0]))
            life_line = ends[1];
        else
            weft__life_line_drop(ends[1]);
        close(ends[0]);
    }
    weft_mutex_release(&lock);
}

uintptr_t weft__guard_add(pid_t pid, bool group)
{
    uintptr_t place = UINTPTR_MAX;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (uint32_t i = 0; table && i < PLACES && place == UINTPTR_MAX; i++) {
        last = (last + 1) % PLACES;
        if (weft_load_u64(&table->places[last], WEFT_RELAXED) == 0)
            place = last;
    }
    if (place != UINTPTR_MAX)
        weft_store_u64(&table->places[place], (uint64_t)pid << 1 | group, WEFT_RELAXED);
    weft_mutex_release(&lock);
    return place;
}

void weft__guard_forget(uintptr_t place)
{
    if (place != UINTPTR_MAX)
        weft_store_u64(&table->places[place], 0, WEFT_RELAXED);
}

/* ---- in the guard ------------------------------------------------------------------------- */

static void kill_all(void)
{
    for (uint32_t i = 0; i < PLACES; i++) {
        uint64_t place = weft_load_u64(&table->places[i], WEFT_ACQUIRE);

        if (place == 0)
            continue;
        if (place & 1)
            kill(-(pid_t)(place >> 1), SIGKILL);
        kill((pid_t)(place >> 1), SIGKILL);
    }
}

void weft__guard_be(void)
{
    char byte;

    setsid();
    if (fork() != 0)
        _exit(0);
    /* It keeps no folder from being removed. */
    if (chdir("/") != 0 || !map(WEFT__GUARD_TABLE))
        _exit(1);
    while (read(WEFT__GUARD_LIFE, &byte, 1) == -1 && errno == EINTR)
        continue;
    kill_all();
    _exit(0);
}
