#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "lib/json.h"
#include "lib/str.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- JSON: a host list again ---- */

/* What is added for readers, and passed over where the list is read again. */
static const char *const added[] = {"fqdn", "final_tags", NULL};

static void add_name(struct str *out, const char *name)
{
	char last = out->data[out->len - 1];

	if (last != '{' && last != '[')
		str_addc(out, ',');
	str_add_json(out, name, strlen(name));
	str_addc(out, ':');
}

/* Nothing for a NULL: it was left out. */
static void add_text(struct str *out, const char *name, const char *text)
{
	if (!text)
		return;
	add_name(out, name);
	str_add_json(out, text, strlen(text));
}

static void add_scalar(struct str *out, const struct node *n)
{
	struct json json;
	size_t offset;
	const char *why;
	bool raw = n->plain && json_parse(&json, n->text, strlen(n->text), &offset, &why);

	if (raw)
		json_free(&json);
	if (node_is_null(n))
		str_add(out, "null");
	else if (raw)
		str_add(out, n->text);
	else
		str_add_json(out, n->text, strlen(n->text));
}

static void add_node(struct str *out, const struct node *n)
{
	if (n->kind == NODE_SCALAR) {
		add_scalar(out, n);
		return;
	}
	str_addc(out, n->kind == NODE_MAPPING ? '{' : '[');
	for (const struct node *child = n->first; child; child = child->next) {
		if (n->kind == NODE_MAPPING)
			add_name(out, child->key->text);
		else if (child != n->first)
			str_addc(out, ',');
		add_node(out, child);
	}
	str_addc(out, n->kind == NODE_MAPPING ? '}' : ']');
}

/* A relative path counts from the folder of the config, and that was put in front when it was read. */
static const char *path_as_written(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return path && len && str_starts(path, folder) && path[len] == '/' ? path + len + 1 : path;
}

/* The settings of KEYS that BASE holds, each in the form that its key takes. */
static void add_settings(struct str *out, const struct key *keys, const void *base, const char *folder)
{
	for (; keys->name; keys++) {
		const void *value = (const char *)base + keys->offset;
		const struct number *number = value;
		const char *text = ((const struct text *)value)->text;

		switch (keys->type) {
		case KEY_INTEGER:
		case KEY_DURATION:
			if (number->value < keys->min)
				break; /* left out */
			add_name(out, keys->name);
			str_addf(out, keys->type == KEY_DURATION ? "\"%lds\"" : "%ld", number->value);
			break;
		case KEY_FLAG:
			add_name(out, keys->name);
			str_add(out, number->value ? "true" : "false");
			break;
		case KEY_PATH:
			add_text(out, keys->name, path_as_written(text, folder));
			break;
		default:
			add_text(out, keys->name, text);
		}
	}
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* What is neither ours nor added here. */
static bool is_extra(const char *name)
{
	const struct key *key = host_keys;

	while (key->name && strcmp(key->name, name) != 0)
		key++;
	return !key->name && !is_one_of(name, added);
}

static void print_json(const struct plan_host *h, const char *fqdn, const char *folder, bool first)
{
	const struct host *host = h->host;
	struct str out = STR_INIT;

	str_add(&out, first ? "\n  {" : ",\n  {");
	add_text(&out, "id", host->id.text);
	add_text(&out, "name", host->name.text);
	add_text(&out, "public_ip", host->public_ip.text);
	add_text(&out, "role", host->role.text);
	add_name(&out, "tags");
	str_addc(&out, '[');
	for (size_t i = 0; i < host->tags.count; i++) {
		str_add(&out, i ? "," : "");
		str_add_json(&out, host->tags.items[i].text, strlen(host->tags.items[i].text));
	}
	str_add(&out, "]");
	add_name(&out, "ssh");
	str_addc(&out, '{');
	add_settings(&out, config_ssh_keys, &host->ssh, folder);
	str_addc(&out, '}');
	for (const struct node *n = host->node->first; n; n = n->next) {
		if (!is_extra(n->key->text))
			continue;
		add_name(&out, n->key->text);
		add_node(&out, n);
	}
	add_text(&out, "fqdn", fqdn);
	add_name(&out, "final_tags");
	str_addc(&out, '[');
	for (size_t i = 0; i < h->tag_count; i++) {
		str_add(&out, i ? "," : "");
		str_add_json(&out, h->tags[i], strlen(h->tags[i]));
	}
	str_add(&out, "]}");
	fputs(str_text(&out), stdout);
	str_free(&out);
}

/* ---- lines ---- */

static void print_line(const struct plan_host *h, const char *fqdn)
{
	const char *role = h->host->role.text ? h->host->role.text : "-";
	struct str out = STR_INIT;

	str_addf(&out, "%s\t%s\t", h->host->id.text, h->host->public_ip.text);
	str_add_visible(&out, role, strlen(role), 8 * strlen(role)); /* \u{NNNN} is the longest */
	str_addf(&out, "\t%s\t", *fqdn ? fqdn : "-");
	for (size_t i = 0; i < h->tag_count; i++)
		str_addf(&out, "%s%s", i ? "," : "", h->tags[i]);
	str_add(&out, h->tag_count ? "" : "-");
	puts(str_text(&out));
	str_free(&out);
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
		const char *fqdn;

		if (in.selected && !in.selected[i])
			continue;
		fqdn = config_fqdn(&in.config, h->host->id.text, &in.arena);
		if (o->json)
			print_json(h, fqdn, in.config.folder, first);
		else
			print_line(h, fqdn);
		first = false;
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
	.options = "file hosts limit role tag json",
	.max_args = INT_MAX,
	.run = run,
	.help = "A line a host, tab-separated: id, public_ip, role, FQDN, final tags. With --json it is a "
		"host "
		"list that\n"
		"--hosts takes, whole, with the fqdn and final_tags of each host beside what the list "
		"says.\n",
};
