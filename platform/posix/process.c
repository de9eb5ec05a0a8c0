/* SPDX-License-Identifier: MIT */
/*
 * Processes by posix_spawn.
 *
 * A child of this program inherits the arena and the reading end of its life line, a
 * pipe that nobody writes to and whose other end its parent keeps: when the parent
 * dies, however that happens, a thread in the child reads end of file and ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forked.h"
#include "internal.h"
#include "seam.h"
#include "spawn.h"

extern char **environ;

/* What a child's argv[1] begins with; the arena's size in hex follows. */
static const char child_mark[] = "--weft-child=";

/* main's argv[0], for children to be called the same; written once, by weft_main. */
static const char *program_name;

/* ---- starting ---------------------------------------------------------------- */

struct spawn {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

/* A child begins with no signal blocked, and with SIGPIPE as programs expect it. */
static int spawn_begin(struct spawn *spawn)
{
    sigset_t none, defaults;
    int error = posix_spawn_file_actions_init(&spawn->actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&spawn->attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&spawn->actions);
        return error;
    }
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&spawn->attributes, &none);
    posix_spawnattr_setsigdefault(&spawn->attributes, &defaults);
    posix_spawnattr_setflags(&spawn->attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return 0;
}

static void spawn_end(struct spawn *spawn)
{
    posix_spawnattr_destroy(&spawn->attributes);
    posix_spawn_file_actions_destroy(&spawn->actions);
}

/* argv of an exec is not const, but exec does not change it. */
static char **writable(const char *const *arguments)
{
    char **result;

    memcpy(&result, &arguments, sizeof(result));
    return result;
}

int weft_seam_process_start(weft_seam_process *process, const weft_seam_arena *arena,
                            const char *start, const weft_process_options *options,
                            uintptr_t ends[3])
{
    const char *path = weft__program_path();
    char mark[64];
    const char *arguments[] = {program_name, mark, start, NULL};
    struct spawn spawn;
    int life[2];
    pid_t pid;
    int error, err;

    (void)options;
    (void)ends;
    if (!path)
        return weft__fail(WEFT_ENOTFOUND, "process: this program's own file is not to be found");
    snprintf(mark, sizeof(mark), "%s%zx", child_mark, arena->size);
    err = weft__pipe_pair(life);
    if (err != 0)
        return err;
    error = spawn_begin(&spawn);
    if (error != 0)
        goto close_life;
    error = posix_spawn_file_actions_addopen(&spawn.actions, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error =
            posix_spawn_file_actions_adddup2(&spawn.actions, (int)arena->handle, WEFT__CHILD_ARENA);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&spawn.actions, life[0], WEFT__CHILD_LIFE);
    if (error == 0)
        error = weft__inherit_below(&spawn.actions, &spawn.attributes, WEFT__CHILD_DESCRIPTORS);
    if (error == 0)
        error = posix_spawn(&pid, path, &spawn.actions, &spawn.attributes, writable(arguments),
                            environ);
    spawn_end(&spawn);
    if (error != 0)
        goto close_life;
    close(life[0]);
    *process = (weft_seam_process){.pid = (uint64_t)pid, .life = (uintptr_t)life[1], .ours = true};
    return 0;

close_life:
    close(life[0]);
    close(life[1]);
    return weft__fail_system(error, "process: %s cannot be started again", program_name);
}

/* The child's end of one standard stream; *parent receives the other, if it is a pipe. */
static int direct(struct spawn *spawn, int stream, enum weft_stream wanted, int *child,
                  uintptr_t *parent)
{
    int ends[2];
    int error;

    *child = -1;
    if (wanted == WEFT_STREAM_DEFAULT || wanted == WEFT_STREAM_INHERIT)
        return 0;
    if (wanted == WEFT_STREAM_NOTHING) {
        error = posix_spawn_file_actions_addopen(&spawn->actions, stream, "/dev/null",
                                                 stream == 0 ? O_RDONLY : O_WRONLY, 0);
        return error == 0 ? 0 : weft__fail_system(error, "process: /dev/null");
    }
    int err = weft__pipe_pair(ends);
    if (err != 0)
        return err;
    *child = stream == 0 ? ends[0] : ends[1];
    *parent = (uintptr_t)(stream == 0 ? ends[1] : ends[0]);
    error = posix_spawn_file_actions_adddup2(&spawn->actions, *child, stream);
    return error == 0 ? 0 : weft__fail_system(error, "process: stream %d", stream);
}

static void close_end(uintptr_t *end)
{
    if (*end != UINTPTR_MAX)
        close((int)*end);
    *end = UINTPTR_MAX;
}

static int run_program(struct spawn *spawn, const char *const *arguments, pid_t *pid)
{
    int error = weft__inherit_below(&spawn->actions, &spawn->attributes, 3);

    if (error == 0)
        error = posix_spawnp(pid, arguments[0], &spawn->actions, &spawn->attributes,
                             writable(arguments), environ);
    return error == 0 ? 0 : weft__fail_system(error, "process: %s cannot be run", arguments[0]);
}

int weft_seam_process_open(weft_seam_process *process, const char *const *arguments,
                           const weft_process_options *options, uintptr_t ends[3])
{
    int child_input = -1, child_output = -1, unused = -1;
    struct spawn spawn;
    pid_t pid = 0;
    int err = spawn_begin(&spawn);

    if (err != 0)
        return weft__fail_system(err, "process: %s cannot be run", arguments[0]);
    err = direct(&spawn, 0, options->input, &child_input, &ends[0]);
    if (err == 0)
        err = direct(&spawn, 1, options->output, &child_output, &ends[1]);
    if (err == 0 && options->errors == WEFT_STREAM_PIPE && child_output != -1)
        posix_spawn_file_actions_adddup2(&spawn.actions, child_output, 2);
    else if (err == 0 && options->errors == WEFT_STREAM_PIPE)
        err = direct(&spawn, 2, options->errors, &child_output, &ends[1]);
    else if (err == 0)
        err = direct(&spawn, 2, options->errors, &unused, &ends[1]);
    if (err == 0)
        err = run_program(&spawn, arguments, &pid);
    spawn_end(&spawn);
    if (child_input != -1)
        close(child_input);
    if (child_output != -1)
        close(child_output);
    if (err == 0) {
        *process = (weft_seam_process){.pid = (uint64_t)pid, .life = UINTPTR_MAX, .ours = false};
        return 0;
    }
    close_end(&ends[0]);
    close_end(&ends[1]);
    return err;
}

/* ---- watching and ending ------------------------------------------------------ */

void weft_seam_process_wait(weft_seam_process *process, weft_process_status *status)
{
    siginfo_t info;
    int result;

    memset(&info, 0, sizeof(info));
    /* WNOWAIT: its number stays its own until weft_seam_process_close(). */
    do
        result = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT);
    while (result == -1 && errno == EINTR);
    if (result == -1) {
        /* The program ignores SIGCHLD, or collected the child itself. */
        status->code = 255;
        snprintf(status->sentence, sizeof(status->sentence),
                 "its exit status is unknown: somebody else collected it");
    } else if (info.si_code == CLD_EXITED) {
        status->code = info.si_status;
    } else {
        status->signal = info.si_status;
    }
}

static int send_signal(weft_seam_process *process, int number)
{
    if (kill((pid_t)process->pid, number) == 0 || errno == ESRCH)
        return 0;
    return weft__fail_system(errno, "process %llu: signal %d", (unsigned long long)process->pid,
                             number);
}

int weft_seam_process_terminate(weft_seam_process *process)
{
    return send_signal(process, SIGTERM);
}

int weft_seam_process_kill(weft_seam_process *process)
{
    return send_signal(process, SIGKILL);
}

void weft_seam_process_close(weft_seam_process *process)
{
    while (waitpid((pid_t)process->pid, NULL, WNOHANG) == -1 && errno == EINTR)
        continue;
    close_end(&process->life);
}

/* ---- in the child ------------------------------------------------------------- */

/* A program may be started with a standard stream closed; a file that it opens later
 * must not be taken for one. The wrong direction, so that using it still fails. */
static void keep_standard_streams(void)
{
    for (int stream = 0; stream <= 2; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

int weft_seam_process_begin(int *argc, char ***argv, const char **start, weft_seam_arena *arena)
{
    int descriptor = WEFT__CHILD_ARENA;
    int life = WEFT__CHILD_LIFE;
    int err;

    *start = NULL;
    weft__watch_forks();
    keep_standard_streams();
    program_name = *argc > 0 ? (*argv)[0] : "";
    weft__program_begin(*argc > 0 ? (*argv)[0] : NULL);
    if (*argc != 3 || strncmp((*argv)[1], child_mark, sizeof(child_mark) - 1) != 0)
        return 0;
    if (fcntl(WEFT__CHILD_ARENA, F_GETFD) == -1 || fcntl(WEFT__CHILD_LIFE, F_GETFD) == -1)
        return weft__fail(WEFT_EPERM, "%s is for weft itself: it starts its children so",
                          (*argv)[1]);
    weft__close_from(WEFT__CHILD_DESCRIPTORS);
    err = weft__out_of_the_way(&descriptor);
    if (err == 0)
        err = weft__out_of_the_way(&life);
    if (err == 0)
        err = weft__watch_by_thread(life);
    if (err != 0)
        return err;
    *start = (*argv)[2];
    return weft_seam_arena_attach(arena, (uintptr_t)descriptor,
                                  (size_t)strtoull((*argv)[1] + sizeof(child_mark) - 1, NULL, 16));
}

uint64_t weft_seam_process_pid(void)
{
    return (uint64_t)getpid();
}

void weft_seam_process_ignore_interrupt(void)
{
    signal(SIGINT, SIG_IGN);
}

void weft_seam_process_exit(int code)
{
    _exit(code);
}

/* ---- pipes -------------------------------------------------------------------- */

int weft_seam_pipe_read(uintptr_t pipe, void *buffer, size_t size, size_t *length)
{
    ssize_t got;

    do
        got = read((int)pipe, buffer, size);
    while (got == -1 && errno == EINTR);
    if (got == -1)
        return weft__fail_system(errno, "process: reading its output");
    *length = (size_t)got;
    return 0;
}

/* A pipe that nobody reads raises SIGPIPE; the calling thread, weft's own, blocks it
 * and takes it back. */
static void without_sigpipe(sigset_t *before)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, before);
}

int weft_seam_pipe_write(uintptr_t pipe, const void *data, size_t size)
{
    const char *next = data;
    sigset_t before;
    int error = 0;

    without_sigpipe(&before);
    while (size > 0 && error == 0) {
        ssize_t put = write((int)pipe, next, size);

        if (put >= 0) {
            next += put;
            size -= (size_t)put;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    /* weft's pump thread ends after this: a SIGPIPE left pending in it goes with it. */
    if (error == 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == EPIPE)
        return weft__fail(WEFT_ECLOSED, "process: it reads no more input");
    return error == 0 ? 0 : weft__fail_system(error, "process: writing its input");
}

void weft_seam_pipe_close(uintptr_t pipe)
{
    close((int)pipe);
}
