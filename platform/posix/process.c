/* SPDX-License-Identifier: MIT */
/*
 * Processes by posix_spawn: starting, watching and ending them. What they do first is in
 * process_begin.c.
 *
 * A child of this program inherits the arena and the reading end of its life line, a
 * pipe that nobody writes to and whose other end its parent keeps: when the parent
 * dies, however that happens, the end of the line ends the child. Other programs know of
 * no line: the guard (guard.c) kills them.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "life_line.h"
#include "seam.h"
#include "spawn.h"
#include "weft/memory.h"

/* ---- starting ---------------------------------------------------------------- */

static int check_folder(const char *folder)
{
    struct stat found;

    if (!folder)
        return 0;
    if (stat(folder, &found) != 0)
        return weft__fail_system(errno, "process: folder %s", folder);
    if (!S_ISDIR(found.st_mode))
        return weft__fail_system(ENOTDIR, "process: folder %s", folder);
    if (access(folder, X_OK) != 0)
        return weft__fail_system(errno, "process: folder %s", folder);
    return 0;
}

/* What both kinds of children get: streams, what is handed over, folder, environment. */
struct gift {
    int streams[3];
    int heirs[WEFT__HEIRS_MOST];
    const char **environment;
};

static int gift_make(struct gift *gift, const weft_process_options *options, uintptr_t ends[3])
{
    int err = check_folder(options->folder);

    gift->environment = NULL;
    if (err != 0)
        return err;
    err = weft__heirs_open(options, gift->heirs);
    if (err != 0)
        return err;
    err = weft__streams_open(options, gift->streams, ends);
    if (err != 0)
        weft__heirs_close(options, gift->heirs);
    return err;
}

/* Puts it where the child expects it, the heirs from `first` on. */
static void gift_give(const struct gift *gift, const weft_process_options *options,
                      struct weft__spawn *spawn, int first)
{
    spawn->environment = gift->environment ? gift->environment : options->environment;
    spawn->folder = options->folder;
    spawn->group = options->group;
    spawn->count = first + (int)options->hand_over_count;
    memcpy(spawn->sources, gift->streams, sizeof(gift->streams));
    memcpy(spawn->sources + first, gift->heirs, options->hand_over_count * sizeof(gift->heirs[0]));
}

/* The child has it, or will never need it: then our ends of its pipes go too. */
static void gift_free(struct gift *gift, const weft_process_options *options, uintptr_t ends[3],
                      bool given)
{
    weft__streams_close(gift->streams);
    weft__heirs_close(options, gift->heirs);
    weft_free(gift->environment);
    for (int i = 0; i < 3 && !given; i++) {
        if (ends[i] != UINTPTR_MAX)
            close((int)ends[i]);
        ends[i] = UINTPTR_MAX;
    }
}

int weft_seam_process_start(weft_seam_process *process, const weft_seam_arena *arena,
                            const char *start, const weft_process_options *options,
                            uintptr_t ends[3])
{
    char mark[64];
    const char *arguments[] = {weft__program_name(), mark, start, NULL};
    struct weft__spawn spawn = {.path = weft__program_path(), .arguments = arguments, .ours = true};
    struct gift gift;
    int life[2];
    pid_t pid = 0;
    int error, err;

    if (!spawn.path)
        return weft__fail(WEFT_ENOTFOUND, "process: this program's own file is not to be found");
    snprintf(mark, sizeof(mark), WEFT__CHILD_MARK "%zx,%zx", arena->size, options->hand_over_count);
    err = gift_make(&gift, options, ends);
    if (err != 0)
        return err;
    err = weft__pipe_pair(life);
    if (err != 0)
        goto no_life;
    weft__life_line_hold(life[1]);
    gift_give(&gift, options, &spawn, WEFT__CHILD_HEIRS);
    spawn.sources[WEFT__CHILD_ARENA] = (int)arena->handle;
    spawn.sources[WEFT__CHILD_LIFE] = life[0];
    error = weft__spawn(&spawn, &pid);
    if (error == 0 && weft__parent_keeps_both_ends) {
        weft__life_line_hold(life[0]);
    } else {
        close(life[0]);
        life[0] = -1;
    }
    if (error != 0) {
        weft__life_line_drop(life[1]);
        err = weft__fail_system(error, "process: %s cannot be started again", arguments[0]);
    }
no_life:
    gift_free(&gift, options, ends, err == 0);
    if (err == 0)
        *process = (weft_seam_process){.pid = (uint64_t)pid,
                                       .handle = UINTPTR_MAX,
                                       .stop = life[0] != -1 ? (uintptr_t)life[0] : UINTPTR_MAX,
                                       .life = (uintptr_t)life[1],
                                       .ours = true,
                                       .group = options->group};
    return err;
}

/* A path is seen from our folder, also when the program is to work in another one. */
static int from_here(const char *path, const char *folder, char **whole)
{
    char here[WEFT__PATH_SIZE];
    size_t size;

    *whole = NULL;
    if (!folder || path[0] == '/' || !strchr(path, '/'))
        return 0;
    if (!getcwd(here, sizeof(here)))
        return weft__fail_system(errno, "process: the folder that %s is seen from", path);
    size = strlen(here) + strlen(path) + 2;
    *whole = weft_alloc(size);
    if (!*whole)
        return WEFT_ENOMEM;
    snprintf(*whole, size, "%s/%s", here, path);
    return 0;
}

static int run_program(weft_seam_process *process, struct weft__spawn *spawn)
{
    pid_t pid;
    int error;

    weft__guard_begin();
    error = weft__spawn(spawn, &pid);
    if (error != 0)
        return weft__fail_system(error, "process: %s cannot be run", spawn->arguments[0]);
    *process = (weft_seam_process){.pid = (uint64_t)pid,
                                   .handle = weft__guard_add(pid, spawn->group),
                                   .stop = UINTPTR_MAX,
                                   .life = UINTPTR_MAX,
                                   .group = spawn->group};
    return 0;
}

int weft_seam_process_open(weft_seam_process *process, const char *const *arguments,
                           const weft_process_options *options, uintptr_t ends[3])
{
    struct weft__spawn spawn = {.path = arguments[0], .arguments = arguments};
    struct gift gift;
    char *whole;
    int err = from_here(arguments[0], options->folder, &whole);

    if (err != 0)
        return err;
    err = gift_make(&gift, options, ends);
    if (err != 0)
        goto no_gift;
    err = weft__heirs_environment(options, &gift.environment);
    if (whole)
        spawn.path = whole;
    gift_give(&gift, options, &spawn, 3);
    if (err == 0)
        err = run_program(process, &spawn);
    gift_free(&gift, options, ends, err == 0);
no_gift:
    weft_free(whole);
    return err;
}

/* ---- watching and ending ------------------------------------------------------ */

/* WNOWAIT: its number stays its own until weft_seam_process_close(). */
static int await(pid_t pid, siginfo_t *info, int options)
{
    int result;

    memset(info, 0, sizeof(*info));
    do
        result = waitid(P_PID, (id_t)pid, info, WEXITED | WNOWAIT | options);
    while (result == -1 && errno == EINTR);
    return result;
}

void weft_seam_process_wait(weft_seam_process *process, weft_process_status *status)
{
    siginfo_t info;

    if (await((pid_t)process->pid, &info, 0) == -1) {
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

static int send_signal(pid_t to, int number)
{
    if (kill(to, number) == 0 || errno == ESRCH)
        return 0;
    return weft__fail_system(errno, "process %lld: signal %d", (long long)to, number);
}

int weft_seam_process_terminate(weft_seam_process *process)
{
    return send_signal((pid_t)process->pid, SIGTERM);
}

int weft_seam_process_kill(weft_seam_process *process)
{
    return send_signal((pid_t)process->pid, SIGKILL);
}

int weft_seam_process_kill_tree(weft_seam_process *process)
{
    siginfo_t info;

    if (kill(-(pid_t)process->pid, SIGKILL) == 0 || errno == ESRCH)
        return 0;
    /* macOS says so of a group in which only the dead are left. */
    if (errno == EPERM && await((pid_t)process->pid, &info, WNOHANG) == 0 && info.si_pid != 0)
        return 0;
    return weft__fail_system(EPERM, "process %llu: killing its group",
                             (unsigned long long)process->pid);
}

void weft__child_collect(pid_t pid)
{
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        continue;
}

void weft_seam_process_close(weft_seam_process *process)
{
    weft__guard_forget(process->handle);
    while (waitpid((pid_t)process->pid, NULL, WNOHANG) == -1 && errno == EINTR)
        continue;
    if (process->life != UINTPTR_MAX)
        weft__life_line_drop((int)process->life);
    if (process->stop != UINTPTR_MAX)
        weft__life_line_drop((int)process->stop);
    process->life = process->stop = UINTPTR_MAX;
}
