/* SPDX-License-Identifier: MIT */
/* GLib's GIO: GSocketService and asynchronous streams in one main loop. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>

#include <gio/gio.h>

static const char *version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "GLib %u.%u.%u", glib_major_version, glib_minor_version,
             glib_micro_version);
    return text;
}

struct connection {
    GSocketConnection *socket;
    unsigned char buffer[NET_PIECE]; /* only touched where it is used */
};

static void next(struct connection *connection);

static void drop(struct connection *connection)
{
    g_object_unref(connection->socket);
    free(connection);
}

static void written(GObject *stream, GAsyncResult *result, gpointer user)
{
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL))
        next(user);
    else
        drop(user);
}

static void came(GObject *stream, GAsyncResult *result, gpointer user)
{
    gssize got = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);
    struct connection *connection = user;

    if (got <= 0) {
        drop(connection);
        return;
    }
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(connection->socket)),
                                    connection->buffer, (gsize)got, G_PRIORITY_DEFAULT, NULL,
                                    written, connection);
}

static void next(struct connection *connection)
{
    g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(connection->socket)),
                              connection->buffer, NET_PIECE, G_PRIORITY_DEFAULT, NULL, came,
                              connection);
}

static gboolean incoming(GSocketService *service, GSocketConnection *socket, GObject *source,
                         gpointer user)
{
    struct connection *connection = malloc(sizeof(*connection));

    (void)service;
    (void)source;
    (void)user;
    need(connection != NULL, "malloc");
    connection->socket = g_object_ref(socket);
    next(connection);
    return TRUE;
}

static void serve_tcp(unsigned connections)
{
    GSocketService *service = g_socket_service_new();
    GSocket *listener;

    if (connections > 6000)
        net_skip("each connection slows the next one: 10,000 take a minute");
    listener = g_socket_new_from_fd(net_listen(), NULL);
    need(listener != NULL &&
             g_socket_listener_add_socket(G_SOCKET_LISTENER(service), listener, NULL, NULL),
         "g_socket_listener_add_socket");
    g_signal_connect(service, "incoming", G_CALLBACK(incoming), NULL);
    g_socket_service_start(service);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

static const struct net_calls calls = {.tcp = "GSocketService", .serve_tcp = serve_tcp};

const struct peer peer_net_gio = {
    .name = "gio", .kind = KIND_LIBRARY, .version = version, .net = &calls};
