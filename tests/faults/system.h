/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FAULTS_SYSTEM_H
#define WEFT_FAULTS_SYSTEM_H

/* What the cases ask of the system about processes that are not their children. */

#include <stdbool.h>
#include <stdint.h>

#include "faults.h"

/* Ends it as by SIGKILL. False: there is none. */
bool system_kill(uint64_t pid);

/* Whether it runs; one that has ended and was not collected yet does not. */
bool system_lives(uint64_t pid);

/* Ctrl-C for a whole process group. */
void system_interrupt(uint64_t group);

/* Files that programs have left where shared memory is kept. */
unsigned system_leftovers(void);

/* Closes what a task may close: every descriptor from 3 on. */
void system_close_all(void);

/* This process may have so many descriptors, and no more. False: the system does not let it. */
bool system_descriptors(unsigned count);

/* Bytes of memory that a process has, and ns of CPU that it has used; 0: not told here. */
uint64_t system_resident(uint64_t pid);
weft_time system_processor_time(uint64_t pid);

/* This process gets a network of its own, with a loopback interface that is down; and that goes
 * up or down. False: the system does not let it. */
bool system_private_network(void);
bool system_loopback(bool up);

/* Says to a tracer, if there is one, that now it gets interesting. */
void system_mark(void);

/*
 * Runs `fault_program word argument` and kills the first process that it starts: at its
 * system call number `at`, or at instruction number `at` after its system_mark(). The exit
 * code of the program; 256 and more: a signal ended it; -1: it did not end in time. *killed
 * says whether the process had so many.
 */
enum system_step { STEP_SYSTEM_CALLS, STEP_INSTRUCTIONS };
int system_trace(const char *word, const char *argument, enum system_step step, unsigned at,
                 bool *killed);

#endif
