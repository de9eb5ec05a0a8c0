/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FAULTS_PLAY_H
#define WEFT_FAULTS_PLAY_H

/* What programs whose child is killed say by their exit code: one of these, and for the last
 * two, how many ms it took until they knew, 49 at most. */
enum {
    PLAY_WRONG = 1,
    PLAY_NEVER = 2,
    PLAY_RIGHT = 50, /* nothing was to be told */
    PLAY_TOLD = 100  /* an owner that had died, or a task that was lost */
};

/* What the victim of `--victim` uses when it dies. */
enum play_kind { PLAY_MUTEX, PLAY_PUT, PLAY_GET, PLAY_PIPE, PLAY_KINDS };

extern const char *const play_names[PLAY_KINDS];

#endif
