/* SPDX-License-Identifier: MIT */
/* Cancels against calls of sockets: each that waits ends by them, and loses nothing. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "net.h"
#include "weft/cancel.h"
#include "weft/caps.h"
#include "weft/fault.h"
#include "weft/wait.h"

enum { BULK = 4 << 20, ROUNDS = 300 };

/* One call that waits, in a thread under a token. */
struct waiter {
    int (*call)(struct waiter *w, weft_time until);
    weft_socket *socket;
    const void *data; /* to be sent */
    size_t length;    /* how much has come or gone */
    const weft_cancel *cancel;
    weft_atomic_u32 about; /* 1: the call comes next */
    int err;               /* these two may be read after the thread was joined */
    char sentence[256];
};

static int run_wait(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);
    const weft_cancel *before = weft_cancel_enter(w->cancel);

    weft_store_u32(&w->about, 1, WEFT_RELEASE);
    w->err = w->call(w, SOON);
    weft_cancel_enter(before);
    if (w->err != 0)
        snprintf(w->sentence, sizeof(w->sentence), "%s", weft_last_error());
    return 0;
}

/* SDL2_net's waits cannot be seen from outside. */
static bool is_waiting(void *context)
{
    if (strcmp(weft_caps()->backend, "sdl2") == 0)
        return weft_load_u32(&((struct waiter *)context)->about, WEFT_ACQUIRE) != 0;
    return met() >= 1;
}

/* Asserts that a cancel ends it. */
static void check_cancel(struct waiter *w)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    weft_thread *thread;

    w->cancel = &stop;
    meet_at("socket.listed", 1);
    start_threads(&thread, 1, run_wait, w);
    CU_ASSERT_TRUE(eventually(is_waiting, w));
    weft_cancel_request(&stop);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CU_ASSERT_EQUAL(w->err, WEFT_ECANCELED);
    CU_ASSERT_PTR_NOT_NULL(strstr(w->sentence, "cancelled"));
}

/* ---- one call of each kind ------------------------------------------------------------ */

static int call_recv(struct waiter *w, weft_time until)
{
    char buffer[8];

    return weft_socket_recv(w->socket, buffer, sizeof(buffer), &w->length, until);
}

static int call_recv_exactly(struct waiter *w, weft_time until)
{
    char buffer[8];

    return weft_socket_recv_exactly(w->socket, buffer, sizeof(buffer), &w->length, until);
}

static int call_send(struct waiter *w, weft_time until)
{
    int err = 0;

    while (err == 0) /* until the system takes no more */
        err = weft_socket_send(w->socket, w->data, BULK, &w->length, until);
    return err;
}

static int call_accept(struct waiter *w, weft_time until)
{
    weft_socket *accepted = NULL;

    return weft_socket_accept(w->socket, &accepted, NULL, until);
}

static int call_recvfrom(struct waiter *w, weft_time until)
{
    char buffer[8];

    return weft_socket_recvfrom(w->socket, buffer, sizeof(buffer), &w->length, NULL, until);
}

static int call_resolve(struct waiter *w, weft_time until)
{
    weft_address address;

    (void)w;
    return weft_address_resolve(&address, "weft.invalid", 80, WEFT_FAMILY_NONE, until);
}

/* ---- cancels ------------------------------------------------------------------------------ */

static void a_cancel_ends_recv_and_recv_exactly(void)
{
    struct waiter w = {.call = call_recv};
    struct pair p;

    open_pair(&p, "127.0.0.1");
    w.socket = p.server;
    check_cancel(&w);
    w = (struct waiter){.call = call_recv_exactly, .socket = p.server};
    CHECK_OK(weft_socket_send(p.client, "abc", 3, NULL, SOON));
    check_cancel(&w);
    CU_ASSERT_TRUE(w.length <= 3);
    close_pair(&p);
}

static void a_cancel_ends_send_which_tells_how_much_went(void)
{
    void *data = calloc(1, BULK);
    struct waiter w = {.call = call_send, .data = data};
    struct pair p;

    open_pair(&p, "127.0.0.1");
    w.socket = p.client;
    check_cancel(&w);
    CU_ASSERT_TRUE(w.length < BULK);
    close_pair(&p);
    free(data);
}

static void a_cancel_ends_accept(void)
{
    struct waiter w = {.call = call_accept};

    CHECK_OK(weft_tcp_listen(&w.socket, "127.0.0.1", 0, NULL));
    check_cancel(&w);
    weft_socket_close(w.socket);
}

static void a_cancel_ends_recvfrom(void)
{
    struct waiter w = {.call = call_recvfrom};

    CHECK_OK(weft_udp_open(&w.socket, "127.0.0.1", 0, WEFT_IPV4));
    check_cancel(&w);
    weft_socket_close(w.socket);
}

static weft_atomic_u32 asked, answer; /* the resolver was asked; it may answer */

static int hold_the_resolver(const char *point)
{
    if (strcmp(point, "resolve") != 0)
        return 0;
    weft_store_u32(&asked, 1, WEFT_RELEASE);
    while (weft_load_u32(&answer, WEFT_ACQUIRE) == 0)
        weft_sleep(WEFT_MS(1));
    weft_store_u32(&asked, 2, WEFT_RELEASE);
    return WEFT_ENOTFOUND;
}

static bool is_asked(void *context)
{
    return weft_load_u32(&asked, WEFT_ACQUIRE) == *(uint32_t *)context;
}

static void a_cancel_ends_resolve(void)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    struct waiter w = {.call = call_resolve, .cancel = &stop};
    weft_thread *thread;
    uint32_t state = 1;

    weft_fault_hook(hold_the_resolver);
    start_threads(&thread, 1, run_wait, &w);
    CU_ASSERT_TRUE(eventually(is_asked, &state));
    weft_cancel_request(&stop);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(w.err, WEFT_ECANCELED);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.sentence, "weft.invalid"));
    weft_store_u32(&answer, 1, WEFT_RELEASE);
    state = 2;
    CU_ASSERT_TRUE(eventually(is_asked, &state));
    weft_fault_hook(NULL);
}

static void an_expiry_ends_a_wait_and_is_no_deadline(void)
{
    weft_time begun = weft_clock();
    weft_cancel part = {.expires = weft_in(WEFT_MS(20))};
    struct waiter w = {.call = call_recvfrom};

    CHECK_OK(weft_udp_open(&w.socket, "127.0.0.1", 0, WEFT_IPV4));
    weft_cancel_enter(&part);
    CHECK_ERROR(w.call(&w, SOON), WEFT_ECANCELED);
    CU_ASSERT_TRUE(weft_clock() - begun >= WEFT_MS(20));
    CHECK_ERROR(w.call(&w, WEFT_NOW), WEFT_ETIMEDOUT); /* does not wait */
    weft_cancel_enter(NULL);
    weft_socket_close(w.socket);
}

static void what_is_there_is_taken_under_a_cancelled_token(void)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    struct waiter w = {.call = call_recv};
    struct pair p;
    char buffer[8];

    open_pair(&p, "127.0.0.1");
    w.socket = p.server;
    CHECK_OK(weft_socket_send(p.client, "12345678", 8, NULL, SOON));
    CHECK_OK(receive_all(p.server, buffer, 7)); /* so the eighth is there, too */
    weft_cancel_request(&stop);
    weft_cancel_enter(&stop);
    CHECK_OK(w.call(&w, SOON));
    CU_ASSERT_EQUAL(w.length, 1);
    CHECK_ERROR(w.call(&w, SOON), WEFT_ECANCELED);
    weft_cancel_enter(NULL);
    close_pair(&p);
}

static void a_thread_without_a_bell_looks_around_itself(void)
{
    struct waiter w = {.call = call_recvfrom};

    CHECK_OK(weft_udp_open(&w.socket, "127.0.0.1", 0, WEFT_IPV4));
    for (uint32_t i = 0; i < 2; i++) {
        weft_cancel stop = WEFT_CANCEL_INIT;
        weft_thread *thread;

        w = (struct waiter){.call = call_recvfrom, .socket = w.socket, .cancel = &stop};
        refuse_passage("bell.create", 1, WEFT_ELIMIT);
        start_threads(&thread, 1, run_wait, &w);
        while (weft_load_u32(&w.about, WEFT_ACQUIRE) == 0)
            weft_sleep(WEFT_MS(1));
        if (i == 0)
            weft_cancel_request(&stop);
        else
            CHECK_OK(weft_socket_shutdown(w.socket, WEFT_SHUTDOWN_READ));
        join_threads(&thread, 1);
        refuse_passage("bell.create", 0, 0);
        CU_ASSERT_EQUAL(w.err, i == 0 ? WEFT_ECANCELED : WEFT_ECLOSED);
    }
    weft_socket_close(w.socket);
}

/* ---- a bell that is made while another thread, which has none, is rung for ---- */

enum { LATE = 32 }; /* threads whose numbers follow each other: one is in any given list */

static weft_atomic_u32 creations, listed, go;

/* There is no bell for the first one, who stays where it is listed until `go`. */
static int hold_back_the_first(const char *point)
{
    const weft_cancel *before = weft_cancel_enter(NULL);
    int err = 0;

    if (strcmp(point, "bell.create") == 0)
        err = weft_fetch_add_u32(&creations, 1, WEFT_ACQ_REL) == 0 ? WEFT_ELIMIT : 0;
    else if (strcmp(point, "socket.listed") == 0 &&
             weft_fetch_add_u32(&listed, 1, WEFT_ACQ_REL) == 0)
        while (weft_load_u32(&go, WEFT_ACQUIRE) == 0)
            weft_wait(&go, 0, SOON);
    weft_cancel_enter(before);
    return err;
}

static bool are_listed(void *context)
{
    return weft_load_u32(&listed, WEFT_ACQUIRE) >= *(const uint32_t *)context;
}

static void a_bell_that_comes_late_rings_too(void)
{
    weft_cancel stop[2] = {WEFT_CANCEL_INIT, WEFT_CANCEL_INIT};
    uint32_t first = 1, all = LATE + 1;
    struct waiter w[LATE + 1];
    weft_thread *threads[LATE + 1];

    if (strcmp(weft_caps()->backend, "sdl2") == 0)
        return; /* it has no bells */
    weft_fault_hook(hold_back_the_first);
    for (uint32_t i = 0; i < all; i++) {
        w[i] = (struct waiter){.call = call_recvfrom, .cancel = &stop[i > 0]};
        CHECK_OK(weft_udp_open(&w[i].socket, "127.0.0.1", 0, WEFT_IPV4));
        start_threads(&threads[i], 1, run_wait, &w[i]);
        if (i == 0) {
            CU_ASSERT_TRUE(eventually(are_listed, &first));
            weft_cancel_request(&stop[0]);
        }
    }
    CU_ASSERT_TRUE(eventually(are_listed, &all));
    weft_cancel_request(&stop[1]);
    join_threads(threads + 1, LATE);
    weft_store_u32(&go, 1, WEFT_RELEASE);
    weft_wake(&go, WEFT_WAKE_ALL);
    join_threads(threads, 1);
    weft_fault_hook(NULL);
    for (uint32_t i = 0; i < all; i++) {
        CU_ASSERT_EQUAL(w[i].err, WEFT_ECANCELED);
        weft_socket_close(w[i].socket);
    }
}

/* ---- races ---------------------------------------------------------------------------------- */

struct race {
    weft_socket *socket;
    weft_cancel tokens[ROUNDS];
    weft_atomic_u32 round; /* whose token may be cancelled now, from 1 on */
    unsigned cancelled;    /* may be read after the thread was joined */
};

static int wait_again_and_again(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);
    char byte;
    size_t length;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        weft_cancel_enter(&r->tokens[i]);
        weft_store_u32(&r->round, i + 1, WEFT_RELEASE);
        r->cancelled +=
            weft_socket_recv(r->socket, &byte, 1, &length, WEFT_FOREVER) == WEFT_ECANCELED;
    }
    weft_cancel_enter(NULL);
    return 0;
}

static void a_cancel_at_any_moment_is_not_missed(void)
{
    static struct race r;
    struct pair p;
    weft_thread *thread;
    uint32_t rounds = strcmp(weft_caps()->backend, "sdl2") == 0 ? 20 : ROUNDS; /* it is slow */

    open_pair(&p, "127.0.0.1");
    r.socket = p.server;
    start_threads(&thread, 1, wait_again_and_again, &r);
    for (uint32_t i = 0; i < rounds; i++) {
        while (weft_load_u32(&r.round, WEFT_ACQUIRE) <= i)
            ;
        weft_cancel_request(&r.tokens[i]);
    }
    for (uint32_t i = 0; i < ROUNDS; i++)
        weft_cancel_request(&r.tokens[i]);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(r.cancelled, ROUNDS);
    close_pair(&p);
}

const char *const suite_name = "socket_cancel";
CU_TestInfo suite_cases[] = {
    /* These two first, while there is none. */
    {"a_thread_without_a_bell_looks_around_itself", a_thread_without_a_bell_looks_around_itself},
    {"a_bell_that_comes_late_rings_too", a_bell_that_comes_late_rings_too},
    {"a_cancel_ends_recv_and_recv_exactly", a_cancel_ends_recv_and_recv_exactly},
    {"a_cancel_ends_send_which_tells_how_much_went", a_cancel_ends_send_which_tells_how_much_went},
    {"a_cancel_ends_accept", a_cancel_ends_accept},
    {"a_cancel_ends_recvfrom", a_cancel_ends_recvfrom},
    {"a_cancel_ends_resolve", a_cancel_ends_resolve},
    {"an_expiry_ends_a_wait_and_is_no_deadline", an_expiry_ends_a_wait_and_is_no_deadline},
    {"what_is_there_is_taken_under_a_cancelled_token",
     what_is_there_is_taken_under_a_cancelled_token},
    {"a_cancel_at_any_moment_is_not_missed", a_cancel_at_any_moment_is_not_missed},
    CU_TEST_INFO_NULL,
};
