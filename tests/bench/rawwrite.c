/* rawwrite FROM TO: reads every file of folder FROM, then writes the same bytes under the same names to the
 * new folder TO, one open, write and close a file. Prints the seconds that the writing took. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct file {
	char *name, *bytes;
	size_t len;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void load(struct file *f, int from, const char *name)
{
	struct stat st;
	int fd = openat(from, name, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) < 0)
		die(name);
	*f = (struct file){.name = strdup(name),
			   .bytes = malloc((size_t)st.st_size + 1),
			   .len = (size_t)st.st_size};
	if (!f->name || !f->bytes || read(fd, f->bytes, f->len) != (ssize_t)f->len)
		die(name);
	close(fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

int main(int argc, char **argv)
{
	struct file *files = NULL;
	size_t count = 0, room = 0;
	struct dirent *e;
	double start;
	int from, to;
	DIR *dir;

	if (argc != 3)
		return 64;
	from = open(argv[1], O_RDONLY | O_DIRECTORY);
	dir = from < 0 ? NULL : fdopendir(dup(from));
	if (!dir)
		die(argv[1]);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (count == room)
			files = realloc(files, (room = room ? room * 2 : 1024) * sizeof *files);
		if (!files)
			die("realloc");
		load(&files[count++], from, e->d_name);
	}
	qsort(files, count, sizeof *files, by_name);
	start = now();
	if (mkdir(argv[2], 0755) < 0 || (to = open(argv[2], O_RDONLY | O_DIRECTORY)) < 0)
		die(argv[2]);
	for (size_t i = 0; i < count; i++) {
		int fd = openat(to, files[i].name, O_WRONLY | O_CREAT | O_EXCL, 0755);

		if (fd < 0 || write(fd, files[i].bytes, files[i].len) != (ssize_t)files[i].len ||
		    close(fd) < 0)
			die(files[i].name);
	}
	printf("%.3f\n", now() - start);
	return 0;
}
