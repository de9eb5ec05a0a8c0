/* SPDX-License-Identifier: MIT */
/* Sends to a peer that has finished sending and does not read: there is no room, but news of the
 * peer is there all the time, which some systems tell to who waits for room, too. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "halt.h"
#include "net.h"
#include "weft/cancel.h"
#include "weft/caps.h"
#include "weft/fault.h"

enum { BULK = 64 << 20, MORE = 1 << 20 };

static char *data;
static size_t filled; /* what the system took before there was no room */
static weft_atomic_u32 waits;
static weft_cancel stop = WEFT_CANCEL_INIT;

/* No room to send from p->client, whose peer has finished. False, after skip(), if no peer of
 * this backend can. */
static bool open_full(struct pair *p)
{
    char byte;
    size_t length = 1;

    if (!weft_caps()->shutdown_write) {
        skip("this backend cannot close one direction");
        return false;
    }
    data = calloc(1, BULK);
    open_pair(p, "127.0.0.1");
    CHECK_OK(weft_socket_shutdown(p->server, WEFT_SHUTDOWN_WRITE));
    CHECK_OK(weft_socket_recv(p->client, &byte, 1, &length, SOON));
    CU_ASSERT_EQUAL(length, 0);
    CHECK_ERROR(weft_socket_send(p->client, data, BULK, &filled, weft_in(WEFT_MS(300))),
                WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(filled > 0);
    return true;
}

static void close_full(struct pair *p)
{
    close_pair(p);
    free(data);
}

static int count_waits(const char *point)
{
    if (strcmp(point, "socket.listed") == 0)
        weft_fetch_add_u32(&waits, 1, WEFT_RELAXED);
    return 0;
}

static void the_deadline_holds_and_the_wait_is_no_spin(void)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    struct pair p;
    size_t sent = 7;
    weft_time began, until;

    if (!open_full(&p))
        return;
    weft_store_u32(&waits, 0, WEFT_RELAXED);
    weft_fault_hook(count_waits);
    weft_cancel_enter(&token); /* with one, the waits of all systems pass the point */
    began = weft_clock();
    until = began + WEFT_MS(300);
    CHECK_ERROR(weft_socket_send(p.client, data, BULK, &sent, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    weft_cancel_enter(NULL);
    weft_fault_hook(NULL);
    CHECK_SENTENCE("send");
    CU_ASSERT_TRUE(sent < BULK);
    CU_ASSERT_TRUE(weft_load_u32(&waits, WEFT_RELAXED) >= 1);
    /* Each either lasts, or is the last before some more has gone. */
    CU_ASSERT_TRUE(weft_load_u32(&waits, WEFT_RELAXED) <=
                   (weft_clock() - began) / WEFT_MS(5) + (weft_time)sent / 1024 + 2);
    close_full(&p);
}

static int send_until_stop(weft_task *task)
{
    weft_cancel_enter(&stop);
    return send_all(task);
}

static void a_cancel_ends_it(void)
{
    struct sender s = {.size = BULK};
    struct pair p;
    weft_thread *thread;

    if (!open_full(&p))
        return;
    s.socket = p.client;
    s.data = data;
    meet_at("socket.listed", 1);
    start_threads(&thread, 1, send_until_stop, &s);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    weft_cancel_request(&stop);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CU_ASSERT_EQUAL(s.err, WEFT_ECANCELED);
    CU_ASSERT_TRUE(s.sent < BULK);
    close_full(&p);
}

static void it_goes_on_as_soon_as_the_peer_reads(void)
{
    struct sender s = {.size = MORE};
    struct pair p;
    char *got;
    weft_thread *thread;

    if (!open_full(&p))
        return;
    s.socket = p.client;
    s.data = data;
    got = malloc(filled + MORE);
    start_threads(&thread, 1, send_all, &s);
    CHECK_OK(receive_all(p.server, got, filled + MORE));
    join_threads(&thread, 1);
    CHECK_OK(s.err);
    CU_ASSERT_EQUAL(s.sent, MORE);
    free(got);
    close_full(&p);
}

const char *const suite_name = "half_close";
CU_TestInfo suite_cases[] = {
    {"the_deadline_holds_and_the_wait_is_no_spin", the_deadline_holds_and_the_wait_is_no_spin},
    {"a_cancel_ends_it", a_cancel_ends_it},
    {"it_goes_on_as_soon_as_the_peer_reads", it_goes_on_as_soon_as_the_peer_reads},
    CU_TEST_INFO_NULL,
};
