#include "lib/html.h"

#include "lib/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* Each colour of a text has a contrast of at least 4.5 to the grounds it may stand on, --paper and --code:
 * tests/cli/page.bats computes it. Paper is light. */
static const char common[] =
	":root{color-scheme:light dark;--paper:#ffffff;--ink:#1f2328;--code:#f6f8fa;--line:#d1d9e0;--link:#0550ae;"
	"--ok:#1a7f37;--changed:#8f5f00;--failed:#cf222e;--skipped:#59636e}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#e6edf3;--code:#161b22;"
	"--line:#3d444d;--link:#79c0ff;--ok:#3fb950;--changed:#d29922;--failed:#f85149;--skipped:#9198a1}}\n"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
	"background:var(--paper);color:var(--ink);overflow-wrap:break-word}\n"
	"a{color:var(--link)}:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	"h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}.counts b{font-size:1.3rem}\n"
	".counts span,.facts span{margin-right:1.5rem}\n"
	".ok{color:var(--ok)}.changed{color:var(--changed)}.failed{color:var(--failed)}.skipped{color:var(--skipped)}\n"
	"details{border-top:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer}\n"
	"summary b{display:inline-block;min-width:14rem}\n"
	"table{border-collapse:collapse;margin:.5rem 0}td{padding:.1rem 1rem .1rem 0;vertical-align:top}\n"
	"pre{background:var(--code);padding:.6rem;overflow-x:auto;font-size:13px}\n"
	"@media print{:root{color-scheme:light}body{max-width:none;margin:0}details,summary{break-inside:avoid}"
	"details::details-content{content-visibility:visible;display:block}pre{white-space:pre-wrap}}\n";

void html_open(FILE *to, const char *title, const char *style)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n",
	      to);
	html_put(to, SIZE_MAX, "<title>%s</title>\n", title);
	fprintf(to, "<style>\n%s%s</style>\n", common, style);
}

void html_close(FILE *to)
{
	fputs("</html>\n", to);
}

void html_add_plain(struct str *out, const char *text, size_t len)
{
	static const struct {
		char c;
		const char *escape;
	} markup[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < len; i++) {
		size_t k = 0;

		while (k < sizeof markup / sizeof *markup && markup[k].c != text[i])
			k++;
		if (k < sizeof markup / sizeof *markup)
			str_add(out, markup[k].escape);
		else
			str_addc(out, text[i]);
	}
}

void html_put_plain(FILE *to, const char *text)
{
	struct str plain = STR_INIT;

	html_add_plain(&plain, text, strlen(text));
	fputs(str_text(&plain), to);
	str_free(&plain);
}

void html_put(FILE *to, size_t max, const char *format, ...)
{
	struct str visible = STR_INIT;
	va_list texts;

	va_start(texts, format);
	for (const char *p = format; *p; p++) {
		if (p[0] == '%' && p[1] == 's') {
			const char *text = va_arg(texts, const char *);

			str_clear(&visible);
			str_add_visible(&visible, text, strlen(text), max);
			html_put_plain(to, str_text(&visible));
			p++;
		} else {
			fputc(*p, to);
		}
	}
	va_end(texts);
	str_free(&visible);
}
