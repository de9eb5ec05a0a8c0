/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include "check.h"

weft_event entered, gate, done;
weft_atomic_u32 timer_runs;

void begin(void)
{
    weft_event_clear(&entered);
    weft_event_clear(&gate);
    weft_event_clear(&done);
    weft_store_u32(&timer_runs, 0, WEFT_SEQ_CST);
}

uint32_t runs_seen(void)
{
    return weft_load_u32(&timer_runs, WEFT_SEQ_CST);
}

int count(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST);
    return 0;
}

int wait_at_the_gate(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST);
    weft_event_set(&entered);
    return weft_event_wait(&gate, SOON);
}

int set_done(weft_task *task)
{
    (void)task;
    weft_event_set(&done);
    return 0;
}

void hold_timers(void)
{
    begin();
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, wait_at_the_gate, NULL, 0));
    CHECK_OK(weft_event_wait(&entered, SOON));
    weft_store_u32(&timer_runs, 0, WEFT_SEQ_CST);
}

void let_on(void)
{
    CHECK_OK(weft_timer_start(NULL, weft_clock() + 1000, set_done, NULL, 0));
    weft_event_set(&gate);
    CHECK_OK(weft_event_wait(&done, SOON));
}
