#include "cli/inputs.h"
#include "lib/json.h"

#include <stdio.h>
#include <string.h>

/* ---- JSON: a host list again ---- */

/* Nothing for a NULL: it was left out. */
static void add_text(struct str *out, const char *name, const char *text)
{
	if (!text)
		return;
	str_add_member(out, name);
	str_add_json(out, text, strlen(text));
}

static void add_scalar(struct str *out, const struct node *n)
{
	struct json json;

	if (node_is_null(n)) {
		str_add(out, "null");
	} else if (n->plain && json_parse(&json, n->text, strlen(n->text))) {
		str_add(out, n->text);
		json_free(&json);
	} else {
		str_add_json(out, n->text, strlen(n->text));
	}
}

static void add_node(struct str *out, const struct node *n)
{
	bool mapping = n->kind == NODE_MAPPING;

	if (n->kind == NODE_SCALAR) {
		add_scalar(out, n);
		return;
	}
	str_addc(out, mapping ? '{' : '[');
	for (const struct node *child = n->first; child; child = child->next) {
		str_add_member(out, mapping ? child->key->text : NULL);
		add_node(out, child);
	}
	str_addc(out, mapping ? '}' : ']');
}

/* A relative path counts from the folder of the config, and that was put in front when it was read. */
static const char *path_as_written(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return path && len && str_starts(path, folder) && path[len] == '/' ? path + len + 1 : path;
}

/* Each setting in the form that its key takes. */
static void add_ssh(struct str *out, const struct ssh_config *ssh, const char *folder)
{
	for (const struct key *key = config_ssh_keys; key->name; key++) {
		const void *value = (const char *)ssh + key->offset;
		const struct number *number = value;
		const char *text = ((const struct text *)value)->text;

		if (key->type != KEY_INTEGER && key->type != KEY_DURATION) {
			add_text(out, key->name,
				 key->type == KEY_PATH ? path_as_written(text, folder) : text);
		} else if (number->value >= key->min) { /* else it was left out */
			str_add_member(out, key->name);
			str_addf(out, key->type == KEY_DURATION ? "\"%lds\"" : "%ld", number->value);
		}
	}
}

/* What is neither ours nor added for readers. */
static bool is_extra(const char *name)
{
	const struct key *key = host_keys;

	while (key->name && strcmp(key->name, name) != 0)
		key++;
	return !key->name && strcmp(name, "fqdn") != 0 && strcmp(name, "final_tags") != 0;
}

static void add_host(struct str *out, const struct plan_host *h, const char *fqdn, const char *folder)
{
	const struct host *host = h->host;

	str_add_member(out, NULL);
	str_add(out, "\n  {");
	add_text(out, "id", host->id.text);
	add_text(out, "name", host->name.text);
	add_text(out, "public_ip", host->public_ip.text);
	add_text(out, "role", host->role.text);
	str_add(out, ",\"tags\":[");
	for (size_t i = 0; i < host->tags.count; i++)
		add_text(out, NULL, host->tags.items[i].text);
	str_addc(out, ']');
	if (host->up_args.count) {
		str_add(out, ",\"up_args\":[");
		for (size_t i = 0; i < host->up_args.count; i++)
			add_text(out, NULL, host->up_args.items[i].text);
		str_addc(out, ']');
	}
	str_add(out, ",\"ssh\":{");
	add_ssh(out, &host->ssh, folder);
	str_addc(out, '}');
	for (const struct node *n = host->node->first; n; n = n->next) {
		if (!is_extra(n->key->text))
			continue;
		str_add_member(out, n->key->text);
		add_node(out, n);
	}
	add_text(out, "fqdn", fqdn);
	str_add(out, ",\"final_tags\":[");
	for (size_t i = 0; i < h->tag_count; i++)
		add_text(out, NULL, h->tags[i]);
	str_add(out, "]}");
}

/* ---- lines ---- */

static void add_line(struct str *out, const struct plan_host *h, const char *fqdn)
{
	const char *role = h->host->role.text ? h->host->role.text : "-";

	str_addf(out, "%s\t%s\t", h->host->id.text, h->host->public_ip.text);
	str_add_visible(out, role, strlen(role), 8 * strlen(role)); /* \u{NNNN} is the longest */
	str_addf(out, "\t%s\t", *fqdn ? fqdn : "-");
	for (size_t i = 0; i < h->tag_count; i++)
		str_addf(out, "%s%s", i ? "," : "", h->tags[i]);
	str_add(out, h->tag_count ? "\n" : "-\n");
}

static int run(const struct options *o)
{
	struct inputs in;
	struct str out = STR_INIT;
	int status = inputs_read(&in, o);

	for (const struct plan_host *h = NULL; status == EXIT_DONE && (h = inputs_next(&in, h));) {
		const char *fqdn = config_fqdn(&in.config, h->host->id.text, &in.arena);

		if (o->json)
			add_host(&out, h, fqdn, in.config.folder);
		else
			add_line(&out, h, fqdn);
	}
	if (status == EXIT_DONE)
		printf(o->json ? "{\"hosts\":[%s\n]}\n" : "%s", str_text(&out));
	str_free(&out);
	inputs_free(&in);
	return status;
}

const struct command cmd_hosts = {
	.name = "hosts",
	.arguments = " [HOST…]",
	.summary = "print the resolved host list: address, role, name in the network, final tags",
	.options = "file hosts limit role tag json",
	.run = run,
	.help = "A line a host, tab-separated: id, public_ip, role, FQDN, final tags. With --json it is a host list that\n"
		"--hosts takes, whole, with the fqdn and final_tags of each host beside what the list says.\n",
};
