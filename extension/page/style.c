/* SPDX-License-Identifier: Apache-2.0 */
/* style.c - see style.h. */
#include <errno.h>
#include <stdio.h>
#include "page/style.h"
#include "sys/digest.h"

/* Texts have a contrast of 4.5 at least to what is behind them (WCAG 2.1, 1.4.3), and 12
 * pixels.
 */
const char page_style[] =
	":root{color-scheme:light dark;--back:#fdfdfc;--text:#1d2024;--soft:#5a6068;"
	"--line:#e2e4e7;--accent:#0b5cad;--good:#23683a;--warn:#875000;--bad:#b3261e;"
	"--tint:#f4f5f6}"
	"@media(prefers-color-scheme:dark){:root{--back:#14171a;--text:#e5e7ea;"
	"--soft:#a0a6ae;--line:#2d3238;--accent:#7db8f7;--good:#7fd196;--warn:#f2b65c;"
	"--bad:#ff8f85;--tint:#1b1f23}}"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;max-width:1440px;padding:20px 24px 32px;background:var(--back);"
	"color:var(--text);font:14px/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,"
	"\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}"
	"h1,h2,p,li,dd,th,.why td{overflow-wrap:anywhere}"
	"h1{font-size:20px;font-weight:600;margin:0;line-height:1.2}"
	"h2{font-size:15px;font-weight:600;margin:28px 0 8px}"
	"h1 span{color:var(--soft);font-weight:400}"
	"p{margin:6px 0}"
	"a{color:var(--accent);text-decoration:none}"
	"a:hover{text-decoration:underline}"
	":focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
	"header{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;"
	"justify-content:space-between;padding-bottom:12px;"
	"border-bottom:1px solid var(--line)}"
	"footer{margin-top:32px;padding-top:10px;border-top:1px solid var(--line);"
	"color:var(--soft);font-size:13px}"
	"footer a{margin-right:14px}"
	".troubles li.soft,.troubles li.good{border-color:var(--line)}"
	".good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}"
	".soft{color:var(--soft)}"
	".facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(148px,1fr));"
	"gap:14px 24px;margin:16px 0 0}"
	".facts div{min-width:0}"
	".facts dt{color:var(--soft);font-size:12px}"
	".facts dd{margin:0;font-size:16px;line-height:1.35}"
	".facts dd span{display:block;font-size:12px;color:var(--soft)}"
	".facts dd.word>b{font-weight:600}"
	"meter{display:block;width:100%;max-width:148px;height:8px;margin-top:2px}"
	".troubles{list-style:none;margin:0;padding:0}"
	".troubles li{padding:6px 0 6px 12px;border-left:3px solid var(--bad);"
	"margin-bottom:6px}"
	".troubles li.warn{border-color:var(--warn)}"
	".troubles li{color:var(--text)}"
	".troubles b{font-weight:600}"
	".wide{overflow-x:auto}"
	".wide tbody th{min-width:150px}"
	".facts+.troubles{margin-top:18px}"
	"table{border-collapse:collapse;width:100%;font-size:13px}"
	"caption{text-align:left;color:var(--soft);padding:0 0 6px;font-size:13px}"
	"th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;"
	"vertical-align:baseline}"
	"thead th{font-weight:500;color:var(--soft);font-size:12px;white-space:nowrap;"
	"border-bottom-color:var(--soft)}"
	"thead a{color:inherit}thead [aria-sort] a{color:var(--accent);font-weight:600}"
	"tbody th{font-weight:500}"
	"th:first-child,td:first-child{padding-left:0}"
	"th:last-child,td:last-child{padding-right:0}"
	".n{text-align:right;white-space:nowrap}"
	"td small{font-size:12px;color:var(--soft);white-space:normal;margin-right:6px}"
	"tbody tr:hover{background:var(--tint)}"
	"tr.sick>*{border-bottom:0}"
	"tr.why td{padding:0 0 8px;color:var(--text)}"
	"tr.why td span{color:var(--soft)}"
	"svg{display:inline-block;width:72px;height:15px;margin-left:8px;"
	"vertical-align:text-bottom}"
	"path{fill:none;stroke:var(--accent);stroke-width:1;vector-effect:non-scaling-stroke}"
	"form{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:end;margin:0 0 14px}"
	"label{font-size:12px;color:var(--soft)}"
	"input,select,button{display:block;font:inherit;font-size:14px;color:var(--text);"
	"background:var(--back);border:1px solid var(--soft);border-radius:4px;"
	"padding:4px 8px;height:32px}"
	"input{width:200px}"
	"button{color:var(--back);background:var(--accent);border-color:var(--accent);"
	"padding:4px 16px;cursor:pointer}"
	"pre{font:13px/1.5 ui-monospace,\"DejaVu Sans Mono\",monospace;"
	"background:var(--tint);padding:10px 12px;margin:0;overflow-x:auto;"
	"border-radius:4px}"
	".sum{font-size:15px;margin:8px 0}"
	".sum span{color:var(--soft);font-size:12px}"
	"#stale{color:var(--bad);margin:8px 0 0}";

/* Each row of the tenants is laid out by itself, and those of a group once it is to be seen
 * (w3.org/TR/css-contain-2, 4): of a thousand most never are. On a narrow screen a row
 * becomes a card, whose labels are those of the columns.
 */
const char page_list[] =
	"#list table,#list thead,#list tbody,#list caption{display:block}"
	"#list table{min-width:940px}"
	"#list tbody{content-visibility:auto;contain-intrinsic-size:auto 1550px}"
	"#list tr{display:grid;grid-template-columns:minmax(150px,1fr) 6.5em 11em "
	"repeat(5,6em) minmax(6em,.5fr) 6.5em;align-items:baseline;"
	"border-bottom:1px solid var(--line)}"
	"#list thead tr{border-color:var(--soft)}"
	"#list th,#list td{border:0}"
	"#list tr.sick{border:0}"
	"#list tr.why{display:block}"
	"@media(max-width:640px){body{padding:14px 14px 24px}"
	"input{width:100%}form label{flex:1 1 120px}form select{width:100%}"
	"#list table{min-width:0}"
	"#list tbody{contain-intrinsic-size:auto 7500px}"
	"#list thead{position:absolute;width:1px;height:1px;overflow:hidden;"
	"clip-path:inset(50%)}"
	"#list tr{grid-template-columns:1fr 1fr;gap:2px 16px;padding:10px 0}"
	"#list tr.sick{padding-bottom:4px}"
	"#list tr.why{padding-top:0}"
	"#list td,#list th{padding:0;text-align:left}"
	"#list tbody th{grid-column:1/-1;font-size:15px}"
	"#list td::before{color:var(--soft);font-size:12px;margin-right:6px}"
	"#list td:nth-child(2)::before{content:\"state\"}"
	"#list td:nth-child(3)::before{content:\"flows/s\"}"
	"#list td:nth-child(4)::before{content:\"records/s\"}"
	"#list td:nth-child(5)::before{content:\"objects\"}"
	"#list td:nth-child(6)::before{content:\"stored\"}"
	"#list td:nth-child(7)::before{content:\"pending\"}"
	"#list td:nth-child(8)::before{content:\"oldest\"}"
	"#list td:nth-child(9)::before{content:\"dropped\"}"
	"#list td:nth-child(10)::before{content:\"last upload\"}"
	"#list td:nth-child(9){grid-column:1/-1;order:1}"
	"#list td:only-child::before{content:none}}";

const char page_script[] =
	"(function(){"
	"if(location.protocol===\"file:\")return;"
	"var again=function(){setTimeout(look,5000)};"
	"var busy=function(e){return e.contains(document.activeElement)||"
	"!getSelection().isCollapsed};"
	"var show=function(text){"
	"var page=new DOMParser().parseFromString(text,\"text/html\");"
	"document.querySelectorAll(\"[data-live]\").forEach(function(old){"
	"var now=page.getElementById(old.id);"
	"if(now&&!busy(old))old.replaceWith(now)})};"
	"var stale=function(is){document.getElementById(\"stale\").hidden=!is};"
	"var look=function(){"
	"if(document.hidden)return again();"
	"fetch(location.href,{cache:\"no-store\"}).then(function(answer){"
	"if(!answer.ok)throw 0;return answer.text()"
	"}).then(function(text){show(text);stale(false)},function(){stale(true)}).then(again)};"
	"again()})()";

/* Appends 'sha256-...' of a text. */
static int policy_put_hash(struct buf *b, const char *text)
{
	unsigned char digest[SHA256_SIZE];
	int error = digest_sha256(str_of(text), digest);

	buf_puts(b, "'sha256-");
	digest_put_base64(b, digest, sizeof(digest));
	buf_putc(b, '\'');
	return error;
}

int page_policy(char *text, size_t size)
{
	struct buf b = BUF_INIT(size - 1);
	int error;

	buf_puts(&b, "default-src 'none'; style-src ");
	error = policy_put_hash(&b, page_style);
	buf_putc(&b, ' ');
	if (!error)
		error = policy_put_hash(&b, page_list);
	buf_puts(&b, "; script-src ");
	if (!error)
		error = policy_put_hash(&b, page_script);
	buf_puts(&b, "; connect-src 'self'; form-action 'self'; base-uri 'none'; "
		     "frame-ancestors 'none'");
	if (!error)
		error = buf_error(&b);
	snprintf(text, size, "%s",
		 error ? "default-src 'none'; frame-ancestors 'none'" : buf_str(&b).ptr);
	buf_fini(&b);
	return error ? -EIO : 0;
}
