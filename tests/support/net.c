/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <string.h>

#include "check.h"
#include "weft/caps.h"

void open_pair(struct pair *p, const char *host)
{
    memset(p, 0, sizeof(*p));
    CHECK_OK(weft_tcp_listen(&p->listener, host, 0, NULL));
    CHECK_OK(weft_socket_address(p->listener, &p->at));
    CU_ASSERT_NOT_EQUAL(p->at.port, 0);
    CHECK_OK(weft_tcp_connect(&p->client, host, p->at.port, SOON));
    CHECK_OK(weft_socket_accept(p->listener, &p->server, &p->peer, SOON));
}

void close_pair(struct pair *p)
{
    weft_socket_close(p->client);
    weft_socket_close(p->server);
    weft_socket_close(p->listener);
}

int receive_all(weft_socket *socket, void *buffer, size_t size)
{
    unsigned char *at = buffer;
    size_t length = 0;
    int err = 0;

    while (size > 0 && err == 0) {
        err = weft_socket_recv(socket, at, size, &length, SOON);
        if (err == 0 && length == 0)
            return WEFT_ECLOSED;
        at += length;
        size -= length;
    }
    return err;
}

bool has_ipv6(void)
{
    weft_socket *listener = NULL;

    if (!weft_caps()->ipv6) {
        skip("this backend has no IPv6");
        return false;
    }
    if (weft_tcp_listen(&listener, "::1", 0, NULL) != 0) {
        skip("this machine has no ::1");
        return false;
    }
    weft_socket_close(listener);
    return true;
}

int send_all(weft_task *task)
{
    struct sender *s = WEFT_ARG(task, struct sender *);

    s->err = weft_socket_send(s->socket, s->data, s->size, &s->sent, SOON);
    return 0;
}
