/* How large a text is once gzip has packed it, by zlib. */
#ifndef LIB_GZIP_H
#define LIB_GZIP_H

#include <stddef.h>

/* The bytes that gzip, at its best, makes of A followed by B (B may be NULL with length 0). Programs that
 * pack differ in where they begin a block, by some dozen bytes; this is the larger of two such ways, which
 * gzip(1) keeps to. */
size_t gzip_size(const void *a, size_t a_len, const void *b, size_t b_len);

#endif
