/* SPDX-License-Identifier: MIT */
/*
 * Making a fetch: what the caller wants, checked, and said to libcurl.
 *
 * libcurl is set up once per process and never torn down: it may be in use by others at any
 * time. The deadline is not libcurl's but the HTTP thread's, for it covers the wait for a turn
 * too.
 */
#include "http_fetch.h"

#include <stdlib.h>
#include <string.h>

#include <weft/cancel.h>
#include <weft/error.h>
#include <weft/memory.h>
#include <weft/once.h>
#include <weft/text.h>

#include "internal.h"

enum { REDIRECTS = 10, CONNECTIONS = 16, END_TIME_MS = 1000 };

static weft_once curl_started = WEFT_ONCE_INIT;

/* TLS is torn down by the C library after this, for it was set up before. */
static void end_with_program(void)
{
    weft_cancel_enter(NULL); /* main() may be cancelled, but must wait here */
    if (!weft__http_in_thread())
        (void)weft__http_end(weft_in(WEFT_MS(END_TIME_MS)));
}

static int start_curl(void *context)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    (void)context;
    if (code != CURLE_OK)
        return weft__fail(WEFT_ESYSTEM, "libcurl: does not start: %s", curl_easy_strerror(code));
    if (atexit(end_with_program) != 0)
        return weft__fail(WEFT_ENOMEM, "http: the end of the program cannot be arranged");
    return 0;
}

/* ---- libcurl's options ---------------------------------------------------------- */

/*
 * Proxies come from the environment, as for curl itself: behind a school's proxy a
 * lesson must still reach the world. This machine is never reached through one, for
 * the proxy would look for our server on its own machine. CURLOPT_NOPROXY replaces
 * the user's list, so that goes in front.
 */
static CURLcode set_no_proxy(CURL *easy)
{
    static const char loopback[] = "localhost,127.0.0.0/8,::1";
    const char *user = getenv("no_proxy");
    CURLcode code;
    char *list;
    size_t size;

    if (!user)
        user = getenv("NO_PROXY");
    if (!user || !*user)
        return curl_easy_setopt(easy, CURLOPT_NOPROXY, loopback);
    if (strcmp(user, "*") == 0) /* no proxy at all, and only if it stands alone */
        return curl_easy_setopt(easy, CURLOPT_NOPROXY, user);
    size = strlen(user) + 1 + sizeof(loopback);
    list = weft_alloc(size);
    if (!list)
        return CURLE_OUT_OF_MEMORY;
    snprintf(list, size, "%s,%s", user, loopback);
    code = curl_easy_setopt(easy, CURLOPT_NOPROXY, list);
    weft_free(list);
    return code;
}

static CURLcode set_numbers(const struct weft__http_fetch *fetch)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},   /* signals belong to the program */
        {CURLOPT_QUICK_EXIT, 1}, /* a slow name server cannot hold us past the deadline */
        {CURLOPT_FOLLOWLOCATION, fetch->redirect_limit > 0},
        {CURLOPT_MAXREDIRS, fetch->redirect_limit},
        {CURLOPT_CONNECTTIMEOUT_MS, INT32_MAX}, /* 0 would mean five minutes */
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; code == CURLE_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        code = curl_easy_setopt(fetch->easy, numbers[i].option, numbers[i].value);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_MAXFILESIZE_LARGE,
                                fetch->size_limit < INT64_MAX ? (curl_off_t)fetch->size_limit
                                                              : (curl_off_t)INT64_MAX);
    return code;
}

static CURLcode set_texts(const struct weft__http_fetch *fetch, const char *url)
{
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_URL, url},
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_REDIR_PROTOCOLS_STR, "http,https"},
        {CURLOPT_USERAGENT, "weft"}, /* some servers turn down who has no name */
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; code == CURLE_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
        code = curl_easy_setopt(fetch->easy, texts[i].option, texts[i].value);
    return code == CURLE_OK ? set_no_proxy(fetch->easy) : code;
}

/* Who brings certificates along has nobody who could say that they were revoked: Schannel would
 * refuse them for that. */
static CURLcode set_ca_file(CURL *easy, const char *ca_file)
{
    CURLcode code = CURLE_OK;

    if (ca_file)
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    if (ca_file && code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NO_REVOKE);
    return code;
}

static CURLcode configure(struct weft__http_fetch *fetch, const char *url, const char *ca_file)
{
    CURLcode code = set_numbers(fetch);

    if (code == CURLE_OK)
        code = set_texts(fetch, url);
    if (code == CURLE_OK)
        code = set_ca_file(fetch->easy, ca_file);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_ERRORBUFFER, fetch->reason);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_PRIVATE, fetch);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, weft__http_body_receive);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
    return code;
}

/* ---- the caller's options ------------------------------------------------------- */

static const char *fault_of(const weft_http_options *options)
{
    if (options->redirect_limit < -1)
        return "redirect_limit is below -1";
    if (options->sink && options->file)
        return "there are a sink and a file for the body, and it goes to one place";
    if (options->file && !*options->file)
        return "the file has no name";
    return NULL;
}

static int take_options(struct weft__http_fetch *fetch, const weft_http_options *options)
{
    bool out = options->sink || options->file;

    fetch->size_limit =
        options->size_limit > 0 || out ? options->size_limit : WEFT__HTTP_MEMORY_LIMIT;
    fetch->redirect_limit = options->redirect_limit ? options->redirect_limit : REDIRECTS;
    fetch->connections = options->connections > 0 ? options->connections : CONNECTIONS;
    fetch->sink = options->sink;
    fetch->context = options->context;
    if (!options->file)
        return 0;
    fetch->file = weft_copy_text(options->file);
    return fetch->file ? 0 : WEFT_ENOMEM;
}

/* "https://example.org:443", of a URL that has been checked. */
static int name_host(struct weft__http_fetch *fetch, const char *url)
{
    CURLU *parts = curl_url();
    char *texts[3] = {NULL, NULL, NULL};
    size_t size = sizeof("://:");

    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK) {
        (void)curl_url_get(parts, CURLUPART_SCHEME, &texts[0], 0);
        (void)curl_url_get(parts, CURLUPART_HOST, &texts[1], 0);
        (void)curl_url_get(parts, CURLUPART_PORT, &texts[2], CURLU_DEFAULT_PORT);
    }
    for (size_t i = 0; i < 3; i++)
        size += texts[i] ? strlen(texts[i]) : 0;
    if (texts[0] && texts[1] && texts[2])
        fetch->host_name = weft_alloc(size);
    if (fetch->host_name)
        snprintf(fetch->host_name, size, "%s://%s:%s", texts[0], texts[1], texts[2]);
    for (size_t i = 0; i < 3; i++)
        curl_free(texts[i]);
    curl_url_cleanup(parts);
    return fetch->host_name ? 0
                            : weft__fail(WEFT_ENOMEM, "http get %s: no memory", fetch->shown_url);
}

/* ---- making one ----------------------------------------------------------------- */

static int fill(struct weft__http_fetch *fetch, const char *url, const weft_http_options *options)
{
    CURLcode code;
    int err = take_options(fetch, options);

    if (err == 0)
        err = name_host(fetch, url);
    if (err != 0)
        return err;
    fetch->future = weft__future_create();
    if (!fetch->future)
        return WEFT_ENOMEM;
    fetch->easy = curl_easy_init();
    if (!fetch->easy)
        return weft__fail(WEFT_ENOMEM, "http get %s: no memory for libcurl", fetch->shown_url);
    code = configure(fetch, url, options->ca_file);
    return code == CURLE_OK ? 0 : weft__http_fail(fetch, code);
}

int weft__http_fetch_create(struct weft__http_fetch **out, const char *url,
                            const weft_http_options *options, weft_time until)
{
    static const weft_http_options none;
    struct weft__http_fetch *fetch;
    const char *fault = fault_of(options ? options : &none);
    char shown[WEFT__HTTP_SHOWN];
    int err = weft_http_url_check(url);

    if (err != 0)
        return err;
    weft_text_printable(url, strlen(url), shown, sizeof(shown));
    if (fault)
        return weft__fail(WEFT_EINVAL, "http get %s: %s", shown, fault);
    if (weft_clock() >= until)
        return weft__fail(WEFT_ETIMEDOUT, "http get %s: the deadline had passed before it began",
                          shown);
    err = weft_once_run(&curl_started, start_curl, NULL, until);
    if (err != 0)
        return err;
    fetch = weft_alloc(sizeof(*fetch));
    if (!fetch)
        return WEFT_ENOMEM;
    fetch->until = until;
    memcpy(fetch->shown_url, shown, sizeof(shown));
    err = fill(fetch, url, options ? options : &none);
    if (err == 0)
        *out = fetch;
    else
        weft__http_fetch_refuse(fetch);
    return err;
}

void weft__http_fetch_refuse(struct weft__http_fetch *fetch)
{
    weft_future_release(fetch->future); /* the consumer's */
    weft__http_fetch_free(fetch);
}

void weft__http_fetch_free(struct weft__http_fetch *fetch)
{
    weft__http_body_drop(fetch);
    if (fetch->easy)
        curl_easy_cleanup(fetch->easy);
    weft_future_release(fetch->future);
    weft_free(fetch->host_name);
    weft_free(fetch->file);
    weft_free(fetch);
}
