// SPDX-License-Identifier: GPL-2.0
/*
 * nc_attach - attach the lane policy of a BPF object
 *
 *	nc_attach OBJECT LINK		LINK: a file of a bpf filesystem
 *	nc_attach -r OBJECT LINK	instead of the one that is there
 *	nc_attach -d LINK		detach it, at once, and remove LINK
 *
 * bpftool can attach too, but crashes (7.5) while it says that it has: it looks
 * for the type in the kernel, not in the module.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int failed(const char *what, const char *name)
{
	fprintf(stderr, "nc_attach: %s %s: %s\n", what, name, strerror(errno));
	return 1;
}

/* the link is gone with its last file, some time later: not what "rm" waits for */
static int detach(const char *pin)
{
	int fd = bpf_obj_get(pin);

	if (fd < 0 || bpf_link_detach(fd) || unlink(pin))
		return failed("detach", pin);
	return 0;
}

static struct bpf_map *load(const char *file)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_map *map;

	if (!obj || bpf_object__load(obj)) {
		failed("load", file);
		return NULL;
	}
	bpf_object__for_each_map(map, obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			return map;
	errno = ENOENT;
	failed("policy in", file);
	return NULL;
}

static int attach(const char *file, const char *pin)
{
	struct bpf_map *map = load(file);
	struct bpf_link *link;

	if (!map)
		return 1;
	link = bpf_map__attach_struct_ops(map);
	if (!link || bpf_link__pin(link, pin))
		return failed("attach", file);
	return 0;
}

/* attaching fails, as there is one, but first fills the map with its program */
static int replace(const char *file, const char *pin)
{
	struct bpf_map *map = load(file);
	int fd;

	if (!map)
		return 1;
	if (bpf_map__attach_struct_ops(map) || errno != EBUSY)
		return failed("prepare", file);
	fd = bpf_obj_get(pin);
	if (fd < 0 || bpf_link_update(fd, bpf_map__fd(map), NULL))
		return failed("replace", pin);
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc == 3 && !strcmp(argv[1], "-d"))
		return detach(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "-r"))
		return replace(argv[2], argv[3]);
	if (argc == 3)
		return attach(argv[1], argv[2]);
	fprintf(stderr, "usage: nc_attach [-r] OBJECT LINK | -d LINK\n");
	return 2;
}
