#include "lib/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool path_is_special(const char *path)
{
	static const char *const special[] = {"dev", "proc", "sys"};
	const char *top = "";
	size_t depth = 0, len;
	bool up = false;

	for (const char *p = path + strspn(path, "/"); *p; p += len, p += strspn(p, "/")) {
		len = strcspn(p, "/");
		if (len == 2 && memcmp(p, "..", 2) == 0) {
			up = true;
			depth -= depth > 0;
		} else if ((len != 1 || *p != '.') && !depth++) {
			top = p;
		}
	}
	if (*path != '/')
		return up && *path && strchr("~%$", *path);
	for (size_t i = 0; depth && i < sizeof special / sizeof *special; i++) {
		len = strcspn(top, "/");
		if (len == strlen(special[i]) && memcmp(top, special[i], len) == 0)
			return true;
	}
	return false;
}

const char *path_refused(const char *path)
{
	struct stat st;
	char *real;
	bool under;

	if (stat(path, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	real = realpath(path, NULL);
	under = real && path_is_special(real);
	free(real);
	return under ? "it is the kernel's, not a file of one's own" : NULL;
}
