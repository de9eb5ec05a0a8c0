/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FAULTS_FAULTS_H
#define WEFT_FAULTS_FAULTS_H

/*
 * weft-faults: what happens when processes are killed, crash or are interrupted, and when the
 * network fails, tried many times. Each case counts how its trials ended; a trial that ended
 * wrongly, or never, fails the run. Times are told beside their goals and fail it only if
 * --strict was given: the machine may be busy with something else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/time.h"

struct score {
    uint64_t right; /* as if there had been no fault */
    uint64_t told;  /* the fault was told, as it should be */
    uint64_t wrong; /* neither */
    uint64_t never; /* nothing came in time */
    weft_time worst; /* ns from the fault until it was told or made good; 0: not measured */
    weft_time goal;  /* for that; 0: none */
    char note[160];  /* why trials went wrong, or what the numbers are of */
};

struct fault_case {
    const char *name;
    const char *title;
    void (*run)(unsigned trials, struct score *score);
    unsigned few, full; /* trials in ctest, and of a full run */
    bool posix;         /* needs signals, or ptrace: not on Windows */
};

extern const struct fault_case fault_cases[];
extern const size_t fault_case_count;

/* How long a trial waits for what must happen before it counts as never. */
#define FAULT_PATIENCE weft_in(WEFT_S(20))

/* The seed of this run, and a number below `limit` from it. */
extern uint64_t fault_seed;
uint32_t fault_random(uint32_t limit);

/* Keeps the first reason, in printf's words. */
void fault_note(struct score *score, const char *format, ...);

/* The longest of them. */
void fault_took(struct score *score, weft_time from, weft_time to);

/* What this program does when a case starts it with that word; the exit code. */
struct fault_role {
    const char *word;
    int (*play)(const char *argument);
};

extern const struct fault_role fault_roles[];
extern const size_t fault_role_count;

/* This program's path; starts it as `word argument`. */
extern const char *fault_program;

void case_kills(unsigned trials, struct score *score);
void case_kills_retried(unsigned trials, struct score *score);
void case_idle(unsigned trials, struct score *score);
void case_tasks(unsigned trials, struct score *score);
void case_parent_killed(unsigned trials, struct score *score);
void case_parent_terminated(unsigned trials, struct score *score);
void case_interrupted_map(unsigned trials, struct score *score);
void case_interrupted_submit(unsigned trials, struct score *score);
void case_system_calls(unsigned trials, struct score *score);
void case_instructions(unsigned trials, struct score *score);
void case_net_names(unsigned trials, struct score *score);
void case_net_peers(unsigned trials, struct score *score);
void case_net_hurried(unsigned trials, struct score *score);
void case_net_datagrams(unsigned trials, struct score *score);
void case_net_down(unsigned trials, struct score *score);
void case_net_idle(unsigned trials, struct score *score);
void case_net_descriptors(unsigned trials, struct score *score);
void case_net_loss(unsigned trials, struct score *score);

int play_parent(const char *argument);
int play_interrupted(const char *argument);
int play_down(const char *argument);
int play_pool(const char *argument);
int play_server(const char *argument);
int play_victim(const char *argument);

#endif
