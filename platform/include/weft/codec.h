/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CODEC_H
#define WEFT_CODEC_H

/*
 * Text of other encodings: bytes from a file or a peer become UTF-8, and UTF-8
 * becomes bytes.
 *
 *     weft_decoder decoder = WEFT_DECODER_INIT(WEFT_GBK, WEFT_REPLACE);
 *     ...
 *     CHECK(weft_decoder_feed(&decoder, packet, length, text, sizeof(text), &made, NULL));
 *     CHECK(weft_decoder_end(&decoder, text, sizeof(text), &made, NULL));
 *
 * A character may be split over any number of packets. What is a character, what is
 * bad, and what becomes of it is the same on every system, and the same as in Python:
 * 0x80, 0xFF and pairs of the private areas are bad in GBK, and characters in GB18030
 * as far as its first edition has them (A2E3 is the euro).
 */

#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

enum weft_encoding {
    WEFT_UTF_8,
    WEFT_GBK,     /* Python: "gbk" */
    WEFT_GB18030, /* Python: "gb18030" */
    WEFT_UTF_16LE,
    WEFT_UTF_16BE /* a byte order mark is a character like others */
};

/* What happens to that which is no character, or one that the encoding lacks. */
enum weft_text_errors {
    WEFT_STRICT,  /* it is an error, and ends the call */
    WEFT_REPLACE, /* U+FFFD when decoding, '?' when encoding */
    WEFT_ESCAPE   /* Python: "backslashreplace": \xff for a byte; \xe9, \u4e2d, \U0001f600 */
};

/**
 * The text in another encoding.
 *
 * @param text   `length` bytes of UTF-8; a byte that is not UTF-8 is bad by itself
 * @param bytes  receives at most `size` bytes, no terminating zero; never half a
 *               character or half an escape
 * @param made   receives how many
 * @param bad    receives the offset in `text` of the first that was bad, `length` if none
 *               was; NULL: not wanted
 * @return 0, also if something was replaced or escaped; WEFT_EBADTEXT: strict, and `made`
 *         bytes are what stood before it; WEFT_ETRUNCATED: it did not fit; WEFT_ENOTSUP: the
 *         system has no GBK; WEFT_ENOMEM; WEFT_EINVAL: misuse, no such encoding
 *
 * Threads: any.   Python: str.encode(encoding, errors).
 */
int weft_encode(enum weft_encoding encoding, enum weft_text_errors errors, const char *text,
                size_t length, void *bytes, size_t size, size_t *made, size_t *bad);

/**
 * The bytes as text, in UTF-8.
 *
 * @param bytes  `length` of them
 * @param text   receives at most `size` bytes, no terminating zero; never half a character
 *               or half an escape; 4 * length is always enough
 * @param bad    receives the offset in `bytes` of the first that was bad, as above
 * @return as weft_encode()
 *
 * Threads: any.   Python: bytes.decode(encoding, errors).
 */
int weft_decode(enum weft_encoding encoding, enum weft_text_errors errors, const void *bytes,
                size_t length, char *text, size_t size, size_t *made, size_t *bad);

/* What stands between the packets of one stream. Plain; its fields are the library's. */
typedef struct weft_decoder {
    uint32_t encoding;   /* enum weft_encoding */
    uint32_t errors;     /* enum weft_text_errors */
    uint64_t offset;     /* of `pending` in the stream */
    uint8_t pending[4];  /* the beginning of a character, */
    uint8_t length;      /* so many bytes */
    uint8_t stopped;     /* strict, and something was bad */
    uint8_t unused[2];
} weft_decoder;

#define WEFT_DECODER_INIT(encoding, errors) \
    {(encoding), (errors), 0, {0, 0, 0, 0}, 0, 0, {0, 0}}

/**
 * The next bytes of the stream as text; the beginning of a character waits for its rest.
 *
 * @param text  receives at most `size` bytes; 4 * (length + 3) is always enough
 * @param bad   receives the offset in the stream of the first that was bad in this call,
 *              the number of all bytes so far if none was; NULL: not wanted
 * @return 0; WEFT_ETRUNCATED: it does not fit: nothing was taken or made, as if not called;
 *         WEFT_EBADTEXT: strict: `made` bytes are what stood before it, and every later
 *         call says the same; otherwise as weft_decode()
 *
 * Threads: one at a time.   Python: codecs.getincrementaldecoder(...).decode.
 */
int weft_decoder_feed(weft_decoder *decoder, const void *bytes, size_t length, char *text,
                      size_t size, size_t *made, size_t *bad);

/**
 * The stream has ended; what is left of a character is bad. The decoder is as new.
 *
 * @param text  receives at most `size` bytes; 16 are always enough
 * @return as weft_decoder_feed()
 *
 * Threads: one at a time.   Python: decode(b"", final=True).
 */
int weft_decoder_end(weft_decoder *decoder, char *text, size_t size, size_t *made, size_t *bad);

#ifdef __cplusplus
}
#endif

#endif
