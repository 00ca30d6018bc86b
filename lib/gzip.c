#include "lib/gzip.h"

#include "lib/mem.h"

#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 /* the largest; in gzip's container */ };

static size_t packed(int memory, const void *a, size_t a_len, const void *b, size_t b_len)
{
	z_stream z = {.next_in = a, .avail_in = (uInt)a_len};
	unsigned char room[16 * 1024];
	size_t size;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, memory, Z_DEFAULT_STRATEGY) != Z_OK)
		mem_failed();
	do {
		if (!z.avail_in && b_len) {
			z.next_in = b;
			z.avail_in = (uInt)b_len;
			b_len = 0;
		}
		z.next_out = room;
		z.avail_out = sizeof room;
	} while (deflate(&z, b_len ? Z_NO_FLUSH : Z_FINISH) == Z_OK);
	size = z.total_out;
	deflateEnd(&z);
	return size;
}

size_t gzip_size(const void *a, size_t a_len, const void *b, size_t b_len)
{
	size_t small = packed(7, a, a_len, b, b_len), usual = packed(8, a, a_len, b, b_len);

	return small > usual ? small : usual;
}
