/* SPDX-License-Identifier: MIT */
/*
 * What counts as a URL here. libcurl's parser decides, but it is more lenient than a
 * URL deserves (http:/x, http:///x and port 0 pass), so those are refused first.
 */
#include <weft/http.h>

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include <weft/error.h>
#include <weft/text.h>

#include "internal.h"

enum { SHOWN_SIZE = 200, HOST_LIMIT = 253 }; /* bytes of a name in the DNS (RFC 1035) */

/* What follows "http://" or "https://"; NULL: neither. */
static const char *after_scheme(const char *url)
{
    if (curl_strnequal(url, "http://", 7))
        return url + 7;
    return curl_strnequal(url, "https://", 8) ? url + 8 : NULL;
}

/* It begins like a URL, though with another scheme than ours. */
static bool is_of_another_scheme(const char *url)
{
    size_t length = strcspn(url, " :/?#");

    return length > 0 && strncmp(url + length, "://", 3) == 0 && !after_scheme(url);
}

/* Looks at host and port of what libcurl could parse; NULL: both are fine. */
static const char *fault_of_parts(CURLU *parts)
{
    const char *fault = NULL;
    char *host = NULL, *port = NULL;

    if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        fault = "it names no host";
    else if (strlen(host) > HOST_LIMIT)
        fault = "its host is longer than any name can be (253 bytes)";
    else if (curl_url_get(parts, CURLUPART_PORT, &port, 0) == CURLUE_OK &&
             strtol(port, NULL, 10) == 0)
        fault = "nothing listens on port 0";
    curl_free(port);
    curl_free(host);
    return fault;
}

static const char *fault_of(const char *url)
{
    const char *rest = after_scheme(url), *fault = NULL;
    CURLUcode code;
    CURLU *parts;

    if (!*url)
        return "it is empty";
    if (!rest)
        return "it begins neither with http:// nor with https://";
    if (!*rest || strchr("/?#", *rest))
        return "it names no host";
    parts = curl_url();
    code = parts ? curl_url_set(parts, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;
    fault = code == CURLUE_OK ? fault_of_parts(parts) : curl_url_strerror(code);
    curl_url_cleanup(parts);
    return fault;
}

int weft_http_url_check(const char *url)
{
    const char *fault = url ? fault_of(url) : "it is NULL";
    char shown[SHOWN_SIZE];

    if (!fault)
        return 0;
    weft_text_printable(url ? url : "", url ? strlen(url) : 0, shown, sizeof(shown));
    return weft__fail(url && is_of_another_scheme(url) ? WEFT_ENOTSUP : WEFT_EINVAL,
                      "http url \"%s\": %s", shown, fault);
}
