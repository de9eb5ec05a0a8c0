/* SPDX-License-Identifier: MIT */
/*
 * Starts the process that measures, reads its line, and looks at what else the machine
 * did meanwhile: /proc/stat's busy ticks less the CPU time of the process.
 */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "line.h"
#include "machine.h"
#include "tree.h"

#define DISTURBED 0.2 /* CPUs */
#define TRIES 3
#define CHECKS_ALONE 10 /* percent: with less work nobody looks at figures */

/* A foreign peer may get less work, where work is how often something is done. */
static uint64_t work_of(const struct options *options, const struct bench_case *one,
                        const struct peer *peer)
{
    uint64_t work = one->work * options->scale / 100;

    if (peer->foreign != NULL && peer->foreign->divide > 1) {
        switch (one->family) {
        case FAMILY_QUEUE:
        case FAMILY_PINGPONG:
        case FAMILY_POOL:
        case FAMILY_RESULT:
        case FAMILY_UNCONTENDED:
        case FAMILY_PAIRS:
        case FAMILY_PPOOL:
        case FAMILY_IQUEUE:
        case FAMILY_SPAWN:
        case FAMILY_ECHO:
        case FAMILY_DATAGRAM:
            work /= peer->foreign->divide;
            break;
        default:
            break;
        }
    }
    return work < one->least ? one->least : work;
}

static void become(const struct bench_case *one, const struct peer *peer, uint64_t work)
{
    char self[PATH_MAX] = "", option[] = "--measure";
    char family[24], name[32], number[24], a[16], b[16];
    char *argv[] = {NULL, self, option, family, name, number, a, b, NULL};

    need(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "readlink /proc/self/exe");
    snprintf(family, sizeof(family), "%s", family_name(one->family));
    snprintf(name, sizeof(name), "%s", peer->name);
    snprintf(number, sizeof(number), "%llu", (unsigned long long)work);
    snprintf(a, sizeof(a), "%u", one->a);
    snprintf(b, sizeof(b), "%u", one->b);
    if (peer->foreign != NULL && !family_has_servers(one->family))
        peer_exec(peer, argv);
    else
        execv(self, argv + 1);
    fprintf(stderr, "weft-bench: cannot start %s: %s\n", peer->name, strerror(errno));
    _exit(127);
}

/* What the child prints until it ends its output; false: that took too long. */
static bool read_all(int from, double limit, char *text, size_t size)
{
    double until = now() + limit;
    size_t length = 0;

    for (;;) {
        struct pollfd readable = {.fd = from, .events = POLLIN};
        double left = until - now();
        ssize_t got;
        text[length] = '\0';
        if (left <= 0 || poll(&readable, 1, (int)(left * 1e3) + 1) == 0)
            return false;
        got = read(from, text + length, size - 1 - length);
        if (got <= 0)
            return true;
        length += (size_t)got;
    }
}

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1e-6;
}

static void kill_one(pid_t child, void *context)
{
    (void)context;
    kill(child, SIGKILL);
}

/* Processes that the measuring one left behind are children of this one now. They get a
 * moment to end, and no more. Their CPU seconds. */
static double reap_orphans(void)
{
    double used = 0, until = now() + 0.2;
    struct rusage usage;
    pid_t child;

    while ((child = wait4(-1, NULL, WNOHANG, &usage)) >= 0) {
        if (child > 0)
            used += seconds_of(&usage);
        else if (now() > until)
            tree_visit(kill_one, NULL);
        else
            sleep_for(0.001);
    }
    return used;
}

/* The CPU seconds of the child and of all that it started. */
static double run_child(const struct options *options, const struct bench_case *one,
                        const struct peer *peer, struct sample *sample)
{
    char line[1024];
    int ends[2], status = 0;
    struct rusage usage = {0};
    bool in_time;
    pid_t child;

    need(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "prctl");
    need(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    fflush(NULL);
    child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        become(one, peer, sample->work);
    }
    close(ends[1]);
    in_time = read_all(ends[0], options->limit, line, sizeof(line));
    if (!in_time)
        kill(child, SIGKILL);
    close(ends[0]);
    wait4(child, &status, 0, &usage);
    if (!line_read(line, sample) || !WIFEXITED(status))
        sample->state = SAMPLE_WRONG;
    if (sample->state == SAMPLE_GOOD && strcmp(sample->text, one->unit) != 0) {
        sample->state = SAMPLE_WRONG;
        snprintf(sample->text, sizeof(sample->text), "its unit is not %s", one->unit);
    }
    if (!in_time)
        snprintf(sample->text, sizeof(sample->text), "took longer than %.0f s", options->limit);
    else if (WIFSIGNALED(status))
        snprintf(sample->text, sizeof(sample->text), "ended by signal %d", WTERMSIG(status));
    else if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        sample->state = SAMPLE_WRONG;
        if (sample->text[0] == '\0')
            snprintf(sample->text, sizeof(sample->text), "exit code %d", WEXITSTATUS(status));
    }
    return seconds_of(&usage) + reap_orphans();
}

static bool needs_two_cpus(const struct bench_case *one)
{
    bool pings = one->family == FAMILY_IPING || one->family == FAMILY_IWAKE;

    return (one->family == FAMILY_PINGPONG && one->a != 0) || (pings && one->a == PLACE_TWO_CPUS);
}

void measure(const struct options *options, const struct bench_case *one, const struct peer *peer,
             struct sample *sample)
{
    unsigned tries = 0;

    sample->work = work_of(options, one, peer);
    if (needs_two_cpus(one) && cpu_count() < 2) {
        sample->state = SAMPLE_SKIPPED;
        snprintf(sample->text, sizeof(sample->text), "needs two CPUs");
        return;
    }
    do {
        double began = now(), busy = machine_busy(), used = run_child(options, one, peer, sample);
        double wall = now() - began, tick = 2.0 / (double)sysconf(_SC_CLK_TCK);
        /* Ticks are coarse: two of them are no evidence. */
        double others = machine_busy() - busy - used - tick;
        sample->others = others > 0 ? others / wall : 0;
        sample->disturbed = sample->others > DISTURBED;
        sample->discarded = tries++;
    } while (options->scale >= CHECKS_ALONE && sample->state == SAMPLE_GOOD && sample->disturbed &&
             tries < TRIES && one->family != FAMILY_SIZE && one->family != FAMILY_CONNECTIONS);
}
