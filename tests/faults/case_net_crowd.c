/* SPDX-License-Identifier: MIT */
/*
 * A server with one thread for all, in a process of its own: 10,000 clients that say nothing,
 * and more clients than it may have descriptors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "system.h"
#include "weft/caps.h"
#include "weft/error.h"
#include "weft/process.h"
#include "weft/server.h"

enum { IDLE = 10000, ECHOES = 100, CLIENTS = 100, SERVED = 40 };

#define MEMORY_GOAL (10.0 * 1024 * 1024)
#define ECHO_GOAL WEFT_MS(1)
#define WATCHED WEFT_S(2)

/* ---- the server -------------------------------------------------------------------- */

static int echo(weft_request *request)
{
    return weft_reply(request, weft_request_data(request), weft_request_size(request));
}

/* `argument`: how many descriptors it may have. Tells its port, and stays. */
int play_server(const char *argument)
{
    weft_server *server = NULL;
    weft_address address;

    if (!system_descriptors((unsigned)strtoul(argument, NULL, 10)) ||
        weft_server_start(&server, echo, &(weft_server_options){.style = WEFT_SERVER_LOOP}) != 0)
        return 1;
    weft_server_address(server, &address);
    printf("%d\n", address.port);
    fflush(stdout);
    weft_sleep(WEFT_S(3600)); /* until it is killed */
    weft_server_close(server);
    return 0;
}

/* Its port; 0, and the score knows: there is none. */
static int start_server(struct score *score, const char *descriptors, weft_process **process)
{
    const char *const arguments[] = {fault_program, "--server", descriptors, NULL};
    const weft_process_options options = {.input = WEFT_STREAM_NOTHING, .output = WEFT_STREAM_PIPE};
    char line[20] = "";
    size_t length = 0, got = 1;
    int err = weft_process_open(process, arguments, &options);

    while (err == 0 && got > 0 && length + 1 < sizeof(line) && !strchr(line, '\n')) {
        err = weft_process_read(*process, line + length, 1, &got, FAULT_PATIENCE);
        length += got;
    }
    if (!net_right(score, "server", err == 0 && got > 0))
        return 0;
    return (int)strtol(line, NULL, 10);
}

static void end_server(weft_process *process)
{
    if (!process)
        return;
    weft_process_kill(process);
    weft_process_join(process, WEFT_FOREVER);
    weft_process_close(process);
}

/* ---- clients ------------------------------------------------------------------------- */

/* As many as there will be; how many there are. */
static int connect_many(weft_socket **clients, int count, int port)
{
    int connected = 0;

    while (connected < count &&
           weft_tcp_connect(&clients[connected], "127.0.0.1", port, FAULT_PATIENCE) == 0)
        connected++;
    return connected;
}

static void close_many(weft_socket **clients, int count)
{
    for (int i = 0; i < count; i++)
        weft_socket_close(clients[i]);
}

static bool echoes(weft_socket *client, weft_time until)
{
    char byte = 'w';
    size_t got = 0;

    return weft_socket_send(client, &byte, 1, NULL, until) == 0 &&
           net_receive(client, &byte, 1, &got, until) == 0 && byte == 'w';
}

static int by_time(const void *a, const void *b)
{
    const weft_time *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* Of clients all over the crowd; 0: one had no answer. */
static weft_time median_echo(weft_socket **clients)
{
    weft_time times[ECHOES];

    for (int i = 0; i < ECHOES; i++) {
        weft_time began = weft_clock();

        if (!echoes(clients[i * (IDLE / ECHOES)], FAULT_PATIENCE))
            return 0;
        times[i] = weft_clock() - began;
    }
    qsort(times, ECHOES, sizeof(times[0]), by_time);
    return times[ECHOES / 2];
}

/* ---- cases --------------------------------------------------------------------------- */

static void try_idle(struct score *score, weft_process *process, int port)
{
    static weft_socket *clients[IDLE];
    uint64_t pid = weft_process_pid(process);
    double before = (double)system_resident(pid), after;
    int connected = connect_many(clients, IDLE, port);
    weft_time median;

    if (net_right(score, "10,000 connections", connected == IDLE)) {
        median = median_echo(clients);
        after = (double)system_resident(pid);
        net_right(score, "echo", median > 0);
        net_right(score, "memory", after - before <= MEMORY_GOAL);
        score->worst = median > score->worst ? median : score->worst;
        fault_note(score, "%.1f MB more than the %.1f before", (after - before) / (1 << 20),
                   before / (1 << 20));
    }
    close_many(clients, connected);
}

/* SDL2_net waits on some hundred sockets at most, and lets five connections wait. */
static bool is_too_much(struct score *score)
{
    if (strcmp(weft_caps()->backend, "sdl2") != 0)
        return false;
    fault_note(score, "too many connections for SDL2_net");
    return true;
}

void case_net_idle(unsigned trials, struct score *score)
{
    if (is_too_much(score))
        return;
    score->goal = ECHO_GOAL;
    if (!net_right(score, "descriptors", system_descriptors(IDLE + 100)))
        return;
    for (unsigned i = 0; i < trials; i++) {
        weft_process *process = NULL;
        int port = start_server(score, "10100", &process);

        if (port != 0)
            try_idle(score, process, port);
        end_server(process);
    }
}

/* More than it can accept: those that it has are served, it does not spin, and the others
 * are served once there is room. */
static void try_descriptors(struct score *score, weft_process *process, int port)
{
    weft_socket *clients[CLIENTS];
    uint64_t pid = weft_process_pid(process);
    int connected = connect_many(clients, CLIENTS, port);
    bool right = connected == CLIENTS;
    weft_time used;

    for (int i = 0; i < SERVED && right; i++)
        right = echoes(clients[i], FAULT_PATIENCE);
    net_right(score, "clients that it has", right);
    used = system_processor_time(pid);
    weft_sleep(WATCHED);
    used = system_processor_time(pid) - used;
    net_right(score, "1 % of a CPU", used <= WATCHED / 100);
    fault_note(score, "%.1f %% of a CPU while it has no descriptor",
               100.0 * (double)used / (double)WATCHED);
    close_many(clients, connected / 2);
    for (int i = connected / 2; i < connected && right; i++)
        right = echoes(clients[i], FAULT_PATIENCE);
    net_right(score, "clients that waited", right);
    close_many(clients + connected / 2, connected - connected / 2);
}

void case_net_descriptors(unsigned trials, struct score *score)
{
    if (is_too_much(score))
        return;
    for (unsigned i = 0; i < trials; i++) {
        weft_process *process = NULL;
        int port = start_server(score, "64", &process);

        if (port != 0)
            try_descriptors(score, process, port);
        end_server(process);
    }
}
