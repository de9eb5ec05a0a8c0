/* SPDX-License-Identifier: MIT */
#include "polled.h"

#include "check.h"
#include "net.h"

weft_poller *poller;
weft_ready ready[ROOM];
size_t ready_count;
int tags[MANY];

void open_poller(void)
{
    poller = NULL;
    CHECK_OK(weft_poller_create(&poller));
}

/* Asserts that a wait tells of this one socket and nothing else. */
void expect_ready(weft_socket *socket, unsigned events, const void *data)
{
    CHECK_OK(weft_poller_wait(poller, ready, ROOM, &ready_count, SOON));
    CU_ASSERT_EQUAL_FATAL(ready_count, 1);
    CU_ASSERT_PTR_EQUAL(ready[0].socket, socket);
    CU_ASSERT_EQUAL(ready[0].events & ~(unsigned)WEFT_HUNG_UP, events);
    CU_ASSERT_PTR_EQUAL(ready[0].data, data);
}

void expect_nothing(void)
{
    ready_count = 7;
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, WEFT_NOW), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(ready_count, 0);
}

void send_byte(weft_socket *socket)
{
    CHECK_OK(weft_socket_send(socket, "x", 1, NULL, SOON));
}

void receive_byte(weft_socket *socket)
{
    char byte;

    CHECK_OK(receive_all(socket, &byte, 1));
}
