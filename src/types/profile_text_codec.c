/*
 * profile_text_codec.c
 *		Text form of mlops.profile: the kind, a colon, the canonical bytes in
 *		hexadecimal.  Exact by construction, and one can see what it is.
 */
#include <string.h>

#include "types/profile_codec.h"

static const char *const kind_names[] = {NULL, "float8", "text", "boolean", "timestamptz"};

/* mlops_profile_kind_name: name of a kind, NULL if there is no such kind. */
const char *
mlops_profile_kind_name(int kind)
{
	if (kind < MLOPS_PROFILE_FLOAT8 || kind > MLOPS_PROFILE_TIMESTAMPTZ)
		return NULL;
	return kind_names[kind];
}

/* mlops_profile_text_size: characters of the text form, without terminator. */
size_t
mlops_profile_text_size(size_t size, int kind)
{
	return strlen(mlops_profile_kind_name(kind)) + 1 + 2 * size;
}

/* mlops_profile_to_text writes the text form of canonical bytes, terminated. */
void
mlops_profile_to_text(const uint8_t *bytes, size_t size, char *text)
{
	const char *name = mlops_profile_kind_name(bytes[1]);
	static const char digits[] = "0123456789abcdef";

	memcpy(text, name, strlen(name));
	text += strlen(name);
	*text++ = ':';
	for (size_t i = 0; i < size; i++)
	{
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/*
 * mlops_profile_from_text reads the text form into bytes[], which has room for
 * length / 2; the bytes are not checked beyond their kind being the one named.
 */
mlops_status
mlops_profile_from_text(const char *text, size_t length, uint8_t *bytes, size_t *size)
{
	const char *colon = memchr(text, ':', length);
	size_t		n;

	if (colon == NULL)
		return MLOPS_CORRUPT;
	n = length - (size_t) (colon + 1 - text);
	if (n % 2 != 0 || n < 4)
		return MLOPS_CORRUPT;
	*size = n / 2;
	for (size_t i = 0; i < *size; i++)
	{
		int			high = digit_value(colon[1 + 2 * i]);
		int			low = digit_value(colon[2 + 2 * i]);

		if (high < 0 || low < 0)
			return MLOPS_CORRUPT;
		bytes[i] = (uint8_t) (high << 4 | low);
	}
	if (mlops_profile_kind_name(bytes[1]) == NULL ||
		strlen(kind_names[bytes[1]]) != (size_t) (colon - text) ||
		memcmp(kind_names[bytes[1]], text, (size_t) (colon - text)) != 0)
		return MLOPS_CORRUPT;
	return MLOPS_OK;
}
