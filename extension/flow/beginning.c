/* SPDX-License-Identifier: Apache-2.0 */
/* beginning.c - see beginning.h. */
#include "flow/beginning.h"
#include "format/json_scan.h"

/* Tags of flow.Flow. StructMessage has the same three first, but no tenth; a JSON text
 * that begins with a line feed, as the first of these, has no such second one. */
#define TAG_UUID	0x0a
#define TAG_LAYERS_PATH 0x12
#define TAG_APPLICATION 0x1a
#define TAG_START	0x50
#define SHORT_MAX	0x7f /* a length of one byte */

static bool skip_word(struct str *rest, struct str word)
{
	if (!str_starts(*rest, word))
		return false;
	*rest = str_skip(*rest, word.len);
	return true;
}

/* To its closing quote. One with escapes is none that our writer would write there. */
static bool skip_text(struct str *rest)
{
	const char *end = rest->ptr + rest->len;
	const char *at = json_scan_string(rest->ptr, end);

	*rest = (struct str){ at, (size_t)(end - at) };
	return at < end && *at == '"';
}

static bool is_json_flow(struct str rest)
{
	return skip_word(&rest, STR("{\"UUID\":\"")) && skip_text(&rest) &&
	       skip_word(&rest, STR("\",\"LayersPath\":\"")) && skip_text(&rest) &&
	       skip_word(&rest, STR("\",\"Application\":\""));
}

static bool skip_field(struct str *rest, unsigned char tag)
{
	size_t len;

	if (rest->len < 2 || (unsigned char)rest->ptr[0] != tag)
		return false;
	len = (unsigned char)rest->ptr[1];
	*rest = str_skip(*rest, len + 2);
	return len <= SHORT_MAX;
}

static bool is_protobuf_flow(struct str rest)
{
	return skip_field(&rest, TAG_UUID) && skip_field(&rest, TAG_LAYERS_PATH) &&
	       skip_field(&rest, TAG_APPLICATION) && rest.len && *rest.ptr == TAG_START;
}

enum beginning beginning_of(struct str message)
{
	if (!message.len)
		return BEGINNING_ANY;
	if (*message.ptr == '{')
		return is_json_flow(message) ? BEGINNING_JSON : BEGINNING_ANY;
	return is_protobuf_flow(message) ? BEGINNING_PROTOBUF : BEGINNING_ANY;
}
