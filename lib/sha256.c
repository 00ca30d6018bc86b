#include "lib/sha256.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>

void sha256_hex(char out[SHA256_HEX + 1], const void *a, size_t a_len, const void *b, size_t b_len)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, a_len, a);
	if (b_len)
		sha256_update(&ctx, b_len, b);
	sha256_digest(&ctx, sizeof digest, digest);
	base16_encode_update(out, sizeof digest, digest);
	out[SHA256_HEX] = '\0';
}
