/* SPDX-License-Identifier: MIT */
/* Waits in pollers: deadlines, wakes, cancels, and changes meanwhile. */
#include "check.h"

#include "crew.h"
#include "halt.h"
#include "net.h"
#include "polled.h"
#include "weft/cancel.h"
#include "weft/fault.h"

/* ---- waiting --------------------------------------------------------------------------- */

static void the_deadline_is_not_early(void)
{
    weft_time until;

    open_poller();
    expect_nothing();
    until = weft_in(WEFT_MS(20));
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("until the deadline");
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, weft_clock() - 1),
                WEFT_ETIMEDOUT);
    weft_poller_close(poller);
}

static void each_has_its_turn_where_room_is_short(void)
{
    weft_socket *sockets[MANY];
    bool seen[MANY] = {false};
    int left = MANY, waits = 0;

    open_poller();
    for (int i = 0; i < MANY; i++) {
        CHECK_OK(weft_udp_open(&sockets[i], "127.0.0.1", 0, WEFT_IPV4));
        CHECK_OK(weft_poller_register(poller, sockets[i], WEFT_WRITABLE, &seen[i]));
    }
    while (left > 0 && waits++ < 4 * MANY) {
        CHECK_OK(weft_poller_wait(poller, ready, 3, &ready_count, SOON));
        CU_ASSERT_TRUE(ready_count >= 1 && ready_count <= 3);
        for (size_t i = 0; i < ready_count; i++) {
            left -= !*(bool *)ready[i].data;
            *(bool *)ready[i].data = true;
        }
    }
    CU_ASSERT_EQUAL(left, 0);
    for (int i = 0; i < MANY; i++)
        weft_socket_close(sockets[i]);
    weft_poller_close(poller);
}

static void wakes_before_a_wait_are_one(void)
{
    open_poller();
    for (int i = 0; i < 1000; i++)
        CHECK_OK(weft_poller_wake(poller));
    ready_count = 7;
    CHECK_OK(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_FOREVER));
    CU_ASSERT_EQUAL(ready_count, 0);
    expect_nothing();
    CHECK_OK(weft_poller_wake(poller));
    CHECK_OK(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_NOW));
    expect_nothing();
    weft_poller_close(poller);
}

static void a_woken_wait_tells_what_is_ready(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.client, WEFT_WRITABLE, NULL));
    CHECK_OK(weft_poller_wake(poller));
    expect_ready(p.client, WEFT_WRITABLE, NULL);
    CHECK_OK(weft_poller_modify(poller, p.client, 0, NULL));
    expect_nothing();
    weft_poller_close(poller);
    close_pair(&p);
}

/* A thread that waits in `poller`, under a token. */
struct waiter {
    weft_cancel token;
    weft_time until;
    weft_atomic_u32 waits; /* relaxed: it is about to */
    int err;
    size_t told;
};

static int wait_there(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);
    const weft_cancel *before = weft_cancel_enter(&w->token);

    weft_store_u32(&w->waits, 1, WEFT_RELAXED);
    w->err = weft_poller_wait(poller, ready, ROOM, &w->told, w->until);
    weft_cancel_enter(before);
    return 0;
}

static bool waits(void *context)
{
    struct waiter *w = context;

    return weft_load_u32(&w->waits, WEFT_RELAXED) != 0;
}

/* The thread is in its wait, or about to begin it: both is to be tried. */
static void start_waiter(struct waiter *w, weft_thread **thread)
{
    w->until = w->until == 0 ? SOON : w->until;
    start_threads(thread, 1, wait_there, w);
    CU_ASSERT_TRUE(eventually(waits, w));
    weft_sleep(WEFT_MS(2));
}

static void another_thread_wakes_it(void)
{
    for (int i = 0; i < 20; i++) {
        struct waiter w = {.err = 7};
        weft_thread *thread;

        open_poller();
        start_waiter(&w, &thread);
        CHECK_OK(weft_poller_wake(poller));
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(w.err, 0);
        CU_ASSERT_EQUAL(w.told, 0);
        weft_poller_close(poller);
    }
}

static void its_token_ends_it(void)
{
    for (int i = 0; i < 20; i++) {
        struct waiter w = {.err = 7, .until = WEFT_FOREVER};
        weft_thread *thread;

        open_poller();
        start_waiter(&w, &thread);
        weft_cancel_request(&w.token);
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(w.err, WEFT_ECANCELED);
        CU_ASSERT_EQUAL(w.told, 0);
        weft_poller_close(poller);
    }
}

static void what_is_ready_beats_a_cancel(void)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    const weft_cancel *before = weft_cancel_enter(&token);
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.client, WEFT_WRITABLE, NULL));
    weft_cancel_request(&token);
    CHECK_OK(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_FOREVER));
    CU_ASSERT_EQUAL(ready_count, 1);
    CHECK_OK(weft_poller_unregister(poller, p.client));
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_SENTENCE("cancelled");
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_cancel_enter(before);
    weft_poller_close(poller);
    close_pair(&p);
}

static void an_expired_token_ends_it(void)
{
    weft_cancel token = {.expires = weft_in(WEFT_MS(10))};
    const weft_cancel *before = weft_cancel_enter(&token);

    open_poller();
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_FOREVER), WEFT_ECANCELED);
    CU_ASSERT_TRUE(weft_clock() >= token.expires);
    weft_cancel_enter(before);
    weft_poller_close(poller);
}

static int wait_or_wake(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);

    w->err = weft_poller_wait(poller, ready, ROOM, &w->told, SOON);
    if (w->err == WEFT_EBUSY)
        (void)weft_poller_wake(poller);
    return 0;
}

/* Whoever comes second is refused, and wakes the first. */
static void one_thread_waits_at_a_time(void)
{
    struct waiter w = {.err = 7};
    weft_thread *thread;
    int err;

    open_poller();
    expect_misuse(WEFT_EBUSY);
    start_threads(&thread, 1, wait_or_wake, &w);
    err = weft_poller_wait(poller, ready, ROOM, &ready_count, SOON);
    if (err == WEFT_EBUSY)
        CHECK_OK(weft_poller_wake(poller));
    join_threads(&thread, 1);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_TRUE((err == WEFT_EBUSY && w.err == 0) || (err == 0 && w.err == WEFT_EBUSY));
    weft_poller_close(poller);
}

/* ---- changes during a wait --------------------------------------------------------------- */

static void what_is_registered_during_a_wait_ends_it(void)
{
    struct waiter w = {.err = 7};
    weft_thread *thread;
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    start_waiter(&w, &thread);
    CHECK_OK(weft_poller_register(poller, p.client, WEFT_WRITABLE, &tags[5]));
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(w.err, 0);
    CU_ASSERT_EQUAL(w.told, 1);
    CU_ASSERT_PTR_EQUAL(ready[0].data, &tags[5]);
    weft_poller_close(poller);
    close_pair(&p);
}

static void what_is_modified_or_shut_down_during_a_wait_ends_it(void)
{
    for (int i = 0; i < 2; i++) {
        struct waiter w = {.err = 7};
        weft_thread *thread;
        struct pair p;

        open_pair(&p, "127.0.0.1");
        open_poller();
        CHECK_OK(weft_poller_register(poller, p.client, WEFT_READABLE, &tags[5]));
        start_waiter(&w, &thread);
        if (i == 0)
            CHECK_OK(weft_poller_modify(poller, p.client, WEFT_WRITABLE, &tags[6]));
        else
            CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_READ));
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(w.err, 0);
        CU_ASSERT_EQUAL(w.told, 1);
        CU_ASSERT_PTR_EQUAL(ready[0].socket, p.client);
        CU_ASSERT_PTR_EQUAL(ready[0].data, &tags[6 - i]);
        weft_poller_close(poller);
        close_pair(&p);
    }
}

static void what_is_closed_during_a_wait_is_not_told(void)
{
    struct waiter w = {.err = 7};
    weft_thread *thread;
    struct pair p, q;

    open_pair(&p, "127.0.0.1");
    open_pair(&q, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
    CHECK_OK(weft_poller_register(poller, q.server, WEFT_READABLE, NULL));
    start_waiter(&w, &thread);
    weft_socket_close(p.server);
    p.server = NULL;
    CHECK_OK(weft_poller_unregister(poller, q.server));
    send_byte(q.client);
    CHECK_OK(weft_poller_wake(poller));
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(w.err, 0);
    CU_ASSERT_EQUAL(w.told, 0);
    expect_nothing();
    weft_poller_close(poller);
    close_pair(&p);
    close_pair(&q);
}

/* ---- looks ------------------------------------------------------------------------------- */

static const char *const look = "poller.look";

/* Events come so fast that waits look before they sleep; false: they do not here. */
static bool make_it_look(void)
{
    weft_time until = weft_in(WEFT_S(10));
    bool looks;

    meet_at(look, 1);
    while (met() == 0 && weft_clock() < until)
        CHECK_OK(weft_poller_wait(poller, ready, ROOM, &ready_count, SOON));
    looks = met() > 0;
    meet_at(NULL, 0);
    return looks;
}

/* The next thing that the look does is to ask the system, which then tells it of the wake-up,
 * and once only. */
static void end_a_look(struct pair *p, bool cancel)
{
    struct waiter w = {.err = 7, .until = SOON};
    weft_thread *thread;

    meet_at(look, 2);
    start_threads(&thread, 1, wait_there, &w);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    if (cancel)
        weft_cancel_request(&w.token);
    else
        CHECK_OK(weft_socket_shutdown(p->server, WEFT_SHUTDOWN_READ));
    (void)weft_fault_point(look);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CU_ASSERT_EQUAL(w.err, cancel ? WEFT_ECANCELED : 0);
    CU_ASSERT_EQUAL(w.told, cancel ? 0 : 1);
}

static void what_ends_a_wait_ends_it_during_a_look(void)
{
    for (int i = 0; i < 2; i++) {
        struct pair p;

        open_pair(&p, "127.0.0.1");
        open_poller();
        CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, &tags[1]));
        CHECK_OK(weft_poller_register(poller, p.client, WEFT_WRITABLE, NULL));
        if (make_it_look()) {
            CHECK_OK(weft_poller_unregister(poller, p.client));
            end_a_look(&p, i == 0);
        } else {
            skip("events come too slowly here, or there is one CPU");
        }
        weft_poller_close(poller);
        close_pair(&p);
    }
}

const char *const suite_name = "poller_wait";
CU_TestInfo suite_cases[] = {
    {"the_deadline_is_not_early", the_deadline_is_not_early},
    {"each_has_its_turn_where_room_is_short", each_has_its_turn_where_room_is_short},
    {"wakes_before_a_wait_are_one", wakes_before_a_wait_are_one},
    {"a_woken_wait_tells_what_is_ready", a_woken_wait_tells_what_is_ready},
    {"another_thread_wakes_it", another_thread_wakes_it},
    {"its_token_ends_it", its_token_ends_it},
    {"what_is_ready_beats_a_cancel", what_is_ready_beats_a_cancel},
    {"an_expired_token_ends_it", an_expired_token_ends_it},
    {"one_thread_waits_at_a_time", one_thread_waits_at_a_time},
    {"what_is_registered_during_a_wait_ends_it", what_is_registered_during_a_wait_ends_it},
    {"what_is_modified_or_shut_down_during_a_wait_ends_it",
     what_is_modified_or_shut_down_during_a_wait_ends_it},
    {"what_is_closed_during_a_wait_is_not_told", what_is_closed_during_a_wait_is_not_told},
    {"what_ends_a_wait_ends_it_during_a_look", what_ends_a_wait_ends_it_during_a_look},
    CU_TEST_INFO_NULL,
};
