/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_TIMERS_H
#define WEFT_TESTS_TIMERS_H

/*
 * Timers without looking at a clock: instants that have passed, instants that will never
 * come, and events.
 *
 *     hold_timers();
 *     CHECK_OK(weft_timer_start(...));     // as many as you like
 *     let_on();                            // what was due has run
 */

#include <stdint.h>

#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/task.h"
#include "weft/timer.h"

#define NEVER weft_in(WEFT_S(3600))

extern weft_event entered, gate, done;
extern weft_atomic_u32 timer_runs;

/* No event is set, and there were no runs. */
void begin(void);

uint32_t runs_seen(void);

/* The timers' thread does nothing until let_on(); what becomes due meanwhile runs then. */
void hold_timers(void);
void let_on(void);

/* Functions of timers: each counts as a run. */
int count(weft_task *task);
int wait_at_the_gate(weft_task *task); /* sets `entered` */
int set_done(weft_task *task);         /* this one does not count */

#endif
