/* SPDX-License-Identifier: MIT */
/* Sockets and pollers in weft_wait_any(), beside events. */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "net.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/poller.h"

enum { MANY = 6, ROUNDS = 300 };

static void send_byte(weft_socket *socket)
{
    CHECK_OK(weft_socket_send(socket, "x", 1, NULL, SOON));
}

static void receive_byte(weft_socket *socket)
{
    char byte;

    CHECK_OK(receive_all(socket, &byte, 1));
}

static void expect_first(const weft_waitable *things, size_t count, size_t expected)
{
    size_t index = count;

    CHECK_OK(weft_wait_any(things, count, &index, SOON));
    CU_ASSERT_EQUAL(index, expected);
}

static void expect_none(const weft_waitable *things, size_t count)
{
    size_t index = count;

    CHECK_ERROR(weft_wait_any(things, count, &index, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_wait_any(things, count, &index, weft_in(WEFT_MS(10))), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(index, count);
}

/* The first of all such waits of the program. */
static void without_a_thread_to_watch_it_fails(void)
{
    weft_event event = WEFT_EVENT_INIT;
    size_t index = 7;
    struct pair p;

    open_pair(&p, "127.0.0.1");
    const weft_waitable things[] = {weft_event_waitable(&event),
                                    weft_socket_waitable(p.server, WEFT_READABLE)};
    refuse_passage("poller.create", 1, WEFT_ELIMIT);
    CHECK_ERROR(weft_wait_any(things, 2, &index, SOON), WEFT_ELIMIT);
    refuse_passage("poller.create", 0, 0);
    CHECK_SENTENCE("poller");
    CU_ASSERT_EQUAL(index, 7);
    close_pair(&p);
}

static void a_socket_is_ready_while_something_is_there(void)
{
    weft_event event = WEFT_EVENT_INIT;
    struct pair p;

    open_pair(&p, "127.0.0.1");
    const weft_waitable things[] = {weft_event_waitable(&event),
                                    weft_socket_waitable(p.server, WEFT_READABLE),
                                    weft_socket_waitable(p.listener, WEFT_READABLE)};
    const weft_waitable room[] = {weft_socket_waitable(p.server, WEFT_READABLE),
                                  weft_socket_waitable(p.server, WEFT_WRITABLE)};
    expect_none(things, 3);
    expect_first(room, 2, 1);
    send_byte(p.client);
    expect_first(things, 3, 1);
    expect_first(things, 3, 1);
    expect_first(room, 2, 0);
    receive_byte(p.server);
    expect_none(things, 3);
    weft_event_set(&event);
    expect_first(things, 3, 0);
    weft_event_clear(&event);
    CHECK_OK(weft_socket_shutdown(p.listener, WEFT_SHUTDOWN_READ));
    expect_first(things, 3, 2);
    close_pair(&p);
}

/* A thread that waits for one thing, under a token. */
struct waiter {
    weft_waitable thing;
    weft_cancel token;
    weft_atomic_u32 waits; /* relaxed: it is about to */
    int err;
};

static int wait_for_it(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);
    const weft_cancel *before = weft_cancel_enter(&w->token);
    size_t index;

    weft_store_u32(&w->waits, 1, WEFT_RELAXED);
    w->err = weft_wait_any(&w->thing, 1, &index, SOON);
    weft_cancel_enter(before);
    return 0;
}

static bool waits(void *context)
{
    struct waiter *w = context;

    return weft_load_u32(&w->waits, WEFT_RELAXED) != 0;
}

/* They sleep now, or not yet: both is to be tried. */
static void start_waiters(struct waiter *w, weft_thread **threads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        start_threads(&threads[i], 1, wait_for_it, &w[i]);
        CU_ASSERT_TRUE(eventually(waits, &w[i]));
    }
    weft_sleep(WEFT_MS(3));
}

static void all_who_wait_for_a_socket_are_woken(void)
{
    struct waiter w[MANY] = {{.err = 7}};
    weft_thread *threads[MANY];
    struct pair p;

    open_pair(&p, "127.0.0.1");
    for (int i = 0; i < MANY; i++)
        w[i].thing = weft_socket_waitable(p.server, WEFT_READABLE);
    start_waiters(w, threads, MANY);
    send_byte(p.client);
    join_threads(threads, MANY);
    for (int i = 0; i < MANY; i++)
        CU_ASSERT_EQUAL(w[i].err, 0);
    close_pair(&p);
}

static void shutting_down_wakes_who_waits(void)
{
    struct waiter w = {.err = 7};
    weft_thread *thread;
    weft_socket *socket;

    CHECK_OK(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4));
    w.thing = weft_socket_waitable(socket, WEFT_READABLE);
    start_waiters(&w, &thread, 1);
    CHECK_OK(weft_socket_shutdown(socket, WEFT_SHUTDOWN_READ));
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(w.err, 0);
    weft_socket_close(socket);
}

static void a_token_ends_the_wait_for_a_socket(void)
{
    struct waiter w = {.err = 7};
    weft_thread *thread;
    struct pair p;

    open_pair(&p, "127.0.0.1");
    w.thing = weft_socket_waitable(p.server, WEFT_READABLE);
    start_waiters(&w, &thread, 1);
    weft_cancel_request(&w.token);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(w.err, WEFT_ECANCELED);
    close_pair(&p);
}

static void a_poller_is_ready_while_a_wait_would_return(void)
{
    weft_event event = WEFT_EVENT_INIT;
    weft_poller *poller;
    weft_ready ready[4];
    size_t count;
    struct pair p;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_poller_create(&poller));
    const weft_waitable things[] = {weft_event_waitable(&event), weft_poller_waitable(poller)};
    expect_none(things, 2);
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
    expect_none(things, 2);
    send_byte(p.client);
    expect_first(things, 2, 1);
    CHECK_OK(weft_poller_wait(poller, ready, 4, &count, SOON));
    CU_ASSERT_EQUAL(count, 1);
    expect_first(things, 2, 1);
    receive_byte(p.server);
    expect_none(things, 2);
    CHECK_OK(weft_poller_wake(poller));
    expect_first(things, 2, 1);
    CHECK_OK(weft_poller_wait(poller, ready, 4, &count, WEFT_FOREVER));
    CU_ASSERT_EQUAL(count, 0);
    expect_none(things, 2);
    weft_event_set(&event);
    expect_first(things, 2, 0);
    weft_poller_close(poller);
    close_pair(&p);
}

/* What may happen to a poller that somebody waits for. */
static void happen(int what, weft_poller *poller, struct pair *p)
{
    if (what == 0)
        send_byte(p->client);
    else if (what == 1)
        CHECK_OK(weft_poller_wake(poller));
    else if (what == 2)
        CHECK_OK(weft_poller_modify(poller, p->server, WEFT_WRITABLE, NULL));
    else if (what == 3)
        CHECK_OK(weft_socket_shutdown(p->server, WEFT_SHUTDOWN_READ));
    else
        CHECK_OK(weft_poller_register(poller, p->client, WEFT_WRITABLE, NULL));
}

static void whatever_ends_a_pollers_wait_ends_that_for_it(void)
{
    for (int what = 0; what < 5; what++) {
        struct waiter w = {.err = 7};
        weft_thread *thread;
        weft_poller *poller;
        weft_ready ready;
        size_t count;
        struct pair p;

        open_pair(&p, "127.0.0.1");
        CHECK_OK(weft_poller_create(&poller));
        CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
        w.thing = weft_poller_waitable(poller);
        start_waiters(&w, &thread, 1);
        happen(what, poller, &p);
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(w.err, 0);
        CHECK_OK(weft_poller_wait(poller, &ready, 1, &count, SOON));
        CU_ASSERT_EQUAL(count, what != 1);
        weft_poller_close(poller);
        close_pair(&p);
    }
}

/* A byte goes to and fro: each side waits for its end, or its poller, before it reads. */
struct relay {
    weft_socket *ends[2];
    weft_waitable things[2];
    weft_atomic_u32 sides;
    int err[2];
};

static int run_relay(weft_task *task)
{
    struct relay *r = WEFT_ARG(task, struct relay *);
    uint32_t side = weft_fetch_add_u32(&r->sides, 1, WEFT_RELAXED);
    int err = 0;

    for (int round = 0; round < ROUNDS && err == 0; round++) {
        size_t index, length;
        char byte;

        err = weft_wait_any(&r->things[side], 1, &index, SOON);
        if (err == 0)
            err = weft_socket_recv(r->ends[side], &byte, 1, &length, WEFT_NOW);
        if (err == 0)
            err = weft_socket_send(r->ends[side], &byte, 1, NULL, SOON);
    }
    r->err[side] = err;
    return 0;
}

static void nothing_is_missed_between_asking_and_sleeping(void)
{
    weft_thread *threads[2];
    weft_poller *poller;
    struct relay r = {.err = {7, 7}};
    struct pair p;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_poller_create(&poller));
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
    r.ends[0] = p.client;
    r.ends[1] = p.server;
    r.things[0] = weft_socket_waitable(p.client, WEFT_READABLE);
    r.things[1] = weft_poller_waitable(poller);
    start_threads(threads, 2, run_relay, &r);
    send_byte(p.client);
    join_threads(threads, 2);
    CU_ASSERT_EQUAL(r.err[0], 0);
    CU_ASSERT_EQUAL(r.err[1], 0);
    weft_poller_close(poller);
    close_pair(&p);
}

const char *const suite_name = "poller_wait_any";
CU_TestInfo suite_cases[] = {
    {"without_a_thread_to_watch_it_fails", without_a_thread_to_watch_it_fails},
    {"a_socket_is_ready_while_something_is_there", a_socket_is_ready_while_something_is_there},
    {"all_who_wait_for_a_socket_are_woken", all_who_wait_for_a_socket_are_woken},
    {"shutting_down_wakes_who_waits", shutting_down_wakes_who_waits},
    {"a_token_ends_the_wait_for_a_socket", a_token_ends_the_wait_for_a_socket},
    {"a_poller_is_ready_while_a_wait_would_return", a_poller_is_ready_while_a_wait_would_return},
    {"whatever_ends_a_pollers_wait_ends_that_for_it",
     whatever_ends_a_pollers_wait_ends_that_for_it},
    {"nothing_is_missed_between_asking_and_sleeping",
     nothing_is_missed_between_asking_and_sleeping},
    CU_TEST_INFO_NULL,
};
