/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_POLLED_H
#define WEFT_TESTS_POLLED_H

/* One poller, and what its last wait told, for the tests of pollers. */

#include <stddef.h>

#include "weft/poller.h"

enum { ROOM = 16, MANY = 20 };

extern weft_poller *poller;
extern weft_ready ready[ROOM];
extern size_t ready_count;
extern int tags[MANY]; /* for what is handed back */

/* Asserts that it is there. */
void open_poller(void);

/* Asserts that a wait tells of this one socket and nothing else. */
void expect_ready(weft_socket *socket, unsigned events, const void *data);
void expect_nothing(void);

/* Assert that it is sent, or comes. */
void send_byte(weft_socket *socket);
void receive_byte(weft_socket *socket);

#endif
