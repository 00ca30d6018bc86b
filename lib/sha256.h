/* SHA-256, by nettle. */
#ifndef LIB_SHA256_H
#define LIB_SHA256_H

#include <stddef.h>

enum { SHA256_HEX = 64 };

/* The digest of A followed by B (B may be NULL with length 0), in lower-case hex. */
void sha256_hex(char out[SHA256_HEX + 1], const void *a, size_t a_len, const void *b, size_t b_len);

#endif
