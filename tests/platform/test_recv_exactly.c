/* SPDX-License-Identifier: MIT */
/* Messages that come in pieces, or not whole. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "net.h"
#include "weft/caps.h"

enum { BYTES = 300, MANY = 300000 };

/* Sends BYTES bytes, one by one, as packets of their own where that can be asked for. */
static int send_one_by_one(weft_task *task)
{
    weft_socket *socket = WEFT_ARG(task, weft_socket *);
    int err = 0;

    if (weft_caps()->socket_options)
        err = weft_socket_option_set(socket, WEFT_SOCKET_NO_DELAY, 1);
    for (int i = 0; i < BYTES && err == 0; i++) {
        unsigned char byte = (unsigned char)i;

        err = weft_socket_send(socket, &byte, 1, NULL, SOON);
    }
    return err;
}

static void pieces_are_put_together(void)
{
    struct pair p;
    weft_thread *thread;
    unsigned char buffer[BYTES];
    size_t length = 0;
    bool right = true;

    open_pair(&p, "127.0.0.1");
    start_threads(&thread, 1, send_one_by_one, p.client);
    CHECK_OK(weft_socket_recv_exactly(p.server, buffer, 7, NULL, SOON));
    CHECK_OK(weft_socket_recv_exactly(p.server, buffer + 7, BYTES - 7, &length, SOON));
    CU_ASSERT_EQUAL(length, BYTES - 7);
    for (int i = 0; i < BYTES; i++)
        right = right && buffer[i] == (unsigned char)i;
    CU_ASSERT_TRUE(right);
    join_threads(&thread, 1);
    close_pair(&p);
}

static void an_end_in_the_middle_tells_how_much_came(void)
{
    struct pair p;
    char buffer[8] = "";
    size_t length = 0;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_send(p.client, "abc", 3, NULL, SOON));
    weft_socket_close(p.client);
    p.client = NULL;
    CHECK_ERROR(weft_socket_recv_exactly(p.server, buffer, 5, &length, SOON), WEFT_ECLOSED);
    CHECK_SENTENCE("3 of 5");
    CU_ASSERT_EQUAL(length, 3);
    CU_ASSERT_STRING_EQUAL(buffer, "abc");
    CHECK_ERROR(weft_socket_recv_exactly(p.server, buffer, 5, &length, SOON), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(length, 0);
    close_pair(&p);
}

static void a_deadline_in_the_middle_tells_how_much_came(void)
{
    struct pair p;
    char buffer[8] = "";
    size_t length = 0;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_send(p.client, "abc", 3, NULL, SOON));
    CHECK_OK(weft_socket_recv_exactly(p.server, buffer, 1, NULL, SOON)); /* so all are there */
    CHECK_ERROR(weft_socket_recv_exactly(p.server, buffer + 1, 5, &length, weft_in(WEFT_MS(20))),
                WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(length, 2);
    CU_ASSERT_STRING_EQUAL(buffer, "abc");
    close_pair(&p);
}

static void a_reset_in_the_middle_is_no_end(void)
{
    struct pair p;
    char buffer[8] = "";
    size_t length = 0;
    int err;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_send(p.server, "unread", 6, NULL, SOON));
    CHECK_OK(weft_socket_send(p.client, "abc", 3, NULL, SOON));
    CHECK_OK(receive_all(p.client, buffer, 1)); /* so the rest of it is there, too */
    CHECK_OK(weft_socket_recv_exactly(p.server, buffer, 3, &length, SOON));
    CU_ASSERT_EQUAL(memcmp(buffer, "abc", 3), 0);
    weft_socket_close(p.client); /* what it has not read becomes a reset */
    p.client = NULL;
    err = weft_socket_recv_exactly(p.server, buffer, 3, &length, SOON);
    if (err == WEFT_ECLOSED)
        skip("this system ends such a connection in order");
    else
        CU_ASSERT_EQUAL(err, WEFT_ERESET);
    CU_ASSERT_EQUAL(length, 0);
    close_pair(&p);
}

/* Where a thread sends, it ends when it had nothing to do for a while: here, at once. */
static void a_sender_that_rests_between_two_pieces_goes_on(void)
{
    static unsigned char data[MANY], got[MANY];
    struct sender s = {.data = data, .size = MANY};
    struct pair p;
    weft_thread *thread;

    memset(data, 'x', MANY);
    open_pair(&p, "127.0.0.1");
    s.socket = p.client;
    refuse_passage("send.rests", 1, WEFT_ETIMEDOUT);
    start_threads(&thread, 1, send_all, &s);
    CHECK_OK(weft_socket_recv_exactly(p.server, got, MANY, NULL, SOON));
    join_threads(&thread, 1);
    refuse_passage("send.rests", 0, 0);
    CHECK_OK(s.err);
    CU_ASSERT_EQUAL(memcmp(data, got, MANY), 0);
    close_pair(&p);
}

static void no_bytes_are_there_at_once(void)
{
    struct pair p;
    size_t length = 1;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_recv_exactly(p.server, NULL, 0, &length, SOON));
    CU_ASSERT_EQUAL(length, 0);
    close_pair(&p);
}

const char *const suite_name = "recv_exactly";
CU_TestInfo suite_cases[] = {
    {"pieces_are_put_together", pieces_are_put_together},
    {"an_end_in_the_middle_tells_how_much_came", an_end_in_the_middle_tells_how_much_came},
    {"a_deadline_in_the_middle_tells_how_much_came", a_deadline_in_the_middle_tells_how_much_came},
    {"a_reset_in_the_middle_is_no_end", a_reset_in_the_middle_is_no_end},
    {"a_sender_that_rests_between_two_pieces_goes_on",
     a_sender_that_rests_between_two_pieces_goes_on},
    {"no_bytes_are_there_at_once", no_bytes_are_there_at_once},
    CU_TEST_INFO_NULL,
};
