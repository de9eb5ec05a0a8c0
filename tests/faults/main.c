/* SPDX-License-Identifier: MIT */
/*
 * weft-faults [--full] [--trials N] [--seed N] [--strict] [CASE ...]
 * Exit code 0: every trial of every case ended as it must; 1: not; 2: wrong arguments.
 */
#include "faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/caps.h"
#include "weft/error.h"
#include "weft/process.h"
#include "weft/text.h"

const struct fault_case fault_cases[] = {
    {"kills", "1000 tasks, 50 random kills of workers; trials: runs, with 2 and 4 workers",
     case_kills, 1, 4, false},
    {"kills-retried", "the same, and each lost task may be tried again", case_kills_retried, 1, 4,
     false},
    {"idle", "an idle worker is killed, then a map of 8", case_idle, 20, 200, false},
    {"tasks", "crash, abort, exit, loop, print, close all, return 100 MB", case_tasks, 1, 3, false},
    {"parent-killed", "the parent of 4 workers, idle or busy, is killed", case_parent_killed, 6,
     200, false},
    {"parent-terminated", "... is asked to end", case_parent_terminated, 6, 200, true},
    {"interrupted-map", "Ctrl-C during a map", case_interrupted_map, 4, 50, true},
    {"interrupted-submit", "Ctrl-C in a loop of submits", case_interrupted_submit, 4, 50, true},
    {"system-calls", "a worker is killed at each of its system calls; trials: calls at most",
     case_system_calls, 20, 1000, true},
    {"instructions", "a process is killed at instruction 1, 2, ... of lock, unlock, put and get",
     case_instructions, 60, 2400, true},
    {"net-names", "ports and hosts that are none, in use, or nobody's", case_net_names, 1, 5,
     false},
    {"net-peers", "reset, half close, a reader that never reads, a closed peer, single bytes",
     case_net_peers, 1, 10, false},
    {"net-hurried", "500 clients that leave at once", case_net_hurried, 1, 10, false},
    {"net-datagrams", "too large, larger than the buffer, empty, none", case_net_datagrams, 1, 20,
     false},
    {"net-loss", "one datagram in ten lost, then all, then 200,000 at once", case_net_loss, 1, 5,
     false},
    {"net-down", "the interface goes down under connections, and comes back", case_net_down, 1, 5,
     true},
    {"net-idle", "10,000 connections that say nothing; worst: a median echo", case_net_idle, 1, 3,
     true},
    {"net-descriptors", "more clients than descriptors", case_net_descriptors, 1, 3, true},
};
const size_t fault_case_count = sizeof(fault_cases) / sizeof(fault_cases[0]);

const struct fault_role fault_roles[] = {
    {"--parent", play_parent}, {"--interrupted", play_interrupted}, {"--pool", play_pool},
    {"--down", play_down},     {"--server", play_server},           {"--victim", play_victim},
};
const size_t fault_role_count = sizeof(fault_roles) / sizeof(fault_roles[0]);

uint64_t fault_seed = 1;
const char *fault_program;

static uint64_t random_state;

uint32_t fault_random(uint32_t limit)
{
    /* xorshift64*, seeded by fault_seed */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545F4914F6CDD1Du) >> 32) % limit;
}

void fault_note(struct score *score, const char *format, ...)
{
    va_list arguments;

    if (score->note[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(score->note, sizeof(score->note), format, arguments);
    va_end(arguments);
}

void fault_took(struct score *score, weft_time from, weft_time to)
{
    if (to - from > score->worst)
        score->worst = to - from;
}

struct options {
    unsigned trials; /* 0: each case's own */
    bool full, strict;
};

static bool run_one(const struct fault_case *one, const struct options *options)
{
    unsigned trials = options->full ? one->full : one->few;
    struct score score = {0};
    weft_time began = weft_clock();
    bool late;

    if (one->posix && strcmp(weft_caps()->system, "windows") == 0) {
        printf("%-18s not on this system\n", one->name);
        return true;
    }
    if (options->trials > 0)
        trials = options->trials;
    random_state = fault_seed * 0x9E3779B97F4A7C15u + 1;
    one->run(trials, &score);
    late = score.goal > 0 && score.worst > score.goal;
    printf("%-18s right %6llu  told %5llu  wrong %2llu  never %2llu  ", one->name,
           (unsigned long long)score.right, (unsigned long long)score.told,
           (unsigned long long)score.wrong, (unsigned long long)score.never);
    if (score.worst > 0)
        printf("worst %7.1f ms (goal %g)%s  ", (double)score.worst / 1e6, (double)score.goal / 1e6,
               late ? " LATE" : "");
    printf("in %.1f s%s%s\n", (double)(weft_clock() - began) / 1e9,
           score.note[0] != '\0' ? "  " : "", score.note);
    fflush(stdout);
    return score.wrong == 0 && score.never == 0 && (!late || !options->strict);
}

static const struct fault_case *find(const char *name)
{
    for (size_t i = 0; i < fault_case_count; i++)
        if (strcmp(fault_cases[i].name, name) == 0)
            return &fault_cases[i];
    return NULL;
}

static int usage(void)
{
    fprintf(stderr, "weft-faults [--full] [--trials N] [--seed N] [--strict] [CASE ...]\n");
    for (size_t i = 0; i < fault_case_count; i++)
        fprintf(stderr, "  %-18s %s\n", fault_cases[i].name, fault_cases[i].title);
    return 2;
}

/* The first argument that names a case, or -1. */
static int read_options(int argc, char **argv, struct options *options)
{
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--full") == 0)
            options->full = true;
        else if (strcmp(argv[i], "--strict") == 0)
            options->strict = true;
        else if (strcmp(argv[i], "--trials") == 0 && i + 1 < argc)
            options->trials = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            fault_seed = strtoull(argv[++i], NULL, 10);
        else
            return -1;
    }
    for (int j = i; j < argc; j++)
        if (!find(argv[j]))
            return -1;
    return i;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    bool good = true;
    int first;

    weft_main(&argc, &argv);
    fault_program = argv[0];
    for (size_t i = 0; i < fault_role_count; i++)
        if (argc == 3 && strcmp(argv[1], fault_roles[i].word) == 0)
            return fault_roles[i].play(argv[2]);
    first = read_options(argc, argv, &options);
    if (first < 0)
        return usage();
    printf("seed %llu\n", (unsigned long long)fault_seed);
    if (first == argc)
        for (size_t i = 0; i < fault_case_count; i++)
            good &= run_one(&fault_cases[i], &options);
    for (int i = first; i < argc; i++)
        good &= run_one(find(argv[i]), &options);
    return good ? 0 : 1;
}
