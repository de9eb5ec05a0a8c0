/* SPDX-License-Identifier: MIT */
/*
 * The interface goes down under connections, in a network that a process has for itself:
 * nothing hangs, and what was sent arrives when the interface is back.
 */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "system.h"
#include "weft/error.h"
#include "weft/process.h"

/* ---- in the private network ----------------------------------------------------------- */

static weft_socket *accepted(struct score *score, weft_socket *listener)
{
    weft_socket *socket = NULL;

    net_right(score, "accept", weft_socket_accept(listener, &socket, NULL, FAULT_PATIENCE) == 0);
    return socket;
}

static void try_while_down(struct score *score, weft_socket *here, weft_socket *there, int port)
{
    weft_socket *late = NULL;
    char byte = 'w';
    size_t got = 0;
    weft_time until;
    int err;

    net_right(score, "send", weft_socket_send(here, &byte, 1, NULL, weft_in(NET_DEADLINE)) == 0);
    until = weft_in(NET_DEADLINE);
    net_told(score, "receive", weft_socket_recv(there, &byte, 1, &got, until), WEFT_ETIMEDOUT,
             until);
    until = weft_in(NET_DEADLINE);
    err = weft_tcp_connect(&late, "127.0.0.1", port, until);
    /* Whether the system knows at once or waits for an answer is its own affair. */
    net_told(score, "connect", err, err == WEFT_ETIMEDOUT ? err : WEFT_EUNREACHABLE, until);
    weft_socket_close(late);
}

static void try_down(struct score *score)
{
    weft_socket *listener = NULL, *here = NULL, *there = NULL;
    weft_address address;
    char byte = 0;
    size_t got = 0;

    if (!net_right(score, "listen",
                   weft_tcp_listen(&listener, "127.0.0.1", 0, NULL) == 0 &&
                       weft_socket_address(listener, &address) == 0))
        return;
    here = net_connect(score, address.port);
    there = here ? accepted(score, listener) : NULL;
    if (there && net_right(score, "interface down", system_loopback(false))) {
        try_while_down(score, here, there, address.port);
        net_right(score, "interface up", system_loopback(true));
        net_right(score, "what was sent meanwhile",
                  net_receive(there, &byte, 1, &got, FAULT_PATIENCE) == 0 && byte == 'w');
    }
    weft_socket_close(there);
    weft_socket_close(here);
    weft_socket_close(listener);
}

/* Prints the score, or "refused": no process may have a network of its own here. */
int play_down(const char *argument)
{
    struct score score = {0};

    (void)argument;
    if (!system_private_network() || !system_loopback(true)) {
        puts("refused");
        return 0;
    }
    try_down(&score);
    printf("%llu %llu %llu %lld %s\n", (unsigned long long)score.right,
           (unsigned long long)score.told, (unsigned long long)score.wrong, (long long)score.worst,
           score.note);
    return 0;
}

/* ---- the case ------------------------------------------------------------------------- */

static void count(struct score *score, const char *line)
{
    unsigned long long right = 0, told = 0, wrong = 0;
    long long worst = 0;
    char note[sizeof(score->note)] = "";

    if (strncmp(line, "refused", 7) == 0) {
        fault_note(score, "no process may have a network of its own here");
        return;
    }
    if (!net_right(score, "a line with the score",
                   sscanf(line, "%llu %llu %llu %lld %159[^\n]", &right, &told, &wrong, &worst,
                          note) >= 4))
        return;
    score->right += right;
    score->told += told;
    score->wrong += wrong;
    if (worst > score->worst)
        score->worst = worst;
    if (note[0])
        fault_note(score, "%s", note);
}

void case_net_down(unsigned trials, struct score *score)
{
    const char *const arguments[] = {fault_program, "--down", "", NULL};

    score->goal = WEFT_MS(100);
    for (unsigned i = 0; i < trials; i++) {
        const weft_process_options options = {.input = WEFT_STREAM_NOTHING,
                                              .output = WEFT_STREAM_PIPE};
        weft_process_output got = {0};
        weft_process *process = NULL;
        int err = weft_process_open(&process, arguments, &options);

        if (err == 0)
            err = weft_process_communicate(process, NULL, 0, &got, FAULT_PATIENCE);
        if (net_right(score, "a process with a network of its own", err == 0))
            count(score, got.output);
        weft_process_output_free(&got);
        weft_process_close(process);
    }
}
