/*
 * Codec: bytes and text there and back, and every way to be too short.
 */
#include <float.h>

#include "tap.h"
#include "types/codec.h"

static void
test_bytes(void)
{
	uint8_t		buf[64];
	const uint8_t want[14] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	mlops_writer w;
	mlops_reader r;

	mlops_writer_init(&w, buf, sizeof(buf));
	mlops_write_u8(&w, 1);
	mlops_write_u16(&w, 0x0203);
	mlops_write_u32(&w, 0x04050607);
	mlops_write_i64(&w, -1);
	mlops_write_f64(&w, -2.5);
	is_int((int64_t) w.used, 23, "1 + 2 + 4 + 8 + 8 bytes");
	ok(memcmp(buf, want, 14) == 0, "lowest byte first");
	/* -2.5 = 0xC004000000000000 */
	ok(buf[22] == 0xc0 && buf[21] == 0x04 && buf[20] == 0, "a double likewise");
	mlops_reader_init(&r, buf, w.used);
	ok(mlops_read_u8(&r) == 1 && mlops_read_u16(&r) == 0x0203 && mlops_read_u32(&r) == 0x04050607 &&
	   mlops_read_i64(&r) == -1 && mlops_read_f64(&r) == -2.5, "and back");
	ok(mlops_reader_done(&r), "nothing left");
	ok(mlops_read_u8(&r) == 0 && r.bad && !mlops_reader_done(&r), "one byte more is an error");
	for (size_t n = 0; n < 8; n++)
	{
		mlops_reader_init(&r, buf, n);
		mlops_read_u64(&r);
		ok(r.bad && mlops_reader_left(&r) == 0, "8 bytes of %zu", n);
	}
	mlops_reader_init(&r, buf, 5);
	ok(mlops_read_bytes(&r, SIZE_MAX) == NULL && r.bad, "a length that would wrap");
	mlops_writer_init(&w, buf, 3);
	buf[3] = 77;
	mlops_write_u32(&w, 0);
	ok(mlops_writer_full(&w) && buf[3] == 77, "a full buffer is not written past its end");
	mlops_write_u8(&w, 0);
	is_int((int64_t) w.used, 5, "but counted on");
}

static void
test_floats(void)
{
	const struct
	{
		double		v;
		const char *text;
	}			c[] = {{0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {100, "100"}, {-1.5e-7, "-1.5e-07"},
	{1e22, "1e+22"}, {0.1 + 0.2, "0.30000000000000004"}, {DBL_MAX, "1.7976931348623157e+308"},
	{NAN, "NaN"}, {INFINITY, "Infinity"}, {-INFINITY, "-Infinity"}};
	char		buf[MLOPS_FLOAT_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++)
	{
		mlops_scanner s;
		int			n = mlops_format_float(c[i].v, buf);

		ok(strcmp(buf, c[i].text) == 0 && n == (int) strlen(buf), "%s is written as %s", c[i].text, buf);
		mlops_scanner_init(&s, buf, (size_t) n);
		is_close(mlops_scan_any_float(&s), c[i].v, 0, "and read back");
		ok(mlops_scan_end(&s), "to the end");
	}
}

static void
bad_float(const char *text)
{
	mlops_scanner s;
	double		v;

	mlops_scanner_init(&s, text, strlen(text));
	v = mlops_scan_float(&s);
	ok(v == 0 && !mlops_scan_end(&s) && s.why != NULL, "\"%.20s\" is not a finite number", text);
}

static void
test_scanner(void)
{
	const char *floats[] = {"", "x", "nan", "inf", "0x10", "1e999", "1e", "--1", "1.2.3", "e5", "."};
	const char *ints[] = {"", "-", "x", "9223372036854775808", "99999999999999999999999999"};
	char		digits[600];
	char		buf[4];
	mlops_scanner s;

	for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++)
		bad_float(floats[i]);
	memset(digits, '1', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	bad_float(digits);
	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
	{
		mlops_scanner_init(&s, ints[i], strlen(ints[i]));
		ok(mlops_scan_int(&s) == 0 && s.why != NULL, "\"%s\" is not an integer", ints[i]);
	}
	mlops_scanner_init(&s, " -9223372036854775808", 21);
	ok(mlops_scan_int(&s) == INT64_MIN && mlops_scan_end(&s), "the smallest integer");
	mlops_scanner_init(&s, "nullable null", 13);
	ok(!mlops_scan_word(&s, "null") && mlops_scan_word(&s, "nullable") && mlops_scan_word(&s, "null"), "whole words");
	mlops_scanner_init(&s, "\"a\\\"b\\\\c\" ", 10);
	is_int((int64_t) mlops_scan_quoted(&s, buf, 4), 5, "the length of a quoted string");
	ok(memcmp(buf, "a\"b\\", 4) == 0 && mlops_scan_end(&s), "as much of it as fits");
	mlops_scanner_init(&s, "\"abc", 4);
	ok(mlops_scan_quoted(&s, buf, 4) == 0 && s.why != NULL, "without an end");
	mlops_scanner_init(&s, "\"a\\", 3);
	ok(mlops_scan_quoted(&s, buf, 4) == 0 && s.why != NULL, "ends in a backslash");
	mlops_scanner_init(&s, "\"a\\nb\"", 6);
	ok(mlops_scan_quoted(&s, buf, 4) == 0 && s.why != NULL, "an escape that there is not");
	mlops_scanner_init(&s, "1 2", 3);
	mlops_scan_int(&s);
	ok(!mlops_scan_end(&s), "something after the end");
}

int
main(void)
{
	test_bytes();
	test_floats();
	test_scanner();
	return done_testing();
}
