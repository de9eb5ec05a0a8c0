/* SPDX-License-Identifier: MIT */
/*
 * Walks the processes below one by /proc/PID/task/TID/children. Their CPU time comes from
 * their CPU clocks, to the nanosecond; their memory from smaps_rollup, where a page that n
 * processes map counts 1/n for each.
 */
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Calls `visit` for each thread of a process, with its number. */
static void visit_threads(pid_t pid, void (*visit)(pid_t pid, long thread, void *context),
                          void *context)
{
    char path[64];
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        long thread = strtol(entry->d_name, NULL, 10);
        if (thread > 0)
            visit(pid, thread, context);
    }
    if (folder != NULL)
        closedir(folder);
}

struct walk {
    void (*visit)(pid_t pid, void *context);
    void *context;
};

static void walk_children(pid_t pid, long thread, void *context);

/* `visit` for each process below `pid`. */
static void walk_below(pid_t pid, struct walk *walk)
{
    visit_threads(pid, walk_children, walk);
}

static void walk_children(pid_t pid, long thread, void *context)
{
    struct walk *walk = context;
    char path[80];
    long child;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)pid, thread);
    file = fopen(path, "r");
    while (file != NULL && fscanf(file, "%ld", &child) == 1) {
        walk->visit((pid_t)child, walk->context);
        walk_below((pid_t)child, walk);
    }
    if (file != NULL)
        fclose(file);
}

/* The number behind `name` in a file of /proc; 0: there is none any more. */
static double read_number(const char *path, const char *name)
{
    FILE *file = fopen(path, "r");
    double value = 0;
    char line[256];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtod(line + strlen(name), NULL);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
    return value;
}

void tree_visit(void (*visit)(pid_t pid, void *context), void *context)
{
    struct walk walk = {visit, context};

    walk_below(getpid(), &walk);
}

static void add_sleeps(pid_t pid, long thread, void *context)
{
    struct spent *spent = context;
    char path[80];

    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/status", (long)pid, thread);
    spent->sleeps += read_number(path, "voluntary_ctxt_switches:");
}

static void add_spent(pid_t pid, void *context)
{
    struct spent *spent = context;
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0)
        spent->cpu += (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
    visit_threads(pid, add_sleeps, spent);
}

struct spent tree_spent_by(pid_t pid)
{
    struct spent spent = {0};

    add_spent(pid, &spent);
    return spent;
}

double tree_memory(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
    return read_number(path, "Rss:") * 1024;
}

static void add_usage(int who, struct spent *spent)
{
    struct rusage usage;

    getrusage(who, &usage);
    spent->sleeps += (double)usage.ru_nvcsw;
    if (who == RUSAGE_CHILDREN)
        spent->cpu += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

struct spent tree_spent(int with_children)
{
    struct spent spent = {.cpu = cpu_used()};

    add_usage(RUSAGE_SELF, &spent);
    if (with_children) {
        tree_visit(add_spent, &spent);
        add_usage(RUSAGE_CHILDREN, &spent);
    }
    return spent;
}

static void add_memory(pid_t pid, void *context)
{
    char path[64];

    if (pid == getpid())
        return;
    snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
    *(double *)context += read_number(path, "Pss:") * 1024;
}

int watch_run(pid_t root)
{
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    double most = 0;

    do {
        double sum = 0;
        struct walk walk = {add_memory, &sum};
        add_memory(root, &sum);
        walk_below(root, &walk);
        most = sum > most ? sum : most;
    } while (poll(&end, 1, 3) == 0);
    printf("%.0f\n", most);
    return 0;
}

void watch_begin(struct watch *watch)
{
    char self[] = "weft-bench", option[] = "--watch", number[24];
    char *argv[] = {self, option, number, NULL};
    posix_spawn_file_actions_t actions;
    int to[2], from[2];

    snprintf(number, sizeof(number), "%ld", (long)getpid());
    need(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
    need(posix_spawn_file_actions_init(&actions) == 0, "posix_spawn");
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    need(posix_spawn(&watch->pid, "/proc/self/exe", &actions, NULL, argv, environ) == 0,
         "posix_spawn");
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    watch->to = to[1];
    watch->from = from[0];
}

double watch_end(struct watch *watch)
{
    FILE *answer = fdopen(watch->from, "r");
    double bytes = 0;

    /* Not by closing alone: processes that were forked meanwhile hold it open too. */
    need(write(watch->to, "", 1) == 1, "--watch");
    close(watch->to);
    need(answer != NULL && fscanf(answer, "%lf", &bytes) == 1, "--watch");
    fclose(answer);
    waitpid(watch->pid, NULL, 0);
    return bytes;
}
