/* SPDX-License-Identifier: MIT */
/* Threads that register, modify, unregister, close and wake while one waits. What each did and
 * what the waiting one saw is counted, and has to agree. */
#include "check.h"

#include "crew.h"
#include "net.h"
#include "weft/cancel.h"
#include "weft/poller.h"

enum { WAKERS = 3, WAKES = 3000, PLAYERS = 3, BYTES = 200, CHURNS = 300, RACES = 200, ROOM = 4 };

/* A connection whose far end one thread serves, and whose near end the waiting one reads. */
struct player {
    struct pair pair;
    weft_atomic_u32 received; /* bytes, by the waiting thread with release */
};

struct field {
    weft_poller *poller;
    weft_atomic_u32 work;  /* things to do, written before a wake */
    weft_atomic_u32 over;  /* threads that have ended */
    weft_atomic_u32 taken; /* players that have a thread; relaxed */
    weft_atomic_u32 err;   /* of any of the threads */
    struct player players[PLAYERS];
    int churned; /* its address is the data of sockets that are closed at any time */
};

static void fail(struct field *f, int err)
{
    if (err != 0)
        weft_store_u32(&f->err, (uint32_t)err, WEFT_RELAXED);
}

static void expect_no_failure(struct field *f)
{
    int err = (int)weft_load_u32(&f->err, WEFT_RELAXED);

    CU_ASSERT_EQUAL(err, 0);
    if (err != 0)
        printf("\n    a thread failed: %s\n", weft_strerror(err));
}

/* ---- wakes -------------------------------------------------------------------------- */

static int wake_often(weft_task *task)
{
    struct field *f = WEFT_ARG(task, struct field *);

    for (int i = 0; i < WAKES; i++) {
        weft_fetch_add_u32(&f->work, 1, WEFT_RELAXED);
        fail(f, weft_poller_wake(f->poller));
        if (i % 64 == 0)
            weft_sleep(WEFT_US(50));
    }
    return 0;
}

static void no_wake_is_lost(void)
{
    static struct field f;
    weft_thread *threads[WAKERS];
    weft_ready ready[ROOM];
    size_t count;
    int err = 0;

    CHECK_OK(weft_poller_create(&f.poller));
    start_threads(threads, WAKERS, wake_often, &f);
    /* Sleeps whenever it has seen less than all: only a wake can tell of the rest. */
    while (err == 0 && weft_load_u32(&f.work, WEFT_RELAXED) < WAKERS * WAKES) {
        err = weft_poller_wait(f.poller, ready, ROOM, &count, SOON);
        if (count != 0)
            err = WEFT_EFAILED;
    }
    CU_ASSERT_EQUAL(err, 0);
    join_threads(threads, WAKERS);
    expect_no_failure(&f);
    weft_poller_close(f.poller);
}

/* ---- sockets that come and go ---------------------------------------------------------- */

static bool has_received(struct player *player, uint32_t bytes)
{
    weft_time until = SOON;

    while (weft_load_u32(&player->received, WEFT_ACQUIRE) < bytes && weft_clock() < until)
        weft_sleep(WEFT_US(20));
    return weft_load_u32(&player->received, WEFT_ACQUIRE) == bytes;
}

/* One byte at a time, for which the near end is registered, modified or left alone. */
static int play(weft_task *task)
{
    struct field *f = WEFT_ARG(task, struct field *);
    uint32_t number = weft_fetch_add_u32(&f->taken, 1, WEFT_RELAXED);
    struct player *player = &f->players[number];
    weft_socket *near = player->pair.server;

    for (uint32_t i = 0; i < BYTES && weft_load_u32(&f->err, WEFT_RELAXED) == 0; i++) {
        if (i % 2 == 0)
            fail(f, weft_socket_send(player->pair.client, "x", 1, NULL, SOON));
        if (i % 3 == 0)
            fail(f, weft_poller_register(f->poller, near, i % 2 ? 0 : WEFT_READABLE, player));
        else
            fail(f, weft_poller_modify(f->poller, near, i % 2 ? 0 : WEFT_READABLE, player));
        if (i % 2 == 1) {
            fail(f, weft_socket_send(player->pair.client, "x", 1, NULL, SOON));
            fail(f, weft_poller_modify(f->poller, near, WEFT_READABLE, player));
        }
        fail(f, has_received(player, i + 1) ? 0 : WEFT_EFAILED);
        if (i % 3 == 2 || i + 1 == BYTES)
            fail(f, weft_poller_unregister(f->poller, near));
    }
    weft_fetch_add_u32(&f->over, 1, WEFT_RELEASE);
    fail(f, weft_poller_wake(f->poller));
    return 0;
}

/* Sockets that are always ready, and are closed while the other thread is told so. */
static int churn(weft_task *task)
{
    struct field *f = WEFT_ARG(task, struct field *);

    for (int i = 0; i < CHURNS; i++) {
        weft_socket *socket = NULL;

        fail(f, weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4));
        fail(f, weft_poller_register(f->poller, socket, WEFT_WRITABLE, &f->churned));
        if (i % 3 == 0)
            fail(f, weft_poller_unregister(f->poller, socket));
        if (i % 3 == 1)
            fail(f, weft_socket_shutdown(socket, WEFT_SHUTDOWN_BOTH));
        weft_socket_close(socket);
    }
    weft_fetch_add_u32(&f->over, 1, WEFT_RELEASE);
    fail(f, weft_poller_wake(f->poller));
    return 0;
}

/* Told of a player: exactly what was asked for, and a byte is there unless it was taken. */
static int take_byte(const weft_ready *ready)
{
    struct player *player = ready->data;
    size_t length = 0;
    char byte;
    int err;

    if (ready->socket != player->pair.server || ready->events != WEFT_READABLE)
        return WEFT_EFAILED;
    err = weft_socket_recv(ready->socket, &byte, 1, &length, WEFT_NOW);
    if (err == 0 && length == 1)
        weft_fetch_add_u32(&player->received, 1, WEFT_RELEASE);
    return err == WEFT_ETIMEDOUT ? 0 : err;
}

static void what_is_told_agrees_with_what_was_done(void)
{
    static struct field f;
    weft_thread *threads[PLAYERS + 1];
    weft_ready ready[ROOM];
    int err = 0;

    CHECK_OK(weft_poller_create(&f.poller));
    for (int i = 0; i < PLAYERS; i++)
        open_pair(&f.players[i].pair, "127.0.0.1");
    start_threads(threads, PLAYERS, play, &f);
    start_threads(threads + PLAYERS, 1, churn, &f);
    while (err == 0 && weft_load_u32(&f.over, WEFT_ACQUIRE) < PLAYERS + 1) {
        size_t count = 0;

        err = weft_poller_wait(f.poller, ready, ROOM, &count, SOON);
        for (size_t i = 0; i < count && err == 0; i++) {
            if (ready[i].data == &f.churned)
                err = (ready[i].events & WEFT_WRITABLE) != 0 ? 0 : WEFT_EFAILED;
            else
                err = take_byte(&ready[i]);
        }
    }
    CU_ASSERT_EQUAL(err, 0);
    fail(&f, err);
    join_threads(threads, PLAYERS + 1);
    expect_no_failure(&f);
    for (int i = 0; i < PLAYERS; i++) {
        CU_ASSERT_EQUAL(weft_load_u32(&f.players[i].received, WEFT_RELAXED), BYTES);
        close_pair(&f.players[i].pair);
    }
    CHECK_ERROR(weft_poller_wait(f.poller, ready, ROOM, &(size_t){0}, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_poller_close(f.poller);
}

/* ---- cancels --------------------------------------------------------------------------- */

struct race {
    weft_poller *poller;
    weft_cancel token;
    int err;
};

static int wait_under_token(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);
    const weft_cancel *before = weft_cancel_enter(&r->token);
    weft_ready ready[ROOM];
    size_t count;

    r->err = weft_poller_wait(r->poller, ready, ROOM, &count, WEFT_FOREVER);
    weft_cancel_enter(before);
    return 0;
}

static void no_cancel_is_missed(void)
{
    weft_poller *poller;

    CHECK_OK(weft_poller_create(&poller));
    for (int i = 0; i < RACES; i++) {
        struct race r = {.poller = poller};
        weft_thread *thread;

        start_threads(&thread, 1, wait_under_token, &r);
        for (volatile int moment = 0; moment < i * 50; moment++)
            continue;
        weft_cancel_request(&r.token);
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(r.err, WEFT_ECANCELED);
    }
    weft_poller_close(poller);
}

const char *const suite_name = "poller_stress";
CU_TestInfo suite_cases[] = {
    {"no_wake_is_lost", no_wake_is_lost},
    {"what_is_told_agrees_with_what_was_done", what_is_told_agrees_with_what_was_done},
    {"no_cancel_is_missed", no_cancel_is_missed},
    CU_TEST_INFO_NULL,
};
