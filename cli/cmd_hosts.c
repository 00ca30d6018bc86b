#include "cli/cli.h"

#include "lib/str.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static void add_member(struct str *out, const char *name, const char *value)
{
	str_addf(out, "\"%s\":", name);
	str_add_json(out, value, strlen(value));
	str_addc(out, ',');
}

static void print_json(const struct plan_host *h, const char *fqdn, bool first)
{
	struct str out = STR_INIT;

	str_add(&out, first ? "\n  {" : ",\n  {");
	add_member(&out, "id", h->host->id.text);
	add_member(&out, "name", h->host->name.text ? h->host->name.text : "");
	add_member(&out, "public_ip", h->host->public_ip.text);
	add_member(&out, "role", h->host->role.text ? h->host->role.text : "");
	add_member(&out, "fqdn", fqdn);
	add_member(&out, "user", h->host->ssh.user.text);
	str_addf(&out, "\"port\":%ld,\"tags\":[", h->host->ssh.port.value);
	for (size_t i = 0; i < h->tag_count; i++) {
		str_add(&out, i ? "," : "");
		str_add_json(&out, h->tags[i], strlen(h->tags[i]));
	}
	str_add(&out, "]}");
	fputs(str_text(&out), stdout);
	str_free(&out);
}

static void print_line(const struct plan_host *h, const char *fqdn)
{
	printf("%s\t%s\t%s\t%s\t", h->host->id.text, h->host->public_ip.text,
	       h->host->role.text ? h->host->role.text : "-", fqdn);
	for (size_t i = 0; i < h->tag_count; i++)
		printf("%s%s", i ? "," : "", h->tags[i]);
	puts(h->tag_count ? "" : "-");
}

static int run(const struct options *o)
{
	struct inputs in;
	int status = inputs_read(&in, o, true);
	bool first = true;

	if (status == EXIT_DONE && o->json)
		fputs("{\"hosts\":[", stdout);
	for (size_t i = 0; status == EXIT_DONE && i < in.plan.host_count; i++) {
		const struct plan_host *h = &in.plan.hosts[i];
		struct str fqdn = STR_INIT;

		if (in.selected && !in.selected[i])
			continue;
		in.config.network->node_fqdn(in.config.network_config, h->host->id.text, &fqdn);
		if (o->json)
			print_json(h, str_text(&fqdn), first);
		else
			print_line(h, str_text(&fqdn));
		first = false;
		str_free(&fqdn);
	}
	if (status == EXIT_DONE && o->json)
		puts("\n]}");
	inputs_free(&in);
	return status;
}

const struct command cmd_hosts = {
	.name = "hosts",
	.arguments = "[HOST…]",
	.summary = "print the resolved host list: address, role, name in the network, final tags",
	.options = "fHlRTJ",
	.max_args = INT_MAX,
	.run = run,
	.help = "A line a host, tab-separated: id, public_ip, role, FQDN, final tags.\n",
};
