/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_RUN_H
#define WEFT_RUNNER_RUN_H

/* Running one lesson. */

#include <stdbool.h>

#include <weft/compiler.h>
#include <weft/process.h>
#include <weft/http_server.h>
#include <weft/time.h>

#include "arguments.h"
#include "catalogue.h"

struct run {
    const struct lesson *lesson;
    const struct arguments *arguments;
    weft_time until; /* then the lesson must have ended */
    bool failed;
    char reason[400]; /* why it failed, or what was seen */
};

/* Each of these runs the lesson and is true if it did what it should; the
 * reason then says what was seen, otherwise what was not. */
bool run_alone(struct run *run);    /* one program, and what it prints */
bool run_tcp_echo(struct run *run); /* a server and two clients */
bool run_udp(struct run *run);      /* a server and a client */
bool run_chat(struct run *run);     /* two people */

/* The run has failed, for this reason unless it has one. Always false. */
bool run_failed(struct run *run, const char *english, const char *chinese, ...)
    WEFT_PRINTF(2, 4) WEFT_PRINTF(3, 4);

/* Runs what was chosen and says for each what happened; main's exit code. */
int run_chosen(const struct arguments *arguments);

#endif
