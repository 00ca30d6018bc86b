#include "lib/sha256.h"

#include <nettle/sha2.h>
#include <stdint.h>

void sha256_hex(char out[SHA256_HEX + 1], const void *a, size_t a_len, const void *b, size_t b_len)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, a_len, a);
	if (b_len)
		sha256_update(&ctx, b_len, b);
	sha256_digest(&ctx, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
	out[SHA256_HEX] = '\0';
}
