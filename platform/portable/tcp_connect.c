/* SPDX-License-Identifier: MIT */
/*
 * Connecting to a host: a race of its addresses, as in RFC 8305 ("happy eyeballs"). They
 * start one after another, families by turns, each 250 ms after the one before or as soon as
 * one has failed; the first connection wins and the others are closed. An address that answers
 * nothing so costs a quarter of a second, not the deadline.
 */
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "internal.h"
#include "socket_object.h"

#define STAGGER WEFT_MS(250)
static const char WHAT[] = "tcp connect to";

struct race {
    weft_address addresses[WEFT__MOST_ADDRESSES]; /* in the order in which they start */
    size_t count, started;
    weft_socket *runners[WEFT__MOST_ADDRESSES]; /* connections on their way */
    size_t running;
    weft_socket *winner;
    weft_time next;    /* when the next one starts */
    int err;           /* of those that failed */
    char reasons[384]; /* of all of them */
};

/* By turns, beginning with the family that the resolver likes best. */
static void order(struct race *race, const weft_address *found, size_t count)
{
    size_t same = 0, other = 0;

    for (race->count = 0; race->count < count; race->count++) {
        size_t *at = race->count % 2 == 0 ? &same : &other;

        for (int twice = 0; twice < 2; twice++) {
            bool wants_same = at == &same;
            while (*at < count && (found[*at].family == found[0].family) != wants_same)
                ++*at;
            if (*at < count)
                break;
            at = wants_same ? &other : &same;
        }
        race->addresses[race->count] = found[(*at)++];
    }
}

/* The calling thread's last error is the reason why one of them failed. */
static void note_failure(struct race *race, int err)
{
    const char *reason = weft_last_error();
    size_t length = strlen(race->reasons);

    if (strncmp(reason, WHAT, sizeof(WHAT) - 1) == 0)
        reason += sizeof(WHAT);
    snprintf(race->reasons + length, sizeof(race->reasons) - length, "%s%s", length > 0 ? "; " : "",
             reason);
    if (race->err != WEFT_EREFUSED) /* somebody answered: this tells most */
        race->err = err;
    race->next = 0;
}

/* A port of our own choice may be the very one we ask for, if nobody listens there:
 * the connection then comes about with itself. */
static bool is_connected_to_itself(weft_socket *socket)
{
    weft_address own;

    return weft_seam_socket_name(&socket->seam, &own) == 0 &&
           weft_address_equal(&own, &socket->name);
}

/* What the seam said of this one, which is not BLOCKS. It wins, or is closed. */
static void finish(struct race *race, weft_socket *socket, int said)
{
    int err = 0;

    if (said != 0)
        err = weft__socket_fail_seam(socket, said, WHAT);
    else if (is_connected_to_itself(socket))
        err = weft__socket_fail(socket, WEFT_EREFUSED, WHAT, "nobody listens there");
    if (err == 0 && !race->winner) {
        race->winner = socket;
        return;
    }
    if (err != 0)
        note_failure(race, err);
    weft_socket_close(socket);
}

static int create_runner(weft_socket **socket, const weft_address *address)
{
    char text[WEFT_ADDRESS_TEXT];
    int err;

    if (weft__address_is_link_local(address) && address->scope == 0)
        return weft__fail(WEFT_EINVAL,
                          "%s %s: a link-local address needs its interface, as in "
                          "fe80::1%%eth0",
                          WHAT, weft_address_text(address, text, sizeof(text)));
    err = weft__socket_create(socket, WEFT_SEAM_CONNECTION, address->family);
    if (err == 0)
        (*socket)->name = *address;
    return err;
}

static void start_next(struct race *race)
{
    const weft_address *address = &race->addresses[race->started++];
    weft_socket *socket = NULL;
    int said, err = create_runner(&socket, address);

    race->next = weft_in(STAGGER);
    if (err != 0) {
        note_failure(race, err);
        if (err == WEFT_ENOMEM || err == WEFT_ELIMIT) { /* for the others, too */
            race->err = err;
            race->started = race->count;
        }
        return;
    }
    said = weft_seam_socket_connect(&socket->seam, address);
    if (said == WEFT_SEAM_BLOCKS)
        race->runners[race->running++] = socket;
    else
        finish(race, socket, said);
}

static void look(struct race *race)
{
    size_t running = race->running;

    race->running = 0;
    for (size_t i = 0; i < running; i++) {
        int said = weft_seam_socket_connected(&race->runners[i]->seam);

        if (said == WEFT_SEAM_BLOCKS)
            race->runners[race->running++] = race->runners[i];
        else
            finish(race, race->runners[i], said);
    }
}

/* Until one has arrived, or the next one is to start. */
static int await(struct race *race, weft_time until)
{
    weft_seam_socket *sockets[WEFT__MOST_ADDRESSES];
    bool more = race->started < race->count && race->next < until;
    int err;

    for (size_t i = 0; i < race->running; i++)
        sockets[i] = &race->runners[i]->seam;
    err = weft__socket_wait_connected(sockets, race->running, more ? race->next : until);
    look(race);
    return err == WEFT_ETIMEDOUT && (more || race->winner) ? 0 : err;
}

/* 0: one has won, or all have failed. */
static int run(struct race *race, weft_time until)
{
    int err = 0;

    while (err == 0 && !race->winner && (race->started < race->count || race->running > 0)) {
        if (race->started < race->count && (race->running == 0 || race->next <= weft_clock()))
            start_next(race);
        else
            err = await(race, until);
    }
    return race->winner ? 0 : err;
}

static int fail(struct race *race, int err, const char *host, int port)
{
    for (size_t i = 0; i < race->running && (err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED); i++) {
        weft__socket_fail(race->runners[i], err, WHAT, weft__wait_ended(err));
        note_failure(race, err);
    }
    if (err == 0)
        err = race->err;
    /* If it was an address that was asked for, the reason has it in it. */
    if (strstr(race->reasons, host))
        return weft__fail(err, "%s %s", WHAT, race->reasons);
    return weft__fail(err, "%s %s, port %d: %s", WHAT, host, port, race->reasons);
}

int weft_tcp_connect(weft_socket **socket, const char *host, int port, weft_time until)
{
    weft_address found[WEFT__MOST_ADDRESSES];
    struct race race = {.count = 0};
    size_t count = 0;
    int err = weft__resolve_peer(host, port, found, WEFT__MOST_ADDRESSES, &count, until);

    if (err != 0)
        return err;
    order(&race, found, count);
    err = run(&race, until);
    if (race.winner)
        *socket = race.winner;
    else
        err = fail(&race, err, host, port);
    for (size_t i = 0; i < race.running; i++)
        weft_socket_close(race.runners[i]);
    return err;
}
